"""A search and what no plan can exceed, within one budget: how far from the best the plan is at most.

One shift with few visits is looked at early, because its best plan is nearly always found at once and often proven
soon: then there is nothing left to search for. Otherwise the bound has a small part of the time, after the search.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from routing.problem import Problem
from routing.solve.bound import MOST_COLUMNS, Known, can_price, upper_bound
from routing.solve.construct import Deadline
from routing.solve.master import Column
from routing.solve.options import Progress, SolveOptions
from routing.solve.proof import kernels_loaded
from routing.solve.recombine import gather
from routing.solve.search import Found, search

OnProgress = Callable[[Progress], None]
OnRoutes = Callable[[list[tuple[int, ...]]], None]
ShouldStop = Callable[[], bool]

LEAST_S, LEAST_UNLOADED_S = 0.3, 1.5
"""Time limits below which no bound is looked for, with its kernels loaded and without."""
PART, MOST_S = 0.1, 15.0
"""Part of the time for the bound, and its most."""
GOOD_PART, MORE_S, BRIEF_S = 0.3, 1.0, 2.0
"""Part of the time where a good bound of several shifts can be had, its most beyond the above, and from which limit."""
FIRST_PART, FIRST_S = 0.1, 0.5
"""Part of the time for the search before an early bound, and its most."""
EARLY_PART, EARLY_S = 0.3, 5.0
"""Part of the time for an early bound, and its most."""
FEW_VISITS = 80
"""Visits of a single shift up to which its bound is looked for early."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """What the search has found, and an objective in seconds that no plan exceeds, if one is known."""

    found: Found
    bound_s: int | None


def search_and_bound(
    problem: Problem,
    options: SolveOptions,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
    on_routes: OnRoutes | None = None,
) -> Bounded:
    """The best plan found within the options' budget and a bound; ends early when the plan is proven good enough.

    Bounded by iterations alone, the bound comes after them and is the same on every run.
    Raises InputError when the problem has no travel times.
    """
    seconds = options.time_s
    if seconds is None:
        found = search(problem, options, on_progress, should_stop, on_routes)
        return Bounded(found, _bound(problem, found, None, should_stop))
    if seconds < (LEAST_S if kernels_loaded() else LEAST_UNLOADED_S):
        return Bounded(search(problem, options, on_progress, should_stop, on_routes), None)
    ends = Deadline.after(seconds)
    first, bound = None, None
    few = len(problem.shifts) == 1 and len(problem.visits) <= FEW_VISITS
    if options.iterations is None and (few or options.gap is not None):
        brief = replace(options, seconds=min(FIRST_S, FIRST_PART * seconds))
        first = search(problem, brief, on_progress, should_stop, on_routes)
        bound = _bound(problem, first, min(EARLY_S, EARLY_PART * seconds), should_stop)
        if bound is not None and bound - first.objective_s <= (options.gap or 0.0) * abs(bound):
            return Bounded(first, bound)
    left = max(0.01, (ends.remaining_s or 0.0) - _bound_time(problem, seconds))
    found = search(
        problem,
        replace(options, seconds=left),
        on_progress if first is None else _later(on_progress, seconds - (ends.remaining_s or 0.0), first.iterations),
        should_stop,
        on_routes,
        start=None if first is None else first.sequences,
        gap=options.gap or 0.0,
        bound_s=bound,
    )
    if first is not None:
        found = replace(found, iterations=found.iterations + first.iterations)
    if bound == found.objective_s or (should_stop is not None and should_stop()):
        return Bounded(found, bound)
    after = _bound(problem, found, ends.remaining_s, should_stop)
    return Bounded(found, min((one for one in (bound, after) if one is not None), default=None))


def _bound_time(problem: Problem, seconds: float) -> float:
    """Seconds kept for the bound after the search."""
    usual, good = min(MOST_S, PART * seconds), GOOD_PART * seconds
    if seconds < BRIEF_S or len(problem.shifts) < 2 or not can_price(problem, good):
        return usual
    return min(good, MORE_S + usual)


def _bound(problem: Problem, found: Found, seconds: float | None, should_stop: ShouldStop | None) -> int | None:
    served = {visit for route in found.sequences for visit in route}
    if found.proven and all(i in served for i, visit in enumerate(problem.visits) if visit.must):
        return found.objective_s
    known = Known(found.sequences, found.objective_s, _columns(found))
    deadline = None if seconds is None else Deadline.after(seconds)
    return upper_bound(problem, known=known, deadline=deadline, arrays=found.arrays, should_stop=should_stop)


def _columns(found: Found) -> list[Column]:
    """The best routes that the search has seen, of each kind of shift."""
    if found.arrays is None or not found.pools or len(found.sequences) < 2:
        return []
    columns = gather(found.arrays, found.pools)
    return columns.routes((-columns.value).argsort(kind="stable")[:MOST_COLUMNS], len(found.arrays.must))


def _later(on_progress: OnProgress | None, elapsed_s: float, iterations: int) -> OnProgress | None:
    """Progress of a second search that goes on from a first."""
    if on_progress is None:
        return None
    return lambda now: on_progress(
        replace(now, elapsed_s=now.elapsed_s + elapsed_s, iterations=now.iterations + iterations)
    )
