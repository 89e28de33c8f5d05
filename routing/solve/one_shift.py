"""One shift as the bound sees it: the visits it may serve, renumbered, with its windows, ways to pause and travel.

Everything is as in `routing.solve.arrays`, or easier, so that no route of the shift is lost: the price of a drive by
time of day is the least of its departure or later, waiting costs nothing, and of many breaks only the longest count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from routing.problem import Problem
from routing.solve.arrays import FAR, NEVER, Arrays, Ints, Matrix
from routing.solve.compiled import inlined
from routing.solve.pauses import PauseTable

MOST_BREAKS = 4


class OneShift(NamedTuple):
    """m visits, then the shift's start (m) and end (m + 1). Z travel slices, W ways to pause between two services."""

    visits: Ints
    """[m] their positions in the problem."""
    service: Ints
    """[m] seconds."""
    windows_at: Ints
    """[m + 1] offsets into `opens`, `closes` and `due`."""
    opens: Ints
    closes: Ints
    due: Ints
    drive: Matrix
    """[Z, m + 2, m + 2] seconds; FAR: no road."""
    least: Matrix
    """[Z, m + 2, m + 2] the least of this slice and all later ones."""
    drive_at: Ints
    """[Z] times of the slices."""
    ways_at: Ints
    """[masks + 1] offsets into the ways that begin with the breaks of a mask taken."""
    way_to: Ints
    """[W] breaks taken afterwards."""
    way_leave: Ints
    """[W] latest departure."""
    way_free: Ints
    """[W] earliest start of the next service."""
    way_total: Ints
    """[W] seconds of pause."""
    span: Ints
    """[4] start, end, latest end with overtime, most travel."""
    price: Ints
    """[4] of travel, waiting, lateness, overtime."""


def one_shift(problem: Problem, arrays: Arrays, k: int, only: Sequence[int] | None = None) -> OneShift:
    """Shift k of the problem with all visits it may serve, or `only` these in their order."""
    visits = np.flatnonzero(arrays.allowed[k]).astype(np.int64) if only is None else np.array(only, np.int64)
    nodes = np.concatenate([visits, arrays.start[k : k + 1], arrays.end[k : k + 1]])
    rows = arrays.calendar[k] * len(arrays.must) + visits
    first, last = arrays.windows_at[rows], arrays.windows_at[rows + 1]
    inside = np.concatenate([np.arange(a, b) for a, b in zip(first, last, strict=True)] or [np.zeros(0, np.int64)])
    drive = np.ascontiguousarray(arrays.stack[:, nodes[:, None], nodes[None, :]])
    breaks = sorted(problem.shifts[k].breaks, key=lambda pause: -pause.duration_s)[:MOST_BREAKS]
    table = PauseTable(breaks)
    ways = [table.after(mask) for mask in range(table.full + 1)]
    flat = [
        (mask | way.mask, way.leave_by_s, way.free_at_s, way.total_s) for mask, some in enumerate(ways) for way in some
    ]
    to, leave, free, total = np.array(flat, np.int64).T
    return OneShift(
        visits=visits,
        service=arrays.service[visits],
        windows_at=np.concatenate([[0], np.cumsum(last - first)]).astype(np.int64),
        opens=arrays.opens[inside],
        closes=arrays.closes[inside],
        due=arrays.due[inside],
        drive=drive,
        least=np.ascontiguousarray(np.minimum.accumulate(drive[::-1], axis=0)[::-1]),
        drive_at=arrays.stack_at,
        ways_at=np.concatenate([[0], np.cumsum([len(some) for some in ways])]).astype(np.int64),
        way_to=to.copy(),
        way_leave=np.minimum(leave, NEVER),
        way_free=np.maximum(free, -NEVER),
        way_total=total.copy(),
        span=np.array(
            [arrays.start_s[k], arrays.end_s[k], arrays.latest_s[k], arrays.max_travel[k]],
            np.int64,
        ),
        price=arrays.price,
    )


@inlined
def leg(o: OneShift, origin: int, target: int, at: int, rest: int) -> tuple[int, int]:
    """Seconds that a leg begun at `at` takes beside `rest` of pause, and the least seconds its drive is paid for."""
    last = o.drive_at.shape[0] - 1
    if last == 0 or at >= o.drive_at[last]:
        known = np.int64(o.drive[last, origin, target])
        return known, known
    z = 0
    while z < last and o.drive_at[z + 1] <= at:
        z += 1
    now = np.int64(o.drive[z, origin, target])
    if now >= FAR:
        return now, now
    if at > o.drive_at[z]:
        there = np.int64(o.drive[z + 1, origin, target])
        now += (there - now) * (at - o.drive_at[z]) // (o.drive_at[z + 1] - o.drive_at[z])
    least = min(now, np.int64(o.least[z + 1, origin, target]))
    return (least if rest > 0 else now), least
