"""Turn restrictions as the map's relations give them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from routing.roads.conditional import timed_values

RELATION_KEYS = (
    "restriction:motorcar",
    "restriction:motor_vehicle",
    "restriction:vehicle",
    "restriction",
)
_CAR_WORDS = frozenset({"motorcar", "motor_vehicle", "vehicle"})


@dataclass(frozen=True, slots=True)
class Restriction:
    """Who comes from way `from_way` over `via` must not (`no_…`) or must (`only_…`) go on to way `to_way`.

    Exactly one of `via_node` and `via_ways` is set. `hours` is an opening_hours text, empty when it always binds.
    `or_to` are further ways that an `only_…` rule allows, as a way drawn in pieces needs.
    """

    kind: str
    from_way: int
    to_way: int
    via_node: int | None = None
    via_ways: tuple[int, ...] = ()
    hours: str = ""
    or_to: tuple[int, ...] = ()

    @property
    def targets(self) -> frozenset[int]:
        """The ways that it names to go on to."""
        return frozenset((self.to_way, *self.or_to))

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
    found = []
    for kind, hours in rules:
        named = [(targets[0], tuple(targets[1:]))] if kind.startswith("only_") else [(each, ()) for each in targets]
        found += [
            Restriction(kind, source, target, node, tuple(via_ways), hours, others)
            for source in sources
            for target, others in named
        ]
    return found


def _rules(get: Callable[[str], str | None]) -> list[tuple[str, str]]:
    for key in RELATION_KEYS:
        conditional, plain = get(key + ":conditional"), get(key)
        if conditional is not None or plain is not None:
            rules = [*timed_values(conditional or ""), (plain or "", "")]
            return [(kind, hours) for kind, hours in rules if kind.startswith(("no_", "only_"))]
    return []
