"""The travel phase: with the visits given, move, swap and cross-connect stops while that gains.

Segment moves within and between shifts, also reversed (or-opt), swaps of two visits, and exchanges of route ends
(2-opt*). A move is first judged by the change of travel and worth in O(1) or O(stops), then tried on the real clocks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from routing.solve.anneal import Lane, save_best
from routing.solve.arrays import Arrays, Ints
from routing.solve.clock import TRAVEL, State, refresh
from routing.solve.compiled import entry, part
from routing.solve.ruin import Torn, put_back, touch

NEARBY = 24
"""Neighbours of a visit that moves look at."""
SWEPT = 64
"""Visits tried between two looks at the clock."""


@part
def _link(p: Arrays, k: int, origin: int, target: int) -> int:
    """Travel between two nodes of a route of shift k, 0 for the whole of an unused shift."""
    if origin == p.start[k] and target == p.end[k] and origin >= p.must.shape[0]:
        return 0
    return np.int64(p.travel[origin, target])


@part
def _tried(p: Arrays, s: State, torn: Torn, clock: Ints) -> bool:
    """Keep the changed routes if they can be done and are worth more, else put the former ones back."""
    gain = np.int64(0)
    sound = True
    for z in range(torn.totals[1]):
        k = torn.shifts[z]
        for q in range(1, s.length[k] + 1):
            s.home[s.route[k, q]] = k
            s.place[s.route[k, q]] = q
            sound = sound and p.allowed[k, s.route[k, q]] == 1
        clock[0] += 1
        s.version[k] = clock[0]
        sound = refresh(p, s, k) and sound
        gain += s.value[k] - torn.value[k]
    better = sound and gain > 0
    if not better:
        put_back(p, s, torn)
    for z in range(torn.totals[1]):
        torn.changed[torn.shifts[z]] = 0
    torn.totals[:] = 0
    return better


@part
def _move_segments(p: Arrays, s: State, torn: Torn, clock: Ints, c: int) -> bool:
    a = s.home[c]
    i = s.place[c]
    if i <= s.locked[a]:
        return False
    for size in range(1, min(3, s.length[a] - i + 1) + 1):
        last = np.int64(s.route[a, i + size - 1])
        before, behind = np.int64(s.route[a, i - 1]), np.int64(s.route[a, i + size])
        joined = _link(p, a, before, behind) if s.length[a] > size else 0
        saved = np.int64(p.travel[before, c]) + p.travel[last, behind] - joined
        for turned in range(2 if size > 1 else 1):
            head, tail = (last, c) if turned == 1 else (c, last)
            inner = np.int64(0)
            if turned == 1:
                for q in range(i, i + size - 1):
                    inner += np.int64(p.travel[s.route[a, q + 1], s.route[a, q]])
                    inner -= np.int64(p.travel[s.route[a, q], s.route[a, q + 1]])
            for z in range(-1, min(NEARBY, p.near.shape[1])):
                d = np.int64(p.near[head, z]) if z >= 0 else np.int64(p.start[a])
                b = s.home[d] if z >= 0 else a
                if b < 0 or p.allowed[b, c] == 0:
                    continue
                j = s.place[d] if z >= 0 else 0
                if j < s.locked[b] or (b == a and i - 1 <= j < i + size):
                    continue
                ahead = np.int64(s.route[b, j + 1])
                spent = np.int64(p.travel[d, head]) + p.travel[tail, ahead] - _link(p, b, d, ahead) + inner
                gain = p.price[TRAVEL] * (saved - spent)
                if b != a:
                    for q in range(i, i + size):
                        gain += p.worth[b, s.route[a, q]] - p.worth[a, s.route[a, q]]
                if gain <= 0:
                    continue
                touch(s, torn, a)
                touch(s, torn, b)
                _splice(s, a, i, size, b, j, turned == 1)
                if _tried(p, s, torn, clock):
                    return True
    return False


@part
def _splice(s: State, a: int, i: int, size: int, b: int, j: int, turned: bool) -> None:
    """Move `size` stops from position i of shift a behind position j of shift b, reversed when `turned`."""
    c0 = s.route[a, i]
    c1 = s.route[a, i + 1] if size > 1 else c0
    c2 = s.route[a, i + 2] if size > 2 else c0
    for q in range(i + size, s.length[a] + 2):
        s.route[a, q - size] = s.route[a, q]
    s.length[a] -= size
    if a == b and j > i:
        j -= size
    for q in range(s.length[b] + 1, j, -1):
        s.route[b, q + size] = s.route[b, q]
    for step in range(size):
        at = j + 1 + (size - 1 - step if turned else step)
        s.route[b, at] = c0 if step == 0 else (c1 if step == 1 else c2)
    s.length[b] += size


@part
def _swap(p: Arrays, s: State, torn: Torn, clock: Ints, c: int) -> bool:
    a = s.home[c]
    i = s.place[c]
    if i <= s.locked[a]:
        return False
    for z in range(min(NEARBY, p.near.shape[1])):
        d = np.int64(p.near[c, z])
        b = s.home[d]
        if b < 0 or b == a or s.place[d] <= s.locked[b] or p.allowed[b, c] == 0 or p.allowed[a, d] == 0:
            continue
        j = s.place[d]
        ab, aa = np.int64(s.route[a, i - 1]), np.int64(s.route[a, i + 1])
        bb, ba = np.int64(s.route[b, j - 1]), np.int64(s.route[b, j + 1])
        old = np.int64(p.travel[ab, c]) + p.travel[c, aa] + p.travel[bb, d] + p.travel[d, ba]
        new = np.int64(p.travel[ab, d]) + p.travel[d, aa] + p.travel[bb, c] + p.travel[c, ba]
        gain = p.price[TRAVEL] * (old - new) + p.worth[b, c] + p.worth[a, d] - p.worth[a, c] - p.worth[b, d]
        if gain <= 0:
            continue
        touch(s, torn, a)
        touch(s, torn, b)
        s.route[a, i] = d
        s.route[b, j] = c
        if _tried(p, s, torn, clock):
            return True
    return False


@part
def _cross(p: Arrays, s: State, torn: Torn, clock: Ints, c: int) -> bool:
    """Join c to a near visit d of another shift and exchange what comes after c and before d."""
    a = s.home[c]
    i = s.place[c]
    for z in range(min(NEARBY, p.near.shape[1])):
        d = np.int64(p.near[c, z])
        b = s.home[d]
        if b < 0 or b == a:
            continue
        j = s.place[d]
        if i < s.locked[a] or j <= s.locked[b]:
            continue
        last_a, last_b = np.int64(s.route[a, s.length[a]]), np.int64(s.route[b, s.length[b]])
        ahead, bd = np.int64(s.route[a, i + 1]), np.int64(s.route[b, j - 1])
        old = np.int64(p.travel[c, ahead]) + p.travel[bd, d] + p.travel[last_b, p.end[b]]
        new = np.int64(p.travel[c, d]) + p.travel[last_b, p.end[a]]
        if i < s.length[a]:
            old += p.travel[last_a, p.end[a]]
            new += np.int64(p.travel[bd, ahead]) + p.travel[last_a, p.end[b]]
        elif j > 1:
            new += p.travel[bd, p.end[b]]
        worth = np.int64(0)
        for q in range(i + 1, s.length[a] + 1):
            worth += p.worth[b, s.route[a, q]] - p.worth[a, s.route[a, q]]
        for q in range(j, s.length[b] + 1):
            worth += p.worth[a, s.route[b, q]] - p.worth[b, s.route[b, q]]
        if p.price[TRAVEL] * (old - new) + worth <= 0:
            continue
        touch(s, torn, a)
        touch(s, torn, b)
        m, length = torn.length[a], torn.length[b]
        for q in range(j, length + 1):
            s.route[a, i + 1 + q - j] = torn.route[b, q]
        s.length[a] = i + length - j + 1
        s.route[a, s.length[a] + 1] = p.end[a]
        for q in range(i + 1, m + 1):
            s.route[b, j + q - i - 1] = torn.route[a, q]
        s.length[b] = j - 1 + m - i
        s.route[b, s.length[b] + 1] = p.end[b]
        if _tried(p, s, torn, clock):
            return True
    return False


def polish(p: Arrays, lane: Lane, sweeps: int, over: Callable[[], bool] | None = None) -> None:
    """Improve the lane's present routes by such moves, at most `sweeps` times over all visits.

    `over` is asked now and then, and ends it with what is found by then.
    """
    visits = len(p.must)
    step = visits if over is None else SWEPT
    for _ in range(sweeps):
        moved = False
        for first in range(0, visits, max(1, step)):
            moved = sweep(p, lane, first, min(visits, first + step)) or moved
            if over is not None and over():
                return
        if not moved:
            return


@entry
def sweep(p: Arrays, lane: Lane, first: int, last: int) -> bool:
    """Try the moves of visits first..last-1 once; whether one was made."""
    s, torn = lane.state, lane.torn
    torn.totals[:] = 0
    moved = False
    for c in range(first, last):
        if s.home[c] >= 0 and _move_segments(p, s, torn, lane.clock, c):
            moved = True
        if s.home[c] >= 0 and _swap(p, s, torn, lane.clock, c):
            moved = True
        if s.home[c] >= 0 and _cross(p, s, torn, lane.clock, c):
            moved = True
    total = np.int64(0)
    for k in range(s.length.shape[0]):
        total += s.value[k]
    lane.clock[2] = total
    if total > lane.best.value[0]:
        save_best(s, lane.best, total)
    return moved
