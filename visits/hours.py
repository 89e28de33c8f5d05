"""Opening hours and working hours, from their text to time windows and shifts.

Texts are in OpenStreetMap's opening_hours syntax, parsed by opening-hours-py. Hours that the text calls "unknown" count
as closed, as nobody is sent to a door that may be shut; a comment ("ring twice") changes nothing. Public holidays
("PH") are those of the given country, or else of the country that the coordinates lie in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from opening_hours import (  # type: ignore[attr-defined]  # its stubs leave out the errors
    OpeningHours,
    ParserError,
    State,
    UnknownCountryError,
)

from routing.problem import Break, Shift, TimeWindow
from visits.errors import InputError
from visits.local_day import LocalDay

ONE_DAY = timedelta(days=1)
LUNCH_FROM_S = 6 * 3600
"""A shift up to this long has no lunch."""
_EXAMPLE = '"Mo-Fr 09:00-12:00,13:00-18:00"'
_LUNCH = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)\s*/\s*(\d{1,3})")
_HOLIDAY = re.compile(r"\b[PS]H\b")


@dataclass(frozen=True, slots=True)
class Locale:
    """Where a text is read: country code where known, and coordinates to find it by otherwise."""

    country: str | None = None
    lon: float | None = None
    lat: float | None = None


NOWHERE = Locale()


def read_hours(text: str, what: str, locale: Locale = NOWHERE) -> OpeningHours:
    """Hours understood; `what` names them in errors. Raises InputError."""
    asks_holidays = bool(_HOLIDAY.search(text))
    coords = None
    if asks_holidays and locale.country is None and locale.lon is not None and locale.lat is not None:
        coords = (round(locale.lat, 2), round(locale.lon, 2))
    try:
        return _parse(text, locale.country if asks_holidays else None, coords)
    except ParserError as error:
        place = re.search(r"--> \d+:(\d+)", str(error))
        at = f" from character {place.group(1)} on" if place else ""
        raise InputError(f"{what} {text!r} is not opening_hours syntax{at}; write such as {_EXAMPLE}") from None
    except UnknownCountryError:
        raise InputError(f'{what}: {locale.country!r} is no country code; write one such as "FI"') from None


@lru_cache(maxsize=20_000)
def _parse(text: str, country: str | None, coords: tuple[float, float] | None) -> OpeningHours:
    if coords is None:
        return OpeningHours(text, country=country)
    return OpeningHours(text, coords=coords, auto_country=True, auto_timezone=False)


def open_spans(hours: OpeningHours, first: date, last: date) -> list[tuple[datetime, datetime]]:
    """Spans of wall-clock time between the midnights of `first` and of the day after `last` in which it is open."""
    spans: list[tuple[datetime, datetime]] = []
    begin, end = datetime.combine(first, time()), datetime.combine(last + ONE_DAY, time())
    for start, stop, state, _comment in hours.intervals(begin, end):
        if state != State.OPEN or stop is None or stop <= start:
            continue
        if spans and spans[-1][1] == start:
            spans[-1] = (spans[-1][0], stop)
        else:
            spans.append((start, stop))
    return spans


def service_windows(hours: OpeningHours, days: Iterable[date], zone: ZoneInfo, service_s: int) -> list[TimeWindow]:
    """Windows in which a service of `service_s` seconds may start so that it ends before closing, by day.

    Hours past midnight belong to the day they start on as far as services may start before midnight, and to the next
    day from midnight on.
    """
    wanted = sorted(set(days))
    if not wanted:
        return []
    windows = []
    spans = open_spans(hours, wanted[0], wanted[-1] + ONE_DAY)
    for day in wanted:
        local = LocalDay(day, zone)
        midnight, next_midnight = datetime.combine(day, time()), datetime.combine(day + ONE_DAY, time())
        for opens, closes in spans:
            if opens >= next_midnight or closes <= midnight:
                continue
            start_s = local.wall(max(opens, midnight))
            end_s = min(local.wall(closes) - service_s, local.length_s)
            if end_s >= start_s:
                windows.append(TimeWindow(day=day, start_s=start_s, end_s=end_s))
    return windows


@dataclass(frozen=True, slots=True)
class Lunch:
    """A break of `duration_s` that starts between two wall-clock times."""

    earliest: time
    latest: time
    duration_s: int


def read_lunch(text: str, what: str) -> Lunch | None:
    """A lunch such as "11:30-13:30/45"; None for an empty text. Raises InputError."""
    if not text.strip():
        return None
    found = _LUNCH.fullmatch(text.strip())
    if found is None:
        raise InputError(
            f'{what} {text!r} is not a lunch; write "11:30-13:30/45" for 45 minutes that start between the two times'
        )
    h1, m1, h2, m2, minutes = (int(part) for part in found.groups())
    if (h2, m2) < (h1, m1) or minutes == 0:
        raise InputError(f"{what} {text!r} ends before it starts or lasts no minute; correct it")
    return Lunch(time(h1, m1), time(h2, m2), minutes * 60)


def check_weekly_hours(text: str, what: str, locale: Locale = NOWHERE) -> None:
    """Raises InputError when working hours cannot be read, are never open, or pass midnight."""
    spans = open_spans(read_hours(text, what, locale), date(2026, 1, 1), date(2026, 12, 31))
    if not spans:
        raise InputError(f"{what} {text!r} never has an hour of work; write such as {_EXAMPLE}")
    for start, end in spans:
        if (end - timedelta(microseconds=1)).date() != start.date():
            raise InputError(f"{what} {text!r} runs past midnight; end every day's work by 24:00")


def shift_id(rep_id: str, day: date) -> str:
    """The id of a rep's shift: REP/2026-11-23."""
    return f"{rep_id}/{day.isoformat()}"


