"""A calendar day in a time zone, measured in seconds from its local midnight.

The seconds are elapsed ones, so that driving and service times add up on every day: when clocks go forward at 03:00,
08:00 is 7 hours after midnight, and when they go back it is 9. A wall time that the clocks skip means the moment as if
they had not yet been changed; one that they repeat means its first occurrence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from visits.errors import InputError

D = TypeVar("D", date, datetime)
FIRST_YEAR, LAST_YEAR = 1900, 2999
"""Years whose days can be reckoned with: every time zone and every span around them stays a date."""


@cache
def zone_named(name: str, what: str = "timezone") -> ZoneInfo:
    """A time zone by its IANA name. Raises InputError for an unknown one."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        raise InputError(f'{what} is {name!r}, not a known time zone; write one such as "Europe/Helsinki"') from None


@dataclass(frozen=True, slots=True)
class LocalDay:
    """One day in one zone."""

    day: date
    zone: ZoneInfo

    @property
    def midnight(self) -> datetime:
        """The instant at which the day begins, in UTC."""
        return datetime.combine(self.day, time(), self.zone).astimezone(UTC)

    @property
    def length_s(self) -> int:
        """Seconds of the day: 86,400, or an hour more or less when the clocks change."""
        return self.since_midnight(LocalDay(self.day + timedelta(days=1), self.zone).midnight)

    def since_midnight(self, moment: datetime) -> int:
        """Whole seconds from the day's midnight to an aware moment; negative before it."""
        return int((moment - self.midnight).total_seconds() // 1)

    def wall(self, moment: datetime) -> int:
        """Seconds from midnight to a naive wall-clock moment of this day or a later one."""
        return self.since_midnight(moment.replace(tzinfo=self.zone).astimezone(UTC))

    def moment(self, seconds: int) -> datetime:
        """The moment so many seconds after midnight, with the local offset."""
        return (self.midnight + timedelta(seconds=seconds)).astimezone(self.zone)


def usable(moment: D) -> D:
    """A day or moment as it is. Raises ValueError for one of a year that is certainly a slip."""
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"is {moment.isoformat()}; choose a year from {FIRST_YEAR} to {LAST_YEAR}")
    return moment


def today_in(zone: ZoneInfo, now: datetime) -> date:
    """The calendar day of an aware moment in a zone."""
    return now.astimezone(zone).date()
