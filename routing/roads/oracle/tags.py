"""What OpenStreetMap tags say to a motorcar: may it enter, which way, how fast, past which barrier.

Pure functions of one element's tags. Keys and values follow the OpenStreetMap wiki (Key:access, Key:oneway,
Key:maxspeed, Key:barrier); the speeds by class are those a car averages where no limit is signed. They are read apart
from the fast engine on purpose, so that a slip in either shows when the two are compared.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

Tags = Mapping[str, str]

CLASS_KPH: dict[str, float] = {
    "motorway": 90,
    "motorway_link": 45,
    "trunk": 85,
    "trunk_link": 40,
    "primary": 65,
    "primary_link": 30,
    "secondary": 55,
    "secondary_link": 25,
    "tertiary": 40,
    "tertiary_link": 20,
    "unclassified": 25,
    "residential": 25,
    "living_street": 10,
    "service": 15,
    "road": 25,
}
"""Average speed in km/h of each road class that a motorcar may use, where no maxspeed is tagged."""

LIMIT_FACTOR = 0.8
"""Share of a signed limit that traffic keeps on average."""
FASTEST_KPH = 140.0
FERRY_KPH = 15.0

_CLOSED = frozenset({"no", "private", "agricultural", "forestry", "emergency", "psv", "bus", "customers", "delivery"})
_ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
_NO_THROUGH_SERVICE = frozenset({"parking_aisle", "drive-through", "emergency_access"})
_KPH_PER = {"": 1.0, "km/h": 1.0, "kmh": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852}
_NUMBER = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z/]*)")
_WALK_KPH = 7.0
_ZONE_KPH = {
    "living_street": 10.0,
    "bicycle_road": 30.0,
    "urban": 50.0,
    "rural": 90.0,
    "trunk": 100.0,
    "expressway": 100.0,
    "motorway": 120.0,
}
_COUNTRY_ZONE_KPH = {
    "at:rural": 100.0,
    "at:motorway": 130.0,
    "cn:rural": 70.0,
    "de:rural": 100.0,
    "de:motorway": 130.0,
    "fr:rural": 80.0,
    "fr:motorway": 130.0,
    "gb:nsl_restricted": 30 * 1.609344,
    "gb:nsl_single": 60 * 1.609344,
    "gb:nsl_dual": 70 * 1.609344,
    "gb:motorway": 70 * 1.609344,
    "it:motorway": 130.0,
    "ru:urban": 60.0,
    "ru:motorway": 110.0,
}
_PASSABLE_BARRIERS = frozenset(
    {"no", "border_control", "cattle_grid", "toll_booth", "sally_port", "gate", "lift_gate", "swing_gate", "entrance",
     "height_restrictor", "arch", "kerb"}
)  # fmt: skip
_OPENED = frozenset({"yes", "permissive", "destination", "designated"})


class Direction(Enum):
    """Which way along its nodes a way may be driven."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"
    CLOSED = "closed"


def is_drivable(tags: Tags) -> bool:
    """Whether a motorcar may use this way: a road of a known class or a car ferry, and not closed to it."""
    if is_ferry(tags):
        return first_of(tags, "motorcar", "motor_vehicle") in _OPENED
    if tags.get("highway") not in CLASS_KPH or tags.get("area") == "yes":
        return False
    if tags.get("service") in _NO_THROUGH_SERVICE:
        return False
    return first_of(tags, *_ACCESS_KEYS) not in _CLOSED


def is_ferry(tags: Tags) -> bool:
    """Whether this way is a ferry line rather than a road."""
    return tags.get("route") == "ferry" and "highway" not in tags


def first_of(tags: Tags, *keys: str) -> str | None:
    """The value of the first key that is tagged: the more special key wins."""
    return next((tags[key] for key in keys if key in tags), None)


def direction(tags: Tags) -> Direction:
    """Which way a motorcar may drive along the way.

    Motorways and roundabouts are one-way unless tagged otherwise; reversible and alternating lanes are taken as
    closed, because nobody can know their direction at planning time.
    """
    value = first_of(tags, "oneway:motorcar", "oneway:motor_vehicle", "oneway")
    if value in {"yes", "true", "1"}:
        return Direction.FORWARD
    if value in {"-1", "reverse"}:
        return Direction.BACKWARD
    if value in {"reversible", "alternating"}:
        return Direction.CLOSED
    if value in {"no", "false", "0"}:
        return Direction.BOTH
    if tags.get("highway") in {"motorway", "motorway_link"} or tags.get("junction") in {"roundabout", "circular"}:
        return Direction.FORWARD
    return Direction.BOTH


def limit_kph(value: str | None) -> float | None:
    """A maxspeed value in km/h: plain, with a unit, "walk", "none", an implicit zone; None where it says nothing."""
    if value is None:
        return None
    text = value.strip().lower()
    if text == "walk":
        return _WALK_KPH
    if text == "none":
        return FASTEST_KPH / LIMIT_FACTOR
    number = _NUMBER.match(text)
    if number:
        factor = _KPH_PER.get(number[2])
        return float(number[1]) * factor or None if factor else None
    if ":" not in text:
        return None
    zone = text.partition(":")[2]
    posted = re.search(r"(\d+)$", zone)
    if posted:
        return float(posted[1]) or None
    return _COUNTRY_ZONE_KPH.get(text) or _ZONE_KPH.get(zone)


def speeds_kph(tags: Tags) -> tuple[float, float]:
    """Average speed in km/h along and against the way's nodes: from the signed limit where there is one, else by class.

    The way must be drivable.
    """
    by_class = FERRY_KPH if is_ferry(tags) else CLASS_KPH[tags["highway"]]
    either = limit_kph(tags.get("maxspeed")) or limit_kph(first_of(tags, "zone:maxspeed", "maxspeed:type"))

    def one_way(suffix: str) -> float:
        limit = limit_kph(tags.get(f"maxspeed:{suffix}")) or either
        return min(limit * LIMIT_FACTOR, FASTEST_KPH) if limit else by_class

    return one_way("forward"), one_way("backward")


def ferry_seconds(tags: Tags) -> float | None:
    """Crossing time of a ferry from its `duration` tag, "minutes", "HH:MM" or "HH:MM:SS"; None where absent or odd."""
    match = re.fullmatch(r"(?:(\d+):)?(\d+)(?::(\d+))?", tags.get("duration", "").strip())
    if not match:
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return float(hours * 3600 + minutes * 60 + seconds) or None


def is_blocking(tags: Tags) -> bool:
    """Whether a node stops motorcars: a bollard, a locked gate, anything tagged closed to them."""
    barrier = tags.get("barrier")
    access = first_of(tags, *_ACCESS_KEYS)
    if barrier is None:
        return False
    if barrier in _PASSABLE_BARRIERS:
        return access in {"no", "private"}
    return access not in _OPENED
