"""A rep's visits as an iCalendar file (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta

from icalendar import Calendar, Event

from visits.queries.calendars import CalendarEntry

_LOOK_AGAIN = timedelta(minutes=15)


def calendar_file(name: str, entries: Iterable[CalendarEntry], page: str) -> bytes:
    """The file of a calendar of this name; `page` is the address of the phone page.

    An entry keeps its UID for as long as there is its visit, and its SEQUENCE rises with every change. The same
    entries give the same bytes.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//beatplan//visits//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _LOOK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT15M")
    for entry in entries:
        calendar.add_component(_event(entry, page))
    return bytes(calendar.to_ical())


def _event(entry: CalendarEntry, page: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.visit}@beatplan")
    event.add("sequence", entry.version)
    event.add("dtstamp", entry.changed_at.astimezone(UTC))
    event.add("last-modified", entry.changed_at.astimezone(UTC))
    event.add("dtstart", entry.start.astimezone(UTC))
    event.add("dtend", entry.end.astimezone(UTC))
    event.add("summary", entry.name)
    if entry.address:
        event.add("location", entry.address)
    event.add("geo", (entry.lat, entry.lon))
    event.add("url", f"{page}?date={entry.start.date().isoformat()}")
    event.add("status", "CANCELLED" if entry.cancelled else "CONFIRMED")
    return event
