"""Conditional tags of the map, `value @ (condition); …`, as far as their conditions are hours.

Of several values that hold at once the last one counts (https://wiki.openstreetmap.org/wiki/Conditional_restrictions).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache

import numpy as np
import numpy.typing as npt
from opening_hours import OpeningHours, validate

SLOT_S = 900
"""Conditions are looked at every quarter of an hour."""
DAY_SLOTS = 86_400 // SLOT_S
EITHER = "\n"
"""Between hours of which either may hold."""
_CLAUSE = re.compile(r"(?P<value>[^@;]+?)\s*@\s*(?:\((?P<in>[^)]*)\)|(?P<bare>[^;]+))")


def timed_values(text: str) -> list[tuple[str, str]]:
    """The values of a conditional tag with the hours, as opening_hours text, in which each holds.

    Values bound to something else, or to hours and something else (a weight, wet roads), say nothing about a car.
    """
    found = ((match["value"].strip(), (match["in"] or match["bare"] or "").strip()) for match in _CLAUSE.finditer(text))
    return [(value, hours) for value, hours in found if is_hours(hours)]


@cache
def is_hours(text: str) -> bool:
    """Whether a condition is about the time."""
    return bool(text) and bool(validate(text))


def binding_slots(hours: str, day: date) -> npt.NDArray[np.bool_]:
    """Whether hours hold at the start of each quarter of an hour of a day, by the local clock: bool [96]."""
    rule = OpeningHours(hours)
    midnight, step = datetime(day.year, day.month, day.day), timedelta(seconds=SLOT_S)  # noqa: DTZ001  # the local clock
    return np.array([rule.is_open(midnight + i * step) for i in range(DAY_SLOTS)], np.bool_)
