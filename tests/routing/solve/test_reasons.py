"""Every reason is what trying says."""

from __future__ import annotations

from hypothesis import event, given, settings

from routing.plan import Plan, Unserved
from routing.problem import Problem
from routing.solve.engines import solve
from routing.solve.options import SolveOptions
from routing.solve.schedule import Scheduler
from routing.solve.starts import may_serve
from tests.routing.solve.tiny import tiny_problems


def _sequences(problem: Problem, plan: Plan) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in problem.shifts]
    for route in plan.routes:
        found[problem.shift_index[route.shift]] = [problem.visit_index[stop.visit] for stop in route.stops]
    return found


class _Trial:
    def __init__(self, problem: Problem, plan: Plan) -> None:
        self.problem = problem
        self.scheduler = Scheduler(problem)
        self.sequences = _sequences(problem, plan)

    def cost(self, shift: int, sequence: list[int]) -> int | None:
        if not sequence:
            return 0
        timing = self.scheduler.schedule(shift, sequence)
        return None if timing is None else timing.price_s + timing.travel_price_s

    def losses(self, visit: int) -> list[int]:
        """What each possible insertion into the plan costs beyond the visit's worth."""
        found = []
        for shift, sequence in enumerate(self.sequences):
            before = self.cost(shift, sequence)
            assert before is not None
            for row in range(len(sequence) + 1):
                after = self.cost(shift, [*sequence[:row], visit, *sequence[row:]])
                if after is not None:
                    found.append(after - before - self.problem.visits[visit].worth_s(self.problem.shifts[shift].rep))
        return found

    def fits_alone(self, visit: int) -> bool:
        return any(self.cost(shift, [visit]) is not None for shift in range(len(self.problem.shifts)))


def _check(trial: _Trial, entry: Unserved) -> None:
    problem, visit = trial.problem, trial.problem.visit_index[entry.visit]
    losses = trial.losses(visit)
    event(entry.reason)
    assert entry.detail
    if entry.reason == "value":
        assert losses
        assert entry.cost_s == min(losses) >= 0
        assert not problem.visits[visit].must
        return
    assert losses == []
    if entry.reason in {"time", "displaced"}:
        assert trial.fits_alone(visit)
    else:
        assert not trial.fits_alone(visit)
    if entry.reason == "skill":
        assert not any(may_serve(problem.visits[visit], shift) for shift in problem.shifts)
    if entry.reason == "displaced":
        assert entry.by is not None
        served = {stop for sequence in trial.sequences for stop in sequence}
        assert {problem.visit_index[name] for name in entry.by} <= served
    if entry.reason in {"time", "shift"} and entry.short_s is not None:
        assert entry.short_s > 0


@settings(max_examples=250, deadline=None)
@given(tiny_problems(visits=5, shifts=3, length=16, waiting=False, musts=True))
def test_reasons_hold_when_tried(problem: Problem) -> None:
    plan = solve(problem, SolveOptions(engine="ortools", iterations=0))
    trial = _Trial(problem, plan)
    for entry in plan.unserved:
        _check(trial, entry)
    assert {problem.visit_index[entry.visit] for entry in plan.unserved} == set(range(len(problem.visits))) - {
        visit for sequence in trial.sequences for visit in sequence
    }


@settings(max_examples=100, deadline=None)
@given(tiny_problems(visits=5, shifts=2, length=16, musts=True))
def test_nothing_that_fits_and_pays_is_left_out(problem: Problem) -> None:
    plan = solve(problem, SolveOptions(engine="ortools", iterations=0))
    trial = _Trial(problem, plan)
    for entry in plan.unserved:
        assert min(trial.losses(problem.visit_index[entry.visit]), default=0) >= 0
