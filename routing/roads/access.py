"""Who may drive where: access tags of ways and barriers, read for a private car."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

Tags = Callable[[str], str | None]


class Access(IntEnum):
    """How a car may use a road: freely, only to get to a place on it, or not at all."""

    PUBLIC = 0
    RESTRICTED = 1
    CLOSED = 2


ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
"""Tags of access for a car, the most specific first."""
ONEWAY_KEYS = ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway")
_RESTRICTED = frozenset({"private", "delivery", "destination", "customers", "permit", "residents", "unknown"})
_CLOSED = frozenset(
    {
        "no", "agricultural", "forestry", "emergency", "psv", "taxi", "share_taxi", "minibus", "bus", "foot",
        "emergency_vehicle", "restricted", "military", "official", "use_sidepath",
    }
)  # fmt: skip
_OPEN_BARRIERS = frozenset(
    {"cattle_grid", "border_control", "toll_booth", "sally_port", "no", "entrance", "height_restrictor", "arch"}
)
_GATES = frozenset({"gate", "lift_gate"})
GATE_S = 60.0
"""Opening a gate and closing it again."""


def read_access(value: str) -> Access:
    """Access from one tag value; of several (`a;b`) the friendliest counts."""
    best = Access.CLOSED
    for part in value.split(";"):
        word = part.strip()
        if word in _RESTRICTED:
            best = min(best, Access.RESTRICTED)
        elif word not in _CLOSED:
            return Access.PUBLIC
    return best


def find_access(get: Tags, suffix: str = "") -> Access | None:
    """The most specific access tag that is there, or None."""
    for key in ACCESS_KEYS:
        value = get(key + suffix)
        if value is not None:
            return read_access(value)
    return None


def way_access(get: Tags) -> tuple[Access, Access]:
    """How a car may use a way along and against its drawn direction."""
    both = find_access(get)
    if both is None:
        both = Access.PUBLIC
    along, against = find_access(get, ":forward"), find_access(get, ":backward")
    return (both if along is None else along, both if against is None else against)


def barrier_access(get: Tags) -> tuple[Access, float]:
    """Whether a car passes a barrier node, and the seconds that takes."""
    barrier = get("barrier")
    wait_s = GATE_S if barrier in _GATES else 0.0
    said = find_access(get)
    if said is not None:
        return said, 0.0
    if barrier is None or barrier in _OPEN_BARRIERS or barrier in _GATES:
        return Access.PUBLIC, wait_s
    if get("bollard") == "rising" or get("kerb") in {"lowered", "flush"}:
        return Access.PUBLIC, 0.0
    if barrier == "kerb" and get("highway") == "crossing":
        return Access.PUBLIC, 0.0
    return Access.CLOSED, 0.0


def oneway(get: Tags, highway: str | None) -> int:
    """1 along the drawn direction only, -1 against it only, 0 both ways; 2 where the direction changes by the hour."""
    value = next((said for key in ONEWAY_KEYS if (said := get(key))), None)
    if value in {"yes", "true", "1"}:
        return 1
    if value in {"-1", "reverse"}:
        return -1
    if value == "reversible":
        return 2
    if value in {"no", "false", "0"}:
        return 0
    if highway == "motorway" or get("junction") in {"roundabout", "circular"}:
        return 1
    return 0
