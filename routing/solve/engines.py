"""Solving by name: the one door to every engine."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from routing.plan import Engine, Plan
from routing.problem import Problem
from routing.solve.construct import Deadline, Sequences, construct, trim
from routing.solve.finish import finish
from routing.solve.options import Progress, SolveOptions
from routing.solve.schedule import Scheduler, routes_to_plan

OnProgress = Callable[[Progress], None]
OnRoutes = Callable[[Sequences], None]
ShouldStop = Callable[[], bool]
EngineFunction = Callable[[Problem, SolveOptions, OnProgress | None, ShouldStop | None, OnRoutes | None], Plan]

FINISH_PART = 1.0
"""Time kept for gaps, reasons and checks, as a multiple of what the first plan took; measured 0.5 to 0.7."""
LEAST_FINISH_S = 0.1
FINISH_S = 5e-6
"""Time kept for the same after the compiled search, per visit and shift."""
LEAST_SEARCH_S = 0.1
"""What the compiled search has when loading it took most of the limit: a first plan alone is a fifth below that."""
FIRST_PART = 0.6
"""Part of the limit that the compiled search has in any case."""
FIRST_S = 0.6
"""Time for the first plan, even when the limit passes: a plan that is not full costs more to explain."""


def solve(
    problem: Problem,
    options: SolveOptions,
    *,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
    on_routes: OnRoutes | None = None,
) -> Plan:
    """The best plan found within the options' limits, judged and with a reason for every visit left out.

    `on_progress` hears of every better solution, `on_routes` gets its visits (positions, one sequence per shift) from
    which `routing.solve.finish` makes a plan should the search never return, `should_stop` is asked often and ends the
    search with what is found by then.
    Raises InputError when the problem has no travel times, SolveError when an engine broke a rule.
    """
    problem.require_travel()
    return ENGINE_FUNCTIONS[options.engine](problem, options, on_progress, should_stop, on_routes)


def solve_by_ortools(
    problem: Problem,
    options: SolveOptions,
    on_progress: OnProgress | None,
    should_stop: ShouldStop | None,
    on_routes: OnRoutes | None,
) -> Plan:
    """The OR-Tools routing model, from a first plan by insertion."""
    began = time.monotonic()
    deadline = Deadline.after(options.time_s)
    scheduler = Scheduler(problem)
    first = construct(scheduler, _at_least(deadline, FIRST_S))
    took = time.monotonic() - began
    reporter = _Reporter(scheduler, began, on_progress, on_routes)
    reporter.first(first)
    search_end = _earlier(deadline, LEAST_FINISH_S + FINISH_PART * took)
    best, iterations = first, 0
    if _worth_searching(problem, options, search_end, took) and not (should_stop is not None and should_stop()):
        from routing.solve.model import RoutingModel, SearchLimits  # noqa: PLC0415 - 0.2 s that a short solve lacks

        model = RoutingModel(problem)
        limits = SearchLimits(search_end.remaining_s, options.iterations, should_stop, options.seed)
        found, iterations = model.improve(first, limits, reporter.solution)
        best = max((first, trim(scheduler, found)), key=lambda sequences: _worth(scheduler, sequences))
    return finish(scheduler, best, seed=options.seed, iterations=iterations, engine="ortools", deadline=deadline)


def solve_by_search(
    problem: Problem,
    options: SolveOptions,
    on_progress: OnProgress | None,
    should_stop: ShouldStop | None,
    on_routes: OnRoutes | None,
) -> Plan:
    """The compiled search with its route pool and CP-SAT."""
    deadline = Deadline.after(options.time_s)
    from routing.solve.bounded import search_and_bound  # noqa: PLC0415 - the kernels load in a second the others save
    from routing.solve.exact import FEW  # noqa: PLC0415 - as above
    from routing.solve.warm import load_search  # noqa: PLC0415 - as above

    if len(problem.visits) > FEW:
        load_search()
    scheduler = Scheduler(problem)
    reserve = LEAST_FINISH_S + FINISH_S * len(problem.visits) * len(problem.shifts)
    left = deadline.remaining_s
    limits = (
        options
        if left is None or options.time_s is None
        else replace(options, seconds=max(min(LEAST_SEARCH_S, options.time_s), FIRST_PART * left, left - reserve))
    )
    outcome = search_and_bound(problem, limits, on_progress, should_stop, on_routes)
    return finish(
        scheduler,
        outcome.found.sequences,
        seed=options.seed,
        iterations=outcome.found.iterations,
        engine="search",
        deadline=deadline,
        bound_s=outcome.bound_s,
    )


ENGINE_FUNCTIONS: dict[Engine, EngineFunction] = {"search": solve_by_search, "ortools": solve_by_ortools}
"""Every engine by its name."""


class _Reporter:
    """Passes what the search finds to the caller, better solutions only."""

    def __init__(
        self, scheduler: Scheduler, began: float, on_progress: OnProgress | None, on_routes: OnRoutes | None
    ) -> None:
        self._scheduler = scheduler
        self._began = began
        self._on_progress = on_progress
        self._on_routes = on_routes
        self._best: int | None = None
        self._solutions = 0

    def first(self, sequences: Sequences) -> None:
        """The first plan stands."""
        self._report(_worth(self._scheduler, sequences)[1], sequences, "first plan")

    def solution(self, objective_s: int, current: Callable[[], Sequences]) -> None:
        """The search accepted a solution."""
        self._solutions += 1
        if self._best is None or objective_s > self._best:
            self._report(objective_s, current(), "better plan")

    def _report(self, objective_s: int, sequences: Sequences, message: str) -> None:
        self._best = objective_s
        if self._on_progress is not None:
            served = sum(len(sequence) for sequence in sequences)
            elapsed = time.monotonic() - self._began
            self._on_progress(Progress(elapsed, self._solutions, objective_s, served, message))
        if self._on_routes is not None:
            self._on_routes(sequences)


def _worth_searching(problem: Problem, options: SolveOptions, search_end: Deadline, first_took_s: float) -> bool:
    """Whether there is something to search and time beyond building the model, which takes like the first plan."""
    remaining = search_end.remaining_s
    wanted = bool(problem.shifts and problem.visits) and options.iterations != 0
    return wanted and (remaining is None or remaining > first_took_s)


def _at_least(deadline: Deadline, seconds: float) -> Deadline:
    """The deadline, but not sooner than in so many seconds."""
    remaining = deadline.remaining_s
    return deadline if remaining is None or remaining > seconds else Deadline.after(seconds)


def _earlier(deadline: Deadline, seconds: float) -> Deadline:
    return Deadline(None if deadline.at is None else deadline.at - seconds)


def _worth(scheduler: Scheduler, sequences: Sequences) -> tuple[int, int]:
    """Must-visits served, then the objective, of sequences that can be timed."""
    visits = scheduler.problem.visits
    musts = sum(visits[visit].must for sequence in sequences for visit in sequence)
    plan = routes_to_plan(scheduler.problem, sequences, seed=0, iterations=0, engine="ortools", scheduler=scheduler)
    return musts, plan.objective_s
