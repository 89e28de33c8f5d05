"""Slots that due stops make room for, on days that are full."""

from __future__ import annotations

import pytest

from routing.evaluate import evaluate
from routing.making_room import offer_room
from routing.moves import Assign, Remove, price_move
from routing.plan import Plan, Unserved
from routing.problem import Problem, Promise, Visit
from routing.slots import SlotOffer
from tests.routing.repair.days import plan_of
from tests.routing.solve.small import small_problem


@pytest.fixture(scope="module")
def full() -> Problem:
    """More visits than two reps can make in two days."""
    return small_problem(visits=60, seed=8)


@pytest.fixture(scope="module")
def full_plan(full: Problem) -> Plan:
    return plan_of(full)


def _taken(problem: Problem, plan: Plan, call: Visit, offer: SlotOffer) -> tuple[Problem, Plan]:
    """The plan with the offer's first start promised, and the problem that it is a plan of."""
    promised = call.model_copy(
        update={"promise": Promise(start_s=offer.start_s, end_s=offer.start_s, shift=offer.shift), "windows": ()}
    )
    longer = problem.with_parts(shifts=problem.shifts, visits=(*problem.visits, promised))
    waiting = Unserved(visit=call.id, reason="time", detail="new")
    plan = plan.model_copy(update={"unserved": (*plan.unserved, waiting)})
    for name in offer.instead_of:
        plan = price_move(longer, plan, Remove(name)).plan
    return longer, price_move(longer, plan, Assign(call.id, offer.shift, offer.after)).plan


def test_a_slot_that_others_make_room_for_costs_what_it_says(full: Problem, full_plan: Plan) -> None:
    offered = 0
    for like in full.visits[::5]:
        call = Visit(id="call", location=like.location, service_s=900, windows=like.windows)
        offers = offer_room(full, full_plan, call, limit=4)
        assert [one.cost_s for one in offers] == sorted(one.cost_s for one in offers)
        for one in offers:
            assert 1 <= len(one.instead_of) <= 2
            assert not any(full.visits[full.visit_index[name]].must for name in one.instead_of)
            longer, taken = _taken(full, full_plan, call, one)
            assert evaluate(longer, taken).violations == ()
            assert full_plan.objective_s - taken.objective_s == one.cost_s
            offered += 1
    assert offered > 10


def test_nobody_leaves_whose_stop_is_locked_or_promised(full: Problem, full_plan: Plan) -> None:
    call = Visit(id="call", location=full.visits[3].location, service_s=600)
    free = {name for one in offer_room(full, full_plan, call, limit=20) for name in one.instead_of}
    assert free
    locked = full_plan.model_copy(
        update={
            "routes": tuple(
                route.model_copy(
                    update={
                        "stops": tuple(stop.model_copy(update={"locked": stop.visit in free}) for stop in route.stops)
                    }
                )
                for route in full_plan.routes
            )
        }
    )
    others = {name for one in offer_room(full, locked, call, limit=20) for name in one.instead_of}
    assert not free & others
    must = full.with_parts(
        shifts=full.shifts, visits=[visit.model_copy(update={"mandatory": True}) for visit in full.visits]
    )
    assert offer_room(must, full_plan, call) == ()


def test_the_cheapest_room_of_all_is_found(full: Problem, full_plan: Plan) -> None:
    """Every stop and every pair of neighbours of every shift, taken out and the call put at every place."""
    found = 0
    for like in full.visits[:60:20]:
        call = Visit(id="call", location=like.location, service_s=300, windows=like.windows)
        offers = offer_room(full, full_plan, call, limit=1)
        best = _cheapest(full, full_plan, call)
        assert bool(offers) == (best is not None)
        if best is not None:
            assert offers[0].cost_s == best
            found += 1
    assert found


def _cheapest(problem: Problem, plan: Plan, call: Visit) -> int | None:
    longer = problem.with_parts(shifts=problem.shifts, visits=(*problem.visits, call))
    waiting = Unserved(visit=call.id, reason="time", detail="new")
    whole = plan.model_copy(update={"unserved": (*plan.unserved, waiting)})
    costs = []
    for route in plan.routes:
        names = [stop.visit for stop in route.stops]
        for begin in range(len(names)):
            for end in (begin + 1, begin + 2):
                gone = names[begin:end]
                if len(gone) < end - begin or any(longer.visits[longer.visit_index[name]].must for name in gone):
                    continue
                shorter = whole
                for name in gone:
                    shorter = price_move(longer, shorter, Remove(name)).plan
                left = [name for name in names if name not in gone]
                for after in (None, *left):
                    moved = price_move(longer, shorter, Assign(call.id, route.shift, after))
                    if not evaluate(longer, moved.plan).violations:
                        costs.append(plan.objective_s - moved.plan.objective_s)
    return min(costs, default=None)


def test_the_only_stop_of_a_day_can_make_room(full: Problem, full_plan: Plan) -> None:
    route = full_plan.routes[0]
    lone = next(stop for stop in route.stops if not full.visits[full.visit_index[stop.visit]].must)
    visit = full.visits[full.visit_index[lone.visit]]
    shift = full.shifts[full.shift_index[route.shift]]
    problem = full.with_parts(shifts=[shift], visits=[visit])
    plan = plan_of(problem)
    assert [len(one.stops) for one in plan.routes] == [1]
    long = Visit(id="call", location=visit.location, service_s=shift.end_s - shift.start_s - 3_600)
    for one in offer_room(problem, plan, long):
        assert one.instead_of == (visit.id,)
