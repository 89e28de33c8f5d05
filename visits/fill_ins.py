"""What would fill a day's freed time: due customers ranked by worth less extra driving, each tried in the plan."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from routing.problem import Problem
from routing.solve.schedule import Scheduler
from visits.day_documents import DayFrame
from visits.day_plan import FillIn
from visits.day_repair import Repaired
from visits.needs import Need

MOST = 5
_PLACES_TRIED = 3


@dataclass(frozen=True, slots=True)
class _Insertion:
    """The best place found for a candidate: after which position of the sequence, when, at what extra travel."""

    need: Need
    position: int
    start_s: int
    extra_travel_s: int

    @property
    def gain_s(self) -> int:
        return self.need.value_s - self.extra_travel_s


def fill_ins(
    repaired: Repaired, kept: Collection[str], frame: DayFrame, last_locked: str | None, most: int = MOST
) -> tuple[FillIn, ...]:
    """The best few due customers for the time that is free once the `kept` visits stand, the best first.

    Those that the repaired plan took in are among them, marked so; each is tried alone beside the kept visits.
    `last_locked` is the visit executed last, after which a fill-in would come when it comes first.
    """
    problem, plan = repaired.problem, repaired.plan
    planned = [problem.visit_index[stop.visit] for route in plan.routes for stop in route.stops]
    sequence = [index for index in planned if problem.visits[index].id in kept]
    clock = Scheduler(problem)
    found = []
    for index, visit in enumerate(problem.visits):
        if visit.id not in kept:
            insertion = _cheapest(problem, clock, sequence, index, repaired.needs[visit.id])
            if insertion is not None and insertion.gain_s > 0:
                found.append(insertion)
    found.sort(key=lambda one: (-one.gain_s, one.need.visit_id))
    taken = {problem.visits[index].id for index in planned}
    return tuple(_describe(one, problem, sequence, frame, last_locked, taken) for one in found[:most])


def _cheapest(problem: Problem, clock: Scheduler, sequence: list[int], index: int, need: Need) -> _Insertion | None:
    """The place with the least extra travel among the few best that can be timed."""
    now_s = 0
    if sequence:
        timing = clock.schedule(0, sequence)
        if timing is None:
            return None
        now_s = timing.travel_s
    ranked = sorted(range(len(sequence) + 1), key=lambda place: _detour(problem, clock, sequence, index, place))
    best: _Insertion | None = None
    for place in ranked[:_PLACES_TRIED]:
        timing = clock.schedule(0, [*sequence[:place], index, *sequence[place:]])
        if timing is not None and (best is None or timing.travel_s - now_s < best.extra_travel_s):
            best = _Insertion(need, place, timing.starts_s[place], timing.travel_s - now_s)
    return best


def _detour(problem: Problem, clock: Scheduler, sequence: list[int], index: int, place: int) -> int:
    """Extra seconds of driving when the visit comes at this place of the sequence, at the shift's first hour."""
    shift = problem.shifts[0]
    where = problem.location_index

    def spot(visit: int) -> int:
        return where[problem.visits[visit].location]

    before = spot(sequence[place - 1]) if place else where[shift.start]
    after = spot(sequence[place]) if place < len(sequence) else where[shift.end]
    target, at_s = spot(index), shift.start_s
    there, back = clock.duration(before, target, at_s), clock.duration(target, after, at_s)
    if there < 0 or back < 0:
        return 10_000_000
    return there + back - clock.duration(before, after, at_s)


def _describe(
    found: _Insertion,
    problem: Problem,
    sequence: list[int],
    frame: DayFrame,
    last_locked: str | None,
    taken: Collection[str],
) -> FillIn:
    customer = found.need.customer
    after = problem.visits[sequence[found.position - 1]].id if found.position else last_locked
    return FillIn(
        visit=found.need.visit_id,
        customer=customer.id,
        name=customer.name,
        address=customer.address,
        lon=customer.lon,
        lat=customer.lat,
        after=after,
        start_s=found.start_s,
        start=frame.local.moment(found.start_s),
        extra_travel_s=found.extra_travel_s,
        planned=found.need.visit_id in taken,
        why=found.need.why(frame.local.day),
    )
