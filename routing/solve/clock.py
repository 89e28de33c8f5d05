"""Compiled clock of the search: when a route passes its stops, and the latest it may, with breaks and prices.

For every position p of a route `ahead[k, p, s]` is the earliest departure with s breaks taken, and `behind[k, p, s]`
the latest arrival from which the rest of the shift can still be done (Savelsbergh's forward and backward schedules,
one per number of breaks taken). Breaks are taken on a leg: on the way, or at either of its ends. A shift that is
WALKED has prices that depend on the clock; it keeps the running price, travel and slack instead of `behind`, and
where coming late or waiting for a later window is a choice, the cheapest such label beside the earliest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from routing.solve.arrays import FAR, NEVER, WALKED, Arrays, Ints, Matrix
from routing.solve.compiled import entry, inlined, part

TRAVEL, WAITING, LATENESS, OVERTIME = 0, 1, 2, 3


class State(NamedTuple):
    """The routes being searched, with their clocks. K shifts, n visits, M positions, S = (most breaks + 1) * tracks."""

    route: Matrix
    """[K, M] nodes of each route, from the shift's start to its end."""
    length: Ints
    """[K] number of visits."""
    ahead: Ints
    """[K, M, S] earliest departure."""
    behind: Ints
    """[K, M, S] latest arrival (not for WALKED)."""
    leg: Ints
    """[K, M] travel from position p to p + 1, 0 in an unused shift."""
    paid: Ints
    """[K, M, S] price so far without travel (WALKED)."""
    driven: Ints
    """[K, M, S] travel so far (WALKED)."""
    slack: Ints
    """[K, M, S] how much later everything before could happen (WALKED)."""
    travel: Ints
    """[K] travel of each shift."""
    value: Ints
    """[K] worth of each shift's visits minus all prices of the shift."""
    home: Ints
    """[n] shift a visit is on, -1 if unserved."""
    place: Ints
    """[n] its position there."""
    locked: Ints
    """[K] visits at the beginning of the shift that may not be touched."""
    version: Ints
    """[K] number of the route's present state; changes whenever the route does."""
    draft: Ints
    """[4, 2, S] scratch labels for walking: time, price, travel, slack."""


def new_state(arrays: Arrays) -> State:
    """Empty routes for these arrays."""
    shifts, visits = arrays.allowed.shape
    most = int(arrays.allowed.sum(axis=1).max(initial=0)) + 3
    states = (int(arrays.pauses.max(initial=0)) + 1) * arrays.tracks
    walked = (shifts, most, states) if (arrays.mode == WALKED).any() else (1, 1, states)

    def zeros(*shape: int) -> Ints:
        return np.zeros(shape, np.int64)

    state = State(
        route=np.zeros((shifts, most), np.int32),
        length=zeros(shifts),
        ahead=zeros(shifts, most, states),
        behind=zeros(shifts, most, states),
        leg=zeros(shifts, most),
        paid=zeros(*walked),
        driven=zeros(*walked),
        slack=zeros(*walked),
        travel=zeros(shifts),
        value=zeros(shifts),
        home=np.full(visits, -1, np.int64),
        place=zeros(visits),
        locked=zeros(shifts),
        version=zeros(shifts),
        draft=zeros(4, 2, states),
    )
    state.route[:, 0] = arrays.start
    state.route[:, 1] = arrays.end
    return state


@inlined
def earliest_start(opens: Ints, closes: Ints, first: int, last: int, at: int) -> int:
    """First start at or after `at` in windows first..last-1, NEVER if none."""
    for w in range(first, last):
        if at <= closes[w]:
            return max(opens[w], at)
    return NEVER


@inlined
def latest_start(opens: Ints, closes: Ints, first: int, last: int, at: int) -> int:
    """Last start at or before `at` in windows first..last-1, -NEVER if none."""
    for w in range(last - 1, first - 1, -1):
        if at >= opens[w]:
            return min(closes[w], at)
    return -NEVER


@inlined
def ready_after(p: Arrays, k: int, at: int, drive: int, taken: int, then: int) -> int:
    """Earliest arrival of a leg begun at `at` on which breaks taken..then-1 are had, NEVER if one is too late."""
    if at >= NEVER:
        return NEVER
    free = at
    rest = 0
    for b in range(taken, then):
        free = max(free, p.pause_from[k, b])
        if free > p.pause_until[k, b]:
            return NEVER
        free += p.pause_for[k, b]
        rest += p.pause_for[k, b]
    driven = at + drive + rest
    return max(free, driven)


