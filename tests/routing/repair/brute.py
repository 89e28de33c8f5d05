"""The best repair of a tiny day by trying every board, each judged by the evaluator and priced anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations, product

from routing.evaluate import evaluate
from routing.events import EventList
from routing.plan import Plan, Unserved
from routing.problem import Problem
from routing.repair import problem_after
from routing.repair.rest import RETIMED_S, Day, Rest, day_of, rest_of
from routing.repair.state import state_of
from routing.repair.telling import Teller, disturbed
from routing.repair.timeline import Told


def judged(day: Day, told: Mapping[int, Told]) -> Plan:
    """The plan of told routes, with the evaluator's sums and every other visit left out."""
    over = [
        day.state.routes[day.problem.shifts[p].id]
        for p in day.state.over
        if day.problem.shifts[p].id in day.state.routes
    ]
    routes = [*over, *(told[position].route for position in sorted(told))]
    served = {stop.visit for route in routes for stop in route.stops}
    left_out = tuple(Unserved(visit=v.id, reason="time") for v in day.problem.visits if v.id not in served)
    draft = Plan(objective_s=0, value_s=0, travel_s=0, routes=tuple(routes), unserved=left_out)
    return draft.model_copy(update={"objective_s": evaluate(day.problem, draft).objective_s})


def score(problem: Problem, events: EventList, plan: Plan, repaired: Plan) -> tuple[int, int]:
    """Musts served, and the objective less the price of stops that changed rep or day, were dropped or retimed."""
    after = problem_after(problem, events, plan)
    day = day_of(after, state_of(problem, plan, events), events)
    served = {stop.visit: (route.shift, stop.start_s) for route in repaired.routes for stop in route.stops}
    changed = 0
    for name in day.homes:
        stays = name in served and day.stays(name, after.shift_index[served[name][0]])
        promised = after.visits[after.visit_index[name]].promise is not None
        retimed = stays and promised and abs(served[name][1] - day.starts[name]) > RETIMED_S
        changed += not stays or retimed
    musts = sum(after.visits[after.visit_index[name]].must or name in day.pinned for name in served)
    return musts, repaired.objective_s - events.change_price_s * changed


def best_repair(problem: Problem, plan: Plan, events: EventList) -> tuple[int, int]:
    """The highest score of all boards that break no rule which the locked part alone keeps."""
    after = problem_after(problem, events, plan)
    day = day_of(after, state_of(problem, plan, events), events)
    positions = tuple(day.state.open)
    over = {
        stop.visit for p in day.state.over for stop in getattr(day.state.routes.get(after.shifts[p].id), "stops", ())
    }
    free = [visit.id for visit in after.visits if visit.id not in day.state.locked | over]
    rest = rest_of(day, positions, {}, free, keep_times=False)
    teller = Teller(day, disturbed(day))
    routes = {position: _orders(day, teller, rest, position, free) for position in positions}
    best = (-1, 0)
    for places in product((-1, *positions), repeat=len(free)):
        sets = {p: frozenset(n for n, place in zip(free, places, strict=True) if place == p) for p in positions}
        if all(sets[p] in routes[p] for p in positions):
            told = {p: route for p in positions if (route := routes[p][sets[p]]) is not None}
            best = max(best, teller.score(told))
    return best


def _orders(
    day: Day, teller: Teller, rest: Rest | None, position: int, free: Sequence[str]
) -> dict[frozenset[str], Told | None]:
    """For each set of stops that the shift can do, its best route."""
    found: dict[frozenset[str], Told | None] = {}
    able = [name for name in free if name not in day.pinned or day.homes[name] == position]
    for size in range(len(able) + 1):
        for order in permutations(able, size):
            try:
                told = teller.told(position, order, rest)
            except (ValueError, KeyError):
                continue
            known = found.get(frozenset(order))
            if known is None or (told is not None and known.worth_s - known.price_s < told.worth_s - told.price_s):
                found[frozenset(order)] = told
    return found
