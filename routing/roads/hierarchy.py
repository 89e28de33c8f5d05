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
from numba import njit

from routing.errors import RoadError
from routing.roads.turns import TurnGraph, take_states
from routing.roads.weights import NEVER, Packed

MAX_DEPTH = 2**16 - 1


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """Topology over m states, numbered in the order of contraction, with A arcs.

    `parent` int32 [m] (-1 at the root), `depth` int32 [m] (0 at the root), `first` int32 [m + 1] the arcs of each,
    whose upper ends are ancestors at the depths `upper` uint16 [A], falling within a state. `slot` int32 [a]: for each turn 2 x arc + direction (0 up, 1 down).
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
    parent = _elimination_tree(first, neighbour)
    post = _postorder(parent)
    old = np.empty(size, np.int32)
    old[post] = np.arange(size, dtype=np.int32)
    parent = np.where(parent[old] >= 0, post[parent[old]], -1).astype(np.int32)
    depth = _depths(parent)
    if int(depth.max(initial=0)) > MAX_DEPTH:
        raise RoadError(f"this map needs a hierarchy {int(depth.max())} deep, over {MAX_DEPTH}; build it in parts")
    rank = post[order]
    first, neighbour = _adjacency(size, rank[one], rank[other])
    arc_first, upper = _contract(first, neighbour, parent, depth)
    turns = take_states(turns, np.argsort(rank))
    slot = _find_slots(arc_first, upper, depth, turns.tail, turns.head)
    return turns, Hierarchy(parent, depth, arc_first, upper, slot, _sizes(parent))


def customize(hierarchy: Hierarchy, turn_cost: Packed) -> Packed:
    """Weights of all arcs, int64 [A, 2] (up, down), from the packed cost of every turn, int64 [a]; NEVER closes one."""
    weights = np.full((len(hierarchy.upper), 2), NEVER, np.int64)
    _customize(hierarchy.first, hierarchy.upper, hierarchy.parent, hierarchy.depth, hierarchy.slot, turn_cost, weights)
    return weights


def _adjacency(
    size: int, one: npt.NDArray[np.int32], other: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Neighbours of each, both ways, by ascending number of the owner."""
    owner, neighbour = np.concatenate((one, other)), np.concatenate((other, one))
    by_owner = np.argsort(owner, kind="stable")
    first = np.searchsorted(owner[by_owner], np.arange(size + 1)).astype(np.int32)
    return first, neighbour[by_owner]


@njit("i4[::1](i4[::1], i4[::1])", cache=True, nogil=True)
def _elimination_tree(first, neighbour):
    """Parents in the elimination tree (Liu, SIAM J. Matrix Anal. Appl. 11, 1990), with path compression."""
    size = first.size - 1
    parent = np.full(size, -1, np.int32)
    shortcut = np.full(size, -1, np.int32)
    for v in range(size):
        for e in range(first[v], first[v + 1]):
            x = neighbour[e]
            while x >= 0 and x < v:
                above = shortcut[x]
                shortcut[x] = v
                if above < 0:
                    parent[x] = v
                x = above
    return parent


@njit("i4[::1](i4[::1])", cache=True, nogil=True)
def _postorder(parent):
    """Number of each node in a postorder of the tree."""
    size = parent.size
    child = np.full(size, -1, np.int32)
    sibling = np.full(size, -1, np.int32)
    root = np.int32(-1)
    for v in range(size - 1, -1, -1):
        p = parent[v]
        if p < 0:
            sibling[v] = root
            root = v
        else:
            sibling[v] = child[p]
            child[p] = v
    number = np.empty(size, np.int32)
    count = 0
    v = root
    while v >= 0:
        while child[v] >= 0:
            v = child[v]
        while v >= 0:
            number[v] = count
            count += 1
            if sibling[v] >= 0:
                v = sibling[v]
                break
            v = parent[v]
    return number


@njit("i4[::1](i4[::1])", cache=True, nogil=True)
def _depths(parent):
    depth = np.zeros(parent.size, np.int32)
    for v in range(parent.size - 1, -1, -1):
        if parent[v] >= 0:
            depth[v] = depth[parent[v]] + 1
    return depth


