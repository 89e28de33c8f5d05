"""How much connectedness adds to a bound: dual ascent (Wong 1984, for Steiner trees) over cuts around customers.

Where the customers around u that could as cheaply be territory j's hold too little work to be all of it, u is j's only
if one of those at their border is too. The price of that cut rises until another territory is as cheap for u, or one
at the border as cheap in j as where it is; then the border moves out, and so on until it meets the rest of j.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.solve.compiled import drop_stale, entry, part
from routing.territories.case import Case, Floats

drop_stale(Path(__file__).parent)

_PASSES, _STEPS = 4, 400
_LEAST = 1e-9
"""Rises below this share of the mean cost are none."""


class _Room(NamedTuple):
    """What the kernel works in: marks and a queue of customers, a list of borders, the cheapest territories of one."""

    mark: npt.NDArray[np.int64]
    queue: npt.NDArray[np.int64]
    border: npt.NDArray[np.int64]
    border_of: npt.NDArray[np.int64]
    cheapest: npt.NDArray[np.int64]
    stamp: npt.NDArray[np.int64]


class _Map(NamedTuple):
    """Neighbours and work as in `Case`; `enough` float64 [k]: with less work than this it is not all of a territory."""

    first: npt.NDArray[np.int32]
    other: npt.NDArray[np.int32]
    work: Floats
    haul: Floats
    drive_s: npt.NDArray[np.float32]
    enough: Floats


def connected_gain(case: Case, costs: Floats, low: Floats) -> float:
    """By how much no connected plan can be as cheap as each customer in its cheapest territory.

    `costs` float64 [n, k], infinite where a customer may not be, are used up; `low` float64 [k] is the least work of
    each territory. Customers that only one territory may have may lie apart and prove nothing.
    """
    forced = case.forced
    held = np.zeros(case.k)
    rows = np.flatnonzero(forced)
    at = np.isfinite(costs[rows]).argmax(axis=1)
    np.add.at(held, at, case.work[rows, 0] + case.haul[rows] * case.drive_s[rows, at].astype(np.float64))
    size = max(1, 4 * case.n)
    empty = (np.zeros(count, np.int64) for count in (case.n, case.n, size, size, case.k, 1))
    ground = _Map(
        case.neighbours.first,
        case.neighbours.other,
        np.ascontiguousarray(case.work[:, 0]),
        case.haul,
        case.drive_s,
        low - held,
    )
    least = costs.min(axis=1)
    nothing = _LEAST * float(np.abs(least).mean())
    return float(_ascend(ground, _Room(*empty), costs, least, np.flatnonzero(~forced), nothing))


@part
def _around(ground: _Map, room: _Room, costs: Floats, least: Floats, u: int, j: int, count: int, eps: float) -> int:
    """Appends the border of the customers around u that are as cheap in j; how long the list is, -1 if they are j."""
    room.stamp[0] += 1
    stamp = room.stamp[0]
    room.mark[u] = stamp
    room.queue[0] = u
    head, tail = 0, 1
    work = ground.work[u] + ground.haul[u] * ground.drive_s[u, j]
    if work >= ground.enough[j]:
        return -1
    while head < tail:
        x = room.queue[head]
        head += 1
        for p in range(ground.first[x], ground.first[x + 1]):
            v = ground.other[p]
            if room.mark[v] == stamp or costs[v, j] == np.inf:
                continue
            room.mark[v] = stamp
            if costs[v, j] - least[v] > eps:
                if count == len(room.border):
                    return -1
                room.border[count] = v
                room.border_of[count] = j
                count += 1
                continue
            room.queue[tail] = v
            tail += 1
            work += ground.work[v] + ground.haul[v] * ground.drive_s[v, j]
            if work >= ground.enough[j]:
                return -1
    return count


@part
def _rise(ground: _Map, room: _Room, costs: Floats, least: Floats, u: int, eps: float) -> float:
    """Raises the least cost of u once by what its cuts allow; by how much."""
    ties, second = 0, np.inf
    for j in range(costs.shape[1]):
        more = costs[u, j] - least[u]
        if more <= eps:
            room.cheapest[ties] = j
            ties += 1
        else:
            second = min(second, more)
    count, step = 0, second
    for t in range(ties):
        count = _around(ground, room, costs, least, u, room.cheapest[t], count, eps)
        if count < 0:
            return 0.0
    for b in range(count):
        v = room.border[b]
        step = min(step, costs[v, room.border_of[b]] - least[v])
    if step == np.inf:
        return 0.0
    for t in range(ties):
        costs[u, room.cheapest[t]] += step
    for b in range(count):
        costs[room.border[b], room.border_of[b]] -= step
    least[u] += step
    return step


@entry
def _ascend(
    ground: _Map, room: _Room, costs: Floats, least: Floats, customers: npt.NDArray[np.int64], eps: float
) -> float:
    """Raises the least cost of all customers in turn, in passes, until nothing rises; by how much in all."""
    total = 0.0
    for _ in range(_PASSES):
        risen = 0.0
        for u in customers:
            for _ in range(_STEPS):
                step = _rise(ground, room, costs, least, u, eps)
                if step <= 0:
                    break
                risen += step
        total += risen
        if risen <= 1e-6 * total:
            break
    return total
