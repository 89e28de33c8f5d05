"""The best set of routes out of all that a search has seen: set packing over the route pool by CP-SAT.

The linear relaxation, solved over columns priced in from the pool, gives each column's reduced cost; a column whose
reduced cost is worse than the distance between relaxation and incumbent can be in no better plan and is left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.solve.arrays import Arrays, Ints
from routing.solve.master import Column, Master
from routing.solve.pool import Pool

Sequences = tuple[tuple[int, ...], ...]

MOST_COLUMNS = 6_000
"""Columns given to CP-SAT at most, best reduced cost first."""
ROUNDS = 12
"""Times the relaxation is solved anew with columns priced in."""
RELAX_PART = 0.6
"""Part of the time for the relaxation."""


@dataclass(frozen=True)
class Columns:
    """Distinct routes: of each kind of shift and set of visits the best order. C routes of at most L visits."""

    kind: Ints
    """[C] kind of shift."""
    value: Ints
    """[C] worth minus prices."""
    visits: npt.NDArray[np.int64]
    """[C, L] visits in order, n where there are no more."""

    def __len__(self) -> int:
        return len(self.kind)

    def take(self, rows: npt.NDArray[np.int64]) -> Columns:
        """These routes only."""
        return Columns(self.kind[rows], self.value[rows], self.visits[rows])

    def routes(self, rows: npt.NDArray[np.int64], visits: int) -> list[Column]:
        """These routes one by one, of a problem with so many visits."""
        parts = (part[rows].tolist() for part in (self.kind, self.value, self.visits))
        return [(kind, value, tuple(v for v in route if v < visits)) for kind, value, route in zip(*parts, strict=True)]


class _Limits(NamedTuple):
    """What bounds the choice of routes: deterministic time, and seconds of the wall clock if it counts."""

    effort: float
    seconds: float | None
    seed: int


def gather(arrays: Arrays, pools: Sequence[Pool]) -> Columns:
    """The routes of several pools as columns, in an order that does not depend on the order of the pools' cells."""
    none = arrays.allowed.shape[1]
    keys, kinds, values, visits = [], [], [], []
    for pool in pools:
        cells = np.flatnonzero(pool.key)
        keys.append(pool.key[cells])
        kinds.append(arrays.kind[pool.shift[cells]])
        values.append(pool.value[cells])
        inside = np.arange(pool.visits.shape[1]) < pool.length[cells, None]
        visits.append(np.where(inside, pool.visits[cells], none))
    key, kind, value, visit = (np.concatenate(parts) for parts in (keys, kinds, values, visits))
    order = np.lexsort((-value, key))
    first = np.ones(len(order), np.bool_)
    first[1:] = key[order][1:] != key[order][:-1]
    rows = order[first]
    return Columns(kind[rows], value[rows], visit[rows].astype(np.int64))


def recombine(
    arrays: Arrays,
    pools: Sequence[Pool],
    incumbent: Sequences,
    objective: int,
    *,
    seconds: float,
    seed: int,
    clock: Callable[[], float] = time.monotonic,
) -> Sequences | None:
    """The best plan made of pooled routes, or None when none is better than the incumbent's `objective`.

    The solvers are bounded by deterministic time as well as by `seconds` of the wall clock; on any other `clock` the
    former alone bounds them, and on one that stands still the answer is the same on every run.
    """
    columns = gather(arrays, pools)
    if len(columns) == 0:
        return None
    capacity = np.bincount(arrays.kind)
    began = clock()
    reduced, relaxed = _relax(columns, capacity, arrays.allowed.shape[1], RELAX_PART * seconds, clock)
    if relaxed <= objective + 0.5:
        return None
    limits = _Limits(seconds, max(0.01, began + seconds - clock()) if clock is time.monotonic else None, seed)
    able = np.flatnonzero(reduced >= objective - relaxed - 0.5)
    if len(able) > MOST_COLUMNS:
        able = able[np.argsort(-reduced[able], kind="stable")[:MOST_COLUMNS]]
    return _pack(arrays, columns.take(np.sort(able)), capacity, incumbent, objective, limits)


