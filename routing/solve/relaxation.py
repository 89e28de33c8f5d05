"""A quick bound: a linear relaxation of choosing visits for shifts by their least use of time.

A stop uses at least its service and half of the shortest ways there and away; a used shift pays half of the shortest
ways from its start and to its end as well, and has its length less its breaks. Travel by time of day counts at its
least, lateness and overtime are free, so the bound holds for every problem; it is loose where detours are long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.solve.arrays import FAR, Arrays

CHOICES_PER_S = 40_000
"""Pairs of visit and shift that a second is enough for."""
TIGHT_CHOICES = 3_000
"""Pairs up to which each is tied to the use of its shift, which is tighter and slower."""
MOST_CHOICES = 60_000
"""Pairs up to which the relaxation is solved at all."""


@dataclass(frozen=True, slots=True)
class Relaxed:
    """An objective that no plan exceeds, and what a place in the plan is worth: float [n] prices of the visits."""

    bound: int
    prices: npt.NDArray[np.float64]


def relax(arrays: Arrays, seconds: float | None) -> Relaxed | None:
    """The relaxation's value, or None where `seconds` are too few for its size."""
    choices = int(arrays.allowed.sum())
    if choices > (MOST_CHOICES if seconds is None else min(MOST_CHOICES, CHOICES_PER_S * seconds)):
        return None
    return _solved(arrays, seconds)


def _solved(arrays: Arrays, seconds: float | None) -> Relaxed | None:
    from ortools.linear_solver import pywraplp  # noqa: PLC0415 -- short solves never come here

    solver = pywraplp.Solver.CreateSolver("GLOP")
    if seconds is not None:
        solver.SetTimeLimit(max(1, round(1000 * seconds)))
    _, first, count = np.unique(arrays.kind, return_index=True, return_counts=True)
    inward, outward = _least_legs(arrays)
    worth = arrays.worth - arrays.must_bonus * arrays.must.astype(np.int64)
    rest = arrays.pause_for.sum(axis=1)
    tight = int(arrays.allowed[first].sum()) <= TIGHT_CHOICES
    served = [solver.Constraint(0, 1) for _ in arrays.must]
    goal = solver.Objective()
    goal.SetMaximization()
    for k, many in zip(first.tolist(), count.tolist(), strict=True):
        length = max(0, int(arrays.latest_s[k] - arrays.start_s[k] - rest[k]))
        ends = _least_ends(arrays, k)
        used = solver.NumVar(0, many, "")
        goal.SetCoefficient(used, -float(arrays.price[0] * ends))
        spent = solver.Constraint(-solver.infinity(), 0)
        spent.SetCoefficient(used, ends - length)
        driven = solver.Constraint(-solver.infinity(), 0)
        driven.SetCoefficient(used, ends - min(int(arrays.max_travel[k]), FAR))
        half = (inward[k] + outward[k]) / 2.0
        gain = worth[k] - arrays.price[0] * half
        for visit in np.flatnonzero((arrays.allowed[k] == 1) & (gain > 0)).tolist():
            choice = solver.NumVar(0, solver.infinity(), "")
            goal.SetCoefficient(choice, float(gain[visit]))
            served[visit].SetCoefficient(choice, 1.0)
            if tight:
                only_if = solver.Constraint(-solver.infinity(), 0)
                only_if.SetCoefficient(choice, 1.0)
                only_if.SetCoefficient(used, -1.0)
            spent.SetCoefficient(choice, float(half[visit] + arrays.service[visit]))
            driven.SetCoefficient(choice, float(half[visit]))
    if solver.Solve() != pywraplp.Solver.OPTIMAL:
        return None
    value = float(goal.Value())
    prices = np.maximum([row.dual_value() for row in served], 0.0)
    return Relaxed(math.ceil(value + 1e-7 * abs(value) + 1e-6), prices)


def _least_ends(arrays: Arrays, k: int) -> float:
    """Half of the least travel from the start of shift k to a visit and from a visit to its end."""
    visits = np.flatnonzero(arrays.allowed[k])
    out = arrays.travel[arrays.start[k], visits].min(initial=FAR)
    back = arrays.travel[visits, arrays.end[k]].min(initial=FAR)
    return float(min(out, FAR) + min(back, FAR)) / 2.0


def _least_legs(arrays: Arrays) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """[K, n] least travel into and out of each visit on each shift."""
    visits = len(arrays.must)
    between = arrays.travel[:visits, :visits].astype(np.float64)
    np.fill_diagonal(between, FAR)
    into = np.minimum(between.min(axis=0, initial=FAR), arrays.travel[arrays.start, :visits])
    out = np.minimum(between.min(axis=1, initial=FAR), arrays.travel[:visits, arrays.end].T)
    return into, out
