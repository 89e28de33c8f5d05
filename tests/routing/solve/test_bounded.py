"""A search with its bound: sound plans, the same on one process or two, ended by proof, by gap or by the caller."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from routing.evaluate import evaluate
from routing.problem import Problem, read_problem
from routing.solve.bounded import search_and_bound
from routing.solve.engines import solve
from routing.solve.options import SolveOptions
from tests.instances import bench_instance
from tests.routing.solve.brute import best_by_brute_force
from tests.routing.solve.small import small_problem
from tests.routing.solve.tiny import tiny_problems


@given(tiny_problems(visits=5, shifts=2, musts=True))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_plan_passes_the_judge_its_bound_included(problem: Problem) -> None:
    plan = solve(problem, SolveOptions(iterations=30))
    assert [fault.detail for fault in evaluate(problem, plan).violations if fault.kind != "mandatory"] == []
    served, best = best_by_brute_force(problem)
    if served == sum(visit.must for visit in problem.visits):
        assert plan.bound_s == best == plan.objective_s


def test_the_same_bytes_on_one_process_or_two() -> None:
    problem = small_problem()
    plans = {solve(problem, SolveOptions(iterations=400, seed=7, processes=many)).to_json() for many in (1, 2, 1, 2)}
    assert len(plans) == 1
    assert '"bound_s":null' not in plans.pop()


@pytest.mark.needs_bench
def test_a_proven_day_needs_no_more_time() -> None:
    problem = read_problem(bench_instance("field/r1_d1_n30_s1.json"))
    outcome = search_and_bound(problem, SolveOptions(seconds=600))
    assert outcome.bound_s == outcome.found.objective_s


@pytest.mark.needs_bench
def test_a_gap_ends_the_search() -> None:
    problem = read_problem(bench_instance("field/r1_d5_n80_s1.json"))
    outcome = search_and_bound(problem, SolveOptions(seconds=60, gap=0.9))
    assert outcome.bound_s is not None
    assert outcome.found.objective_s >= 0.1 * outcome.bound_s


def test_a_caller_ends_it() -> None:
    problem = small_problem()
    told: list[int] = []
    outcome = search_and_bound(
        problem,
        SolveOptions(seconds=600),
        on_progress=lambda progress: told.append(progress.iterations),
        should_stop=lambda: len(told) > 2,
    )
    assert outcome.found.sequences
    assert told == sorted(told)
