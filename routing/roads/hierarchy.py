"""Customizable contraction hierarchy: the topology of its shortcuts, and their weights for one set of travel costs.

Source: Dibbelt, Strasser, Wagner, Customizable Contraction Hierarchies, ACM J. Exp. Algorithmics 21 (2016). Shortcuts
are stored against the elimination tree: every upward neighbour of a state is one of its ancestors, so an arc needs only
the ancestor's depth. States are numbered in a postorder of the tree, which keeps the arcs of one part of the town
together in memory.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.errors import RoadError
from routing.roads.kernels import contraction
from routing.roads.turns import TurnGraph, take_states
from routing.roads.weights import NEVER, Packed

MAX_DEPTH = 2**16 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """Topology over m states, numbered in the order of contraction, with A arcs.

    `parent` int32 [m] (-1 at the root), `depth` int32 [m] (0 at the root), `first` int32 [m + 1] the arcs of each,
    whose upper ends are ancestors at the depths `upper` uint16 [A], falling within a state. `slot`
    int32 [a]: for each turn 2 x arc + direction (0 up, 1 down).
    `size` int32 [m]: states of the subtree below and with each, which are the numbers up to its own.
    """

    parent: npt.NDArray[np.int32]
    depth: npt.NDArray[np.int32]
    first: npt.NDArray[np.int32]
    upper: npt.NDArray[np.uint16]
    slot: npt.NDArray[np.int32]
    size: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.parent)


def contract(turns: TurnGraph, order: npt.NDArray[np.int32]) -> tuple[TurnGraph, Hierarchy]:
    """Contracts the states in about the given order (place of each, int32 [m]); also numbers the states so.

    Raises RoadError when the map is too tangled for the arrays.
    """
    size = len(turns)
    by_segment = np.lexsort((order, turns.segment)).astype(np.int32)
    twins = turns.segment[by_segment[:-1]] == turns.segment[by_segment[1:]]
    one = np.concatenate((turns.tail, by_segment[:-1][twins]))
    other = np.concatenate((turns.head, by_segment[1:][twins]))
    first, neighbour = _adjacency(size, order[one], order[other])
    parent = contraction.elimination_tree(first, neighbour)
    post = contraction.postorder(parent)
    old = np.empty(size, np.int32)
    old[post] = np.arange(size, dtype=np.int32)
    parent = np.where(parent[old] >= 0, post[parent[old]], -1).astype(np.int32)
    depth = contraction.depths(parent)
    if int(depth.max(initial=0)) > MAX_DEPTH:
        raise RoadError(f"this map needs a hierarchy {int(depth.max())} deep, over {MAX_DEPTH}; build it in parts")
    rank = post[order]
    first, neighbour = _adjacency(size, rank[one], rank[other])
    arc_first, upper = contraction.contract(first, neighbour, parent, depth)
    turns = take_states(turns, np.argsort(rank))
    slot = contraction.find_slots(arc_first, upper, depth, turns.tail, turns.head)
    return turns, Hierarchy(parent, depth, arc_first, upper, slot, contraction.sizes(parent))


def customize(hierarchy: Hierarchy, turn_cost: Packed) -> Packed:
    """Weights of all arcs, int64 [A, 2] (up, down), from the packed cost of every turn, int64 [a]; NEVER closes one."""
    weights = np.full((len(hierarchy.upper), 2), NEVER, np.int64)
    topology = (hierarchy.first, hierarchy.upper, hierarchy.parent, hierarchy.depth)
    contraction.customize(*topology, hierarchy.slot, turn_cost, weights)
    return weights


def _adjacency(
    size: int, one: npt.NDArray[np.int32], other: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Neighbours of each, both ways, by ascending number of the owner."""
    owner, neighbour = np.concatenate((one, other)), np.concatenate((other, one))
    by_owner = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[by_owner], np.arange(size + 1)).astype(np.int32)
    return first, neighbour[by_owner]
