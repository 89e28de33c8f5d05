"""Ways to tear visits out of routes: strings, circles, bad bargains, the little worth, a whole shift.

Strings follow J. Christiaens and G. Vanden Berghe, "Slack Induction by String Removals" (2020). An operator only marks
visits as homeless; `close_gaps` then shortens the routes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from routing.solve.arrays import Arrays, Ints
from routing.solve.chance import Words, below, uniform
from routing.solve.clock import TRAVEL, State, refresh
from routing.solve.compiled import part


class Torn(NamedTuple):
    """What one iteration has taken out and which shifts it has changed, with their former routes."""

    visits: Ints
    """[n] visits taken out."""
    shifts: Ints
    """[K] shifts changed."""
    totals: Ints
    """[2] how many visits, how many shifts."""
    changed: Ints
    """[K] 1 for shifts changed."""
    route: Ints
    """[K, M] former routes."""
    length: Ints
    """[K] former lengths."""
    value: Ints
    """[K] former values."""
    version: Ints
    """[K] former versions."""


def new_torn(arrays: Arrays, state: State) -> Torn:
    """Room for what an iteration remembers."""
    shifts, visits = arrays.allowed.shape

    def zeros(*shape: int) -> Ints:
        return np.zeros(shape, np.int64)

    return Torn(
        zeros(visits),
        zeros(shifts),
        zeros(2),
        zeros(shifts),
        zeros(*state.route.shape),
        zeros(shifts),
        zeros(shifts),
        zeros(shifts),
    )


@part
def touch(s: State, torn: Torn, k: int) -> None:
    """Remember shift k before its first change in this iteration."""
    if torn.changed[k] == 1:
        return
    torn.changed[k] = 1
    torn.shifts[torn.totals[1]] = k
    torn.totals[1] += 1
    for q in range(s.length[k] + 2):
        torn.route[k, q] = s.route[k, q]
    torn.length[k] = s.length[k]
    torn.value[k] = s.value[k]
    torn.version[k] = s.version[k]


@part
def take_out(s: State, torn: Torn, c: int) -> bool:
    """Mark visit c as taken out; False if it is unserved or locked."""
    k = s.home[c]
    if k < 0 or s.place[c] <= s.locked[k]:
        return False
    touch(s, torn, k)
    s.home[c] = -1
    torn.visits[torn.totals[0]] = c
    torn.totals[0] += 1
    return True


@part
def close_gaps(p: Arrays, s: State, torn: Torn, clock: Ints) -> None:
    """Shorten the routes of all changed shifts to the visits that stayed.

    Where triangles fail the rest of a route may be impossible; then all of it is taken out.
    """
    for z in range(torn.totals[1]):
        k = torn.shifts[z]
        _shorten(p, s, k)
        clock[0] += 1
        s.version[k] = clock[0]
        if not refresh(p, s, k):
            for q in range(s.locked[k] + 1, s.length[k] + 1):
                s.home[s.route[k, q]] = -1
                torn.visits[torn.totals[0]] = s.route[k, q]
                torn.totals[0] += 1
            _shorten(p, s, k)
            refresh(p, s, k)


@part
def _shorten(p: Arrays, s: State, k: int) -> None:
    kept = 0
    for q in range(1, s.length[k] + 1):
        c = s.route[k, q]
        if s.home[c] == k:
            kept += 1
            s.route[k, kept] = c
            s.place[c] = kept
    s.route[k, kept + 1] = p.end[k]
    s.length[k] = kept


@part
def tear_strings(p: Arrays, s: State, torn: Torn, seed: int, mean: float, longest: int, chance: Words) -> None:
    """Take strings of neighbouring stops out of the shifts around `seed`, about `mean` visits in all."""
    shifts = s.length.shape[0]
    used = 0
    stops = 0
    for k in range(shifts):
        if s.length[k] > s.locked[k]:
            used += 1
            stops += s.length[k] - s.locked[k]
    if used == 0:
        return
    most = min(float(longest), max(1.0, stops / used))
    strings = int(uniform(chance) * max(1.0, 4.0 * mean / (1.0 + most) - 1.0)) + 1
    done = 0
    for i in range(-1, p.near.shape[1]):
        if done >= strings:
            break
        c = seed if i < 0 else np.int64(p.near[seed, i])
        k = s.home[c]
        if k < 0 or s.place[c] <= s.locked[k]:
            continue
        if torn.changed[k] == 1 and (used > 4 or uniform(chance) < 0.8):
            continue
        done += 1
        free = s.length[k] - s.locked[k]
        size = 1 + below(chance, int(min(most, float(free))))
        spared = 0
        if size > 1 and uniform(chance) < 0.5:
            while size + spared < free and uniform(chance) > 0.1 and spared < size:
                spared += 1
        whole = size + spared
        low = max(s.locked[k] + 1, s.place[c] - whole + 1)
        high = min(s.place[c], s.length[k] - whole + 1)
        begin = low + below(chance, high - low + 1)
        hole = begin + 1 + below(chance, size) if spared > 0 else begin + whole
        for q in range(begin, begin + whole):
            if q < hole or q >= hole + spared:
                visit = s.route[k, q]
                if s.home[visit] == k:
                    take_out(s, torn, visit)


@part
def tear_circle(p: Arrays, s: State, torn: Torn, seed: int, many: int, chance: Words) -> None:
    """Take out the seed and served visits nearest to it, skipping one in five."""
    take_out(s, torn, seed)
    for i in range(p.near.shape[1]):
        if torn.totals[0] >= many:
            return
        if uniform(chance) < 0.8:
            take_out(s, torn, p.near[seed, i])


@part
def tear_bargains(p: Arrays, s: State, torn: Torn, many: int, chance: Words, by_second: bool) -> None:
    """Take out visits that add least to the objective, by tournaments of six; per second of time if asked."""
    n = p.must.shape[0]
    for _ in range(many):
        worst = -1
        least = 1e300
        for _ in range(6):
            c = below(chance, n)
            k = s.home[c]
            if k < 0 or s.place[c] <= s.locked[k]:
                continue
            q = s.place[c]
            before, after = s.route[k, q - 1], s.route[k, q + 1]
            saved = np.int64(p.travel[before, c]) + p.travel[c, after] - p.travel[before, after]
            score = float(p.worth[k, c] - p.price[TRAVEL] * saved)
            if by_second:
                score = float(p.worth[k, c]) / (p.service[c] + max(saved, 0) + 1.0)
            if score < least:
                least = score
                worst = c
        if worst >= 0:
            take_out(s, torn, worst)


@part
def tear_shift(s: State, torn: Torn, k: int) -> None:
    """Take every visit out of a shift."""
    for q in range(s.locked[k] + 1, s.length[k] + 1):
        take_out(s, torn, s.route[k, q])


@part
def put_back(p: Arrays, s: State, torn: Torn) -> None:
    """Restore all changed shifts as they were remembered."""
    for z in range(torn.totals[1]):
        k = torn.shifts[z]
        for q in range(1, s.length[k] + 1):
            s.home[s.route[k, q]] = -1
    for z in range(torn.totals[1]):
        k = torn.shifts[z]
        s.length[k] = torn.length[k]
        for q in range(torn.length[k] + 2):
            c = torn.route[k, q]
            s.route[k, q] = c
            if 1 <= q <= torn.length[k]:
                s.home[c] = k
                s.place[c] = q
        refresh(p, s, k)
        s.version[k] = torn.version[k]
