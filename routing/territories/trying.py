"""Every plan of a tiny case tried: where work depends on who does it, shares turn with the plan, and a search errs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.solve.compiled import drop_stale, entry, part
from routing.territories.case import Case, Floats, Owners, Wish, pair_costs

drop_stale(Path(__file__).parent)


class _Plans(NamedTuple):
    """The case, with the territories that customer u may have as `choice[first_choice[u] : first_choice[u + 1]]`."""

    first_choice: npt.NDArray[np.int64]
    choice: npt.NDArray[np.int64]
    costs: Floats
    amounts: Floats
    """[n, k, a] work of each customer in each territory."""
    capacity: Floats
    """[k, a] shares of the sum."""
    present: npt.NDArray[np.int64]
    first: npt.NDArray[np.int32]
    other: npt.NDArray[np.int32]


class _Desk(NamedTuple):
    """What the kernel writes on."""

    at: npt.NDArray[np.int64]
    owner: npt.NDArray[np.int64]
    best: npt.NDArray[np.int64]
    load: Floats
    seen: npt.NDArray[np.bool_]
    queue: npt.NDArray[np.int64]
    taken: npt.NDArray[np.bool_]


def plans(case: Case) -> float:
    """How many ways there are to share the customers out, as far as they may go; what is beyond 2 ** 1000 is cut."""
    return float(2.0 ** min(1000.0, float(np.log2(np.isfinite(case.drive_s).sum(axis=1)).sum())))


def best_of_all(case: Case, wish: Wish) -> Owners | None:
    """The most even, then cheapest plan in one piece of all that there are; None where none is in one piece."""
    rows, columns = np.nonzero(np.isfinite(case.drive_s))
    amounts = np.repeat(case.work[:, None, :], case.k, axis=1)
    amounts[:, :, 0] += case.haul[:, None] * np.where(np.isfinite(case.drive_s), case.drive_s, 0.0)
    asked = _Plans(
        np.searchsorted(rows, np.arange(case.n + 1)),
        columns,
        pair_costs(case, wish),
        np.ascontiguousarray(amounts),
        case.capacity / case.capacity.sum(axis=0),
        case.present,
        case.neighbours.first,
        case.neighbours.other,
    )
    n, k = case.n, case.k
    desk = _Desk(
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(case.capacity.shape),
        np.zeros(n, np.bool_),
        np.zeros(n, np.int64),
        np.zeros(k, np.bool_),
    )
    most = n if wish.most_moved is None else wish.most_moved
    return desk.best if _try_all(asked, desk, wish.tolerance, most) else None


@part
def _cost(asked: _Plans, desk: _Desk, most_moved: int) -> float:
    """What the plan costs, infinite where too many move; its loads are on the desk then."""
    cost, moved = 0.0, 0
    for j in range(desk.load.shape[0]):
        for q in range(desk.load.shape[1]):
            desk.load[j, q] = 0.0
    for u in range(len(desk.owner)):
        j = asked.choice[asked.first_choice[u] + desk.at[u]]
        desk.owner[u] = j
        cost += asked.costs[u, j]
        if asked.present[u] >= 0 and asked.present[u] != j:
            moved += 1
        for q in range(desk.load.shape[1]):
            desk.load[j, q] += asked.amounts[u, j, q]
    return cost if moved <= most_moved else np.inf


@part
def _excess(asked: _Plans, desk: _Desk, tolerance: float) -> float:
    """Largest share beyond the tolerance, in whole ten-thousandths, 0 when none is."""
    worst = 0.0
    for q in range(desk.load.shape[1]):
        total = 0.0
        for j in range(desk.load.shape[0]):
            total += desk.load[j, q]
        for j in range(desk.load.shape[0]):
            worst = max(worst, abs(desk.load[j, q] / (asked.capacity[j, q] * total) - 1.0) if total > 0 else 0.0)
    return float(np.rint(max(0.0, worst - tolerance - 1e-12) * 10_000.0 + 0.499_999))


@part
def _whole(asked: _Plans, desk: _Desk) -> bool:
    """Whether no territory has two pieces with somebody who could be elsewhere."""
    for u in range(len(desk.seen)):
        desk.seen[u] = False
    for j in range(len(desk.taken)):
        desk.taken[j] = False
    for start in range(len(desk.owner)):
        if desk.seen[start]:
            continue
        j, free = desk.owner[start], False
        desk.seen[start] = True
        desk.queue[0] = start
        head, tail = 0, 1
        while head < tail:
            u = desk.queue[head]
            head += 1
            free = free or asked.first_choice[u + 1] - asked.first_choice[u] > 1
            for p in range(asked.first[u], asked.first[u + 1]):
                v = asked.other[p]
                if desk.owner[v] == j and not desk.seen[v]:
                    desk.seen[v] = True
                    desk.queue[tail] = v
                    tail += 1
        if free and desk.taken[j]:
            return False
        desk.taken[j] = desk.taken[j] or free
    return True


@entry
def _try_all(asked: _Plans, desk: _Desk, tolerance: float, most_moved: int) -> bool:
    """Goes through all plans, the first customer's territory changing fastest; whether any is in one piece."""
    n = len(desk.owner)
    least_excess, least_cost = np.inf, np.inf
    while True:
        cost = _cost(asked, desk, most_moved)
        if cost < np.inf:
            excess = _excess(asked, desk, tolerance)
            nearer = excess < least_excess or (excess == least_excess and cost < least_cost)
            if nearer and _whole(asked, desk):
                least_excess, least_cost = excess, cost
                for u in range(n):
                    desk.best[u] = desk.owner[u]
        u = 0
        while u < n:
            desk.at[u] += 1
            if asked.first_choice[u] + desk.at[u] < asked.first_choice[u + 1]:
                break
            desk.at[u] = 0
            u += 1
        if u == n:
            return bool(least_cost < np.inf)
