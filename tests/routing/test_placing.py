"""Why a stop is where it is: every alternative is carried out, every refusal tried again."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from routing.errors import InputError
from routing.explain import WhyHere, why_here
from routing.plan import Plan
from routing.problem import Problem, Promise
from routing.solve.schedule import Scheduler
from tests.routing.repair.days import events_of, plan_of
from tests.routing.solve.small import DAYS, small_problem
from tests.routing.solve.tiny import tiny_problems


class _Trial:
    """The plan as sequences, and what it is worth with the stop elsewhere."""

    def __init__(self, problem: Problem, plan: Plan, name: str) -> None:
        self.problem, self.clock = problem, Scheduler(problem)
        self.name, self.visit = name, problem.visit_index[name]
        self.others: list[list[str]] = [[] for _ in problem.shifts]
        for route in plan.routes:
            names = [stop.visit for stop in route.stops]
            k = problem.shift_index[route.shift]
            if name in names:
                self.home, self.row = k, names.index(name)
            self.others[k] = [other for other in names if other != name]

    def gain(self, k: int, row: int) -> int | None:
        """What the objective gains by serving it there, None where that cannot be timed."""
        names = [*self.others[k][:row], self.name, *self.others[k][row:]]
        with_it, without = self._price(k, names), self._price(k, self.others[k])
        if with_it is None or without is None:
            return None
        return self.problem.visits[self.visit].worth_s(self.problem.shifts[k].rep) - with_it + without

    def _price(self, k: int, names: list[str]) -> int | None:
        if not names:
            return 0
        timing = self.clock.schedule(k, [self.problem.visit_index[name] for name in names])
        return None if timing is None else timing.price_s + timing.travel_price_s


def _told(problem: Problem, plan: Plan) -> list[tuple[_Trial, WhyHere]]:
    names = [stop.visit for route in plan.routes for stop in route.stops]
    return [(_Trial(problem, plan, name), why_here(problem, plan, name, limit=50)) for name in names]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny_problems(visits=5, shifts=3))
def test_every_alternative_costs_what_it_says(problem: Problem) -> None:
    for trial, told in _told(problem, plan_of(problem)):
        here = trial.gain(trial.home, trial.row)
        if not told.movable:
            assert here is None or problem.visits[trial.visit].promise is not None
            continue
        assert told.worth_s - told.cost_s == here
        assert [one.extra_s for one in told.alternatives] == sorted(one.extra_s for one in told.alternatives)
        for one in told.alternatives:
            k = problem.shift_index[one.shift]
            row = trial.others[k].index(one.after) + 1 if one.after else 0
            assert trial.gain(k, row) == here - one.extra_s
        listed = {told.shift, *(one.shift for one in told.alternatives), *(one.shift for one in told.refusals)}
        assert listed == {shift.id for shift in problem.shifts}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny_problems(visits=5, shifts=3, limits=False))
def test_a_shift_that_is_refused_cannot_take_it(problem: Problem) -> None:
    for trial, told in _told(problem, plan_of(problem)):
        for one in told.refusals:
            k = problem.shift_index[one.shift]
            assert not told.movable or all(trial.gain(k, row) is None for row in range(len(trial.others[k]) + 1))
        assert told.earliest_s <= told.start_s <= told.latest_s


@pytest.fixture(scope="module")
def problem() -> Problem:
    return small_problem()


@pytest.fixture(scope="module")
def plan(problem: Problem) -> Plan:
    return plan_of(problem)


def test_a_promise_is_its_reason(problem: Problem, plan: Plan) -> None:
    told = why_here(problem, plan, "c5")
    assert (told.choice, told.timing, told.movable) == ("promise", "promise", False)
    assert told.alternatives == ()
    assert {one.obstacle for one in told.refusals} == {"allowed"}


def test_waiting_for_a_customer_to_open_is_told(problem: Problem, plan: Plan) -> None:
    for route in plan.routes:
        for stop in route.stops:
            told = why_here(problem, plan, stop.visit)
            assert (told.timing == "opens") == (told.wait_s > 0 and told.timing != "promise")


def test_both_ends_of_the_span_leave_the_others_possible(problem: Problem, plan: Plan) -> None:
    for route in plan.routes:
        names = [stop.visit for stop in route.stops]
        for name in names:
            told = why_here(problem, plan, name)
            for start in (told.earliest_s, told.latest_s):
                promise = Promise(start_s=start, end_s=start, shift=route.shift)
                visits = [
                    visit.model_copy(update={"promise": promise}) if visit.id == name else visit
                    for visit in problem.visits
                ]
                changed = problem.with_parts(shifts=problem.shifts, visits=visits)
                order = [changed.visit_index[one] for one in names]
                assert Scheduler(changed).schedule(changed.shift_index[route.shift], order) is not None


def test_what_is_executed_is_history(problem: Problem, plan: Plan) -> None:
    route = plan.routes[0]
    now = events_of(route.stops[0].departure_s, day=DAYS[0])
    told = why_here(problem, plan, route.stops[0].visit, now=now)
    assert (told.choice, told.timing, told.movable) == ("under_way", "under_way", False)


def test_what_is_not_planned_is_refused_by_name(problem: Problem, plan: Plan) -> None:
    with pytest.raises(InputError, match="'nobody' is not in the problem"):
        why_here(problem, plan, "nobody")
    with pytest.raises(InputError, match="in no route"):
        why_here(problem, plan.model_copy(update={"routes": ()}), "c5")
    with pytest.raises(InputError, match="limit is 0"):
        why_here(problem, plan, "c5", limit=0)
