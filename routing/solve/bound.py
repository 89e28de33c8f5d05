"""What no plan can exceed, as tight as the time allows, and never a guess.

A quick linear relaxation comes first; its prices start a column generation (`routing.solve.dual`) over routes that may
repeat visits. One shift alone is then settled by labelling (`routing.solve.proof`): the bound is exact where that comes
to an end. With several shifts labelling tightens what each gains at the prices found. Where a plan with every
must-visit is known the bound holds for all such plans; else it holds for every plan.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from routing.problem import Problem
from routing.solve.arrays import Arrays, to_arrays
from routing.solve.construct import Deadline
from routing.solve.dual import Column, Dual, Pricing, lower_prices
from routing.solve.labelling import Goal, new_labels
from routing.solve.one_shift import one_shift
from routing.solve.outlook import look_ahead
from routing.solve.proof import best_route, most_gain, nearest
from routing.solve.relaxation import relax

CELLS = 4_000_000
"""Steps of a shift's recursion at most: how fine its clock is."""
CELLS_PER_S = 40_000_000
"""Steps that a second is good for."""
ROUNDS = 8
"""Rounds that a table must leave time for; fewer times on its clock instead."""
FEWEST_TIMES = 24
"""Times of a clock below which the column generation is not worth its time."""
UNTIMED_ROUNDS = 12
"""Rounds where no deadline is given."""
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
    problem: Problem, *, known: Known | None = None, deadline: Deadline | None = None, arrays: Arrays | None = None
) -> int | None:
    """An objective in seconds that no plan exceeds, or None where the deadline leaves no time to find one.

    `arrays` are those of the problem, where they are made already. Raises InputError when the problem has no travel times.
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
    return _Bounding(problem, arrays, known, seconds).bound()


class _Bounding:
    """One search for a bound; worths include the bonus of must-visits, which every plan spoken of has in full."""

    def __init__(self, problem: Problem, arrays: Arrays, known: Known | None, seconds: float | None) -> None:
        self.problem, self.arrays, self.seconds = problem, arrays, seconds
        self.bonus = arrays.must_bonus * int(arrays.must.sum())
        self.known = known
        self.floor = 0 if known is None else known.objective_s + self.bonus
        self.began = time.monotonic()
        _, self.first, self.capacity = np.unique(arrays.kind, return_index=True, return_counts=True)

    def bound(self) -> int | None:
        relaxed = relax(self.arrays, self.seconds)
        best = None if relaxed is None else relaxed.bound
        pricing = self._pricing()
        if pricing is None or (best is not None and best + self.bonus <= self.floor):
            return best
        start = np.zeros(len(self.arrays.must)) if relaxed is None else relaxed.prices
        start = start + self.arrays.must_bonus * self.arrays.must.astype(np.float64)
        columns = self.known.columns if self.known else ()
        dual = lower_prices(pricing, columns, start, self.floor, self._goes_on)
        tightest = dual.bound
        if tightest > self.floor:
            settle = self._one_shift if len(self.first) == 1 and self.capacity[0] == 1 else self._several
            tightest = min(tightest, settle(pricing, dual))
        found = max(tightest, self.floor) - self.bonus
        return found if best is None else min(best, found)

    def _pricing(self) -> Pricing | None:
        shifts = [one_shift(self.problem, self.arrays, int(k)) for k in self.first]
        cells = CELLS
        if self.seconds is not None:
            cells = min(cells, int(PRICING_PART * self.seconds * CELLS_PER_S / ROUNDS / len(shifts)))
        if any(FEWEST_TIMES * len(one.way_to) * len(one.visits) ** 2 > cells for one in shifts):
            return None
        worths = [self.arrays.worth[k][one.visits] for k, one in zip(self.first, shifts, strict=True)]
        return Pricing(shifts, self.capacity.astype(np.int64), worths, cells)

    def _goes_on(self, rounds: int) -> bool:
        if self.seconds is None:
            return rounds < UNTIMED_ROUNDS
        return time.monotonic() - self.began < PRICING_PART * self.seconds

    def _time_left(self) -> bool:
        return self.seconds is None or time.monotonic() - self.began < self.seconds

    def _work(self) -> int:
        """Comparisons that a labelling may take."""
        if self.seconds is None:
            return WORK
        left = self.seconds - (time.monotonic() - self.began)
        return max(0, min(WORK, int(left * WORK_PER_S)))

    def _one_shift(self, pricing: Pricing, dual: Dual) -> int:
        """The best route of the only shift, its worths unchanged; the prices tell what can still follow."""
        shift, worth, table = pricing.shifts[0], pricing.worths[0], pricing.tables[0]
        guide = worth - dual.prices[shift.visits]
        look_ahead(shift, guide, table)
        goal = Goal(worth, guide, int(dual.prices.sum()), self.floor)
        labels = new_labels(shift, table, LABELS)
        return best_route(shift, goal, table, nearest(shift), labels, self._work(), self._time_left)

    def _several(self, pricing: Pricing, dual: Dual) -> int:
        """The bound at the same prices, with what labelling takes off each shift's gain."""
        total = dual.bound
        for kind, (shift, worth, table) in enumerate(zip(pricing.shifts, pricing.worths, pricing.tables, strict=True)):
            if dual.gains[kind] <= 0 or not self._time_left():
                continue
            profit = worth - dual.prices[shift.visits]
            look_ahead(shift, profit, table)
            goal = Goal(profit, profit, 0, 0)
            gain = most_gain(shift, goal, table, nearest(shift), new_labels(shift, table, LABELS), self._work())
            total -= int(pricing.capacity[kind]) * (int(dual.gains[kind]) - min(gain, int(dual.gains[kind])))
        return total