def _relax(
    columns: Columns, capacity: Ints, visits: int, seconds: float, clock: Callable[[], float]
) -> tuple[npt.NDArray[np.float64], float]:
    """Reduced cost of every column, and a bound on the value of the linear relaxation over all columns.

    Any prices give such a bound, the best ones the tightest.
    """
    master, ends = Master(visits, capacity.tolist()), clock() + seconds
    joining = np.argsort(-columns.value, kind="stable")[:400]
    known = np.zeros(len(columns), np.bool_)
    bound, kept = np.inf, columns.value.astype(np.float64)
    for _ in range(ROUNDS):
        known[joining] = True
        master.add(columns.routes(joining, visits))
        found = master.solve_within(seconds, max(0.001, ends - clock()) if clock is time.monotonic else None)
        if found is None:
            break
        prices, rents, _ = found
        reduced = columns.value - np.append(prices, 0.0)[columns.visits].sum(axis=1) - rents[columns.kind]
        gains = np.zeros(len(capacity))
        np.maximum.at(gains, columns.kind, reduced)
        relaxed = float(prices.sum() + (capacity * (rents + gains)).sum())
        if relaxed < bound:
            bound, kept = relaxed, reduced
        if clock() >= ends:
            break
        positive = np.flatnonzero((reduced > 1e-3) & ~known)
        if len(positive) == 0:
            break
        joining = positive[np.argsort(-reduced[positive], kind="stable")[:1500]]
    return kept, bound


def _pack(
    arrays: Arrays,
    columns: Columns,
    capacity: Ints,
    incumbent: Sequences,
    objective: int,
    limits: _Limits,
) -> Sequences | None:
    from ortools.sat.python import cp_model  # noqa: PLC0415 -- half a second to import, and short solves never come here

    visits = arrays.allowed.shape[1]
    model = cp_model.CpModel()
    choices = [model.new_bool_var("") for _ in range(len(columns))]
    holders: list[list[cp_model.IntVar]] = [[] for _ in range(visits)]
    of_kind: list[list[cp_model.IntVar]] = [[] for _ in capacity]
    present = {(int(arrays.kind[k]), frozenset(route)) for k, route in enumerate(incumbent) if route}
    for column, choice in enumerate(choices):
        route = columns.visits[column][columns.visits[column] < visits].tolist()
        for visit in route:
            holders[visit].append(choice)
        of_kind[int(columns.kind[column])].append(choice)
        model.add_hint(choice, (int(columns.kind[column]), frozenset(route)) in present)
    for holder in holders:
        if len(holder) > 1:
            model.add_at_most_one(holder)
    for kind, members in enumerate(of_kind):
        if capacity[kind] == 1:
            model.add_at_most_one(members)
        elif len(members) > capacity[kind]:
            model.add(sum(members) <= int(capacity[kind]))
    worth = cp_model.LinearExpr.weighted_sum(choices, columns.value.tolist())
    model.add(worth >= objective)
    model.maximize(worth)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = limits.seed % 2**31
    solver.parameters.linearization_level = 2
    solver.parameters.max_deterministic_time = max(0.05, 0.6 * limits.effort)
    if limits.seconds is not None:
        solver.parameters.max_time_in_seconds = limits.seconds
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE) or round(solver.objective_value) <= objective:
        return None
    routes: list[tuple[int, ...]] = [() for _ in arrays.kind]
    free = {kind: list(np.flatnonzero(arrays.kind == kind)) for kind in range(len(capacity))}
    for column, choice in enumerate(choices):
        if solver.boolean_value(choice):
            shift = free[int(columns.kind[column])].pop(0)
            routes[shift] = tuple(columns.visits[column][columns.visits[column] < visits].tolist())
    return tuple(routes)
