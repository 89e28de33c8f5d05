"""What no plan can exceed: a linear relaxation of choosing visits for shifts by their least use of time.

A stop uses at least its service and half of the shortest ways there and away; a shift has its length less its breaks.
Travel by time of day counts at its least, lateness and overtime are
free, so the bound holds for every problem; it is loose where detours are long.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from routing.problem import Problem
from routing.solve.arrays import FAR, Arrays, to_arrays
from routing.solve.construct import Deadline

MOST_CHOICES = 60_000
"""Pairs of visit and kind of shift up to which the relaxation is solved."""
LEAST_S = 0.3
"""Time below which no bound is looked for."""


def upper_bound(problem: Problem, objective_s: int, *, deadline: Deadline | None = None) -> int | None:
    """An objective in seconds that no plan exceeds, or None where none was found before the deadline.

    It is never below `objective_s`, the objective of a plan that exists.
    """
    left = None if deadline is None else deadline.remaining_s
    arrays = to_arrays(problem)
    choices = int(arrays.allowed.sum())
    if choices == 0:
        return max(0, objective_s)
    if choices > MOST_CHOICES or (left is not None and left < LEAST_S):
        return None
    value = _relaxed(arrays, left)
    return None if value is None else max(objective_s, value)


def _relaxed(arrays: Arrays, seconds: float | None) -> int | None:
    from scipy import sparse  # noqa: PLC0415 -- a second to import, and short solves never come here
    from scipy.optimize import linprog  # noqa: PLC0415

    visits = len(arrays.must)
    kinds, first, count = np.unique(arrays.kind, return_index=True, return_counts=True)
    rest = arrays.pause_for.sum(axis=1)
    inward, outward = _least_legs(arrays)
    worth = arrays.worth - arrays.must_bonus * arrays.must.astype(np.int64)
    rows, columns = np.nonzero(arrays.allowed[first])
    half = (inward[first[rows], columns] + outward[first[rows], columns]) / 2.0
    gain = worth[first[rows], columns] - arrays.price[0] * half
    paying = gain > 0
    rows, columns, half, gain = rows[paying], columns[paying], half[paying], gain[paying]
    if len(gain) == 0:
        return 0
    use = half + arrays.service[columns]
    room = count * np.maximum(0, arrays.latest_s - arrays.start_s - rest)[first]
    drive = count * np.minimum(arrays.max_travel[first], FAR)
    served = sparse.csr_matrix((np.ones(len(gain)), (columns, np.arange(len(gain)))), shape=(visits, len(gain)))
    spent = sparse.csr_matrix((use, (rows, np.arange(len(gain)))), shape=(len(kinds), len(gain)))
    driven = sparse.csr_matrix((half, (rows, np.arange(len(gain)))), shape=(len(kinds), len(gain)))
    answer = linprog(  # type: ignore[call-overload]  # the stubs know no sparse constraints
        -gain,
        A_ub=sparse.vstack([served, spent, driven]),
        b_ub=np.concatenate([np.ones(visits), room, drive]),
        bounds=(0, None),
        method="highs",
        options={} if seconds is None else {"time_limit": seconds},
    )
    return math.ceil(-answer.fun - 1e-6) if answer.status == 0 else None


def _least_legs(arrays: Arrays) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """[K, n] least travel into and out of each visit on each shift."""
    visits = len(arrays.must)
    between = arrays.travel[:visits, :visits].astype(np.float64)
    np.fill_diagonal(between, FAR)
    into = np.minimum(between.min(axis=0, initial=FAR), arrays.travel[arrays.start, :visits])
    out = np.minimum(between.min(axis=1, initial=FAR), arrays.travel[:visits, arrays.end].T)
    return into, out
