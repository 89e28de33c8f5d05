"""What the cells of customers and reps mean. Each reader raises ValueError, or InputError, saying the mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from visits.hours import check_weekly_hours, read_hours, read_lunch
from visits.local_day import usable, zone_named
from visits.models.customer import TIERS

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def plain(text: str) -> str:
    """Any text."""
    return text


def identifier(text: str) -> str:
    """An id of at most 200 characters."""
    if len(text) > 200:
        raise ValueError("is longer than 200 characters; use a shorter id")
    return text


def tier(text: str) -> str:
    """A, B or C."""
    value = text.upper()
    if value not in TIERS:
        raise ValueError(f"is no tier; write {', '.join(TIERS)}")
    return value


def whole(lowest: int, highest: int) -> Callable[[str], int]:
    """A reader of whole numbers in a range."""

    def read(text: str) -> int:
        if not re.fullmatch(r"-?\d{1,9}", text):
            raise ValueError(f"is not a whole number; write {lowest} to {highest}")
        value = int(text)
        if not lowest <= value <= highest:
            raise ValueError(f"is outside {lowest} to {highest}; correct it")
        return value

    return read


def day(text: str) -> date:
    """A date such as 2026-11-23."""
    if not _DAY.fullmatch(text):
        raise ValueError("is not a date; write such as 2026-11-23")
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a date of the calendar; write such as 2026-11-23") from None
    return usable(found)


def words(text: str) -> list[str]:
    """A list divided by semicolons, each entry once."""
    return list(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))


def email(text: str) -> str:
    """An e-mail address, roughly."""
    if not _EMAIL.fullmatch(text):
        raise ValueError("is not an e-mail address; correct it or leave it empty")
    return text


def hours(text: str) -> str:
    """Opening hours, kept as text."""
    read_hours(text, "opening_hours")
    return text


def work(text: str) -> str:
    """Weekly working hours, kept as text."""
    check_weekly_hours(text, "weekly_hours")
    return text


def lunch(text: str) -> str:
    """A lunch, kept as text."""
    read_lunch(text, "lunch")
    return text


def zone(text: str) -> str:
    """A time zone name."""
    return zone_named(text).key
