"""The best place of a visit on a shift, found in one pass with O(1) checks, and the cache of such places.

A place is judged by what it adds to the objective, and time is kept beside it for ranking by worth per second.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from routing.solve.arrays import NEVER, PLAIN, WALKED, Arrays, Ints, Matrix
from routing.solve.chance import Words, below
from routing.solve.clock import (
    TRAVEL,
    WAITING,
    State,
    cheapest,
    drive_s,
    earliest_start,
    latest_before,
    ready_after,
    walk_leg,
)
from routing.solve.compiled import inlined, part

NOWHERE = -(1 << 60)
"""Gain of a visit that fits nowhere on a shift."""
WALKED_WHOLE = 8
"""Stops up to which every place of a shift that has to be walked through is walked, and again after every insertion."""


class Places(NamedTuple):
    """Best place of each visit on each shift, valid while `stamp` equals the shift's version."""

    gain: Ints
    """[K, n] what the visit would add to the objective, NOWHERE if it does not fit."""
    spent: Ints
    """[K, n] travel and waiting that it would add."""
    at: Matrix
    """[K, n] position after which it would stand."""
    stamp: Ints
    """[K, n] version of the shift's route for which this was found."""


def new_places(arrays: Arrays) -> Places:
    """An empty cache."""
    shape = arrays.allowed.shape
    return Places(np.zeros(shape, np.int64), np.zeros(shape, np.int64), np.zeros(shape, np.int32), np.full(shape, -1))


@inlined
def _plain_at(p: Arrays, s: State, k: int, c: int, q: int, first: int, last: int) -> tuple[int, int]:
    """Extra travel and waiting of visit c after position q without breaks; (NEVER, 0) if it does not fit."""
    before = s.route[k, q]
    after = s.route[k, q + 1]
    to = np.int64(p.inbound[c, before])
    arrives = s.ahead[k, q, 0] + to
    begin = earliest_start(p.opens, p.closes, first, last, arrives)
    on = np.int64(p.travel[c, after])
    if begin + p.service[c] + on > s.behind[k, q + 1, 0]:
        return NEVER, 0
    return to + on - s.leg[k, q], begin - arrives


@part
def _once_paused_at(p: Arrays, s: State, k: int, c: int, q: int, first: int, last: int) -> tuple[int, int]:
    """The same on a shift with one break."""
    to = np.int64(p.inbound[c, s.route[k, q]])
    on = np.int64(p.travel[c, s.route[k, q + 1]])
    rest = p.pause_for[k, 0]
    until = p.pause_until[k, 0]
    fresh, rested = s.ahead[k, q, 0], s.ahead[k, q, 1]
    due_fresh, due_rested = s.behind[k, q + 1, 0], s.behind[k, q + 1, 1]
    waited = np.int64(NEVER)
    arrives = rested + to
    if fresh <= until:
        arrives = min(arrives, max(fresh + to, p.pause_from[k, 0]) + rest)
    if arrives + p.service[c] + on <= due_rested:
        begin = earliest_start(p.opens, p.closes, first, last, arrives)
        if begin + p.service[c] + on <= due_rested:
            waited = begin - arrives
    if fresh < NEVER and waited > 0:
        arrives = fresh + to
        begin = earliest_start(p.opens, p.closes, first, last, arrives)
        if begin < NEVER and begin - arrives < waited:
            left = begin + p.service[c]
            if left + on <= due_fresh or (left <= until and max(left + on, p.pause_from[k, 0]) + rest <= due_rested):
                waited = begin - arrives
    if waited >= NEVER:
        return NEVER, 0
    return to + on - s.leg[k, q], waited


@part
def _paused_at(p: Arrays, s: State, k: int, c: int, q: int, first: int, last: int) -> tuple[int, int]:
    """The same on a shift with breaks."""
    to = np.int64(p.inbound[c, s.route[k, q]])
    on = np.int64(p.travel[c, s.route[k, q + 1]])
    states = p.pauses[k] + 1
    waited = np.int64(NEVER)
    for mid in range(states):
        arrives = np.int64(NEVER)
        for taken in range(mid + 1):
            arrives = min(arrives, ready_after(p, k, s.ahead[k, q, taken], to, taken, mid))
        if arrives >= NEVER:
            continue
        begin = earliest_start(p.opens, p.closes, first, last, arrives)
        if begin >= NEVER or begin - arrives >= waited:
            continue
        left = begin + p.service[c]
        for then in range(mid, states):
            if left <= latest_before(p, k, s.behind[k, q + 1, then], on, mid, then):
                waited = begin - arrives
                break
    if waited >= NEVER:
        return NEVER, 0
    return to + on - s.leg[k, q], waited


@part
def _walked_at(p: Arrays, s: State, k: int, c: int, q: int) -> tuple[int, int]:
    """Extra price and travel of visit c after position q, walking the rest of the shift; (NEVER, 0) if it fails."""
    last = cheapest(p, k)
    for b in range(last + 1):
        s.draft[0, 0, b] = s.ahead[k, q, b]
        s.draft[1, 0, b] = s.paid[k, q, b]
        s.draft[2, 0, b] = s.driven[k, q, b]
        s.draft[3, 0, b] = s.slack[k, q, b]
    side = 0
    node = np.int64(s.route[k, q])
    for r in range(q, s.length[k] + 2):
        target = c if r == q else np.int64(s.route[k, r])
        if not walk_leg(p, k, node, target, s.draft[:, side], s.draft[:, 1 - side]):
            return NEVER, 0
        side = 1 - side
        node = target
    driven = s.draft[2, side, last]
    if s.draft[0, side, last] >= NEVER or driven > p.max_travel[k]:
        return NEVER, 0
    paid = s.draft[1, side, last]
    if s.length[k] > 0:
        paid -= s.paid[k, s.length[k] + 1, last]
    more = driven - s.travel[k]
    return paid + more * p.price[TRAVEL], more


