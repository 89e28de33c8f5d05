"""The best order of a shift's visits, found exactly: dynamic programming over the sets of visits made.

The labels of `routing.solve.labelling` with a memory of every visit are the states of Held and Karp (1962), with time
and price. Long routes are searched among the orders in which no visit comes before another that stood `LAG` or more
places ahead of it (Balas and Simonetti 2001), which are still exponentially many.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routing.problem import Problem
from routing.solve.arrays import Arrays
from routing.solve.labelling import NOTHING, WIDTH, Goal, label_routes, new_labels
from routing.solve.one_shift import one_shift
from routing.solve.outlook import look_ahead, new_outlook
from routing.solve.proof import everything, read_back

FREE_UP_TO = 11
"""Visits up to which every order is looked at."""
LAG = 7
LABELS = 60_000
WORK = 2_000_000
"""Room and comparisons of one search; a longer one is given up."""
CELLS = 200_000


def best_order(problem: Problem, arrays: Arrays, k: int, visits: Sequence[int]) -> tuple[int, ...] | None:
    """The visits of shift k in the order of the least price, or None where it takes too much work to find.

    `visits` is an order that can be done. Where travel depends on the time, drives count at the least they can take
    from a moment on, and the answer is to be timed before it is believed.
    """
    count = len(visits)
    if count < 2:
        return tuple(visits)
    if count > WIDTH:
        return None
    shift = one_shift(problem, arrays, k, visits)
    worth = np.full(count, arrays.must_bonus, np.int64)
    table = new_outlook(shift, CELLS)
    look_ahead(shift, worth, table)
    goal = Goal(worth, worth, 0, (count - 1) * arrays.must_bonus, count if count <= FREE_UP_TO else LAG)
    labels, near = new_labels(shift, table, LABELS), everything(count)
    counts = np.zeros(4, np.int64)
    label_routes(shift, goal, table, near.near, near.members, labels, WORK, counts)
    if counts[2] or counts[3] == NOTHING:
        return None
    return tuple(shift.visits[read_back(labels, int(counts[3]))].tolist())
