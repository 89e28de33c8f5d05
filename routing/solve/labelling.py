"""The best route of one shift by labels: what a partial route is worth, when it is free, and what it may not repeat.

Forward labelling with dominance (Feillet, Dejax, Gendreau and Gueguen 2004) on ng-routes (Baldacci, Mingozzi and
Roberti 2011): a label remembers a visit only as long as the route stays among places in whose neighbourhood the visit
is, so that some routes with far repeats are allowed and far fewer labels are needed. Neighbourhoods grow by the repeats
of the best route until it has none (Roberti and Mingozzi 2014). Labels that cannot beat a known plan by what can still
follow (`routing.solve.outlook`) are dropped.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.solve.arrays import FAR, Ints, Matrix
from routing.solve.compiled import entry, inlined, part
from routing.solve.one_shift import OneShift, leg
from routing.solve.outlook import LATENESS, LOST, TRAVEL, Outlook, going_home

WIDTH = 62
"""Visits of a neighbourhood at most: bits of a label's memory."""
NOTHING = -1

Near = npt.NDArray[np.int8]


class Labels(NamedTuple):
    """Room for labels. L labels, M masks of breaks, T times, m visits."""

    place: Matrix
    """[L] visit where the label stands; m at the start."""
    before: Matrix
    """[L] label it comes from, -1 for the first."""
    mask: Matrix
    """[L] breaks taken."""
    free: Ints
    """[L] when the rep can leave."""
    travel: Ints
    """[L] seconds driven, the least of them where travel depends on the time."""
    value: Ints
    """[L] worth less prices so far."""
    guide: Ints
    """[L] the same with the guiding worths, for what may still be hoped."""
    memory: Ints
    """[L] bits of the visits remembered, by position in the place's neighbourhood."""
    hope: Ints
    """[L] what the guide and what is left out of it let hope for from the label on."""
    dead: Matrix
    """[L] 1 when a better label has come."""
    later: Matrix
    """[L] next label of the same time."""
    beside: Matrix
    """[L] next label of the same place and mask."""
    at_time: Matrix
    """[T] first label of each time."""
    at_place: Matrix
    """[M, m] first label of each place and mask."""
    last: Ints
    """[m] label of the best route that ends its visits at each place, -1 for none."""
    total: Ints
    """[m] what that route is worth."""
    ended: Ints
    """[L] what the route is worth if it ends there, LOST where it cannot."""


class Goal(NamedTuple):
    """What a labelling maximises, and what it may leave out."""

    profit: Ints
    """[m] worth of each visit."""
    guide: Ints
    """[m] worths that `outlook` was made with."""
    rest: int
    """What the guiding worths leave out in sum: added to every hope."""
    floor: int
    """Value that routes must exceed to be of interest."""
    lag: int
    """A visit comes only after all those numbered so much lower; the number of visits where order is free."""


def new_labels(o: OneShift, table: Outlook, most: int) -> Labels:
    """Room for `most` labels."""
    masks, times, _ = table.best.shape
    words, numbers = ([np.zeros(most, kind) for _ in range(8)] for kind in (np.int32, np.int64))
    return Labels(
        place=words[0],
        before=words[1],
        mask=words[2],
        free=numbers[0],
        travel=numbers[1],
        value=numbers[2],
        guide=numbers[3],
        memory=numbers[4],
        dead=words[3],
        later=words[4],
        beside=words[5],
        at_time=np.full(times, NOTHING, np.int32),
        at_place=np.full((masks, len(o.visits)), NOTHING, np.int32),
        last=np.full(len(o.visits), NOTHING, np.int64),
        total=np.zeros(len(o.visits), np.int64),
        ended=numbers[6],
        hope=numbers[7],
    )


@inlined
def _hope(table: Outlook, near: Near, mask: int, now: int, visit: int, memory: int) -> int:
    """What is gained at most from being ready at a visit on, when this memory will be kept there."""
    first = table.first[mask, now, visit]
    if first >= 0 and near[visit, first] >= 0 and memory >> near[visit, first] & 1:
        return table.other[mask, now, visit]
    return table.best[mask, now, visit]


@inlined
def _carried(near: Near, members: Matrix, origin: int, visit: int, memory: int) -> int:
    """The memory after going from one visit to another."""
    kept = np.int64(0)
    bit = 0
    left = memory
    while left > 0:
        if left & 1:
            there = near[visit, members[origin, bit]]
            if there >= 0:
                kept |= np.int64(1) << there
        left >>= 1
        bit += 1
    return kept | np.int64(1) << near[visit, visit]


@part
def _admit(
    known: Labels,
    visit: int,
    mask: int,
    free: int,
    travel: int,
    value: int,
    guide: int,
    memory: int,
    limited: int,
    counts: Ints,
) -> bool:
    """Whether no known label beats these numbers; labels that they beat die."""
    for other_mask in range(known.at_place.shape[0]):
        above = other_mask & mask == mask
        below = other_mask & mask == other_mask
        if not above and not below:
            continue
        previous = NOTHING
        label = known.at_place[other_mask, visit]
        while label != NOTHING:
            counts[1] += 1
            following = known.beside[label]
            worse = known.value[label] <= value and known.guide[label] <= guide and free <= known.free[label]
            better = known.value[label] >= value and known.guide[label] >= guide and known.free[label] <= free
            if limited == 1:
                worse = worse and travel <= known.travel[label]
                better = better and known.travel[label] <= travel
            if better and above and known.memory[label] & ~memory == 0:
                return False
            if worse and below and memory & ~known.memory[label] == 0:
                known.dead[label] = 1
                if previous == NOTHING:
                    known.at_place[other_mask, visit] = following
                else:
                    known.beside[previous] = following
            else:
                previous = label
            label = following
    return True


