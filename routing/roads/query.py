"""One path over a customized hierarchy: the bidirectional search up the elimination tree, and the shortcuts unpacked.

Shortcuts do not remember what they stand for; a shortcut is unpacked by finding the lower triangle whose two sides add
up to it (Dibbelt, Strasser, Wagner 2016, section 7), so that a new set of costs needs no memory for that.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.roads.hierarchy import Hierarchy
from routing.roads.kernels import paths
from routing.roads.weights import Packed

_Whole = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The cheapest path between two places: its packed cost (NEVER = none) and the states it drives, int32 [k]."""

    cost: int
    states: npt.NDArray[np.int32]


def find_path(
    hierarchy: Hierarchy,
    weights: Packed,
    from_rank: npt.NDArray[np.int32],
    from_cost: Packed,
    to_rank: npt.NDArray[np.int32],
    to_cost: Packed,
) -> Path:
    """The cheapest path that makes at least one turn; ends are rows of `sweep.Ends`.

    Where a source state is also a target state, only the way round and back into it counts; pass such ends one state
    at a time.
    """
    cost, states = paths.find_path(*_topology(hierarchy), weights, from_rank, from_cost, to_rank, to_cost, True)
    return Path(int(cost), states)


def path_cost(
    hierarchy: Hierarchy,
    weights: Packed,
    from_rank: npt.NDArray[np.int32],
    from_cost: Packed,
    to_rank: npt.NDArray[np.int32],
    to_cost: Packed,
) -> int:
    """The packed cost of `find_path` without the path."""
    cost, _ = paths.find_path(*_topology(hierarchy), weights, from_rank, from_cost, to_rank, to_cost, False)
    return int(cost)


def _topology(hierarchy: Hierarchy) -> tuple[_Whole, npt.NDArray[np.uint16], _Whole, _Whole, _Whole]:
    return hierarchy.first, hierarchy.upper, hierarchy.parent, hierarchy.depth, hierarchy.size
