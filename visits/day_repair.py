"""The rest of one rep's day, planned anew: a small problem from where and when the rep is free, and its best plan.

Candidates are due customers nearby. Stops that were planned keep their place by a price on dropping them, and the
result is never worse than simply driving on to the next stop.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.errors import SolveError
from routing.evaluate import require_valid
from routing.plan import Plan, Unserved
from routing.problem import Location, Problem, Promise, Shift, TimeWindow, TravelMatrix, TravelSlice
from routing.problem import Visit as ProblemVisit
from routing.roads.network import FAR_M
from routing.solve.construct import Deadline, fill_gaps
from routing.solve.options import SolveOptions
from routing.solve.schedule import Scheduler, routes_to_plan
from visits.day_documents import DayFrame, home_of
from visits.day_plan import PlannedStop
from visits.errors import InputError
from visits.hours import shift_id
from visits.models import Customer
from visits.needs import Need
from visits.problem_building import problem_visit
from visits.progress import DayProgress
from visits.solving import Tools

CHANGE_PRICE_S = 480
"""What dropping a planned stop costs beside its worth."""
CANDIDATES = 40
FILL_S = 0.3
"""At most so long is freed time filled before the solver is asked."""
_STRAIGHT_M_PER_S = 8.0
_EARTH_M = 6_371_000.0


@dataclass(frozen=True, slots=True)
class DayRest:
    """What may be planned anew of a day: `rest` are the needs of the open stops in their order."""

    frame: DayFrame
    progress: DayProgress
    rest: tuple[Need, ...]
    candidates: tuple[Need, ...]
    places: Mapping[str, Customer]


@dataclass(frozen=True, slots=True)
class Repaired:
    """The small problem of a day's rest, its chosen plan and the needs behind its visits."""

    problem: Problem
    plan: Plan
    needs: Mapping[str, Need]


def repair_day(day: DayRest, stored: Problem | None, tools: Tools, options: SolveOptions) -> Repaired:
    """Plan the rest of a day. `stored` is the problem that the day was first solved from, for its travel times.

    Raises RoadError when travel times are needed from roads and a place lies off them.
    """
    problem = _with_travel(day, stored, tools)
    needs = {need.visit_id: need for need in (*day.rest, *day.candidates) if need.visit_id in problem.visit_index}
    if not problem.visits:
        return Repaired(problem, Plan(objective_s=0, value_s=0, travel_s=0, routes=()), needs)
    plans = quick_plans(problem, [need.visit_id for need in day.rest])
    try:
        solved = tools.solve(problem, options)
        require_valid(problem, solved, allow_missing=_missing(solved))
        plans.append(solved)
    except SolveError:
        pass  # the quick plans stand
    best = max(plans, key=lambda one: (_musts(problem, one), one.objective_s))
    require_valid(problem, best, allow_missing=_missing(best))
    return Repaired(problem, best, needs)


def quick_plans(problem: Problem, order: Sequence[str]) -> list[Plan]:
    """Two plans at once: driving on in the order of the visits, and the same with its free time filled.

    Where driving on has become impossible it drops what is worth least.
    """
    clock = Scheduler(problem)
    sequence = [problem.visit_index[name] for name in order]
    while sequence and clock.schedule(0, sequence) is None:
        sequence = min(
            (sequence[:i] + sequence[i + 1 :] for i in range(len(sequence))),
            key=lambda left: (clock.schedule(0, left) is None, -sum(_weight(problem.visits[i]) for i in left)),
        )
    (filled,) = fill_gaps(clock, [sequence], Deadline.after(FILL_S))
    return [_plan_of(problem, clock, sequence), _plan_of(problem, clock, filled)]


def _plan_of(problem: Problem, clock: Scheduler, sequence: Sequence[int]) -> Plan:
    left = [
        Unserved(visit=visit.id, reason="time", detail="not part of the quick repair")
        for i, visit in enumerate(problem.visits)
        if i not in sequence
    ]
    return routes_to_plan(problem, [sequence], seed=0, iterations=0, engine="search", unserved=left, scheduler=clock)


def _missing(plan: Plan) -> frozenset[str]:
    return frozenset(entry.visit for entry in plan.unserved)


def _weight(visit: ProblemVisit) -> int:
    return visit.value_s + (10_000_000 if visit.must else 0)


def _musts(problem: Problem, plan: Plan) -> int:
    served = {stop.visit for route in plan.routes for stop in route.stops}
    return sum(visit.must for visit in problem.visits if visit.id in served)


