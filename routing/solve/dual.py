"""Prices of visits at which no shift can gain much: a bound by column generation.

The linear relaxation of choosing one route per shift is solved over the routes known so far (GLOP); its prices of
visits are tried on every shift, whose best route at these prices joins them. The sum of all prices and of every shift's
gain at them is a bound on every plan, whatever the prices (Lagrange), so that stopping early only makes it looser.
Prices are whole numbers and all arithmetic on them is exact. The next prices lie between the best and the newest ones
(Wentges 1997).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.solve.arrays import Ints
from routing.solve.one_shift import OneShift
from routing.solve.outlook import LOST, Outlook, look_ahead, new_outlook, read_routes

Column = tuple[int, int, tuple[int, ...]]
"""Kind of shift, worth less prices, and visits (of the problem), perhaps repeated."""

CENTRE = 0.7
"""How far the prices tried stay from the newest towards the best."""
JOINING = 12
"""Routes of one shift that join the relaxation in a round at most."""
LONGEST = 160
"""Visits of a route that is read from a table, at most."""


class Master:
    """The linear relaxation over the routes known."""

    def __init__(self, visits: int, capacity: Sequence[int]) -> None:
        from ortools.linear_solver import pywraplp  # noqa: PLC0415 -- solves without a bound never come here

        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._visits = [self._solver.Constraint(0, 1) for _ in range(visits)]
        self._shifts = [self._solver.Constraint(0, many) for many in capacity]
        self._goal = self._solver.Objective()
        self._goal.SetMaximization()
        self._known: set[tuple[int, tuple[int, ...]]] = set()

    def __len__(self) -> int:
        return len(self._known)

    def add(self, columns: Iterable[Column]) -> None:
        """Adds the routes not known yet."""
        for kind, value, visits in columns:
            key = (kind, visits)
            if key in self._known:
                continue
            self._known.add(key)
            share = self._solver.NumVar(0, self._solver.infinity(), "")
            self._goal.SetCoefficient(share, float(value))
            self._shifts[kind].SetCoefficient(share, 1.0)
            for visit in set(visits):
                self._visits[visit].SetCoefficient(share, float(visits.count(visit)))

    def solve(self) -> tuple[npt.NDArray[np.float64], float]:
        """Prices of the visits, and the value of the relaxation."""
        self._solver.Solve()
        return np.maximum([row.dual_value() for row in self._visits], 0.0), float(self._goal.Value())


@dataclass(frozen=True, slots=True)
class Dual:
    """A bound, the prices of visits that give it, and what each kind of shift gains at most at them."""

    bound: int
    prices: Ints
    gains: Ints


class Pricing:
    """The shifts of a problem, one per kind, with their worths: finds the best routes at given prices."""

    def __init__(self, shifts: Sequence[OneShift], capacity: Ints, worths: Sequence[Ints], cells: int) -> None:
        self.shifts, self.capacity, self.worths = shifts, capacity, worths
        self.tables: list[Outlook] = [new_outlook(shift, cells) for shift in shifts]

    def at(self, prices: Ints) -> tuple[Ints, list[Column]]:
        """What each kind of shift gains at most at these prices, and routes that gain much."""
        gains = np.zeros(len(self.shifts), np.int64)
        columns: list[Column] = []
        for kind, (shift, worth, table) in enumerate(zip(self.shifts, self.worths, self.tables, strict=True)):
            profit = worth - prices[shift.visits]
            gains[kind] = look_ahead(shift, profit, table)
            columns += _best_routes(kind, shift, profit, prices, table)
        return gains, columns


def _best_routes(kind: int, shift: OneShift, profit: Ints, prices: Ints, table: Outlook) -> list[Column]:
    routes = np.zeros((len(shift.visits), LONGEST), np.int64)
    values = np.zeros(len(shift.visits), np.int64)
    read_routes(shift, profit, table, routes, values)
    columns = []
    for row in np.argsort(-values, kind="stable")[:JOINING].tolist():
        if values[row] <= 0 or values[row] <= LOST:
            break
        visits = shift.visits[routes[row, 1 : 1 + routes[row, 0]]]
        columns.append((kind, int(values[row] + prices[visits].sum()), tuple(visits.tolist())))
    return columns


def lower_prices(
    pricing: Pricing,
    columns: Iterable[Column],
    start: npt.NDArray[np.float64],
    goal: int,
    go_on: Callable[[int], bool],
) -> Dual:
    """Prices with a low bound, found from the prices `start` float [n] and the routes given.

    Ends when `go_on(rounds)` is false, no route joins any more, or the bound is at most `goal`.
    """
    master = Master(len(start), pricing.capacity.tolist())
    master.add(columns)
    best, tried = _tried(pricing, master, start), 1
    while best.bound > goal and go_on(tried):
        newest, relaxed = master.solve()
        if best.bound <= relaxed + 0.5:
            break
        known = len(master)
        for prices in (CENTRE * best.prices + (1 - CENTRE) * newest, newest):
            found = _tried(pricing, master, prices)
            tried += 1
            best = min(best, found, key=lambda dual: dual.bound)
            if len(master) > known or not go_on(tried):
                break
        if len(master) == known:
            break
    return best


def _tried(pricing: Pricing, master: Master, prices: npt.NDArray[np.float64]) -> Dual:
    """The bound at these prices, made whole; the routes they are good for join the relaxation."""
    whole = np.rint(prices).astype(np.int64)
    gains, found = pricing.at(whole)
    master.add(found)
    return Dual(int(whole.sum() + (pricing.capacity * gains).sum()), whole, gains)
