"""Slots for a caller and moves by hand, on a small week of two reps."""

from __future__ import annotations

import pytest

from routing.errors import InputError
from routing.evaluate import evaluate
from routing.events import EventList
from routing.moves import Assign, Pin, Remove, price_move
from routing.plan import Plan
from routing.problem import Problem, Promise, Visit
from routing.repair import problem_after
from routing.slots import offer_slots
from routing.solve.schedule import Scheduler
from tests.routing.repair.days import events_of, plan_of
from tests.routing.solve.small import DAYS, small_problem


@pytest.fixture(scope="module")
def problem() -> Problem:
    return small_problem()


@pytest.fixture(scope="module")
def plan(problem: Problem) -> Plan:
    return plan_of(problem)


def test_both_ends_of_an_offer_can_be_promised(problem: Problem, plan: Plan) -> None:
    wanted = Visit(id="call", location="c7", service_s=300, value_s=0)
    offers = offer_slots(problem, plan, wanted)
    assert offers
    assert [one.cost_s for one in offers] == sorted(one.cost_s for one in offers)
    stops = {route.shift: [stop.visit for stop in route.stops] for route in plan.routes}
    for one in offers:
        for start in (one.start_s, one.end_s):
            promise = Promise(start_s=start, end_s=start, shift=one.shift)
            promised = wanted.model_copy(update={"promise": promise})
            longer = problem.with_parts(shifts=problem.shifts, visits=[*problem.visits, promised])
            names = list(stops.get(one.shift, []))
            names.insert(names.index(one.after) + 1 if one.after else 0, "call")
            order = [longer.visit_index[name] for name in names]
            assert Scheduler(longer).schedule(longer.shift_index[one.shift], order) is not None


def test_what_is_over_is_not_offered(problem: Problem, plan: Plan) -> None:
    wanted = Visit(id="call", location="c7", service_s=300)
    now = events_of(40_000, day=DAYS[0])
    for one in offer_slots(problem, plan, wanted, limit=20, now=now):
        assert str(one.day) == DAYS[1] or one.start_s >= 40_000


def test_a_planned_visit_needs_no_slot(problem: Problem, plan: Plan) -> None:
    planned = problem.visits[problem.visit_index[plan.routes[0].stops[0].visit]]
    with pytest.raises(InputError, match="already in the plan"):
        offer_slots(problem, plan, planned)


@pytest.fixture(scope="module")
def full() -> Problem:
    """More visits than two reps can make in two days."""
    return small_problem(visits=60, seed=8)


@pytest.fixture(scope="module")
def full_plan(full: Problem) -> Plan:
    plan = plan_of(full)
    assert len(plan.unserved) > 10
    return plan


def test_no_place_is_cheaper_than_the_best_offer(full: Problem, full_plan: Plan) -> None:
    """Every place of every shift is timed; the first offer costs no more than any, and offers cost what they say."""
    offered = 0
    for like in full.visits[::4]:
        call = Visit(id="call", location=like.location, service_s=120, windows=like.windows)
        problem = full.with_parts(shifts=full.shifts, visits=[*full.visits, call])
        clock, new = Scheduler(problem), problem.visit_index["call"]
        prices: dict[str, list[int]] = {}
        for route in full_plan.routes:
            sequence = [full.visit_index[stop.visit] for stop in route.stops]
            k = full.shift_index[route.shift]
            base = clock.schedule(k, sequence)
            assert base is not None
            for row in range(len(sequence) + 1):
                timing = clock.schedule(k, [*sequence[:row], new, *sequence[row:]])
                if timing is not None:
                    added = timing.price_s + timing.travel_price_s - base.price_s - base.travel_price_s
                    prices.setdefault(route.shift, []).append(added)
        offers = offer_slots(full, full_plan, call, limit=20)
        assert {one.shift for one in offers} == set(prices)
        assert all(one.cost_s in prices[one.shift] for one in offers)
        if offers:
            assert offers[0].cost_s == min(price for found in prices.values() for price in found)
            offered += 1
    assert offered > 3


