"""Signed speed limits as the map writes them: numbers, miles, knots, and zones that imply a limit."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from types import MappingProxyType

_NUMBER = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(km/?h|kmh|kph|mph|knots)?\b")
_ZONE = re.compile(r"^(?:[a-z]{2}(?:-[a-z]+)?):(?:zone:?)?(?P<kind>\d+|[a-z_]+)$")
_UNIT_KMH = MappingProxyType({"mph": 1.609344, "knots": 1.852})

NO_LIMIT_KMH = 140.0
"""What a car does where the sign says "none"."""

_ZONE_KMH = MappingProxyType(
    {
        "urban": 50.0, "rural": 90.0, "trunk": 110.0, "expressway": 110.0, "motorway": 130.0,
        "living_street": 10.0, "walk": 7.0, "bicycle_road": 30.0, "school": 30.0,
        "nsl_single": 96.6, "nsl_dual": 112.7, "nsl_restricted": 48.3,
    }
)  # fmt: skip
_COUNTRY_KMH = MappingProxyType(
    {
        "ar:urban": 40, "ar:rural": 110, "at:rural": 100, "at:trunk": 100, "be:motorway": 120, "be-bru:rural": 70,
        "be-bru:urban": 30, "be-vlg:rural": 70, "bg:motorway": 140, "by:urban": 60, "by:motorway": 110,
        "ca-on:rural": 80, "ch:rural": 80, "ch:trunk": 100, "ch:motorway": 120, "cn:urban": 50, "cn:rural": 70,
        "cn:motorway": 120, "de:living_street": 7, "de:rural": 100, "de:motorway": 140, "dk:rural": 80,
        "es:trunk": 90, "fr:rural": 80, "gb:motorway": 112.7, "uk:motorway": 112.7, "lv:living_street": 20,
        "nl:rural": 80, "nl:trunk": 100, "no:rural": 80, "no:motorway": 110, "ph:urban": 40, "ph:rural": 80,
        "ph:motorway": 100, "pl:rural": 100, "pl:expressway": 120, "pl:motorway": 140, "ro:trunk": 100,
        "ru:living_street": 20, "ru:urban": 60, "ru:motorway": 110, "za:urban": 60, "za:rural": 100,
    }
)  # fmt: skip
"""Where a country's rule differs from the usual one for that kind of zone."""


@cache
def limit_kmh(value: str) -> float | None:
    """A limit in km/h from one tag value, or None when it says nothing usable ("signals", "variable", nonsense)."""
    text = value.split(";", maxsplit=1)[0].strip().lower()
    if text == "none":
        return NO_LIMIT_KMH
    if text == "walk":
        return _ZONE_KMH["walk"]
    number = _NUMBER.match(text)
    if number:
        kmh = float(number[1]) * _UNIT_KMH.get(number[2] or "", 1.0)
        return kmh if kmh > 0 else None
    if text in _COUNTRY_KMH:
        return float(_COUNTRY_KMH[text])
    zone = _ZONE.match(text)
    if not zone:
        return None
    kind = zone["kind"]
    if kind.isdigit():
        return float(kind) or None
    return _ZONE_KMH.get(kind)


_KEYS = ("maxspeed:advisory", "maxspeed", "source:maxspeed", "maxspeed:type", "zone:maxspeed", "zone:traffic")


def limits_kmh(get: Callable[[str], str | None]) -> tuple[float | None, float | None]:
    """The limits along and against the way's drawn direction; `get` reads a tag of the way or None."""
    both = None
    for key in _KEYS:
        value = get(key)
        if value is not None:
            both = limit_kmh(value)
            if both is not None:
                break
    forward, backward = get("maxspeed:forward"), get("maxspeed:backward")
    along = limit_kmh(forward) if forward is not None else None
    against = limit_kmh(backward) if backward is not None else None
    return (along if along is not None else both, against if against is not None else both)
