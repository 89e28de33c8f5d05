"""How a car uses a way and passes a node, from their tags."""

from __future__ import annotations

from dataclasses import dataclass

from routing.roads.access import Access, Tags, barrier_access, find_access, oneway, way_access
from routing.roads.classes import (
    CLASS_NUMBER,
    FREE_FLOW_KMH,
    LIMIT_SHARE,
    SMOOTHNESS_KMH,
    SURFACE_KMH,
    TRACKTYPE_KMH,
)
from routing.roads.clearance import fits_car
from routing.roads.graph import NodeFlag, SegmentFlag
from routing.roads.maxspeed import limits_kmh

SIGNAL_DS, STOP_DS, GIVE_WAY_DS = 20, 20, 10
_OBSTACLE_DS = {"traffic_signals": SIGNAL_DS, "stop": STOP_DS, "give_way": GIVE_WAY_DS}
CROSSINGS = frozenset({"ferry", "shuttle_train"})
_CLOSED_SERVICE = frozenset({"emergency_access"})
_BUILDING_SITES = frozenset({"no", "widening", "minor"})


@dataclass(frozen=True, slots=True)
class Drive:
    """How a car uses a way: class number, tenths of km/h along and against, flags, seconds of a ferry crossing."""

    road_class: int
    along: int
    against: int
    flags: int
    ferry_s: int = 0


def drive_of(get: Tags) -> Drive | None:
    """How a car uses a way with these tags, or None when it cannot."""
    highway = get("highway")
    if highway is None or highway not in CLASS_NUMBER:
        route = get("route")
        return _ferry(get, route) if route in CROSSINGS and route is not None else None
    if get("area") == "yes" or get("service") in _CLOSED_SERVICE or get("impassable") == "yes":
        return None
    if (get("construction") or "no") not in _BUILDING_SITES or not fits_car(get):
        return None
    along_access, against_access = way_access(get)
    direction = oneway(get, highway)
    if direction == 2:
        return None
    along, against = _speeds(get, highway)
    if direction == -1 or along_access is Access.CLOSED:
        along = 0
    if direction == 1 or against_access is Access.CLOSED:
        against = 0
    if not along and not against:
        return None
    flags = 0
    if along_access is Access.RESTRICTED:
        flags |= SegmentFlag.RESTRICTED_FORWARD
    if against_access is Access.RESTRICTED:
        flags |= SegmentFlag.RESTRICTED_BACKWARD
    if get("junction") in {"roundabout", "circular"}:
        flags |= SegmentFlag.ROUNDABOUT
    return Drive(CLASS_NUMBER[highway], along, against, flags)


def _speeds(get: Tags, highway: str) -> tuple[int, int]:
    """Tenths of km/h along and against a way, from its signs, else its class, and never faster than its surface."""
    usual = FREE_FLOW_KMH[highway]
    limits = limits_kmh(get)
    cap = min(
        (
            table[value]
            for key, table in (("surface", SURFACE_KMH), ("smoothness", SMOOTHNESS_KMH), ("tracktype", TRACKTYPE_KMH))
            if (value := get(key)) in table and value is not None
        ),
        default=1000,
    )
    along, against = (round(10 * min(usual if limit is None else limit * LIMIT_SHARE, cap)) for limit in limits)
    return along, against


def _ferry(get: Tags, route: str) -> Drive | None:
    if find_access(get) not in {Access.PUBLIC, Access.RESTRICTED} and get("ferry") is None and route == "ferry":
        return None
    if find_access(get) is Access.CLOSED:
        return None
    direction = oneway(get, None)
    speed = round(10 * FREE_FLOW_KMH[route])
    return Drive(
        CLASS_NUMBER[route],
        0 if direction == -1 else speed,
        0 if direction == 1 else speed,
        SegmentFlag.FERRY,
        duration_s(get("duration") or ""),
    )


def duration_s(text: str) -> int:
    """Seconds of a `duration` tag: `MM`, `HH:MM`, `HH:MM:SS` or `PT1H30M`; 0 when it says nothing usable."""
    text = text.strip().upper()
    if text.startswith("PT"):
        seconds, number = 0, ""
        for letter in text[2:]:
            if letter.isdigit():
                number += letter
            elif letter in "HMS" and number:
                seconds += int(number) * {"H": 3600, "M": 60, "S": 1}[letter]
                number = ""
            else:
                return 0
        return min(seconds, 7 * 86_400)
    parts = text.split(":")
    if not 1 <= len(parts) <= 3 or not all(part.isdigit() for part in parts):
        return 0
    numbers = [int(part) for part in parts]
    if len(numbers) == 1:
        return min(numbers[0] * 60, 7 * 86_400)
    hours, minutes, seconds = (*numbers, 0)[:3]
    return min(hours * 3600 + minutes * 60 + seconds, 7 * 86_400)


def obstacle_of(get: Tags) -> tuple[int, int, int]:
    """Flags, and tenths of a second along and against the way, of a node with these tags."""
    flags, along, against = 0, 0, 0
    if get("barrier") is not None:
        access, wait_s = barrier_access(get)
        along = against = round(10 * wait_s)
        if access is Access.CLOSED:
            flags |= NodeFlag.CLOSED
        elif access is Access.RESTRICTED:
            flags |= NodeFlag.RESTRICTED
    kind = get("highway") or ""
    wait_ds = _OBSTACLE_DS.get(kind, 0)
    if wait_ds:
        direction = (get("traffic_signals:direction") if kind == "traffic_signals" else None) or get("direction")
        along += wait_ds if direction != "backward" else 0
        against += wait_ds if direction != "forward" else 0
        if kind == "stop":
            if get("stop") == "minor":
                flags |= NodeFlag.STOP_MINOR_ONLY
            elif direction not in {"forward", "backward"}:
                flags |= NodeFlag.STOP_EITHER_WAY
    return flags, along, against
