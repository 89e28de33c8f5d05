"""The compiled boundary search: customers at a border change sides, one at a time, as simulated annealing has it.

A trial takes a random customer and the territory of a random neighbour. What it changes in drive, price and balance is
told from a few numbers; only then is it tried whether the giving territory stays in one piece, by a breadth-first walk
inside it that ends as soon as the customer's neighbours have met.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.solve.chance import Words, below, uniform
from routing.solve.compiled import drop_stale, entry, part
from routing.territories.case import Floats

drop_stale(Path(__file__).parent)

SOFT, HARD = 48_000.0, 480_000.0
"""Prices of imbalance, in seconds of drive of one average customer: times the share squared, and per share beyond
the tolerance."""
_STEP = 1024
"""Trials after which the price of what is beyond the tolerance rises."""


class Rules(NamedTuple):
    """How an annealing goes: temperature at the start and least, tolerance, what a second of drive counts.

    `soft` is the price of imbalance, `hard` that of what is beyond the tolerance at the start; it rises by equal
    factors to `hardest` at the end.
    """

    heat: float
    coldest: float
    tolerance: float
    compactness: float
    soft: float
    hard: float
    hardest: float


class Ground(NamedTuple):
    """What does not change during a search; the arrays of `Case`, with weights divided by their mean."""

    first: npt.NDArray[np.int32]
    other: npt.NDArray[np.int32]
    drive_s: npt.NDArray[np.float32]
    work: Floats
    haul: Floats
    weight: Floats
    price: Floats
    """[n] objective for an owner other than the present one, divided by the same mean."""
    present: npt.NDArray[np.int64]
    target: Floats
    """[k, a]."""
    toll: Floats
    """[k] objective for each second of work that a territory takes on, divided by the same mean."""


class State(NamedTuple):
    """What a search changes; `moved` [1] counts customers that are not with their present owner."""

    owner: npt.NDArray[np.int64]
    load: Floats
    size: npt.NDArray[np.int64]
    moved: npt.NDArray[np.int64]
    chance: Words
    mark: npt.NDArray[np.int64]
    """[n] zeros at the start: which walk has seen a customer."""
    queue: npt.NDArray[np.int64]
    stamp: npt.NDArray[np.int64]
    """[1] number of the last walk."""


@part
def _stays_whole(ground: Ground, state: State, u: int, giver: int) -> bool:
    """Whether the neighbours of u in its own territory reach each other without it."""
    first, other, owner = ground.first, ground.other, state.owner
    mark, queue = state.mark, state.queue
    state.stamp[0] += 2
    wanted = state.stamp[0]
    seen = wanted + 1
    missing = 0
    begin = -1
    for p in range(first[u], first[u + 1]):
        v = other[p]
        if owner[v] == giver:
            if begin < 0:
                begin = v
            else:
                missing += 1
                mark[v] = wanted
    if begin < 0:
        return bool(state.size[giver] > 1)  # an island of one: without it the giver has one piece less
    if missing == 0:
        return True
    mark[u] = seen
    mark[begin] = seen
    queue[0] = begin
    head, tail = 0, 1
    while head < tail:
        x = queue[head]
        head += 1
        for p in range(first[x], first[x + 1]):
            v = other[p]
            if owner[v] == giver and mark[v] != seen:
                if mark[v] == wanted:
                    missing -= 1
                    if missing == 0:
                        return True
                mark[v] = seen
                queue[tail] = v
                tail += 1
    return False


@part
def _imbalance(load: float, target: float, tolerance: float, soft: float, hard: float) -> float:
    off = load / target - 1.0
    if off < 0:
        off = -off
    price = soft * off * off
    if off > tolerance:
        price += hard * (off - tolerance)
    return price


@entry
def anneal(
    ground: Ground,
    state: State,
    rules: Rules,
    most_moved: int,
    begin: int,
    end: int,
    trials: int,
) -> int:
    """Does trials `begin` to `end` of an annealing of `trials`; how many customers changed hands.

    A trial may not raise the number of moved customers above `most_moved`.
    """
    heat, coldest, tolerance, compactness, soft, hard, hardest = rules
    rise = (hardest / hard) ** (_STEP / trials)
    hard *= rise ** (begin // _STEP)
    owner, load, target = state.owner, state.load, ground.target
    drive_s, work, haul = ground.drive_s, ground.work, ground.haul
    n, things = len(owner), target.shape[1]
    accepted = 0
    for trial in range(begin, end):
        if trial % _STEP == 0:
            hard *= rise
        u = below(state.chance, n)
        giver = owner[u]
        degree = ground.first[u + 1] - ground.first[u]
        if degree == 0:
            continue
        taker = owner[ground.other[ground.first[u] + below(state.chance, degree)]]
        if taker == giver:
            continue
        there = drive_s[u, taker]
        if there == np.inf:
            continue
        here = drive_s[u, giver]
        moves = 0
        if ground.present[u] >= 0:
            if taker != ground.present[u]:
                moves += 1
            if giver != ground.present[u]:
                moves -= 1
            if moves > 0 and state.moved[0] >= most_moved:
                continue
        change = ground.weight[u] * compactness * (there - here) + ground.price[u] * moves
        for q in range(things):
            gone, come = work[u, q], work[u, q]
            if q == 0:
                gone += haul[u] * here
                come += haul[u] * there
                change += ground.toll[taker] * come - ground.toll[giver] * gone
            change += (
                _imbalance(load[giver, q] - gone, target[giver, q], tolerance, soft, hard)
                - _imbalance(load[giver, q], target[giver, q], tolerance, soft, hard)
                + _imbalance(load[taker, q] + come, target[taker, q], tolerance, soft, hard)
                - _imbalance(load[taker, q], target[taker, q], tolerance, soft, hard)
            )
        if change > 0:
            left = 1.0 - trial / trials
            temperature = heat * left * left + coldest
            if change > 30.0 * temperature or uniform(state.chance) >= np.exp(-change / temperature):
                continue
        if not _stays_whole(ground, state, u, giver):
            continue
        owner[u] = taker
        for q in range(things):
            load[giver, q] -= work[u, q]
            load[taker, q] += work[u, q]
        load[giver, 0] -= haul[u] * here
        load[taker, 0] += haul[u] * there
        state.size[giver] -= 1
        state.size[taker] += 1
        state.moved[0] += moves
        accepted += 1
    return accepted