@inlined
def latest_before(p: Arrays, k: int, at: int, drive: int, taken: int, then: int) -> int:
    """Latest begin of a leg that has breaks taken..then-1 and arrives by `at`, -NEVER if none."""
    if at <= -NEVER:
        return -NEVER
    free = at
    rest = 0
    for b in range(then - 1, taken - 1, -1):
        free -= p.pause_for[k, b]
        rest += p.pause_for[k, b]
        free = min(free, p.pause_until[k, b])
        if free < p.pause_from[k, b]:
            return -NEVER
    driven = at - drive - rest
    return min(free, driven)


@part
def drive_s(p: Arrays, origin: int, target: int, at: int) -> int:
    """Seconds of a leg begun at `at` when travel depends on the time of day."""
    last = p.stack_at.shape[0] - 1
    if at <= p.stack_at[0] or last == 0:
        return p.stack[0, origin, target]
    if at >= p.stack_at[last]:
        return p.stack[last, origin, target]
    z = 0
    while p.stack_at[z + 1] <= at:
        z += 1
    here = np.int64(p.stack[z, origin, target])
    if here >= FAR:
        return FAR
    there = np.int64(p.stack[z + 1, origin, target])
    return here + (there - here) * (at - p.stack_at[z]) // (p.stack_at[z + 1] - p.stack_at[z])


@part
def walk_leg(p: Arrays, k: int, origin: int, target: int, old: Ints, new: Ints) -> bool:
    """Labels after the leg origin -> target and the service there; False when nothing arrives in time.

    `old` and `new` are [4, S]: time, price without travel, travel, slack, for each number of breaks taken; with two
    tracks first the earliest of each number, then the cheapest.
    """
    states = p.pauses[k] + 1
    closing = target == p.end[k] and target >= p.must.shape[0]
    alive = False
    if not closing:
        row = p.calendar[k] * p.must.shape[0] + target
        first, last = p.windows_at[row], p.windows_at[row + 1]
    else:
        first, last = 0, 0
    for label in range(states * p.tracks):
        new[0, label] = NEVER
        new[1, label] = NEVER
        new[2, label] = 0
    for label in range(states * p.tracks):
        taken = label % states
        at = old[0, label]
        if at >= NEVER:
            continue
        drive = np.int64(p.travel[origin, target])
        if p.varying:
            drive = drive_s(p, origin, target, at)
        if drive >= FAR:
            continue
        driven = old[2, label] + drive
        for then in range(taken, states):
            ready = ready_after(p, k, at, drive, taken, then)
            if ready >= NEVER:
                break
            slack = old[3, label]
            free = at
            rest = 0
            for b in range(taken, then):
                free = max(free, p.pause_from[k, b])
                slack = min(slack, p.pause_until[k, b] - free)
                free += p.pause_for[k, b]
                rest += p.pause_for[k, b]
            w = first
            choosing = True
            while choosing:
                choosing = False
                price = old[1, label]
                begin = ready
                if not closing:
                    while w < last and ready > p.closes[w]:
                        w += 1
                    if w == last:
                        break
                    begin = max(ready, p.opens[w])
                    late = max(0, begin - p.due[w])
                    price += late * p.price[LATENESS]
                    room = max(0, p.due[w] - begin)
                    choosing = late > 0 and p.tracks > 1
                    w += 1
                else:
                    if then != states - 1 or begin > p.latest_s[k]:
                        break
                    over = max(0, begin - p.end_s[k])
                    price += over * p.price[OVERTIME]
                    room = max(0, p.end_s[k] - begin)
                waited = begin - at - drive - rest
                saved = min(waited, slack)
                price += (waited - saved) * p.price[WAITING]
                left = begin + (0 if closing else p.service[target])
                alive = True
                if left < new[0, then] or (left == new[0, then] and price < new[1, then]):
                    _note(new, then, left, price, driven, min(slack - saved, room))
                if p.tracks > 1:
                    cheap = states + then
                    more = price - new[1, cheap] + (driven - new[2, cheap]) * p.price[TRAVEL]
                    if more < 0 or (more == 0 and left < new[0, cheap]):
                        _note(new, cheap, left, price, driven, min(slack - saved, room))
    return alive


@inlined
def _note(new: Ints, label: int, left: int, price: int, driven: int, slack: int) -> None:
    new[0, label] = left
    new[1, label] = price
    new[2, label] = driven
    new[3, label] = slack


