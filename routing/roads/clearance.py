"""Whether a car fits: signed limits of width, height, length and weight (https://wiki.openstreetmap.org/wiki/Key:maxwidth).

The car is the one that OSRM's car profile drives: 1.9 m wide, 2 m high, 4.8 m long, 2 t.
"""

from __future__ import annotations

import re
from types import MappingProxyType

from routing.roads.access import Tags

_FEET = re.compile(r"^\s*(?P<feet>\d+(?:\.\d+)?)\s*(?:'|ft|feet)\s*(?:(?P<inches>\d+(?:\.\d+)?)\s*(?:\"|''|in)?)?\s*$")
_NUMBER = re.compile(r"^\s*(?P<value>\d+(?:\.\d+)?)\s*(?P<unit>[a-zA-Z]*)\s*$")
_PER = MappingProxyType({"": 1.0, "m": 1.0, "t": 1.0, "cm": 0.01, "kg": 0.001, "lbs": 0.00045359, "st": 0.907185})
_FOOT_M, _INCH_M = 0.3048, 0.0254
_CAR = (
    (("maxwidth:physical", "maxwidth"), 1.9),
    (("maxheight:physical", "maxheight"), 2.0),
    (("maxlength",), 4.8),
    (("maxweight",), 2.0),
)


def fits_car(get: Tags) -> bool:
    """Whether no sign says that a car is too wide, high, long or heavy; signs that say nothing usable let it pass."""
    for keys, needed in _CAR:
        for key in keys:
            value = get(key)
            limit = measure(value) if value is not None else None
            if limit is not None and limit < needed:
                return False
    return True


def measure(value: str) -> float | None:
    """Metres or tonnes of a tag value such as `1.8`, `1.8 m`, `6'7"` or `1500 kg`; None when it is none."""
    text = value.replace(",", ".")
    feet = _FEET.match(text)
    if feet:
        return float(feet["feet"]) * _FOOT_M + float(feet["inches"] or 0) * _INCH_M
    number = _NUMBER.match(text)
    if not number or number["unit"].lower() not in _PER:
        return None
    return float(number["value"]) * _PER[number["unit"].lower()]
