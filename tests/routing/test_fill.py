"""Fill-ins: each offer can be carried out at the price it names, and the plan stays as it is."""

from __future__ import annotations

import pytest

from routing.errors import InputError
from routing.evaluate import evaluate
from routing.fill import offer_fill_ins
from routing.moves import Assign, Remove, price_move
from routing.plan import Plan
from routing.problem import Problem
from tests.routing.repair.days import events_of, plan_of
from tests.routing.solve.small import DAYS, small_problem


@pytest.fixture(scope="module")
def day() -> tuple[Problem, Plan]:
    """A day with gaps: every second stop was taken out."""
    problem = small_problem()
    plan = plan_of(problem)
    for route in plan.routes:
        for stop in route.stops[::2]:
            plan = price_move(problem, plan, Remove(stop.visit)).plan
    return problem, plan


def test_an_offer_keeps_its_word(day: tuple[Problem, Plan]) -> None:
    problem, plan = day
    now = events_of(0, day=DAYS[0])
    shifts = {shift.id for shift in problem.shifts if str(shift.day) == DAYS[0]}
    offers = offer_fill_ins(problem, plan, shifts, now=now, limit=20)
    assert offers
    gains = [one.value_s - one.extra_travel_s for one in offers]
    assert gains == sorted(gains, reverse=True)
    before = evaluate(problem, plan)
    planned = {stop.visit for route in plan.routes for stop in route.stops}
    for one in offers:
        assert one.shift in shifts
        assert one.visit not in planned
        done = price_move(problem, plan, Assign(one.visit, one.shift, one.after), now=now)
        assert done.broken == ()
        after = evaluate(problem, done.plan)
        assert after.travel_s - before.travel_s == one.extra_travel_s
        assert after.value_s - before.value_s == one.value_s


def test_at_most_so_many_and_none_where_nothing_is_left(day: tuple[Problem, Plan]) -> None:
    problem, plan = day
    now = events_of(0, day=DAYS[0])
    shifts = {shift.id for shift in problem.shifts}
    assert len(offer_fill_ins(problem, plan, shifts, now=now, limit=2)) == 2
    assert offer_fill_ins(problem, plan, set(), now=now) == ()
    empty = problem.with_parts(shifts=problem.shifts, visits=())
    nothing = Plan(objective_s=0, value_s=0, travel_s=0, routes=())
    assert offer_fill_ins(empty, nothing, shifts, now=now) == ()


def test_a_day_without_shifts_is_named(day: tuple[Problem, Plan]) -> None:
    problem, plan = day
    with pytest.raises(InputError, match="on which the problem has no shift"):
        offer_fill_ins(problem, plan, set(), now=events_of(0, day="2020-01-01"))