@part
def _walk(p: Arrays, s: State, k: int) -> bool:
    m = s.length[k]
    labels = (p.pauses[k] + 1) * p.tracks
    _begin_walk(p, s, k)
    for q in range(1, m + 2):
        for b in range(labels):
            s.draft[0, 0, b] = s.ahead[k, q - 1, b]
            s.draft[1, 0, b] = s.paid[k, q - 1, b]
            s.draft[2, 0, b] = s.driven[k, q - 1, b]
            s.draft[3, 0, b] = s.slack[k, q - 1, b]
        alive = walk_leg(p, k, s.route[k, q - 1], s.route[k, q], s.draft[:, 0], s.draft[:, 1])
        for b in range(labels):
            s.ahead[k, q, b] = s.draft[0, 1, b]
            s.paid[k, q, b] = s.draft[1, 1, b]
            s.driven[k, q, b] = s.draft[2, 1, b]
            s.slack[k, q, b] = s.draft[3, 1, b]
        if not alive:
            return False
    return True


@part
def _begin_walk(p: Arrays, s: State, k: int) -> None:
    s.ahead[k, 0, :] = NEVER
    s.ahead[k, 0, 0] = p.start_s[k]
    s.paid[k, 0, 0] = 0
    s.driven[k, 0, 0] = 0
    s.slack[k, 0, 0] = NEVER


@inlined
def cheapest(p: Arrays, k: int) -> int:
    """The label of a walked shift's end that counts: all breaks taken, and the cheapest where two tracks are kept."""
    return (p.pauses[k] + 1) * p.tracks - 1


@part
def _schedule(p: Arrays, s: State, k: int) -> bool:
    m = s.length[k]
    n = p.must.shape[0]
    states = p.pauses[k] + 1
    for b in range(states):
        s.ahead[k, 0, b] = NEVER
        s.behind[k, m + 1, b] = -NEVER
    s.ahead[k, 0, 0] = p.start_s[k]
    s.behind[k, m + 1, states - 1] = p.latest_s[k]
    base = p.calendar[k] * n
    for q in range(1, m + 1):
        node = s.route[k, q]
        drive = s.leg[k, q - 1]
        first, last = p.windows_at[base + node], p.windows_at[base + node + 1]
        alive = False
        for then in range(states):
            ready = np.int64(NEVER)
            for taken in range(then + 1):
                ready = min(ready, ready_after(p, k, s.ahead[k, q - 1, taken], drive, taken, then))
            begin = earliest_start(p.opens, p.closes, first, last, ready)
            s.ahead[k, q, then] = begin + p.service[node] if begin < NEVER else NEVER
            alive = alive or begin < NEVER
        if not alive:
            return False
    possible = False
    for q in range(m, -1, -1):
        node = s.route[k, q]
        drive = s.leg[k, q]
        for taken in range(states):
            latest = np.int64(-NEVER)
            for then in range(taken, states):
                latest = max(latest, latest_before(p, k, s.behind[k, q + 1, then], drive, taken, then))
            if q > 0:
                first, last = p.windows_at[base + node], p.windows_at[base + node + 1]
                latest = latest_start(p.opens, p.closes, first, last, latest - p.service[node])
            s.behind[k, q, taken] = latest
    for taken in range(states):
        possible = possible or s.behind[k, 0, taken] >= s.ahead[k, 0, taken]
    return possible


@part
def refresh(p: Arrays, s: State, k: int) -> bool:
    """Clocks, travel and value of shift k after its route changed; False when the route cannot be done."""
    m = s.length[k]
    worth = np.int64(0)
    travel = np.int64(0)
    for q in range(1, m + 1):
        worth += p.worth[k, s.route[k, q]]
    for q in range(m + 1):
        s.leg[k, q] = p.travel[s.route[k, q], s.route[k, q + 1]] if m > 0 else 0
        travel += s.leg[k, q]
    s.travel[k] = travel
    if p.mode[k] == WALKED:
        if m == 0:
            _begin_walk(p, s, k)
            s.value[k] = 0
            return True
        if not _walk(p, s, k):
            return False
        s.travel[k] = s.driven[k, m + 1, cheapest(p, k)]
        s.value[k] = worth - s.paid[k, m + 1, cheapest(p, k)] - s.travel[k] * p.price[TRAVEL]
        return s.travel[k] <= p.max_travel[k]
    s.value[k] = worth - travel * p.price[TRAVEL]
    done = _schedule(p, s, k)
    return m == 0 or (done and travel <= p.max_travel[k])


@entry
def load(p: Arrays, s: State, k: int, visits: Ints) -> bool:
    """Make `visits` the route of shift k; False when it cannot be done (the state is then to be loaded anew)."""
    m = visits.shape[0]
    s.length[k] = m
    s.route[k, 0] = p.start[k]
    for q in range(m):
        s.route[k, q + 1] = visits[q]
        s.home[visits[q]] = k
        s.place[visits[q]] = q + 1
    s.route[k, m + 1] = p.end[k]
    s.version[k] += 1
    return refresh(p, s, k)
