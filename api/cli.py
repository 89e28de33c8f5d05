"""The `beatplan` command."""


def main() -> None:
    """Replaced."""
