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


NO_ROUTE = Route((), 0)


class Best(NamedTuple):
    """The best plan: visit positions per shift, and its objective with the bonus of must-visits."""

    sequences: Sequences
    value: int


def solve_exactly(problem: Problem, arrays: Arrays, start: Sequence[Sequence[int]] | None = None) -> Best | None:
    """The plan that serves most must-visits and of those the best, or None where the problem is not small.

    Of plans that are worth the same it is one with most routes of `start`.
    """
    candidates = np.flatnonzero(arrays.allowed.any(axis=0))
    shifts = np.flatnonzero(arrays.allowed.any(axis=1)).tolist()
    breaks = int(arrays.pauses[shifts].max(initial=0))
    timed = bool(arrays.varying or arrays.price[WAITING] or breaks > MOST_BREAKS)
    if len(candidates) > (FEW_TIMED if timed else FEW) or len(shifts) > MOST_SHIFTS:
        return None
    scheduler = Scheduler(problem) if timed or start is not None else None
    of_kind: dict[int, list[Route]] = {}
    for k in shifts:
        kind = int(arrays.kind[k])
        if kind not in of_kind:
            visits = np.flatnonzero(arrays.allowed[k]).tolist()
            orders = (order for many in range(len(visits)) for order in itertools.permutations(visits, many + 1))
            routes = _timed(scheduler, arrays, k, orders) if timed and scheduler else _labelled(problem, arrays, k)
            if routes is None:
                return None
            of_kind[kind] = routes
    choices, former = [], []
    for k in shifts:
        before = tuple(visit for visit in start[k] if arrays.allowed[k, visit]) if start is not None else ()
        kept = _timed(scheduler, arrays, k, [before]) if scheduler and before else []
        choices.append([*of_kind[int(arrays.kind[k])], *kept])
        former.append(before)
    bit = {visit: 1 << i for i, visit in enumerate(candidates.tolist())}
    chosen = dict(zip(shifts, _choose(choices, former, bit), strict=True))
    sequences = tuple(chosen[k].visits if k in chosen else () for k in range(len(arrays.start)))
    return Best(sequences, sum(route.value for route in chosen.values()))


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


def _timed(scheduler: Scheduler, arrays: Arrays, k: int, orders: Iterable[tuple[int, ...]]) -> list[Route]:
    """Of these orders of visits on shift k those worth having, each timed."""
    worth = arrays.worth[k]
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


def _choose(
    shifts: Sequence[Sequence[Route]], former: Sequence[tuple[int, ...]], bit: Mapping[int, int]
) -> list[Route]:
    """One route or none for each shift, no visit twice, worth the most together and most of them as before."""
    sets, scale = np.arange(1 << len(bit)), len(shifts) + 1
    value = np.zeros(len(sets), np.int64)
    choices: list[Ints] = []
    for routes, before in zip(shifts, former, strict=True):
        best, choice = value + (before == ()), np.full(len(sets), -1)
        for number, route in enumerate(routes):
            served = sum(bit[visit] for visit in route.visits)
            reached = value[sets & ~served] + scale * route.value + (route.visits == before)
            better = ((sets & served) == served) & (reached > best)
            best[better], choice[better] = reached[better], number
        value = best
        choices.append(choice)
    left = len(sets) - 1
    chosen: list[Route] = []
    for routes, choice in zip(reversed(shifts), reversed(choices), strict=True):
        number = int(choice[left])
        chosen.append(NO_ROUTE if number < 0 else routes[number])
        left &= ~sum(bit[visit] for visit in chosen[-1].visits)
    return chosen[::-1]
