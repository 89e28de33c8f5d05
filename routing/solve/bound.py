"""What no plan can exceed, as tight as the time allows, and never a guess.

A quick linear relaxation comes first; its prices start a column generation (`routing.solve.dual`) over routes that may
repeat visits. One shift alone is then settled by labelling (`routing.solve.proof`): the bound is exact where that comes
to an end. With several shifts labelling tightens what each gains at the prices found. Where a plan with every
must-visit is known the bound holds for all such plans; else it holds for every plan.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from routing.problem import Problem
from routing.solve.arrays import Arrays, Ints, to_arrays
from routing.solve.construct import Deadline
from routing.solve.dual import Dual, NearPricing, Pricing, lower_prices
from routing.solve.labelling import Goal, new_labels
from routing.solve.master import Column, Floats, Master
from routing.solve.one_shift import MOST_BREAKS, one_shift
from routing.solve.outlook import look_ahead
from routing.solve.proof import best_route, nearest
from routing.solve.relaxation import relax

CELLS, CELLS_ALONE, CELLS_UNTIMED = 2_000_000, 1_000_000, 2_000_000
"""Steps of a shift's recursion (how fine its clock is), of the only shift's, and of all without a deadline."""
CELLS_PER_S = 160_000_000
"""Steps that a second is good for."""
ROUNDS, FEWEST_ROUNDS = 6, 2
"""Rounds that a table must leave time for: fewer times on its clock instead, and none at all."""
FEWEST_TIMES = 12
"""Times of a clock below which a bound is not worth its time."""
FROM_POOL = 0.3
"""How far the first prices are those of the routes known."""
UNTIMED_ROUNDS, UNTIMED_NEAR_ROUNDS, UNTIMED_WORK = 12, 4, 2_000_000
"""Rounds of prices where no deadline is given, those with labels, and comparisons of each of these."""
SHORT_PART, SHORT_ROUNDS, SHORT_WORK = 0.15, 6, 4_000_000
"""Part of the time, rounds and comparisons for a first try on a single shift."""
LABELS = 200_000
WORK = 40_000_000
"""Room and comparisons of one labelling."""
WORK_PER_S = 30_000_000
"""Comparisons that a second is good for."""
FINER_ROUND = 1.5
"""What a round with labels takes at least, as a multiple of one without."""
ROUGH_PART = 0.4
"""Part of the time for prices over routes with repeats, of several shifts; the rest is for finer ones."""
PRICING_PART = 0.6
"""Part of the time for prices; the rest is for labelling."""
FINER_COLUMNS = 1_000
"""Routes known that the rounds with labels begin with, at most."""
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


def can_price(problem: Problem, seconds: float) -> bool:
    """Whether so much time is enough for more than the quick relaxation."""
    visits = len(problem.visits)
    steps = sum(int(3 ** min(MOST_BREAKS, len(shift.breaks))) * (visits + 1) ** 2 for shift in problem.shifts)
    return 2 * FEWEST_TIMES * FEWEST_ROUNDS * steps <= PRICING_PART * seconds * CELLS_PER_S


class _Bounding:
    """One search for a bound on the plans that serve all must-visits, where such a plan is known."""

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
        self.alone = len(self.capacity) == 1 and self.capacity[0] == 1

    def bound(self) -> int | None:
        relaxed = relax(self.arrays, self.seconds)
        best = None if relaxed is None else relaxed.bound
        pricing = self._pricing() if self._time_left() else None
        if pricing is None or (best is not None and best + self.bonus <= self.floor):
            return best
        start = np.zeros(len(self.arrays.must)) if relaxed is None else relaxed.prices
        if self.alone:
            tightest = max(self._one_shift(pricing, start + self._bonuses()), self.floor) - self.bonus
        else:
            tightest = max(self._several(pricing, start), self.floor - self.bonus)
        return tightest if best is None else min(best, tightest)

    def _bonuses(self) -> Ints:
        """The bonus of each visit that must be served."""
        return self.arrays.must_bonus * self.arrays.must.astype(np.int64)

    def _master(self, columns: Iterable[Column]) -> Master:
        """A relaxation over these routes, with all must-visits and without their bonus."""
        must = self.arrays.must
        master = Master(len(must), self.capacity.tolist(), must.tolist())
        master.keep_within(*self._limits())
        master.add(columns)
        return master

    def _known_columns(self) -> list[Column]:
        """The routes known from the search, without the bonus of must-visits."""
        bonus, known = self._bonuses(), self.known.columns if self.known else ()
        return [(kind, value - int(bonus[list(visits)].sum()), visits) for kind, value, visits in known]

    def _limits(self) -> tuple[Floats, Floats]:
        """The least and the most that a visit's price can be: must-visits may cost more than they are worth."""
        worth = (self.arrays.worth.max(axis=0) - self._bonuses()).astype(np.float64)
        lowest = np.where(self.arrays.must == 1, -np.abs(worth).max(initial=0.0), 0.0)
        return lowest, np.maximum(worth, lowest)

    def _pricing(self) -> Pricing | None:
        """Tables for every kind of shift, or None where the time is too short for any that are worth it."""
        kinds, most = len(self.first), CELLS_ALONE if self.alone else CELLS
        budget = CELLS_UNTIMED if self.seconds is None else PRICING_PART * self.seconds * CELLS_PER_S
        per_time = max(self._steps(int(k)) for k in self.first)
        needed = 2 * FEWEST_TIMES * per_time
        if FEWEST_ROUNDS * kinds * needed > budget:
            return None
        cells = max(needed, min(most, int(budget / (ROUNDS * kinds))))
        shifts = [one_shift(self.problem, self.arrays, int(k)) for k in self.first]
        worth = self.arrays.worth if self.alone else self.arrays.worth - self._bonuses()
        worths = [worth[k][one.visits] for k, one in zip(self.first, shifts, strict=True)]
        return Pricing(shifts, self.capacity.astype(np.int64), worths, cells)

    def _steps(self, k: int) -> int:
        """Steps of the recursion of shift k for one time of its clock: each break before, during or after a leg."""
        breaks = min(MOST_BREAKS, int(self.arrays.pauses[k]))
        return int(3**breaks * (int(self.arrays.allowed[k].sum()) + 1) ** 2)

    def _one_shift(self, pricing: Pricing, start: Floats) -> int:
        """A bound on the only shift: its best route by labelling, once with few rounds of prices and once with many."""
        shift, worth, table = pricing.shifts[0], pricing.worths[0], pricing.tables[0]
        labels, near = new_labels(shift, table, LABELS), nearest(shift)
        master = Master(len(self.arrays.must), [1])
        bound = int(worth.clip(min=0).sum())
        for part, rounds, most_work in ((SHORT_PART, SHORT_ROUNDS, SHORT_WORK), (PRICING_PART, UNTIMED_ROUNDS, WORK)):
            dual = lower_prices(pricing, master, start, self.floor, self._rounds(part, rounds))
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

    def _several(self, pricing: Pricing, start: Floats) -> int:
        """A bound on several shifts: prices over routes with repeats, then over routes that repeat nothing nearby."""
        floor, known = self.floor - self.bonus, self._known_columns()
        master, limits = self._master(known), self._limits()
        start = (1 - FROM_POOL) * start + FROM_POOL * master.solve().visits
        began = time.monotonic()
        dual = lower_prices(pricing, master, start, floor, self._rounds(ROUGH_PART, UNTIMED_ROUNDS), limits)
        if not self._time_left(FINER_ROUND * (time.monotonic() - began) / dual.rounds):
            return dual.bound
        promising = _promising(known, dual)
        most_work = UNTIMED_WORK if self.seconds is None else WORK
        finer = lower_prices(
            NearPricing(pricing, promising, LABELS, lambda: self._work(most_work)),
            self._master(promising),
            dual.prices.astype(np.float64),
            floor,
            self._rounds(1.0, UNTIMED_NEAR_ROUNDS),
            limits,
        )
        return min(dual.bound, finer.bound)

    def _rounds(self, part: float, most: int) -> Callable[[int], bool]:
        """Whether one more round of prices fits into this part of the time, or without a deadline into `most`."""
        started = time.monotonic()

        def goes_on(done: int) -> bool:
            if self._told_to_stop():
                return False
            if self.seconds is None:
                return done < most
            now = time.monotonic()
            return now + (now - started) / max(1, done) < self.began + part * self.seconds

        return goes_on

    def _time_left(self, needed: float = 0.0) -> bool:
        """Whether more seconds than `needed` are left."""
        now = time.monotonic()
        return not self._told_to_stop() and (self.seconds is None or now - self.began + needed < self.seconds)

    def _told_to_stop(self) -> bool:
        return self.should_stop is not None and self.should_stop()

    def _work(self, most: int) -> int:
        """Comparisons that a labelling may take."""
        if self.seconds is None:
            return most
        left = self.seconds - (time.monotonic() - self.began)
        return max(0, min(most, int(left * WORK_PER_S)))


def _promising(columns: list[Column], dual: Dual) -> list[Column]:
    """Of these routes those that gain most at the prices, compared with what their kind of shift gains at most."""
    gained = [value - int(dual.prices[list(visits)].sum()) - int(dual.gains[kind]) for kind, value, visits in columns]
    return [columns[i] for i in np.argsort(-np.array(gained, np.int64), kind="stable")[:FINER_COLUMNS].tolist()]
