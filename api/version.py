"""Which beatplan this is."""

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """The installed distribution's version; "0.dev" when it runs from a source tree that is not installed."""
    try:
        return version("beatplan")
    except PackageNotFoundError:
        return "0.dev"
