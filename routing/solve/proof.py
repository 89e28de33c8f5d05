"""How much one shift can gain at most, to the second where labelling comes to an end: neighbourhoods that grow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from routing.solve.arrays import Ints, Matrix
from routing.solve.labelling import NOTHING, WIDTH, Goal, Labels, Near, label_routes
from routing.solve.one_shift import OneShift
from routing.solve.outlook import Outlook

FIRST_NEIGHBOURS = 8
"""Visits of a neighbourhood to begin with, the visit itself included."""


def kernels_loaded() -> bool:
    """Whether the kernels of this room are in memory; loading them takes part of a second."""
    return bool(getattr(label_routes, "signatures", ()))


@dataclass(frozen=True, slots=True)
class Neighbourhoods:
    """Which visits a label remembers at a visit. m visits."""

    near: Near
    """[m, m] bit of a visit (column) at another (row), -1 where it is forgotten."""
    members: Matrix
    """[m, WIDTH] visits by bit."""
    size: Ints
    """[m] visits remembered."""

    def grow(self, route: list[int]) -> bool:
        """Remember every visit that the route repeats all the way between; False where there is no room for it."""
        grown = False
        for i, visit in enumerate(route):
            again = next((j for j in range(i + 1, len(route)) if route[j] == visit), None)
            if again is None:
                continue
            for place in route[i + 1 : again]:
                if self.near[place, visit] >= 0:
                    continue
                if self.size[place] >= WIDTH:
                    return False
                self.add(place, visit)
                grown = True
        return grown

    def add(self, place: int, visit: int) -> None:
        """Remember a visit at a place."""
        bit = int(self.size[place])
        self.near[place, visit] = bit
        self.members[place, bit] = visit
        self.size[place] = bit + 1


def everything(visits: int) -> Neighbourhoods:
    """Neighbourhoods of all visits, at most `WIDTH`: a visit's bit is its number everywhere."""
    members = np.zeros((visits, WIDTH), np.int32)
    members[:, :visits] = np.arange(visits)
    near = np.tile(np.arange(visits, dtype=np.int8), (visits, 1))
    return Neighbourhoods(near, members, np.full(visits, visits, np.int64))


def nearest(shift: OneShift, many: int = FIRST_NEIGHBOURS) -> Neighbourhoods:
    """Neighbourhoods of the nearest visits."""
    visits = len(shift.visits)
    found = Neighbourhoods(
        np.full((visits, visits), -1, np.int8), np.zeros((visits, WIDTH), np.int32), np.zeros(visits, np.int64)
    )
    drive = shift.least[0, :visits, :visits].astype(np.int64)
    apart = drive + drive.T
    np.fill_diagonal(apart, -1)
    for place, row in enumerate(np.argsort(apart, axis=1, kind="stable")[:, : min(many, WIDTH)]):
        for visit in row.tolist():
            found.add(place, visit)
    return found


class Best(NamedTuple):
    """No route is worth more than `worth`; where that is proven, one is worth as much or none beats the floor."""

    worth: int
    proven: bool


def best_route(
    shift: OneShift,
    goal: Goal,
    table: Outlook,
    near: Neighbourhoods,
    labels: Labels,
    most_work: int,
    go_on: Callable[[], bool],
) -> Best:
    """The worth of the best route above `goal.floor`, or the floor where there is none.

    `near` grows as repeats are forbidden, while `go_on` says so and a labelling ends within `most_work` comparisons;
    an upper bound where that is not enough.
    """
    bound: int | None = None
    while True:
        value, finished, route = _labelled(shift, goal, table, near, labels, most_work)
        bound = value if bound is None else min(bound, value)
        if not finished:
            return Best(bound, proven=False)
        if len(set(route)) == len(route):
            return Best(bound, proven=True)
        if not near.grow(route) or not go_on():
            return Best(bound, proven=False)


def most_gain(shift: OneShift, goal: Goal, table: Outlook, near: Neighbourhoods, labels: Labels, most_work: int) -> int:
    """The same of routes that may repeat visits far apart."""
    return _labelled(shift, goal, table, near, labels, most_work)[0]


def _labelled(
    shift: OneShift, goal: Goal, table: Outlook, near: Neighbourhoods, labels: Labels, most_work: int
) -> tuple[int, bool, list[int]]:
    """The best value, whether the labelling came to its end, and the route, empty where the floor is the value."""
    counts = np.zeros(4, np.int64)
    value = int(label_routes(shift, goal, table, near.near, near.members, labels, most_work, counts))
    return value, counts[2] == 0, [] if counts[3] == NOTHING else read_back(labels, int(counts[3]))


def read_back(labels: Labels, label: int) -> list[int]:
    """The visits that led to a label, as the shift numbers them."""
    route: list[int] = []
    while label > 0:
        route.append(int(labels.place[label]))
        label = int(labels.before[label])
    return route[::-1]
