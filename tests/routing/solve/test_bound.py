"""The bound is never below a plan that exists."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings

from routing.problem import Problem, read_problem
from routing.solve.bound import Known, upper_bound
from routing.solve.construct import Deadline
from routing.solve.options import SolveOptions
from routing.solve.schedule import Scheduler
from routing.solve.search import Tuning, search
from tests.instances import bench_instance
from tests.routing.solve.brute import best_by_brute_force
from tests.routing.solve.tiny import tiny_problems

NOTHING = -(10**9)


def best_of_any(problem: Problem) -> int:
    """The best objective of any plan, by trying all orders on all shifts."""
    scheduler = Scheduler(problem)
    plans = {0: 0}
    for k, shift in enumerate(problem.shifts):
        longer = dict(plans)
        for size in range(1, len(problem.visits) + 1):
            for order in itertools.permutations(range(len(problem.visits)), size):
                timing = scheduler.schedule(k, order)
                if timing is None:
                    continue
                served = sum(1 << j for j in order)
                gain = sum(problem.visits[j].worth_s(shift.rep) for j in order)
                gain -= timing.price_s + timing.travel_price_s
                for before, value in plans.items():
                    if not before & served:
                        key = before | served
                        longer[key] = max(longer.get(key, NOTHING), value + gain)
        plans = longer
    return max(plans.values())


@given(tiny_problems(visits=4, shifts=2))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_plan_exceeds_the_bound(problem):
    best = best_of_any(problem)
    bound = upper_bound(problem)
    assert bound is not None
    assert bound >= best


@given(tiny_problems(visits=3, shifts=1, timed=True))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_plan_exceeds_the_bound_when_travel_depends_on_the_time(problem):
    best = best_of_any(problem)
    bound = upper_bound(problem)
    assert bound is not None
    assert bound >= best


@given(tiny_problems(visits=5, shifts=1, waiting=False))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_bound_of_one_shift_is_exact(problem):
    assert upper_bound(problem) == max(0, best_of_any(problem))


@given(tiny_problems(visits=4, shifts=2, musts=True))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_plan_with_all_musts_exceeds_the_bound_found_beside_a_known_one(problem):
    found = search(problem, SolveOptions(iterations=40), tuning=Tuning(exact=False))
    bound = upper_bound(problem, known=Known(found.sequences, found.objective_s))
    served, best = best_by_brute_force(problem)
    assert bound is not None
    if served == sum(visit.must for visit in problem.visits):
        assert bound >= best


@given(tiny_problems(visits=4, shifts=1, waiting=False, musts=True))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_beside_a_plan_with_all_musts_the_bound_of_one_shift_is_exact(problem):
    found = search(problem, SolveOptions(iterations=2000))
    served, best = best_by_brute_force(problem)
    if served == sum(visit.must for visit in problem.visits):
        assert upper_bound(problem, known=Known(found.sequences, found.objective_s)) == best


@pytest.mark.needs_bench
@pytest.mark.parametrize("name", ["r1_d1_n30_s1", "r1_d1_n30_s2"])
def test_a_day_of_thirty_candidates_is_proven(name):
    problem = read_problem(bench_instance(f"field/{name}.json"))
    found = search(problem, SolveOptions(iterations=20_000))
    assert upper_bound(problem, known=Known(found.sequences, found.objective_s)) == found.objective_s


@pytest.mark.needs_bench
@pytest.mark.parametrize("name", ["r1_d1_n30_s1", "r1_d5_n80_s1"])
def test_the_bound_is_of_use_on_field_problems(name):
    problem = read_problem(bench_instance(f"field/{name}.json"))
    found = search(problem, SolveOptions(iterations=4000))
    bound = upper_bound(problem)
    assert bound is not None
    assert found.objective_s <= bound < sum(visit.value_s for visit in problem.visits)


@pytest.mark.needs_bench
def test_without_time_there_is_no_bound_rather_than_a_guess():
    problem = read_problem(bench_instance("field/r1_d1_n30_s1.json"))
    assert upper_bound(problem, deadline=Deadline.after(0.0)) is None
