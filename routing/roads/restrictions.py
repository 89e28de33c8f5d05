"""Turn restrictions as the map's relations give them, and the hours in which conditional ones bind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
from opening_hours import OpeningHours, validate

SLOT_S = 900
"""Conditions are known for every quarter of an hour of a week."""
WEEK_SLOTS = 7 * 86_400 // SLOT_S
_REFERENCE_MONDAY = datetime(2025, 1, 6)  # noqa: DTZ001  # opening hours are told by the local clock

RELATION_KEYS = (
    "restriction:motorcar",
    "restriction:motor_vehicle",
    "restriction:vehicle",
    "restriction",
)
_CAR_WORDS = frozenset({"motorcar", "motor_vehicle", "vehicle"})
_CONDITIONAL = re.compile(r"(?P<kind>(?:no|only)_\w+)\s*@\s*(?:\((?P<in>[^)]*)\)|(?P<bare>[^;]+))")


@dataclass(frozen=True, slots=True)
class Restriction:
    """Who comes from way `from_way` over `via` must not (`no_…`) or must (`only_…`) go on to way `to_way`.

    Exactly one of `via_node` and `via_ways` is set. `hours` is an opening_hours text, empty when it always binds.
    """

    kind: str
    from_way: int
    to_way: int
    via_node: int | None = None
    via_ways: tuple[int, ...] = ()
    hours: str = ""

    @property
    def only(self) -> bool:
        """Whether it commands one way on, rather than forbidding one."""
        return self.kind.startswith("only_")


@dataclass(frozen=True, slots=True)
class Member:
    """A member of a relation: `kind` is "n", "w" or "r"."""

    kind: str
    ref: int
    role: str


def read_restrictions(get: Callable[[str], str | None], members: Iterable[Member]) -> list[Restriction]:
    """The restrictions that one relation puts on cars; none when it binds others only or is not whole."""
    if set((get("except") or "").replace(" ", "").split(";")) & _CAR_WORDS:
        return []
    rules = _rules(get)
    if not rules:
        return []
    sources: list[int] = []
    targets: list[int] = []
    via_nodes: list[int] = []
    via_ways: list[int] = []
    for member in members:
        if member.role == "from" and member.kind == "w":
            sources.append(member.ref)
        elif member.role == "to" and member.kind == "w":
            targets.append(member.ref)
        elif member.role == "via":
            (via_nodes if member.kind == "n" else via_ways).append(member.ref)
    if not sources or not targets or bool(via_nodes) == bool(via_ways) or len(via_nodes) > 1:
        return []
    node = via_nodes[0] if via_nodes else None
    return [
        Restriction(kind, source, target, node, tuple(via_ways), hours)
        for kind, hours in rules
        for source in sources
        for target in targets
    ]


def _rules(get: Callable[[str], str | None]) -> list[tuple[str, str]]:
    for key in RELATION_KEYS:
        conditional, plain = get(key + ":conditional"), get(key)
        if conditional is not None:
            return [
                (match["kind"], hours)
                for match in _CONDITIONAL.finditer(conditional)
                if (hours := (match["in"] or match["bare"] or "").strip()) and binding_slots(hours) is not None
            ]
        if plain is not None:
            return [(plain, "")] if plain.startswith(("no_", "only_")) else []
    return []


def binding_slots(hours: str) -> npt.NDArray[np.bool_] | None:
    """The quarters of an hour of a week, from Monday midnight, in which a condition holds: bool [672].

    None when the condition is not about the time (a vehicle's weight, say), so that it says nothing about cars.
    """
    if not validate(hours):
        return None
    rule = OpeningHours(hours)
    step = timedelta(seconds=SLOT_S)
    return np.array([rule.is_open(_REFERENCE_MONDAY + i * step) for i in range(WEEK_SLOTS)], np.bool_)
