"""Compile the boundary search, so that the first proposal finds it ready: `python -m routing.territories.warm`."""

from __future__ import annotations

import numpy as np

from routing.territories.case import Case, Neighbours, Wish
from routing.territories.search import Effort, search


def line_of_four() -> Case:
    """Four customers in a row and two territories at its ends."""
    return Case(
        drive_s=np.array([[0, 3], [1, 2], [2, 1], [3, 0]], np.float32),
        work=np.ones((4, 1)),
        haul=np.zeros(4),
        weight=np.ones(4),
        dearness=np.ones(4),
        present=np.array([0, 0, 0, 1]),
        capacity=np.ones((2, 1)),
        neighbours=Neighbours.of_pairs(np.array([[0, 1], [1, 2], [2, 3]]), 4),
    )


def warm() -> None:
    """Run the kernels once; compiles them where they are not in the cache."""
    for most_tried in (0, 100):
        search(line_of_four(), Wish(), Effort(100, most_tried=most_tried))


if __name__ == "__main__":
    warm()
