"""From documents to arrays and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.roads.graph import EARTH_M
from routing.roads.network import RoadNetwork, require_on_roads
from routing.territories.alternatives import AS_NOW, NAMES, propose, usual_price, wish_of
from routing.territories.case import KEY_ACCOUNT, NOBODY, Case, Drives, Floats, Owners, Wish
from routing.territories.document import (
    ProposalOut,
    TerritoryAnswer,
    TerritoryOut,
    TerritoryProblem,
)
from routing.territories.figures import Figures, figures
from routing.territories.neighbours import Parts, road_parts, straight_parts
from routing.territories.search import USUAL, Effort, Found, ShouldStop
from routing.territories.workload import Workload

BEELINE_M_PER_S = 9.0
"""Speed as the crow flies where there are no roads: 42 km/h on roads a third longer."""
_NEAREST = 3


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """A case, the parts of the network that its customers have, and where drive times came from.

    `near_s` float64 [n] is the mean drive to each customer's three nearest.
    """

    case: Case
    parts: Parts
    near_s: Floats
    travel: str


def assemble(problem: TerritoryProblem, network: RoadNetwork | None) -> Assembled:
    """The arrays of a problem.

    Raises RoadError for a place that is on no road, InputError for a territory without hours or a customer that nobody
    may serve.
    """
    places = np.array([[customer.lon, customer.lat] for customer in problem.customers], np.float64)
    bases = np.array([[base.lon, base.lat] for one in problem.territories for base in one.bases], np.float64)
    if network is None:
        parts = straight_parts(places)
        drive, near = beeline_seconds(bases, places), beeline_near(places)
    else:
        snapped, homes = network.snap(places), network.snap(bases)
        require_on_roads(snapped, [customer.id for customer in problem.customers])
        require_on_roads(homes, [f"base of {one.id}" for one in problem.territories for _ in one.bases])
        parts, near = road_parts(network, snapped)
        seconds = network.matrix(homes, snapped).duration_s.T
        drive = np.where(seconds < 0, np.inf, seconds).astype(np.float32)
    case = case_of(problem, drive, near, parts)
    case.require_sound([one.id for one in problem.customers], [one.id for one in problem.territories])
    return Assembled(case, parts, near, "beeline" if network is None else "roads")


def case_of(problem: TerritoryProblem, drive: Drives, near: Floats, parts: Parts) -> Case:
    """The case: `drive` float32 [n, bases] seconds from every base, `near` float64 [n] to the three nearest."""
    number = {one.id: j for j, one in enumerate(problem.territories)}
    at, columns = 0, []
    for one in problem.territories:
        columns.append(drive[:, at : at + len(one.bases)].min(axis=1))
        at += len(one.bases)
    drive_s = np.ascontiguousarray(np.column_stack(columns), np.float32)
    _forbid(problem, drive_s)
    factors = problem.workload
    workload = Workload(factors.local, factors.haul, factors.visits_per_day)
    visits = np.array([one.visits for one in problem.customers])
    service = np.array([one.service_s for one in problem.customers], np.float64)
    haul = workload.haul_per_second(visits)
    case = Case(
        drive_s=drive_s,
        work=workload.work(visits, service, near)[:, None],
        haul=haul,
        weight=np.maximum(haul, 1e-3),
        dearness=np.where([one.key for one in problem.customers], KEY_ACCOUNT, 1.0),
        present=_numbers([one.present for one in problem.customers], number),
        capacity=np.array([[one.capacity_s] for one in problem.territories], np.float64),
        neighbours=parts.neighbours,
    )
    return case.pinned(_numbers([one.pinned for one in problem.customers], number))


def _forbid(problem: TerritoryProblem, drive_s: Drives) -> None:
    """Makes infinite what skills and regions forbid."""
    kinds: dict[tuple[tuple[str, ...], str | None], list[int]] = {}
    for i, customer in enumerate(problem.customers):
        kinds.setdefault((customer.skills, customer.region), []).append(i)
    for (skills, region), rows in kinds.items():
        for j, one in enumerate(problem.territories):
            able = set(skills) <= set(one.skills)
            inside = region is None or one.regions is None or region in one.regions
            if not (able and inside):
                drive_s[rows, j] = np.inf


def _numbers(names: list[str | None], number: dict[str, int]) -> Owners:
    return np.array([NOBODY if name is None else number[name] for name in names], np.int64)


def answer(
    problem: TerritoryProblem,
    assembled: Assembled,
    names: tuple[str, ...] = NAMES,
    effort: Effort = USUAL,
    should_stop: ShouldStop | None = None,
) -> TerritoryAnswer:
    """The proposals by these names. Raises SolveError."""
    common = problem.wish.priced(usual_price(assembled.case))
    proposals = tuple(
        shown(problem, assembled.case, name, propose(assembled.case, name, common, effort, should_stop), common)
        for name in names
    )
    return TerritoryAnswer(travel="roads" if assembled.travel == "roads" else "beeline", proposals=proposals)


def shown(problem: TerritoryProblem, case: Case, name: str, found: Found, common: Wish) -> ProposalOut:
    """A found proposal as a document, its figures worked out anew from the owners."""
    told = figures(case, found.owner)
    customers, territories = problem.customers, problem.territories
    moved = (found.owner != case.present) & (case.present >= 0)
    wish = common if name == AS_NOW else wish_of(name, common)
    return ProposalOut(
        name=name,
        assignment={one.id: territories[j].id for one, j in zip(customers, found.owner.tolist(), strict=True)},
        territories=tuple(
            TerritoryOut(
                id=one.id,
                work_s=round(told.work_s[j]),
                capacity_s=one.capacity_s,
                drive_s=round(told.drive_s[j]),
                deviation=round(float(told.deviation[j]), 4),
                customers=int(told.customers[j]),
            )
            for j, one in enumerate(territories)
        ),
        worst=round(told.worst, 4),
        spread=round(told.spread, 4),
        base_s=round(told.base_s, 1),
        moved=told.moved,
        moved_value=float(sum(one.value for one, gone in zip(customers, moved.tolist(), strict=True) if gone)),
        exceptions=tuple(customers[u].id for u in told.kept_apart.customers.tolist()),
        objective_s=round(found.objective, 1),
        bound_s=round(found.bound, 1) if found.bound > 0 else None,
        gap=round(found.gap, 4) if found.bound > 0 else None,
        notes=notes(told, wish, [one.id for one in territories], [one.id for one in customers], sought=name != AS_NOW),
    )


def notes(
    told: Figures, wish: Wish, territories: list[str], customers: list[str], *, sought: bool = True
) -> tuple[str, ...]:
    """What could not be met, one sentence each, with the nearest possible."""
    said = []
    work, capacity = float(told.work_s.sum()), float(told.capacity_s.sum())
    if work > capacity:
        said.append(
            f"the work of {work / 3600:,.0f} hours a month does not fit the capacity of {capacity / 3600:,.0f}: shared "
            f"out evenly every territory works {100 * work / capacity:.0f} % of its hours; add a rep or fewer visits"
        )
    off = np.abs(told.deviation)
    worst = int(off.argmax())
    if sought and off[worst] > wish.tolerance + 1e-9:
        side = "over" if told.deviation[worst] > 0 else "under"
        said.append(
            f"the territory {territories[worst]!r} cannot be brought within {100 * wish.tolerance:.1f} %: the nearest "
            f"possible found is {100 * off[worst]:.1f} % {side} its share; move its base, or free pins around it"
        )
    if told.kept_apart.breaks:
        names = ", ".join(repr(customers[u]) for u in told.kept_apart.customers[:3].tolist())
        more = f" and {len(told.kept_apart.customers) - 3} more" if len(told.kept_apart.customers) > 3 else ""
        held = bool(told.kept_apart.pinned.all())
        why = "held there by a pin, skill or region" if held else "which no allowed territory beside can take"
        if not sought:
            why = "as it is now"
        said.append(f"apart from their territory: {names}{more}, {why}")
    return tuple(said)


def beeline_seconds(bases: npt.NDArray[np.float64], places: npt.NDArray[np.float64]) -> Drives:
    """Seconds from bases to places as the crow flies, float32 [places, bases] (haversine)."""
    one, two = np.radians(places)[:, None, :], np.radians(bases)[None, :, :]
    half = np.sin((two - one) / 2) ** 2
    chord = half[..., 1] + np.cos(one[..., 1]) * np.cos(two[..., 1]) * half[..., 0]
    metres = 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    seconds: Drives = (metres / BEELINE_M_PER_S).astype(np.float32)
    return seconds


def beeline_near(places: npt.NDArray[np.float64]) -> Floats:
    """Mean seconds to the three nearest, float64 [n]."""
    n = len(places)
    near = np.zeros(n)
    if n < 2:
        return near
    for rows in np.array_split(np.arange(n), n // 1000 + 1):
        seconds = beeline_seconds(places, places[rows]).astype(np.float64)
        seconds[np.arange(len(rows)), rows] = np.inf
        count = min(_NEAREST, n - 1)
        near[rows] = np.partition(seconds, count - 1, axis=1)[:, :count].mean(axis=1)
    return near
