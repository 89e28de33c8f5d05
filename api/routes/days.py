"""Dates in addresses and bodies."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from api.errors import bad_field
from visits.local_day import usable, zone_named
from visits.queries.reps import get_rep
from visits.scope import Viewer
from visits.store import Store

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_day(field: str, text: str) -> date:
    """A date of the calendar. Raises ApiError 422 naming the field."""
    try:
        day = date.fromisoformat(text) if _ISO_DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise bad_field(field, f"is {text!r}, not a date of the calendar; write one such as 2026-11-23")
    try:
        return usable(day)
    except ValueError as error:
        raise bad_field(field, str(error)) from None


def day_of_rep(store: Store, viewer: Viewer, rep_id: str, text: str) -> date:
    """A date, or `today` as it is now where the rep works. Raises ApiError 422, NotFoundError."""
    if text != "today":
        return parse_day("date", text)
    with store.reading() as session:
        zone = zone_named(get_rep(session, viewer, rep_id).timezone)
    return datetime.now(UTC).astimezone(zone).date()