@part
def _extend(
    o: OneShift,
    goal: Goal,
    table: Outlook,
    near: Near,
    members: Matrix,
    known: Labels,
    label: int,
    floor: int,
    counts: Ints,
) -> None:
    """Labels one visit further than this one."""
    visits = o.visits.shape[0]
    origin, mask, at = known.place[label], known.mask[label], known.free[label]
    limited = 1 if o.span[3] < FAR else 0
    for visit in range(visits):
        if origin < visits and near[origin, visit] >= 0 and known.memory[label] >> near[origin, visit] & 1:
            continue
        if visit >= goal.lag:
            needed = (np.int64(1) << visit - goal.lag + 1) - 1
            if known.memory[label] & needed != needed:
                continue
        memory = np.int64(-1)
        for w in range(o.ways_at[mask], o.ways_at[mask + 1]):
            if at > o.way_leave[w]:
                continue
            drive, paid = leg(o, origin, visit, at, o.way_total[w])
            if drive >= FAR or known.travel[label] + paid > o.span[3]:
                continue
            ready = max(at + drive + o.way_total[w], o.way_free[w])
            now = (ready - o.span[0]) >> table.step[0]
            if now >= table.best.shape[1]:
                continue
            if memory < 0:
                memory = (
                    np.int64(1) << near[visit, visit]
                    if origin == visits
                    else _carried(near, members, origin, visit, known.memory[label])
                )
            hope = _hope(table, near, o.way_to[w], now, visit, memory)
            if hope <= LOST:
                continue
            hope += known.guide[label] - o.price[TRAVEL] * paid + goal.rest
            if hope <= floor:
                continue
            travel = known.travel[label] + paid
            for span in range(o.windows_at[visit], o.windows_at[visit + 1]):
                if ready > o.closes[span]:
                    continue
                begin = max(ready, o.opens[span])
                late = max(0, begin - o.due[span])
                free = begin + o.service[visit]
                if free > o.span[2]:
                    break
                cost = o.price[TRAVEL] * paid + o.price[LATENESS] * late
                guide = known.guide[label] + goal.guide[visit] - cost
                value = known.value[label] + goal.profit[visit] - cost
                if _admit(known, visit, o.way_to[w], free, travel, value, guide, memory, limited, counts):
                    new = counts[0]
                    if new >= known.place.shape[0]:
                        counts[2] = 1
                        return
                    counts[0] = new + 1
                    known.place[new] = visit
                    known.before[new] = label
                    known.mask[new] = o.way_to[w]
                    known.free[new] = free
                    known.travel[new] = travel
                    known.value[new] = value
                    known.guide[new] = guide
                    known.memory[new] = memory
                    known.hope[new] = hope
                    known.dead[new] = 0
                    known.ended[new] = LOST
                    time = (free - o.span[0]) >> table.step[0]
                    known.later[new] = known.at_time[time]
                    known.at_time[time] = new
                    known.beside[new] = known.at_place[o.way_to[w], visit]
                    known.at_place[o.way_to[w], visit] = new
                if late == 0:
                    break


@entry
def label_routes(
    o: OneShift,
    goal: Goal,
    table: Outlook,
    near: Near,
    members: Matrix,
    known: Labels,
    most_work: int,
    counts: Ints,
) -> int:
    """The value of the best ng-route above the goal's floor, else the floor; an upper bound where it is not finished.

    `near` int8 [m, m] is the bit of a visit (column) in the neighbourhood of another (row), -1 outside; `members` the
    visits by bit. `counts` int64 [4] gets labels made, comparisons, 1 where room or work ran out, and the last label of
    the best route (-1: none above the floor).
    """
    visits = o.visits.shape[0]
    counts[0] = 1
    counts[1] = 0
    counts[2] = 0
    counts[3] = NOTHING
    known.at_time[:] = NOTHING
    known.at_place[:] = NOTHING
    known.last[:] = NOTHING
    known.place[0] = visits
    known.before[0] = NOTHING
    known.mask[0] = 0
    known.free[0] = o.span[0]
    known.travel[0] = 0
    known.value[0] = 0
    known.guide[0] = 0
    known.memory[0] = 0
    known.dead[0] = 0
    known.ended[0] = LOST
    best = goal.floor
    _extend(o, goal, table, near, members, known, 0, best, counts)
    if counts[2] == 1:
        return table.step[2] + goal.rest
    limited = 1 if o.span[3] < FAR else 0
    for time in range(known.at_time.shape[0]):
        while known.at_time[time] != NOTHING:
            label = known.at_time[time]
            if counts[1] > most_work:
                counts[2] = 1
                return _unfinished(known, time, best)
            known.at_time[time] = known.later[label]
            if known.dead[label] == 1:
                continue
            _, paid = leg(o, known.place[label], visits + 1, known.free[label], 1)
            if limited == 0 or known.travel[label] + paid <= o.span[3]:
                value = known.value[label] + going_home(o, known.place[label], known.mask[label], known.free[label])
                place = known.place[label]
                known.ended[label] = value
                if known.last[place] == NOTHING or value > known.total[place]:
                    known.last[place] = label
                    known.total[place] = value
                if value > best:
                    best = value
                    counts[3] = label
            _extend(o, goal, table, near, members, known, label, best, counts)
            if counts[2] == 1:
                known.at_time[time] = label
                return _unfinished(known, time, best)
    return best


@part
def _unfinished(known: Labels, time: int, best: int) -> int:
    """What the labels not gone on from could still become, if that is more than the best."""
    bound = best
    for t in range(time, known.at_time.shape[0]):
        label = known.at_time[t]
        while label != NOTHING:
            if known.dead[label] == 0:
                bound = max(bound, known.hope[label])
            label = known.later[label]
    return bound