def _with_travel(day: DayRest, stored: Problem | None, tools: Tools) -> Problem:
    """The small problem with travel times: cut out of the stored problem where it has all its places."""
    chosen = nearest_candidates(day)
    problem = _problem(day, chosen)
    if stored is not None and _knows(stored, problem.locations):
        return with_travel_of(problem, stored)
    off_road_m = tools.travel.off_road_m(
        np.array([(need.customer.lon, need.customer.lat) for need in chosen]).reshape(-1, 2)
    )
    on_roads = [need for need, metres in zip(chosen, off_road_m, strict=True) if metres <= FAR_M]
    return tools.travel(_problem(day, on_roads))


def _problem(day: DayRest, candidates: Sequence[Need]) -> Problem:
    rep, local, progress = day.frame.rep, day.frame.local, day.progress
    home = home_of(rep.id)
    shift = Shift(
        id=shift_id(rep.id, local.day),
        rep=rep.id,
        day=local.day,
        start=progress.at or home,
        end=home,
        start_s=progress.available_s,
        end_s=max(day.frame.end_s, progress.available_s + 1),
        skills=tuple(rep.skills),
        breaks=progress.breaks_left,
    )
    visits = [_kept_stop(stop, need, day, shift) for stop, need in zip(progress.rest, day.rest, strict=True)]
    for need in candidates:
        try:
            visits.append(problem_visit(need, local.zone))
        except InputError:
            continue
    used = dict.fromkeys([*([progress.at] if progress.at else []), *(visit.location for visit in visits)])
    return Problem(
        version=1,
        locations=(
            Location(id=home, lon=rep.home_lon, lat=rep.home_lat),
            *(_location(day.places[name]) for name in used),
        ),
        shifts=(shift,),
        visits=tuple(visits),
    )


def _kept_stop(stop: PlannedStop, need: Need, day: DayRest, shift: Shift) -> ProblemVisit:
    """A stop that was planned, with the hours it was planned by and the price of dropping it."""
    promise = need.promise
    return ProblemVisit(
        id=stop.visit,
        location=stop.customer,
        service_s=stop.departure_s - stop.start_s,
        value_s=need.value_s + CHANGE_PRICE_S,
        mandatory=need.must,
        windows=tuple(
            TimeWindow(day=day.frame.local.day, start_s=span.start_s, end_s=span.end_s) for span in stop.windows
        ),
        skills=tuple(skill for skill in need.customer.skills if skill in shift.skills),
        promise=Promise(start_s=promise.start_s, end_s=promise.end_s, shift=shift.id) if promise else None,
    )


def _location(customer: Customer) -> Location:
    return Location(id=customer.id, lon=customer.lon, lat=customer.lat)


def _knows(stored: Problem, places: Sequence[Location]) -> bool:
    """Whether a stored problem has travel times for these places as they are now."""
    index = stored.location_index
    return all(place.id in index and stored.locations[index[place.id]] == place for place in places)


def with_travel_of(problem: Problem, stored: Problem) -> Problem:
    """The problem with the travel times that a larger one has between the same places."""
    rows = np.array([stored.location_index[place.id] for place in problem.locations])
    cut = np.ix_(rows, rows)
    if stored.matrices is not None:
        return problem.with_matrices(
            tuple(
                TravelSlice(at_s=piece.at_s, duration_s=piece.duration_s[cut], distance_m=piece.distance_m[cut])
                for piece in stored.matrices
            )
        )
    travel = stored.require_travel()
    return problem.with_matrix(TravelMatrix(duration_s=travel.duration_s[0][cut], distance_m=travel.distance_m[0][cut]))


def nearest_candidates(day: DayRest) -> list[Need]:
    """The candidates most worth their way, as the crow flies, from the places of the day's rest."""
    rep = day.frame.rep
    around = [(rep.home_lon, rep.home_lat), *((stop.lon, stop.lat) for stop in day.progress.rest)]
    if day.progress.at is not None:
        here = day.places[day.progress.at]
        around.append((here.lon, here.lat))
    far = _metres_between(around)

    def gain_s(need: Need) -> float:
        return need.value_s - 2 * far(need.customer.lon, need.customer.lat) / _STRAIGHT_M_PER_S

    ranked = sorted(day.candidates, key=lambda need: (-gain_s(need), need.visit_id))
    return ranked[:CANDIDATES]


def _metres_between(places: Sequence[tuple[float, float]]) -> Callable[[float, float], float]:
    """Metres from a point to the nearest of some places, on a flat piece of the earth around the first."""
    scale = math.cos(math.radians(places[0][1]))

    def nearest(lon: float, lat: float) -> float:
        return min(
            math.radians(1) * _EARTH_M * math.hypot((lon - there[0]) * scale, lat - there[1]) for there in places
        )

    return nearest