@dataclass(frozen=True, slots=True)
class Worker:
    """What shifts need to know of a rep; `home` is the location id where every day starts and ends."""

    rep_id: str
    home: str
    zone: ZoneInfo
    hours: OpeningHours
    lunch: Lunch | None
    skills: tuple[str, ...] = ()


def shifts_of(
    worker: Worker, days: Iterable[date], absences: Sequence[tuple[datetime, datetime]] = ()
) -> tuple[Shift, ...]:
    """The shifts of a rep on these days; `absences` are pairs of aware moments.

    A day runs from its first working moment to its last; the gaps between are breaks at their fixed time. Lunch is
    part of a shift longer than six hours that can hold it, unless such a gap already covers it.
    """
    shifts = []
    for day in sorted(set(days)):
        local = LocalDay(day, worker.zone)
        spans = [
            (local.wall(start), local.wall(end))
            for start, end in open_spans(worker.hours, day, day)
            if local.wall(end) > local.wall(start)
        ]
        away = [(local.since_midnight(start), local.since_midnight(end)) for start, end in absences]
        spans = _without(spans, away)
        if spans:
            shifts.append(_shift(worker, local, spans))
    return tuple(shifts)


def _without(spans: list[tuple[int, int]], away: list[tuple[int, int]]) -> list[tuple[int, int]]:
    for begin, end in away:
        pieces = [piece for start, stop in spans for piece in ((start, min(stop, begin)), (max(start, end), stop))]
        spans = [(start, stop) for start, stop in pieces if stop > start] if end > begin else spans
    return spans


def _shift(worker: Worker, local: LocalDay, spans: list[tuple[int, int]]) -> Shift:
    start_s, end_s = spans[0][0], spans[-1][1]
    gaps = [(before[1], after[0]) for before, after in pairwise(spans)]
    breaks = [Break(duration_s=end - start, earliest_s=start, latest_s=start) for start, end in gaps]
    lunch = _lunch_break(worker.lunch, local, start_s, end_s) if worker.lunch else None
    if lunch is not None and not _covered(lunch, gaps):
        breaks.append(lunch)
    return Shift(
        id=shift_id(worker.rep_id, local.day),
        rep=worker.rep_id,
        day=local.day,
        start=worker.home,
        end=worker.home,
        start_s=start_s,
        end_s=end_s,
        skills=worker.skills,
        breaks=tuple(sorted(breaks, key=lambda pause: pause.earliest_s)),
    )


def _lunch_break(lunch: Lunch, local: LocalDay, start_s: int, end_s: int) -> Break | None:
    if end_s - start_s <= LUNCH_FROM_S:
        return None
    earliest = max(local.wall(datetime.combine(local.day, lunch.earliest)), start_s)
    latest = min(local.wall(datetime.combine(local.day, lunch.latest)), end_s - lunch.duration_s)
    if latest < earliest:
        return None
    return Break(duration_s=lunch.duration_s, earliest_s=earliest, latest_s=latest)


def _covered(lunch: Break, gaps: list[tuple[int, int]]) -> bool:
    """Whether a gap of the day is already long enough at lunch time."""
    return any(
        end - start >= lunch.duration_s and start <= lunch.latest_s and end - lunch.duration_s >= lunch.earliest_s
        for start, end in gaps
    )