@njit("Tuple((i4[::1], u2[::1]))(i4[::1], i4[::1], i4[::1], i4[::1])", cache=True, nogil=True)
def _contract(first, neighbour, parent, depth):
    """Arcs of the chordal supergraph: a state's own neighbours above it and those of its children in the tree."""
    size = parent.size
    arc_first = np.zeros(size + 1, np.int32)
    upper = np.empty(4 * neighbour.size + 16, np.uint16)
    child = np.full(size, -1, np.int32)
    sibling = np.full(size, -1, np.int32)
    deepest = 0
    for v in range(size):
        deepest = max(deepest, depth[v])
    seen = np.full(deepest + 1, -1, np.int32)
    end = 0
    for v in range(size):
        here = depth[v]
        lowest = here
        for e in range(first[v], first[v + 1]):
            x = neighbour[e]
            if x > v:
                seen[depth[x]] = v
                lowest = min(lowest, depth[x])
        c = child[v]
        while c >= 0:
            for e in range(arc_first[c], arc_first[c + 1]):
                d = np.int32(upper[e])
                if d < here:
                    seen[d] = v
                    lowest = min(lowest, d)
            c = sibling[c]
        if end + here - lowest > upper.size:
            longer = np.empty(2 * upper.size + here, np.uint16)
            longer[:end] = upper[:end]
            upper = longer
        for d in range(here - 1, lowest - 1, -1):
            if seen[d] == v:
                upper[end] = d
                end += 1
        arc_first[v + 1] = end
        p = parent[v]
        if p >= 0:
            sibling[v] = child[p]
            child[p] = v
    return arc_first, upper[:end].copy()


@njit("i4[::1](i4[::1], u2[::1], i4[::1], i4[::1], i4[::1])", cache=True, nogil=True)
def _find_slots(first, upper, depth, tail, head):
    slot = np.empty(tail.size, np.int32)
    for i in range(tail.size):
        low, high = min(tail[i], head[i]), max(tail[i], head[i])
        wanted = depth[high]
        begin, end = first[low], first[low + 1]
        while begin < end:
            middle = (begin + end) >> 1
            if upper[middle] > wanted:
                begin = middle + 1
            else:
                end = middle
        slot[i] = 2 * begin + (1 if tail[i] > head[i] else 0)
    return slot


@njit("i4[::1](i4[::1])", cache=True, nogil=True)
def _sizes(parent):
    size = np.ones(parent.size, np.int32)
    for v in range(parent.size):
        if parent[v] >= 0:
            size[parent[v]] += size[v]
    return size


_I4, _U2, _I8 = "Array(i4, 1, 'C', readonly=True)", "Array(u2, 1, 'C', readonly=True)", "Array(i8, 1, 'C', readonly=True)"


@njit(
    f"void({_I4}, {_U2}, {_I4}, {_I4}, {_I4}, {_I8}, i8[:, ::1])",
    cache=True,
    nogil=True,
)
def _customize(first, upper, parent, depth, slot, turn_cost, weights):
    """Turn costs, then all lower triangles from the bottom up."""
    flat = weights.ravel()
    for i in range(slot.size):
        flat[slot[i]] = min(flat[slot[i]], turn_cost[i])
    path = np.full(65536, -1, np.int32)
    for v in range(parent.size):
        x = v
        while x >= 0 and path[depth[x]] != x:
            path[depth[x]] = x
            x = parent[x]
        end = first[v + 1]
        for i in range(first[v], end):
            up, down = weights[i, 0], weights[i, 1]
            if up >= NEVER and down >= NEVER:
                continue
            x = path[upper[i]]
            k = first[x]
            for j in range(i + 1, end):
                wanted = upper[j]
                while upper[k] > wanted:
                    k += 1
                weights[k, 0] = min(weights[k, 0], down + weights[j, 0])
                weights[k, 1] = min(weights[k, 1], weights[j, 1] + up)
