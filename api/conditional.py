"""ETags: whether the caller already has what it asks for."""

from __future__ import annotations


def etag_of(*parts: str | int) -> str:
    """A strong entity tag of these parts."""
    return '"' + "-".join(str(part) for part in parts) + '"'


def matches(header: str | None, etag: str) -> bool:
    """Whether If-None-Match names this tag (weak comparison, lists and `*` as in RFC 9110)."""
    if header is None:
        return False
    named = {part.strip().removeprefix("W/") for part in header.split(",")}
    return "*" in named or etag in named
