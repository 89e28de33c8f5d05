"""What no plan can exceed, as tight as the time allows, and never a guess.

A quick linear relaxation comes first; its prices start a column generation (`routing.solve.dual`) over routes that may
repeat visits. One shift alone is then settled by labelling (`routing.solve.proof`): the bound is exact where that comes
to an end. With several shifts labelling tightens what each gains at the prices found. Where a plan with every
must-visit is known the bound holds for all such plans; else it holds for every plan.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from routing.problem import Problem
from routing.solve.arrays import Arrays, to_arrays
from routing.solve.construct import Deadline
from routing.solve.dual import NearPricing, Pricing, lower_prices
from routing.solve.labelling import Goal, new_labels
from routing.solve.master import Column, Floats, Master
from routing.solve.one_shift import one_shift
from routing.solve.outlook import look_ahead
from routing.solve.proof import best_route, nearest
from routing.solve.relaxation import relax

CELLS, CELLS_ALONE, CELLS_UNTIMED = 4_000_000, 1_000_000, 4_000_000
"""Steps of a shift's recursion at most (how fine its clock is), of the only shift's, and of all without a deadline."""
CELLS_PER_S = 40_000_000
"""Steps that a second is good for."""
ROUNDS = 8
"""Rounds that a table must leave time for; fewer times on its clock instead."""
FEWEST_TIMES = 24
"""Times of a clock below which the column generation is not worth its time."""
UNTIMED_ROUNDS, UNTIMED_NEAR_ROUNDS, UNTIMED_WORK = 12, 4, 2_000_000
"""Rounds of prices where no deadline is given, those with labels, and comparisons of each of these."""
SHORT_PART, SHORT_ROUNDS, SHORT_WORK = 0.15, 6, 4_000_000
"""Part of the time, rounds and comparisons for a first try on a single shift."""
LABELS = 200_000
WORK = 40_000_000
"""Room and comparisons of one labelling."""
WORK_PER_S = 30_000_000
"""Comparisons that a second is good for."""
PRICING_PART = 0.6
"""Part of the time for prices; the rest is for labelling."""
MOST_COLUMNS = 4_000
"""Routes of a search that the column generation begins with, at most."""


@dataclass(frozen=True, slots=True)
class Known:
    """A plan that can be carried out: visits per shift, its objective in seconds, and further routes of a search."""

    sequences: Sequence[Sequence[int]]
    objective_s: int
    columns: Sequence[Column] = ()


def upper_bound(
    problem: Problem,
    *,
    known: Known | None = None,
    deadline: Deadline | None = None,
    arrays: Arrays | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> int | None:
    """An objective in seconds that no plan exceeds, or None where the deadline leaves no time to find one.

    `arrays` are the problem's, where they are made already; `should_stop` ends it early with what is proven by then.
    Raises InputError when the problem has no travel times.
    """
    seconds = None if deadline is None else deadline.remaining_s
    arrays = arrays or to_arrays(problem)
    if not arrays.allowed.any():
        return 0
    served = {visit for sequence in known.sequences for visit in sequence} if known else set()
    musts = np.flatnonzero(arrays.must)
    if known is None or not served.issuperset(musts.tolist()):
        known = None
        arrays = arrays._replace(
            worth=arrays.worth - arrays.must_bonus * arrays.must.astype(np.int64), must=np.zeros_like(arrays.must)
        )
    return _Bounding(problem, arrays, known, seconds, should_stop).bound()


class _Bounding:
    """One search for a bound; worths include the bonus of must-visits, which every plan spoken of has in full."""

    def __init__(
        self,
        problem: Problem,
        arrays: Arrays,
        known: Known | None,
        seconds: float | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.problem, self.arrays, self.seconds, self.should_stop = problem, arrays, seconds, should_stop
        self.bonus = arrays.must_bonus * int(arrays.must.sum())
        self.known = known
        self.floor = 0 if known is None else known.objective_s + self.bonus
        self.began = time.monotonic()
        _, self.first, self.capacity = np.unique(arrays.kind, return_index=True, return_counts=True)

    def bound(self) -> int | None:
        relaxed = relax(self.arrays, self.seconds)
        best = None if relaxed is None else relaxed.bound
        pricing = self._pricing() if self._time_left() else None
        if pricing is None or (best is not None and best + self.bonus <= self.floor):
            return best
        start = np.zeros(len(self.arrays.must)) if relaxed is None else relaxed.prices
        start = start + self.arrays.must_bonus * self.arrays.must.astype(np.float64)
        alone = len(self.first) == 1 and self.capacity[0] == 1
        settle = self._one_shift if alone else self._several
        tightest = max(settle(pricing, self._master(), start), self.floor) - self.bonus
        return tightest if best is None else min(best, tightest)

    def _master(self) -> Master:
        """A relaxation over the routes known from the search."""
        master = Master(len(self.arrays.must), self.capacity.tolist())
        master.add(self.known.columns if self.known else ())
        return master

    def _pricing(self) -> Pricing | None:
        cells = CELLS_ALONE if len(self.first) == 1 else CELLS
        budget = CELLS_UNTIMED if self.seconds is None else PRICING_PART * self.seconds * CELLS_PER_S / ROUNDS
        cells = min(cells, int(budget / len(self.first)))
        if any(FEWEST_TIMES * int(self.arrays.allowed[k].sum()) ** 2 > cells for k in self.first):
            return None
        shifts = [one_shift(self.problem, self.arrays, int(k)) for k in self.first]
        if any(FEWEST_TIMES * len(one.way_to) * len(one.visits) ** 2 > cells for one in shifts):
            return None
        worths = [self.arrays.worth[k][one.visits] for k, one in zip(self.first, shifts, strict=True)]
        return Pricing(shifts, self.capacity.astype(np.int64), worths, cells)

    def _one_shift(self, pricing: Pricing, master: Master, start: Floats) -> int:
        """A bound on the only shift: its best route by labelling, once with few rounds of prices and once with many."""
        shift, worth, table = pricing.shifts[0], pricing.worths[0], pricing.tables[0]
        labels, near = new_labels(shift, table, LABELS), nearest(shift)
        bound = int(worth.clip(min=0).sum())
        for part, rounds, most_work in ((SHORT_PART, SHORT_ROUNDS, SHORT_WORK), (PRICING_PART, UNTIMED_ROUNDS, WORK)):
            dual = lower_prices(pricing, master, start, self.floor, functools.partial(self._goes_on, part, rounds))
            bound = min(bound, dual.bound)
            if bound <= self.floor:
                return bound
            guide = worth - dual.prices[shift.visits]
            look_ahead(shift, guide, table)
            goal = Goal(worth, guide, int(dual.prices.sum()), self.floor, len(worth))
            found = best_route(shift, goal, table, near, labels, self._work(most_work), self._time_left)
            bound, start = min(bound, found.worth), dual.prices.astype(np.float64)
            if found.proven:
                return bound
        return bound

    def _several(self, pricing: Pricing, master: Master, start: Floats) -> int:
        """A bound on several shifts: prices over routes with repeats, then over routes that repeat nothing nearby."""
        goes_on = functools.partial(self._goes_on, PRICING_PART, UNTIMED_ROUNDS)
        dual = lower_prices(pricing, master, start, self.floor, goes_on)
        if not self._time_left():
            return dual.bound
        finer = lower_prices(
            NearPricing(pricing, LABELS, lambda: self._work(UNTIMED_WORK if self.seconds is None else WORK)),
            self._master(),
            dual.prices.astype(np.float64),
            self.floor,
            functools.partial(self._goes_on, 1.0, UNTIMED_NEAR_ROUNDS),
        )
        return min(dual.bound, finer.bound)

    def _goes_on(self, part: float, rounds: int, done: int) -> bool:
        """Whether prices may be tried again after so many rounds, with this part of the time or of the rounds."""
        if self._told_to_stop():
            return False
        if self.seconds is None:
            return done < rounds
        return time.monotonic() - self.began < part * self.seconds

    def _time_left(self) -> bool:
        return not self._told_to_stop() and (self.seconds is None or time.monotonic() - self.began < self.seconds)

    def _told_to_stop(self) -> bool:
        return self.should_stop is not None and self.should_stop()

    def _work(self, most: int) -> int:
        """Comparisons that a labelling may take."""
        if self.seconds is None:
            return most
        left = self.seconds - (time.monotonic() - self.began)
        return max(0, min(most, int(left * WORK_PER_S)))
