"""Repairs of tiny days against the best of all repairs."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from routing.evaluate import evaluate
from routing.events import EventList
from routing.plan import Plan
from routing.problem import Problem
from routing.repair import problem_after, repair
from routing.repair.improve import LONG_ITERATIONS
from tests.routing.repair.brute import best_repair, score
from tests.routing.repair.days import tiny_days


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny_days(visits=3, shifts=2, simple=True))
def test_a_searched_repair_is_the_best_there_is(day: tuple[Problem, Plan, EventList]) -> None:
    problem, plan, events = day
    repaired = repair(problem, plan, events, iterations=LONG_ITERATIONS)
    assert evaluate(problem_after(problem, events, plan), repaired).objective_s == repaired.objective_s
    assert score(problem, events, plan, repaired) == best_repair(problem, plan, events)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tiny_days(visits=3, shifts=2))
def test_a_quick_repair_claims_no_more_than_the_best(day: tuple[Problem, Plan, EventList]) -> None:
    problem, plan, events = day
    assert score(problem, events, plan, repair(problem, plan, events)) <= best_repair(problem, plan, events)