@part
def _walked_least(p: Arrays, s: State, k: int, c: int, q: int, left: int) -> int:
    """What visit c after position q costs at least, if nothing is driven quicker later in the day."""
    before, after = s.route[k, q], s.route[k, q + 1]
    extra = np.int64(p.inbound[c, before]) + p.travel[c, after]
    if s.length[k] > 0:
        extra -= drive_s(p, before, after, left) if p.varying else s.leg[k, q]
    return p.price[TRAVEL] * extra - p.price[WAITING] * max(0, extra + p.service[c])


@inlined
def find_place(p: Arrays, s: State, places: Places, k: int, c: int, patience: float, chance: Words) -> None:
    """Fill the cache for visit c on shift k. `patience` prices a second of waiting when places are compared.

    One time in twenty a place is overlooked, so that the search does not always put visits in the same order.
    """
    n = p.must.shape[0]
    row = p.calendar[k] * n + c
    first, last = p.windows_at[row], p.windows_at[row + 1]
    places.stamp[k, c] = s.version[k]
    places.gain[k, c] = NOWHERE
    if p.allowed[k, c] == 0:
        return
    soonest = p.opens[first] + p.service[c]
    shut = p.closes[last - 1]
    m = s.length[k]
    plain = p.mode[k] == PLAIN
    walked = p.mode[k] == WALKED
    states = p.pauses[k] + 1
    room = p.max_travel[k] - s.travel[k]
    best = 1e18
    blind = below(chance, 20 * (m + 1))
    for q in range(s.locked[k], m + 1):
        if q == blind:
            continue
        if plain:
            if s.ahead[k, q, 0] > shut:
                break
            if s.behind[k, q + 1, 0] < soonest or s.ahead[k, q, 0] + p.inbound[c, s.route[k, q]] > shut:
                continue
            extra, waited = _plain_at(p, s, k, c, q, first, last)
        else:
            left = np.int64(NEVER)
            for b in range(states):
                left = min(left, s.ahead[k, q, b])
            if left > shut:
                break
            if left + p.inbound[c, s.route[k, q]] > shut:
                continue
            if walked:
                if m > WALKED_WHOLE and _walked_least(p, s, k, c, q, left) >= best:
                    continue
                cost, extra = _walked_at(p, s, k, c, q)
                if cost < NEVER and cost < best:
                    best = cost
                    places.gain[k, c] = p.worth[k, c] - cost
                    places.spent[k, c] = extra
                    places.at[k, c] = q
                continue
            if p.pauses[k] == 1:
                if max(s.behind[k, q + 1, 0], s.behind[k, q + 1, 1]) < soonest:
                    continue
                extra, waited = _once_paused_at(p, s, k, c, q, first, last)
            else:
                extra, waited = _paused_at(p, s, k, c, q, first, last)
        if extra >= NEVER or extra > room:
            continue
        cost = p.price[TRAVEL] * extra + patience * waited
        if cost < best:
            best = cost
            places.gain[k, c] = p.worth[k, c] - p.price[TRAVEL] * extra
            places.spent[k, c] = extra + waited
            places.at[k, c] = q


@inlined
def mend_place(p: Arrays, s: State, places: Places, k: int, c: int, q: int, patience: float, chance: Words) -> None:
    """Bring the cache for visit c up to date after another visit was inserted after position q of shift k.

    What else fitted before can only fit worse now, so the former best and the two new places decide.
    """
    former = np.int64(places.at[k, c])
    walked = p.mode[k] == WALKED
    if (walked and s.length[k] <= WALKED_WHOLE) or (former == q and places.gain[k, c] > NOWHERE):
        find_place(p, s, places, k, c, patience, chance)
        return
    places.stamp[k, c] = s.version[k]
    row = p.calendar[k] * p.must.shape[0] + c
    first, last = p.windows_at[row], p.windows_at[row + 1]
    plain = p.mode[k] == PLAIN
    room = p.max_travel[k] - s.travel[k]
    best = 1e18
    nowhere = places.gain[k, c] == NOWHERE
    places.gain[k, c] = NOWHERE
    for choice in range(1 if nowhere else 0, 3):
        at = q + choice - 1 if choice > 0 else (former if former < q else former + 1)
        if walked:
            price, extra = _walked_at(p, s, k, c, at)
            if price >= NEVER and choice == 0:
                find_place(p, s, places, k, c, patience, chance)
                return
            if price < NEVER and price < best:
                best = price
                places.gain[k, c] = p.worth[k, c] - price
                places.spent[k, c] = extra
                places.at[k, c] = at
            continue
        if plain:
            extra, waited = _plain_at(p, s, k, c, at, first, last)
        elif p.pauses[k] == 1:
            extra, waited = _once_paused_at(p, s, k, c, at, first, last)
        else:
            extra, waited = _paused_at(p, s, k, c, at, first, last)
        if extra >= NEVER or extra > room:
            if choice == 0:
                find_place(p, s, places, k, c, patience, chance)
                return
            continue
        cost = p.price[TRAVEL] * extra + patience * waited
        if cost < best:
            best = cost
            places.gain[k, c] = p.worth[k, c] - p.price[TRAVEL] * extra
            places.spent[k, c] = extra + waited
            places.at[k, c] = at
