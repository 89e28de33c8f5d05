"""The search against brute force, the scheduler and the evaluator."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.documents import from_values
from routing.problem import Problem, read_problem
from routing.solve.options import SolveOptions
from routing.solve.schedule import Scheduler
from routing.solve.search import Tuning, search
from tests.instances import FIELD_PROBLEMS, bench_instance
from tests.routing.solve.tiny import tiny_problems

ANNEALING = Tuning(exact=False)
QUICK = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def objective_of(problem: Problem, sequences) -> int | None:
    """Objective by exact timing, or None where a route cannot be done."""
    scheduler = Scheduler(problem)
    total = 0
    for k, sequence in enumerate(sequences):
        if sequence:
            timing = scheduler.schedule(k, sequence)
            if timing is None:
                return None
            worth = sum(problem.visits[j].worth_s(problem.shifts[k].rep) for j in sequence)
            total += worth - timing.price_s - timing.travel_price_s
    return total


def musts_served(problem: Problem, sequences) -> int:
    return sum(problem.visits[j].must for sequence in sequences for j in sequence)


def best_by_brute_force(problem: Problem) -> tuple[int, int]:
    """Most must visits that can be served, and the best objective with so many."""
    scheduler = Scheduler(problem)
    count = len(problem.visits)
    routes: list[dict[int, int]] = []
    for k, shift in enumerate(problem.shifts):
        best = {0: 0}
        for size in range(1, count + 1):
            for chosen in itertools.combinations(range(count), size):
                worth = sum(problem.visits[j].worth_s(shift.rep) for j in chosen)
                prices = [
                    timing.price_s + timing.travel_price_s
                    for order in itertools.permutations(chosen)
                    if (timing := scheduler.schedule(k, order)) is not None
                ]
                if prices:
                    best[sum(1 << j for j in chosen)] = worth - min(prices)
        routes.append(best)
    plans = {0: 0}
    for best in routes:
        longer: dict[int, int] = {}
        for served, value in plans.items():
            for more, gain in best.items():
                if not served & more:
                    key = served | more
                    longer[key] = max(longer.get(key, -(10**9)), value + gain)
        plans = longer
    musts = sum(1 << j for j, visit in enumerate(problem.visits) if visit.must)
    return max(((served & musts).bit_count(), value) for served, value in plans.items())


def assert_sound(problem: Problem, sequences) -> None:
    flat = [j for sequence in sequences for j in sequence]
    assert len(flat) == len(set(flat))
    assert len(sequences) == len(problem.shifts)
    assert objective_of(problem, sequences) is not None


@given(tiny_problems(visits=6, shifts=3, musts=True))
@QUICK
def test_every_route_of_a_plan_can_be_done(problem):
    found = search(problem, SolveOptions(iterations=60), tuning=ANNEALING)
    assert_sound(problem, found.sequences)
    assert found.objective_s <= objective_of(problem, found.sequences)


@given(tiny_problems(visits=4, shifts=2, timed=True, musts=True))
@QUICK
def test_every_route_can_be_done_when_travel_depends_on_the_time(problem):
    found = search(problem, SolveOptions(iterations=60), tuning=ANNEALING)
    assert_sound(problem, found.sequences)


@given(tiny_problems(visits=5, shifts=2, musts=True))
@settings(QUICK, max_examples=60)
def test_a_small_problem_is_solved_exactly(problem):
    found = search(problem, SolveOptions(iterations=10))
    objective_s = objective_of(problem, found.sequences)
    assert (musts_served(problem, found.sequences), objective_s) == best_by_brute_force(problem)
    assert (found.objective_s, found.proven) == (objective_s, True)


@given(tiny_problems(visits=4, shifts=2, timed=True, musts=True))
@QUICK
def test_a_small_problem_is_solved_exactly_when_travel_depends_on_the_time(problem):
    found = search(problem, SolveOptions(iterations=10))
    assert (musts_served(problem, found.sequences), objective_of(problem, found.sequences)) == best_by_brute_force(
        problem
    )


@given(tiny_problems(visits=5, shifts=2, musts=True, waiting=False, wild=False))
@settings(QUICK, max_examples=25, derandomize=True)
def test_annealing_equals_brute_force(problem):
    """Where every part of a route can be driven and breaks have one order; else it is only seldom behind."""
    found = search(problem, SolveOptions(iterations=6000), tuning=ANNEALING)
    assert (musts_served(problem, found.sequences), objective_of(problem, found.sequences)) == best_by_brute_force(
        problem
    )


@given(st.integers(0, 2**31 - 1), st.integers(1, 2))
@settings(max_examples=2, deadline=None)
def test_seven_visits_are_planned_as_by_brute_force_and_by_annealing(seed, shifts):
    problem = seven_visits(seed, shifts)
    found, annealed = (
        search(problem, SolveOptions(iterations=40_000), tuning=tuning) for tuning in (Tuning(), ANNEALING)
    )
    assert found.proven
    assert not annealed.proven
    best = best_by_brute_force(problem)
    assert (0, objective_of(problem, found.sequences)) == best
    assert (0, objective_of(problem, annealed.sequences)) == best


def seven_visits(seed: int, shifts: int) -> Problem:
    chance = random.Random(seed)
    places = [(chance.random(), chance.random()) for _ in range(8)]
    drives = [[round(3000 * math.dist(a, b)) for b in places] for a in places]
    day = "2026-11-23"
    return from_values(
        Problem,
        {
            "version": 1,
            "locations": [{"id": f"p{i}"} for i in range(8)],
            "matrix": {"duration_s": drives, "distance_m": drives},
            "shifts": [
                {"id": f"s{k}", "rep": f"r{k}", "day": day, "start": "p0", "end": "p0", "start_s": 28800}
                | {"end_s": 46800, "breaks": [{"duration_s": 1800, "earliest_s": 36000, "latest_s": 39600}]}
                for k in range(shifts)
            ],
            "visits": [
                {
                    "id": f"v{i}",
                    "location": f"p{i + 1}",
                    "service_s": 1800,
                    "value_s": chance.randrange(600, 4000),
                    "windows": [{"day": day, "start_s": opens, "end_s": opens + 5400}],
                }
                for i in range(7)
                for opens in [chance.randrange(28800, 43200)]
            ],
        },
        "seven visits",
    )


@pytest.mark.parametrize("name", ["r1_d5_n80_s1", "r4_d5_n240_s1"])
@pytest.mark.needs_bench
def test_processes_do_not_change_the_plan(name):
    problem = read_problem(bench_instance(f"field/{name}.json"))
    plans = {search(problem, SolveOptions(iterations=3000, seed=7, processes=many)).sequences for many in (1, 2, 2)}
    assert len(plans) == 1


@pytest.mark.parametrize("name", FIELD_PROBLEMS)
@pytest.mark.needs_bench
def test_field_problems_are_planned_soundly(name):
    problem = read_problem(bench_instance(f"field/{name}.json"))
    found = search(problem, SolveOptions(iterations=400))
    assert_sound(problem, found.sequences)
    assert found.objective_s == objective_of(problem, found.sequences)
    assert musts_served(problem, found.sequences) == sum(visit.must for visit in problem.visits)


@given(tiny_problems(visits=5, shifts=2, waiting=False))
@QUICK
def test_a_further_candidate_never_lowers_the_best(problem):
    fewer = Problem(**{name: getattr(problem, name) for name in Problem.model_fields} | {"visits": problem.visits[:-1]})
    best = [objective_of(one, search(one, SolveOptions(iterations=400)).sequences) for one in (fewer, problem)]
    assert best[0] <= best[1]


def test_a_start_is_never_made_worse():
    problem = seven_visits(3, 1)
    good = search(problem, SolveOptions(iterations=1000), tuning=ANNEALING)
    again = search(problem, SolveOptions(iterations=0), start=good.sequences, tuning=ANNEALING)
    assert again.objective_s >= good.objective_s


def test_a_caller_can_cancel_and_is_told():
    told = []
    found = search(seven_visits(3, 1), SolveOptions(seconds=60), told.append, lambda: len(told) > 2, tuning=ANNEALING)
    assert told[-1].objective_s == found.objective_s
    assert found.iterations < 200_000
