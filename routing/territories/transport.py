"""The transport problem without connectedness: work flows from customers to territories at least cost.

OR-Tools' min-cost flow (cost scaling, Goldberg and Tarjan) gives a start for the search; the prices of its optimum are
the multipliers of the proof in `routing.territories.bound`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ortools.graph.python import min_cost_flow

from routing.errors import SolveError
from routing.territories.case import Case, Floats, Owners, Wish, pair_costs

NEAREST = 16
"""Territories that a customer's work may flow to: so many of the cheapest, and the present one."""
_UNITS = 400
"""An average customer's work in whole units of flow."""
_STEPS = 1000.0
"""Whole steps of unit cost per average unit cost difference."""
_PRICINGS = 1
_SMALL = 200_000
"""With no more pairs than this all of them are arcs."""


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """A customer goes where most of its work flowed; `prices` float64 [k]: what a unit of work costs a territory."""

    owner: Owners
    prices: Floats


def flow(case: Case, wish: Wish, targets: Floats, nearest: int = NEAREST) -> Flow:
    """The cheapest sharing-out of the first thing to balance, within the tolerance of `targets` float64 [k].

    Work of a customer is taken at its cheapest territory. Where the capacities cannot be met the least is beyond them.
    Pairs that the prices of the optimum show to be missing become arcs, and the flow is solved again.
    Raises SolveError when OR-Tools gives no answer.
    """
    costs = pair_costs(case, wish)
    arcs = _first_arcs(case, costs, nearest)
    rows = np.arange(case.n)
    drive = case.drive_s[rows, costs.argmin(axis=1)].astype(np.float64)
    work = case.work[:, 0] + case.haul * drive
    unit = work.mean() / _UNITS
    amount = np.maximum(1, np.rint(work / unit)).astype(np.int64)
    total = int(amount.sum())
    wanted = targets / targets.sum() * total
    low = np.floor(wanted * (1 - wish.tolerance)).astype(np.int64)
    high = np.maximum(low, np.floor(wanted * (1 + wish.tolerance)).astype(np.int64))
    costs /= amount[:, None]
    for again in range(_PRICINGS + 1):
        begin, column = np.nonzero(arcs)
        flows = _solve(amount, (begin, column), costs[begin, column], (low, high))
        used = flows > 0
        prices = _prices(
            costs, arcs, (begin[used], column[used]), np.bincount(column, flows, case.k).astype(np.float64), (low, high)
        )
        if again == _PRICINGS or arcs.sum() == np.isfinite(costs).sum():
            break
        paid = np.full(case.n, -np.inf)
        np.maximum.at(paid, begin[used], (costs[begin[used], column[used]] + prices[column[used]]))
        missing = (costs + prices < (paid - 1e-9 * np.abs(paid))[:, None]) & ~arcs
        if not missing.any():
            break
        arcs |= missing
    largest = np.lexsort((column, -flows, begin))
    first = np.searchsorted(begin[largest], rows)
    owner = column[largest][first].astype(np.int64)
    return Flow(_nobody_empty(case, costs * amount[:, None], owner), prices / unit)


def _first_arcs(case: Case, costs: Floats, nearest: int) -> npt.NDArray[np.bool_]:
    """Pairs that work may flow between at first, bool [n, k]."""
    open_pairs = np.isfinite(costs)
    if case.n * case.k <= _SMALL or nearest >= case.k:
        return open_pairs
    arcs = np.zeros(costs.shape, np.bool_)
    np.put_along_axis(arcs, np.argpartition(costs, nearest - 1, axis=1)[:, :nearest], values=True, axis=1)
    kept = np.flatnonzero(case.present >= 0)
    arcs[kept, case.present[kept]] = True
    return arcs & open_pairs


def _solve(
    amount: npt.NDArray[np.int64],
    arcs: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    per_unit: Floats,
    shares: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> npt.NDArray[np.int64]:
    """What flows on each arc. Raises SolveError."""
    (begin, column), (low, high) = arcs, shares
    n, k, total = len(amount), len(low), int(amount.sum())
    step = max(float(np.abs(per_unit).mean()), 1e-12) / _STEPS
    cost = np.rint(per_unit / step).astype(np.int64)
    dear = int(cost.max(initial=0)) * 4 + 1000
    solver = min_cost_flow.SimpleMinCostFlow()
    numbers = solver.add_arcs_with_capacity_and_unit_cost(begin, n + column, amount[begin], cost)
    sink = np.full(k, n + k)
    for room, price in ((low, 0), (high - low, dear), (np.full(k, total), 8 * dear)):
        solver.add_arcs_with_capacity_and_unit_cost(n + np.arange(k), sink, room, np.full(k, price))
    solver.set_nodes_supplies(np.arange(n), amount)
    solver.set_nodes_supplies(np.array([n + k]), np.array([-total]))
    status = solver.solve()
    if status != solver.OPTIMAL:
        raise SolveError(f"OR-Tools min-cost flow ended with {status.name}; report the customers and capacities")
    flows: npt.NDArray[np.int64] = solver.flows(numbers)
    return flows


def _prices(
    per_unit: Floats,
    arcs: npt.NDArray[np.bool_],
    used: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
    work: Floats,
    shares: tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]],
) -> Floats:
    """Prices of the flow's optimum, float64 [k]: shortest paths (Bellman-Ford) over what a unit pays to go elsewhere.

    `prices[j] <= prices[q] + swap[j, q]`; 0 where a territory has room both ways, above where full, below where least.
    """
    (low, high), k = shares, len(work)
    swap = np.full((k, k), np.inf)
    customers, at = used
    for j in range(k):
        mine = customers[at == j]
        if len(mine):
            other = np.where(arcs[mine], per_unit[mine], np.inf)
            swap[j] = (other - per_unit[mine, j][:, None]).min(axis=0)
    full, least = work >= high, work <= low
    prices, level = np.zeros(k), 0.0
    for _ in range(k + 1):
        before, old = prices, level
        prices = np.minimum(prices, (swap + prices).min(axis=1))
        prices = np.where(full, prices, np.minimum(prices, level))
        level = min(level, float(prices[~least].min(initial=np.inf)))
        if old == level and (before == prices).all():
            break
    return prices - level


def _nobody_empty(case: Case, costs: Floats, owner: Owners) -> Owners:
    """Every territory gets a customer: one without takes the cheapest from a territory that has more."""
    owner = owner.copy()
    sizes = np.bincount(owner, minlength=case.k)
    for j in np.flatnonzero(sizes == 0).tolist():
        extra = np.where(sizes[owner] > 1, costs[:, j] - costs[np.arange(case.n), owner], np.inf)
        nearest = int(extra.argmin())
        if np.isfinite(extra[nearest]):
            sizes[owner[nearest]] -= 1
            owner[nearest] = j
            sizes[j] = 1
    return owner


def seeded(case: Case, wish: Wish, owner: Owners, *, all_territories: bool = True) -> Owners:
    """Owners without -1 and, with `all_territories`, without empty ones: nobody's customers go to the cheapest."""
    costs = pair_costs(case, wish)
    lost = (owner < 0) | ~np.isfinite(case.drive_s[np.arange(case.n), owner])
    filled = np.where(lost, costs.argmin(axis=1), owner).astype(np.int64)
    return _nobody_empty(case, costs, filled) if all_territories else filled