def test_a_visit_that_was_left_out_goes_in_at_its_price(full: Problem, full_plan: Plan) -> None:
    """Whatever rule it breaks is told; what it costs is what the judge finds."""
    served = broken = 0
    for entry in full_plan.unserved[:12]:
        for route in full_plan.routes:
            moved = price_move(full, full_plan, Assign(entry.visit, route.shift, route.stops[1].visit))
            names = next([stop.visit for stop in one.stops] for one in moved.plan.routes if one.shift == route.shift)
            assert names[2] == entry.visit
            assert {fault.detail for fault in moved.broken} == _judge(full, moved.plan)
            assert moved.price_s == full_plan.objective_s - moved.plan.objective_s
            assert [change.visit for change in moved.diff.added] == [entry.visit]
            served += 1
            broken += bool(moved.broken)
    assert 0 < broken <= served


def test_a_move_to_another_rep_pays_the_change_and_tells_the_driving(full: Problem, full_plan: Plan) -> None:
    first, second = full_plan.routes[0], full_plan.routes[1]
    moved = price_move(full, full_plan, Assign(first.stops[1].visit, second.shift))
    assert moved.price_s == full_plan.objective_s - moved.plan.objective_s + 480
    assert moved.diff.delta.travel_s == moved.plan.travel_s - full_plan.travel_s
    assert [one.visit for one in moved.diff.moved] == [first.stops[1].visit]


def _judge(problem: Problem, plan: Plan, now: EventList | None = None) -> set[str]:
    judged = problem if now is None else problem_after(problem, now, plan)
    return {fault.detail for fault in evaluate(judged, plan).violations}


def test_a_removed_stop_is_priced_by_what_is_lost(problem: Problem, plan: Plan) -> None:
    name = plan.routes[0].stops[0].visit
    moved = price_move(problem, plan, Remove(name))
    assert moved.broken == ()
    assert _judge(problem, moved.plan) == set()
    assert moved.price_s == plan.objective_s - moved.plan.objective_s + 480
    assert [change.visit for change in moved.diff.removed] == [name]


def test_an_impossible_move_is_told_with_every_rule_it_breaks(problem: Problem, plan: Plan) -> None:
    full = max(plan.routes, key=lambda route: len(route.stops))
    donor = next(route for route in plan.routes if route is not full)
    moved_plan, broken = plan, 0
    for stop in donor.stops:
        priced = price_move(problem, moved_plan, Assign(stop.visit, full.shift))
        moved_plan = priced.plan
        assert {fault.detail for fault in priced.broken} <= _judge(problem, moved_plan)
        broken += len(priced.broken)
        for fault in priced.broken:
            assert (fault.by_s or 0) > 0 or fault.kind not in {"shift_end", "max_travel", "promise"}
            late = fault.kind == "window" and "late" in fault.detail
            assert not late or f"{fault.by_s} s late" in fault.detail
    assert broken
    assert {stop.visit for stop in donor.stops} <= {
        stop.visit for route in moved_plan.routes for stop in route.stops if route.shift == full.shift
    }


def test_a_visit_from_outside_can_be_put_in(problem: Problem, plan: Plan) -> None:
    name = plan.routes[1].stops[-1].visit
    without = price_move(problem, plan, Remove(name)).plan
    moved = price_move(problem, without, Assign(name, plan.routes[0].shift, plan.routes[0].stops[0].visit))
    assert name not in {entry.visit for entry in moved.plan.unserved}
    assert moved.plan.routes[0].stops[1].visit == name
    assert {fault.detail for fault in moved.broken} == _judge(problem, moved.plan)


def test_a_lock_costs_nothing(problem: Problem, plan: Plan) -> None:
    name = plan.routes[0].stops[0].visit
    moved = price_move(problem, plan, Pin(name))
    assert moved.price_s == 0
    assert moved.plan.routes[0].stops[0].locked
    assert not price_move(problem, moved.plan, Pin(name, locked=False)).plan.routes[0].stops[0].locked


def test_history_cannot_be_moved(problem: Problem, plan: Plan) -> None:
    route = plan.routes[0]
    day = problem.shifts[problem.shift_index[route.shift]].day
    now = events_of(route.stops[0].departure_s, day=str(day))
    with pytest.raises(InputError, match="executed or under way"):
        price_move(problem, plan, Remove(route.stops[0].visit), now=now)
