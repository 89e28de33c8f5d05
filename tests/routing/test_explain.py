"""Reasons and remedies, each carried out and judged."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from routing.errors import InputError
from routing.evaluate import evaluate
from routing.explain import Remedy, what_would_make_room, why_not
from routing.plan import Plan
from routing.problem import Problem, Shift, TimeWindow, Visit, read_problem
from routing.solve.construct import Deadline
from routing.solve.finish import finish
from routing.solve.options import SolveOptions
from routing.solve.schedule import Scheduler, routes_to_plan
from routing.solve.search import search
from tests.instances import bench_instance
from tests.routing.solve.tiny import tiny_problems


def planned(problem: Problem) -> Plan:
    found = search(problem, SolveOptions(iterations=100))
    return finish(
        Scheduler(problem), found.sequences, seed=1, iterations=100, engine="search", deadline=Deadline.after(60)
    )


def changed(problem: Problem, **fields) -> Problem:
    return Problem(**{name: getattr(problem, name) for name in Problem.model_fields} | fields)


def under(problem: Problem, name: str, remedy: Remedy) -> Problem:
    """The problem with the remedy's rule."""
    j, k = problem.visit_index[name], problem.shift_index[remedy.shift]
    visit, shift = problem.visits[j], problem.shifts[k]
    grown: dict[str, object] = {}
    if remedy.kind == "open_longer":
        at = TimeWindow(day=shift.day, start_s=remedy.start_s, end_s=remedy.start_s)
        grown = {"windows": (*visit.windows, at), "max_late_s": 0}
    elif remedy.kind == "other_rep":
        grown = {"skills": (), "shifts": None}
    visits = list(problem.visits)
    visits[j] = Visit(**{field: getattr(visit, field) for field in Visit.model_fields} | grown)
    shifts = list(problem.shifts)
    if remedy.kind == "extend_shift":
        longer = {"end_s": shift.end_s + remedy.extra_s}
        shifts[k] = Shift(**{field: getattr(shift, field) for field in Shift.model_fields} | longer)
    return changed(problem, visits=tuple(visits), shifts=tuple(shifts))


def gain_when_carried_out(problem: Problem, plan: Plan, name: str, remedy: Remedy) -> int | None:
    """What the objective gains with the visit somewhere on the shift under the remedy's rule; None if nowhere."""
    eased = under(problem, name, remedy)
    j = problem.visit_index[name]
    sequences: list[tuple[int, ...]] = [()] * len(problem.shifts)
    for route in plan.routes:
        stops = [problem.visit_index[stop.visit] for stop in route.stops if stop.visit != remedy.visit]
        sequences[problem.shift_index[route.shift]] = tuple(stops)
    k = problem.shift_index[remedy.shift]
    best = None
    scheduler = Scheduler(eased)
    for position in range(len(sequences[k]) + 1):
        longer = (*sequences[k][:position], j, *sequences[k][position:])
        if scheduler.schedule(k, longer) is None:
            continue
        trial = [*sequences[:k], longer, *sequences[k + 1 :]]
        new = routes_to_plan(eased, trial, seed=0, iterations=0, engine="search", scheduler=scheduler)
        faults = {fault.kind for fault in evaluate(eased, new).violations} - {"unserved", "mandatory"}
        assert not faults
        best = max(best if best is not None else -(10**9), new.objective_s - plan.objective_s)
    return best


@given(tiny_problems(visits=5, shifts=2, waiting=False))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_remedy_can_be_carried_out_at_its_price(problem):
    plan = planned(problem)
    for entry in plan.unserved:
        assert why_not(problem, plan, entry.visit).visit == entry.visit
        for remedy in what_would_make_room(problem, plan, entry.visit, worth=True):
            real = gain_when_carried_out(problem, plan, entry.visit, remedy)
            assert real is not None
            assert real >= remedy.gain_s
            assert remedy.kind != "worth_more" or remedy.extra_s == max(0, -remedy.gain_s)


@pytest.mark.needs_bench
def test_a_rep_week_has_remedies_for_every_visit():
    problem = read_problem(bench_instance("field/r1_d5_n80_s1.json"))
    plan = planned(problem)
    for entry in plan.unserved[::6]:
        reason = why_not(problem, plan, entry.visit)
        assert reason.reason in {"value", "displaced", "time", "shift", "window"}
        remedies = what_would_make_room(problem, plan, entry.visit, seconds=20, worth=True)
        assert "drop" in {remedy.kind for remedy in remedies}
        assert (reason.reason == "value") <= ("worth_more" in {remedy.kind for remedy in remedies})
        for remedy in remedies:
            assert gain_when_carried_out(problem, plan, entry.visit, remedy) >= remedy.gain_s


@pytest.mark.needs_bench
def test_a_served_or_unknown_visit_is_refused():
    problem = read_problem(bench_instance("field/r1_d1_n30_s1.json"))
    plan = planned(problem)
    served = plan.routes[0].stops[0].visit
    with pytest.raises(InputError, match=f"'{served}' is served on shift"):
        why_not(problem, plan, served)
    with pytest.raises(InputError, match="'nobody' is not in the problem"):
        what_would_make_room(problem, plan, "nobody")
