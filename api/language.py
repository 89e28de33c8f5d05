"""The language of an answer: what the address names, else what the browser asks for, else English."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Query

from api.errors import bad_field
from visits.wording import DEFAULT, LANGUAGES, Language


def negotiated(accept_language: str | None) -> Language:
    """The known language that an Accept-Language header likes best (RFC 9110, 12.5.4); English without one."""
    wishes: list[tuple[float, int, Language]] = []
    for place, part in enumerate((accept_language or "").split(",")):
        name, _, quality = part.strip().partition(";")
        primary = name.strip().lower().partition("-")[0]
        weight = _quality(quality)
        wishes += [(-weight, place, one) for one in LANGUAGES if weight > 0 and primary in {one, "*"}]
    return min(wishes)[2] if wishes else DEFAULT


def _quality(text: str) -> float:
    name, _, value = text.strip().partition("=")
    if not name:
        return 1.0
    try:
        return float(value) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0


async def _language(
    lang: Annotated[str | None, Query(max_length=20, description="en or zh; overrides Accept-Language.")] = None,
    accept_language: Annotated[str | None, Header(description="Languages you read, such as zh-CN, en;q=0.5.")] = None,
) -> Language:
    if lang is None:
        return negotiated(accept_language)
    found = next((one for one in LANGUAGES if one == lang.lower().partition("-")[0]), None)
    if found is None:
        raise bad_field("lang", f"is {lang!r}; write one of {', '.join(LANGUAGES)}")
    return found


LanguageDep = Annotated[Language, Depends(_language)]
