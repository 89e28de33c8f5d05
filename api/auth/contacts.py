"""Contact fields for those who may not see them: recognisable, not usable."""

from __future__ import annotations

from typing import Any

import pydantic_core
from fastapi import Response

HIDDEN = "•••"
_FIELDS = frozenset({"phone", "email"})


def masked(response: Response) -> Response:
    """The response with every phone number and mail address in its JSON hidden; others as they are."""
    if response.media_type != "application/json" or not hasattr(response, "body") or not response.body:
        return response
    response.body = pydantic_core.to_json(_without_contacts(pydantic_core.from_json(bytes(response.body))))
    response.headers["Content-Length"] = str(len(response.body))
    return response


def _without_contacts(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: hidden(inner) if name in _FIELDS and isinstance(inner, str) else _without_contacts(inner)
            for name, inner in value.items()
        }
    return [_without_contacts(inner) for inner in value] if isinstance(value, list) else value


def hidden(text: str) -> str:
    """A mail address as its first letter and domain, a number as its last two digits; nothing stays nothing."""
    name, at, domain = text.rpartition("@")
    if at:
        return f"{name[:1]}{HIDDEN}@{domain}"
    digits = "".join(mark for mark in text if mark.isdigit())
    return HIDDEN + digits[-2:] if len(digits) > 4 else HIDDEN if text else ""
