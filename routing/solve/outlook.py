"""The most that can follow on a shift from every place at every time, were visits free to be repeated.

Backward dynamic programming on a coarse clock whose times are rounded down, without cycles of two visits (Houck,
Picard, Queyranne and Vemuganti 1980): for every set of breaks taken, time and place the best continuation and the best
one that begins elsewhere. Rounding, repetition and leaving out the travel limit only make it easier, so that every
value is an upper bound on what a real route can still gain.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from routing.solve.arrays import FAR, Ints, Matrix
from routing.solve.compiled import entry, inlined, part
from routing.solve.one_shift import OneShift, leg

LOST = -(1 << 50)
"""Value of what cannot be done."""
HOME = -1
"""Stands for the end of the shift where a next visit is named."""
TRAVEL, LATENESS, OVERTIME = 0, 2, 3


class Outlook(NamedTuple):
    """What can follow after leaving a place. M masks of breaks, T times, m + 1 places (the start last)."""

    step: Ints
    """[2] a time is 2 to the power of this in seconds; what no continuation exceeds."""
    best: Ints
    """[M, T, m + 1] value of the best continuation, the way there included."""
    first: Matrix
    """[M, T, m + 1] visit the best continuation begins with, HOME, or -2 where nothing can follow."""
    other: Ints
    """[M, T, m + 1] value of the best continuation that begins elsewhere."""
    second: Matrix
    """[M, T, m + 1] visit that one begins with."""


def new_outlook(o: OneShift, most_cells: int) -> Outlook:
    """Room for a table on as fine a clock as `most_cells` steps of the recursion allow."""
    visits, masks = len(o.visits), len(o.ways_at) - 1
    horizon = int(o.span[2] - o.span[0])
    per_time = max(1, len(o.way_to) * (visits + 1) * (visits + 1))
    step = max(0, (horizon * per_time // most_cells).bit_length())
    shape = (masks, (horizon >> step) + 1, visits + 1)
    return Outlook(
        np.array([step, 0], np.int64),
        np.zeros(shape, np.int64),
        np.zeros(shape, np.int32),
        np.zeros(shape, np.int64),
        np.zeros(shape, np.int32),
    )


@inlined
def going_home(o: OneShift, origin: int, mask: int, at: int) -> int:
    """Value of ending the shift from here, with all breaks taken; LOST when that is impossible."""
    full = o.ways_at.shape[0] - 2
    best = LOST
    for w in range(o.ways_at[mask], o.ways_at[mask + 1]):
        if o.way_to[w] != full or at > o.way_leave[w]:
            continue
        drive, paid = leg(o, origin, o.visits.shape[0] + 1, at, o.way_total[w])
        if drive >= FAR:
            continue
        ends = max(at + drive + o.way_total[w], o.way_free[w])
        if ends <= o.span[2]:
            best = max(best, -o.price[TRAVEL] * paid - o.price[OVERTIME] * max(0, ends - o.span[1]))
    return best


@inlined
def _after(o: OneShift, table: Outlook, mask: int, now: int, begun: int, came: int, visit: int) -> int:
    """Value of what follows after leaving `visit` at `begun`, when the last place was `came` at time `now`."""
    at = (begun - o.span[0]) >> table.step[0]
    if at >= table.best.shape[1]:
        return LOST
    if at <= now:
        return table.step[1]
    if table.first[mask, at, visit] == came:
        return table.other[mask, at, visit]
    return table.best[mask, at, visit]


@part
def _visiting(o: OneShift, table: Outlook, mask: int, now: int, at: int, origin: int, visit: int) -> int:
    """Best value of going from a place to a visit next, its own worth apart; LOST when that is impossible."""
    best = LOST
    for w in range(o.ways_at[mask], o.ways_at[mask + 1]):
        if at > o.way_leave[w]:
            continue
        drive, paid = leg(o, origin, visit, at, o.way_total[w])
        if drive >= FAR:
            continue
        ready = max(at + drive + o.way_total[w], o.way_free[w])
        for span in range(o.windows_at[visit], o.windows_at[visit + 1]):
            if ready > o.closes[span]:
                continue
            begin = max(ready, o.opens[span])
            late = max(0, begin - o.due[span])
            rest = _after(o, table, o.way_to[w], now, begin + o.service[visit], origin, visit)
            if rest > LOST:
                best = max(best, rest - o.price[TRAVEL] * paid - o.price[LATENESS] * late)
            if late == 0:
                break
    return best


@entry
def look_ahead(o: OneShift, profit: Ints, table: Outlook) -> int:
    """Fill the table for these worths of visits, int64 [m]; the value of the whole shift, 0 when it is best unused."""
    visits = o.visits.shape[0]
    table.step[1] = 0
    for visit in range(visits):
        table.step[1] += max(0, profit[visit])
    masks, times = table.best.shape[0], table.best.shape[1]
    for now in range(times - 1, -1, -1):
        at = o.span[0] + (now << table.step[0])
        for mask in range(masks):
            for origin in range(visits + 1 if now == 0 and mask == 0 else visits):
                best = going_home(o, origin, mask, at) if origin < visits else LOST
                first = HOME if best > LOST else -2
                other = LOST
                second = -2
                for visit in range(visits):
                    if visit == origin:
                        continue
                    value = _visiting(o, table, mask, now, at, origin, visit)
                    if value <= LOST:
                        continue
                    value += profit[visit]
                    if value > best:
                        other, second = best, first
                        best, first = value, visit
                    elif value > other:
                        other, second = value, visit
                table.best[mask, now, origin] = best
                table.first[mask, now, origin] = first
                table.other[mask, now, origin] = other
                table.second[mask, now, origin] = second
    return max(0, table.best[0, 0, visits])


@part
def _read_route(o: OneShift, profit: Ints, table: Outlook, begin_with: int, route: Ints) -> int:
    visits = o.visits.shape[0]
    origin, came, mask, now = visits, -3, 0, 0
    target = begin_with
    total = np.int64(0)
    length = 0
    while target >= 0 and length + 1 < route.shape[0]:
        at = o.span[0] + (now << table.step[0])
        goal = _visiting(o, table, mask, now, at, origin, target)
        if goal <= LOST:
            return LOST
        found = False
        for w in range(o.ways_at[mask], o.ways_at[mask + 1]):
            if found or at > o.way_leave[w]:
                continue
            drive, paid = leg(o, origin, target, at, o.way_total[w])
            if drive >= FAR:
                continue
            ready = max(at + drive + o.way_total[w], o.way_free[w])
            for span in range(o.windows_at[target], o.windows_at[target + 1]):
                if found or ready > o.closes[span]:
                    continue
                begin = max(ready, o.opens[span])
                cost = o.price[TRAVEL] * paid + o.price[LATENESS] * max(0, begin - o.due[span])
                left = begin + o.service[target]
                rest = _after(o, table, o.way_to[w], now, left, origin, target)
                if rest > LOST and rest - cost == goal:
                    found = True
                    total += profit[target] - cost
                    mask = o.way_to[w]
                    later = (left - o.span[0]) >> table.step[0]
                    came = origin
                    length += 1
                    route[length] = target
                    origin = target
                    if later <= now:
                        return LOST
                    now = later
        if not found:
            return LOST
        target = table.first[mask, now, origin]
        if target == came:
            target = table.second[mask, now, origin]
    route[0] = length
    if target != HOME:
        return LOST
    return total + going_home(o, origin, mask, o.span[0] + (now << table.step[0]))


@entry
def read_routes(o: OneShift, profit: Ints, table: Outlook, routes: Ints, values: Ints) -> None:
    """For each visit the best route that begins with it: values int64 [m], LOST where it is not known.

    `routes` int64 [m, 1 + L] gets the number of visits and the visits of each.
    """
    for visit in range(o.visits.shape[0]):
        values[visit] = _read_route(o, profit, table, visit, routes[visit])
