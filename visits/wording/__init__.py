"""Sentences for people, rendered from data: one catalogue per language, the same keys in each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, get_args

from visits.wording import en, zh

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT: Language = "en"
_CATALOGUES: Mapping[Language, Mapping[str, str]] = {"en": en.SENTENCES, "zh": zh.SENTENCES}
_WEEKDAYS: Mapping[Language, tuple[str, ...]] = {"en": en.WEEKDAYS, "zh": zh.WEEKDAYS}

Value = str | int | date | datetime | tuple[str, ...] | None


def catalogue(language: Language) -> Mapping[str, str]:
    """All sentences of a language by key, with their {placeholders}."""
    return _CATALOGUES[language]


def sentence(language: Language, key: str, values: Mapping[str, Value]) -> str:
    """The sentence of a key. Seconds become minutes, moments times of day, days dates in the language's own form."""
    shown = {name: _shown(language, name, value) for name, value in values.items()}
    return catalogue(language)[key].format_map(shown)


def _shown(language: Language, name: str, value: Value) -> str:
    if isinstance(value, datetime):
        return f"{value:%H:%M}"
    if isinstance(value, date):
        weekday = _WEEKDAYS[language][value.weekday()]
        return catalogue(language)["date"].format(weekday=weekday, day=value.day, month=value.month, year=value.year)
    if isinstance(value, tuple):
        return catalogue(language)["and"].join(value)
    if isinstance(value, int) and name.endswith("_s"):
        return _duration(language, value)
    return str(value)


def _duration(language: Language, seconds: int) -> str:
    """Whole minutes, rounded up, with hours from an hour on."""
    minutes = -(-abs(seconds) // 60)
    words = catalogue(language)
    if minutes < 60:
        return words["minutes"].format(minutes=minutes)
    if minutes % 60 == 0:
        return words["hours"].format(hours=minutes // 60)
    return words["hours_minutes"].format(hours=minutes // 60, minutes=minutes % 60)
