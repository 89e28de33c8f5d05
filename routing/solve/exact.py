"""The best plan of a small problem, exactly: every route worth having on every shift, then the best choice among them.

The routes come from labelling with a memory of every visit (`routing.solve.labelling`): where a route is dropped
because one with some of its visits is worth as much, a plan loses nothing by that. Where the clock of the labels is not
the judge's, because waiting has a price, travel depends on the time or there are many breaks, every order is timed. The
choice of one route per shift is made by dynamic programming over sets of visits.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from routing.problem import Problem
from routing.solve.arrays import Arrays, Ints
from routing.solve.clock import WAITING
from routing.solve.labelling import Goal, label_routes, new_labels
from routing.solve.one_shift import MOST_BREAKS, one_shift
from routing.solve.outlook import look_ahead, new_outlook
from routing.solve.proof import everything, read_back
from routing.solve.schedule import Scheduler

FEW, FEW_TIMED = 8, 5
"""Candidates of a problem up to which it is small, and up to which every order of them is timed."""
MOST_SHIFTS = 60
"""Shifts with a candidate up to which a problem is small."""
KEEP_ALL = 1 << 50
"""Hope for every label: none is dropped for what can follow."""
LABELS, WORK, CELLS = 20_000, 2_000_000, 20_000
"""Room and comparisons of one labelling, and steps of the recursion that guides it."""

Sequences = tuple[tuple[int, ...], ...]


class Route(NamedTuple):
    """Visits in order, and what they are worth less all prices."""

    visits: tuple[int, ...]
    value: int


class Best(NamedTuple):
    """The best plan: visit positions per shift, and its objective with the bonus of must-visits."""

    sequences: Sequences
    value: int


def solve_exactly(problem: Problem, arrays: Arrays) -> Best | None:
    """The plan that serves most must-visits and of those the best, or None where the problem is not small."""
    candidates = np.flatnonzero(arrays.allowed.any(axis=0))
    shifts = np.flatnonzero(arrays.allowed.any(axis=1))
    breaks = int(arrays.pauses[shifts].max(initial=0))
    timed = bool(arrays.varying or arrays.price[WAITING] or breaks > MOST_BREAKS)
    if len(candidates) > (FEW_TIMED if timed else FEW) or len(shifts) > MOST_SHIFTS:
        return None
    bit = {visit: 1 << i for i, visit in enumerate(candidates.tolist())}
    scheduler = Scheduler(problem) if timed else None
    of_kind: dict[int, list[Route]] = {}
    for k in shifts.tolist():
        kind = int(arrays.kind[k])
        if kind not in of_kind:
            routes = _labelled(problem, arrays, k) if scheduler is None else _timed(scheduler, arrays, k)
            if routes is None:
                return None
            of_kind[kind] = routes
    chosen, value = _choose([of_kind[int(arrays.kind[k])] for k in shifts.tolist()], bit)
    route_of = dict(zip(shifts.tolist(), chosen, strict=True))
    return Best(tuple(route_of.get(k, ()) for k in range(len(arrays.start))), value)


def _labelled(problem: Problem, arrays: Arrays, k: int) -> list[Route] | None:
    """The routes of shift k worth having by their labels; None where there are too many."""
    shift = one_shift(problem, arrays, k)
    worth = arrays.worth[k][shift.visits]
    table = new_outlook(shift, CELLS)
    look_ahead(shift, worth, table)
    labels, near = new_labels(shift, table, LABELS), everything(len(shift.visits))
    counts = np.zeros(4, np.int64)
    goal = Goal(worth, worth, KEEP_ALL, 0, len(worth))
    label_routes(shift, goal, table, near.near, near.members, labels, WORK, counts)
    if counts[2]:
        return None
    paying = np.flatnonzero(labels.ended[: counts[0]] > 0)
    return _unbeaten(
        (tuple(shift.visits[read_back(labels, label)].tolist()), int(labels.ended[label])) for label in paying.tolist()
    )


def _timed(scheduler: Scheduler, arrays: Arrays, k: int) -> list[Route]:
    """The routes of shift k worth having, each order timed."""
    worth = arrays.worth[k]
    visits = np.flatnonzero(arrays.allowed[k]).tolist()
    orders = (order for many in range(1, len(visits) + 1) for order in itertools.permutations(visits, many))
    timings = ((order, scheduler.schedule(k, order)) for order in orders)
    return _unbeaten(
        (order, int(worth[list(order)].sum()) - timing.price_s - timing.travel_price_s)
        for order, timing in timings
        if timing is not None
    )


def _unbeaten(routes: Iterable[tuple[tuple[int, ...], int]]) -> list[Route]:
    """Of routes that serve the same visits the best one, where it is worth anything."""
    best: dict[frozenset[int], Route] = {}
    for visits, value in routes:
        served = frozenset(visits)
        if value > 0 and (served not in best or value > best[served].value):
            best[served] = Route(visits, value)
    return list(best.values())


def _choose(shifts: Sequence[Sequence[Route]], bit: Mapping[int, int]) -> tuple[list[tuple[int, ...]], int]:
    """One route or none for each shift, no visit twice, worth the most together; and that worth."""
    sets = np.arange(1 << len(bit))
    value = np.zeros(len(sets), np.int64)
    choices: list[Ints] = []
    for routes in shifts:
        best, choice = value.copy(), np.full(len(sets), -1)
        for number, route in enumerate(routes):
            served = sum(bit[visit] for visit in route.visits)
            holds = (sets & served) == served
            reached = value[sets & ~served] + route.value
            better = holds & (reached > best)
            best[better], choice[better] = reached[better], number
        value = best
        choices.append(choice)
    left = len(sets) - 1
    chosen: list[tuple[int, ...]] = []
    for routes, choice in zip(reversed(shifts), reversed(choices), strict=True):
        number = int(choice[left])
        chosen.append(() if number < 0 else routes[number].visits)
        left &= ~sum(bit[visit] for visit in chosen[-1])
    return chosen[::-1], int(value[-1])
