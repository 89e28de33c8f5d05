"""The engines against brute force, the judge, their budgets and contradictory input."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from routing.errors import InputError
from routing.evaluate import evaluate
from routing.plan import Engine, Plan
from routing.problem import Problem, read_problem
from routing.solve.engines import solve
from routing.solve.options import Progress, SolveOptions
from tests.instances import FIELD_PROBLEMS, bench_instance
from tests.routing.solve.brute import best_by_brute_force
from tests.routing.solve.small import DAYS, small_problem
from tests.routing.solve.tiny import tiny_problems

BOTH = pytest.mark.parametrize("engine", ["search", "ortools"])


def _planned(engine: Engine, problem: Problem) -> Plan:
    return solve(problem, SolveOptions(engine=engine, iterations=40))


def _ortools(problem: Problem, iterations: int = 40, seed: int = 1) -> Plan:
    return solve(problem, SolveOptions(engine="ortools", iterations=iterations, seed=seed))


def _musts_served(problem: Problem, plan: Plan) -> int:
    served = {stop.visit for route in plan.routes for stop in route.stops}
    return sum(visit.must and visit.id in served for visit in problem.visits)


def _rules_broken(problem: Problem, plan: Plan) -> list[str]:
    return [fault.detail for fault in evaluate(problem, plan).violations if fault.kind != "mandatory"]


@settings(max_examples=60, deadline=None)
@given(tiny_problems(visits=4, shifts=2, length=24, waiting=False, soft=False, wild=False))
def test_equals_brute_force_on_hard_rules(drawn: Problem) -> None:
    """Where each visit pays alone; two that only pay together its local search may miss."""
    visits = tuple(visit.model_copy(update={"value_s": visit.value_s + 100}) for visit in drawn.visits)
    problem = drawn.model_copy(update={"visits": visits})
    plan = _ortools(problem, iterations=150)
    assert _rules_broken(problem, plan) == []
    assert (_musts_served(problem, plan), plan.objective_s) == best_by_brute_force(problem)


@settings(max_examples=60, deadline=None)
@given(tiny_problems(visits=4, shifts=3, length=24, musts=True))
def test_every_feature_gives_a_sound_plan_no_better_than_brute_force(problem: Problem) -> None:
    plan = _ortools(problem, iterations=10)
    assert _rules_broken(problem, plan) == []
    assert (_musts_served(problem, plan), plan.objective_s) <= best_by_brute_force(problem)


@settings(max_examples=40, deadline=None)
@given(tiny_problems(visits=4, shifts=2, length=24, timed=True, musts=True))
def test_travel_by_time_of_day_gives_a_sound_plan(problem: Problem) -> None:
    assert _rules_broken(problem, _ortools(problem, iterations=10)) == []


def test_same_iterations_and_seed_give_the_same_bytes() -> None:
    problem = small_problem()
    plans = {_ortools(problem, iterations=60, seed=7).to_json() for _ in range(3)}
    assert len(plans) == 1


def test_more_iterations_are_never_worse() -> None:
    problem = small_problem()
    few, many = _ortools(problem, iterations=0), _ortools(problem, iterations=100)
    assert many.objective_s >= few.objective_s
    assert evaluate(problem, few).valid


def test_stops_at_once_when_told() -> None:
    plan = solve(small_problem(), SolveOptions(engine="ortools", seconds=60), should_stop=lambda: True)
    assert evaluate(small_problem(), plan).valid


def test_stops_in_the_middle_when_told() -> None:
    heard: list[Progress] = []
    plan = solve(
        small_problem(),
        SolveOptions(engine="ortools", seconds=60),
        on_progress=heard.append,
        should_stop=lambda: len(heard) > 3,
    )
    assert evaluate(small_problem(), plan).valid
    objectives = [progress.objective_s for progress in heard]
    assert objectives == sorted(objectives, key=lambda value: value or 0)


@BOTH
@pytest.mark.parametrize("kind", ["no visits", "no shifts", "nothing"])
def test_nothing_to_plan_is_an_empty_plan(engine: Engine, kind: str) -> None:
    problem = small_problem()
    values = {name: getattr(problem, name) for name in Problem.model_fields}
    if kind != "no shifts":
        values["visits"] = ()
    if kind != "no visits":
        values |= {"shifts": (), "visits": tuple(v.model_copy(update={"promise": None}) for v in values["visits"])}
    bare = Problem(**values)
    plan = _planned(engine, bare)
    assert plan.routes == ()
    assert len(plan.unserved) == len(bare.visits)
    assert _rules_broken(bare, plan) == []


def _with_visits(problem: Problem, **changes: dict[str, object]) -> Problem:
    values = {name: getattr(problem, name) for name in Problem.model_fields}
    values["visits"] = tuple(
        visit.model_copy(update=changes[visit.id]) if visit.id in changes else visit for visit in problem.visits
    )
    return Problem(**values)


@BOTH
def test_must_visits_that_exclude_each_other_are_named(engine: Engine) -> None:
    problem = small_problem()
    promise = problem.visits[5].promise
    assert promise is not None
    clash = _with_visits(problem, c5={"service_s": 3600}, c7={"promise": promise, "service_s": 3600})
    plan = _planned(engine, clash)
    assert _rules_broken(clash, plan) == []
    missing = {entry.visit: entry for entry in plan.unserved if entry.visit in {"c5", "c7"}}
    assert len(missing) == 1
    (entry,) = missing.values()
    assert entry.reason == "displaced"
    assert entry.by == ({"c5", "c7"} - {entry.visit} and (*({"c5", "c7"} - {entry.visit}),))
    assert len(plan.routes) > 1


@BOTH
def test_an_appointment_outside_every_shift_is_named(engine: Engine) -> None:
    problem = small_problem()
    promise = problem.visits[5].promise
    assert promise is not None
    late = _with_visits(problem, c5={"promise": promise.model_copy(update={"start_s": 80000, "end_s": 81000})})
    plan = _planned(engine, late)
    (entry,) = [entry for entry in plan.unserved if entry.visit == "c5"]
    assert entry.reason == "window"


@BOTH
def test_reasons_name_what_is_missing(engine: Engine) -> None:
    problem = small_problem()
    day = problem.shifts[0].day
    closed = problem.visits[0].windows[0].model_copy(update={"day": day.replace(day=1)})
    strange = _with_visits(
        problem,
        c1={"skills": ("welding",)},
        c2={"windows": (closed,)},
        c3={"service_s": 20000, "windows": ()},
        c4={"value_s": 0},
        c6={"shifts": ()},
    )
    plan = _planned(engine, strange)
    reasons = {entry.visit: entry for entry in plan.unserved}
    assert reasons["c1"].reason == "skill"
    assert "welding" in reasons["c1"].detail
    assert reasons["c2"].reason == "window"
    assert reasons["c3"].reason == "shift"
    assert reasons["c3"].short_s is not None
    assert reasons["c3"].short_s > 0
    assert reasons["c6"].reason == "window"
    assert DAYS


def test_problem_without_travel_is_refused() -> None:
    problem = small_problem()
    values = {name: getattr(problem, name) for name in Problem.model_fields}
    with pytest.raises(InputError, match="no matrix"):
        _ortools(Problem(**{**values, "matrix": None}))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seconds": 0}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
        ({"seconds": float("inf")}, "seconds"),
        ({"iterations": -1}, "iterations"),
        ({"seed": -1}, "seed"),
        ({"engine": "magic"}, "engine"),
        ({"processes": 0}, "processes"),
        ({"gap": 1.0}, "gap"),
        ({"gap": -0.1}, "gap"),
    ],
)
def test_impossible_options_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        SolveOptions(**options)  # type: ignore[arg-type]


@pytest.mark.needs_bench
@pytest.mark.parametrize("name", FIELD_PROBLEMS)
def test_field_problems_get_sound_plans(name: str) -> None:
    problem = read_problem(bench_instance(f"field/{name}.json"))
    plan = solve(problem, SolveOptions(engine="ortools", seconds=1))
    verdict = evaluate(problem, plan)
    assert verdict.valid, verdict.violations[:3]
    assert verdict.objective_s == plan.objective_s > 0
