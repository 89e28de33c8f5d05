"""The elimination tree, the arcs of the contracted graph, and their weights."""

import numpy as np
from numba import njit

from routing.roads.kernels.signatures import I4, I8, U2
from routing.roads.weights import NEVER


@njit("i4[::1](i4[::1], i4[::1])", cache=True, nogil=True)
def elimination_tree(first, neighbour):
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
def postorder(parent):
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
def depths(parent):
    """Steps from the root of each node."""
    depth = np.zeros(parent.size, np.int32)
    for v in range(parent.size - 1, -1, -1):
        if parent[v] >= 0:
            depth[v] = depth[parent[v]] + 1
    return depth


@njit("Tuple((i4[::1], u2[::1]))(i4[::1], i4[::1], i4[::1], i4[::1])", cache=True, nogil=True)
def contract(first, neighbour, parent, depth):
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
def find_slots(first, upper, depth, tail, head):
    """For each turn, 2 x the arc between its ends, plus 1 where it goes down."""
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
def sizes(parent):
    """Nodes of the subtree of each."""
    size = np.ones(parent.size, np.int32)
    for v in range(parent.size):
        if parent[v] >= 0:
            size[parent[v]] += size[v]
    return size


@njit(
    f"void({I4}, {U2}, {I4}, {I4}, {I4}, {I8}, i8[:, ::1])",
    cache=True,
    nogil=True,
)
def customize(first, upper, parent, depth, slot, turn_cost, weights):
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
