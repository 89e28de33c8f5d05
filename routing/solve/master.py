"""The linear relaxation of choosing at most one route per shift, over routes that may be added to (GLOP)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ortools.linear_solver import pywraplp

Column = tuple[int, int, tuple[int, ...]]
"""Kind of shift, worth less prices, and visits (of the problem), perhaps repeated."""
Floats = npt.NDArray[np.float64]


class Prices(NamedTuple):
    """Of the visits and of the kinds of shift, and the value of the relaxation."""

    visits: Floats
    rents: Floats
    value: float


class Master:
    """The linear relaxation over the routes known."""

    def __init__(self, visits: int, capacity: Sequence[int], must: Sequence[int] | None = None) -> None:
        """So many visits and shifts of each kind; visits with a 1 in `must` are served exactly once."""
        from ortools.linear_solver import pywraplp  # noqa: PLC0415 -- solves without a bound never come here

        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._must = np.zeros(visits, np.bool_) if must is None else np.array(must, np.bool_)
        self._visits = [self._solver.Constraint(int(needed), 1) for needed in self._must]
        self._shifts = [self._solver.Constraint(0, many) for many in capacity]
        self._goal = self._solver.Objective()
        self._goal.SetMaximization()
        self._known: set[tuple[int, tuple[int, ...]]] = set()
        self._limits: list[tuple[pywraplp.Variable, pywraplp.Variable]] = []

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

    def keep_within(self, lowest: Floats, highest: Floats) -> None:
        """Keeps the prices of visits between these: what is not known yet would let them run away at first.

        A visit that routes hold once too often may be left out of one of them for its highest price; one that no route
        holds may be served by nobody for its lowest. Can be called again with other limits.
        """
        if not self._limits:
            self._limits = [(self._limit(row, -1.0), self._limit(row, 1.0)) for row in self._visits]
        for (without, instead), least, most in zip(self._limits, lowest.tolist(), highest.tolist(), strict=True):
            self._goal.SetCoefficient(without, -most)
            self._goal.SetCoefficient(instead, least)

    def _limit(self, row: pywraplp.Constraint, served: float) -> pywraplp.Variable:
        variable = self._solver.NumVar(0, self._solver.infinity(), "")
        row.SetCoefficient(variable, served)
        return variable

    def solve(self) -> Prices:
        """The best prices and the value of the relaxation."""
        self._solver.Solve()
        return self._prices()

    def solve_within(self, effort: float, seconds: float | None) -> Prices | None:
        """The same within GLOP's deterministic time, in `seconds` of the wall clock; None where that is too short."""
        self._solver.SetSolverSpecificParametersAsString(f"max_deterministic_time: {effort}")
        self._solver.SetTimeLimit(0 if seconds is None else max(1, round(1000 * seconds)))
        status = self._solver.Solve()
        return self._prices() if status in {self._solver.OPTIMAL, self._solver.FEASIBLE} else None

    def _prices(self) -> Prices:
        prices, rents = (np.array([row.dual_value() for row in rows]) for rows in (self._visits, self._shifts))
        prices[~self._must] = np.maximum(prices[~self._must], 0.0)
        return Prices(prices, np.maximum(rents, 0.0), float(self._goal.Value()))
