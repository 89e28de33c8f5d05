"""The most that can be gained on a shift from being ready at a visit on, were visits free to be repeated.

Backward dynamic programming on a coarse clock whose times are rounded down, without cycles of two visits (Houck,
Picard, Queyranne and Vemuganti 1980): for every set of breaks taken, time and visit the best continuation and the best
one that goes on elsewhere. Rounding, repetition and leaving out the travel limit only make it easier, so that every
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
NOBODY = -2
"""Stands for no next visit at all."""
TRAVEL, LATENESS, OVERTIME = 0, 2, 3


class Outlook(NamedTuple):
    """What is gained from being ready at a visit on, its own worth included. M masks of breaks, T times, m visits."""

    step: Ints
    """[3] a time is 2 to the power of this in seconds; what no continuation exceeds; the value of the whole shift."""
    best: Ints
    """[M, T, m] value of the best continuation, LOST where the shift cannot be ended any more."""
    first: Matrix
    """[M, T, m] visit it goes on with, HOME, or NOBODY."""
    other: Ints
    """[M, T, m] value of the best continuation that goes on elsewhere."""
    second: Matrix
    """[M, T, m] visit that one goes on with, HOME, or NOBODY."""
    found: Ints
    """[4] scratch: a value and where it goes on, and the best that goes on elsewhere."""


def new_outlook(o: OneShift, most_cells: int) -> Outlook:
    """Room for a table on as fine a clock as `most_cells` steps of the recursion allow.

    Up to four times finer where that tells the end of the shortest service from its start.
    """
    visits, masks = len(o.visits), len(o.ways_at) - 1
    horizon = int(o.span[2] - o.span[0])
    per_time = max(1, len(o.way_to) * (visits + 1) * (visits + 1))
    step = max(0, (horizon * per_time // most_cells).bit_length())
    shortest = int(o.service.min(initial=1 << 40)).bit_length() - 1
    step = min(step, max(0, step - 2, shortest))
    shape = (masks, (horizon >> step) + 1, visits)
    return Outlook(
        step=np.array([step, 0, 0], np.int64),
        best=np.zeros(shape, np.int64),
        first=np.zeros(shape, np.int32),
        other=np.zeros(shape, np.int64),
        second=np.zeros(shape, np.int32),
        found=np.zeros(4, np.int64),
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
def _note(found: Ints, value: int, following: int) -> None:
    """Keep a continuation among the two best that go on differently."""
    if following == found[1]:
        found[0] = max(found[0], value)
    elif value > found[0]:
        found[2] = found[0]
        found[3] = found[1]
        found[0] = value
        found[1] = following
    elif value > found[2]:
        found[2] = value
        found[3] = following


@inlined
def _reach(o: OneShift, table: Outlook, origin: int, at: int, way: int, visit: int) -> tuple[int, int]:
    """The time at which a visit is reached from a place left at `at` by way of these breaks, and the travel paid."""
    drive, paid = leg(o, origin, visit, at, o.way_total[way])
    ready = max(at + drive + o.way_total[way], o.way_free[way])
    return (ready - o.span[0]) >> table.step[0], paid


@inlined
def _ahead(table: Outlook, mask: int, now: int, visit: int, came: int) -> int:
    """What is gained from being ready at a visit on, without going back to where the route came from."""
    if table.first[mask, now, visit] == came:
        return table.other[mask, now, visit]
    return table.best[mask, now, visit]


@part
def _leave(o: OneShift, table: Outlook, mask: int, now: int, visit: int, at: int, late: int) -> None:
    """Note all continuations after a service that ends at `at`; `late` is what its lateness costs."""
    times = table.best.shape[1]
    home = going_home(o, visit, mask, at)
    if home > LOST:
        _note(table.found, home - late, HOME)
    for way in range(o.ways_at[mask], o.ways_at[mask + 1]):
        if at > o.way_leave[way]:
            continue
        to = o.way_to[way]
        for following in range(o.visits.shape[0]):
            if following == visit:
                continue
            then, paid = _reach(o, table, visit, at, way, following)
            if then >= times:
                continue
            value = table.step[1] if then <= now else _ahead(table, to, then, following, visit)
            value -= o.price[TRAVEL] * paid + late
            if value > table.found[2]:
                _note(table.found, value, following)


@entry
def look_ahead(o: OneShift, profit: Ints, table: Outlook) -> int:
    """Fill the table for these worths of visits, int64 [m]; the value of the whole shift, 0 when it is best unused."""
    visits = o.visits.shape[0]
    found = table.found
    table.step[1] = 0
    for visit in range(visits):
        table.step[1] += max(0, profit[visit])
    masks, times = table.best.shape[0], table.best.shape[1]
    for now in range(times - 1, -1, -1):
        ready = o.span[0] + (now << table.step[0])
        for mask in range(masks):
            for visit in range(visits):
                found[0] = LOST
                found[1] = NOBODY
                found[2] = LOST
                found[3] = NOBODY
                for span in range(o.windows_at[visit], o.windows_at[visit + 1]):
                    if ready > o.closes[span]:
                        continue
                    begin = max(ready, o.opens[span])
                    late = max(0, begin - o.due[span])
                    _leave(o, table, mask, now, visit, begin + o.service[visit], o.price[LATENESS] * late)
                    if late == 0:
                        break
                table.best[mask, now, visit] = found[0] + profit[visit] if found[0] > LOST else LOST
                table.first[mask, now, visit] = found[1]
                table.other[mask, now, visit] = found[2] + profit[visit] if found[2] > LOST else LOST
                table.second[mask, now, visit] = found[3]
    table.step[2] = 0
    for visit in range(visits):
        table.step[2] = max(table.step[2], _begin(o, table, visit)[0])
    return table.step[2]


@inlined
def _begin(o: OneShift, table: Outlook, visit: int) -> tuple[int, int]:
    """The value of a shift that begins with a visit, and the way to pause before it."""
    best, by = LOST, -1
    for way in range(o.ways_at[0], o.ways_at[1]):
        if o.span[0] > o.way_leave[way]:
            continue
        then, paid = _reach(o, table, o.visits.shape[0], o.span[0], way, visit)
        if then < table.best.shape[1]:
            value = table.best[o.way_to[way], then, visit] - o.price[TRAVEL] * paid
            if value > best:
                best, by = value, way
    return best, by


@part
def _read_route(o: OneShift, table: Outlook, visit: int, route: Ints) -> int:
    """The value of the best route that begins with a visit, and its visits; LOST where it cannot be told."""
    value, way = _begin(o, table, visit)
    route[0] = 0
    if value <= LOST:
        return LOST
    origin, at, mask, before = o.visits.shape[0], o.span[0], 0, -1
    while visit != HOME:
        if visit == NOBODY or route[0] + 1 >= route.shape[0]:
            return LOST
        now, _ = _reach(o, table, origin, at, way, visit)
        if now <= before:
            return LOST
        before = now
        mask = o.way_to[way]
        route[0] += 1
        route[route[0]] = visit
        following = table.first[mask, now, visit]
        if following == origin:
            following = table.second[mask, now, visit]
        at, way = _departure(o, table, mask, now, visit, following)
        origin, visit = visit, following
    return value


@part
def _departure(o: OneShift, table: Outlook, mask: int, now: int, visit: int, following: int) -> tuple[int, int]:
    """When and with which breaks the best continuation to this next visit leaves."""
    ready = o.span[0] + (now << table.step[0])
    best, left, by = LOST, np.int64(0), -1
    for span in range(o.windows_at[visit], o.windows_at[visit + 1]):
        if following < 0 or ready > o.closes[span]:
            continue
        begin = max(ready, o.opens[span])
        late = max(0, begin - o.due[span])
        at = begin + o.service[visit]
        for way in range(o.ways_at[mask], o.ways_at[mask + 1]):
            if at > o.way_leave[way]:
                continue
            then, paid = _reach(o, table, visit, at, way, following)
            if then >= table.best.shape[1]:
                continue
            value = table.step[1] if then <= now else _ahead(table, o.way_to[way], then, following, visit)
            value -= o.price[TRAVEL] * paid + o.price[LATENESS] * late
            if value > best:
                best, left, by = value, at, way
        if late == 0:
            break
    return left, by


@entry
def read_routes(o: OneShift, table: Outlook, routes: Ints, values: Ints) -> None:
    """For each visit the best route that begins with it: values int64 [m], LOST where it is not known.

    `routes` int64 [m, 1 + L] gets the number of visits and the visits of each.
    """
    for visit in range(o.visits.shape[0]):
        values[visit] = _read_route(o, table, visit, routes[visit])
