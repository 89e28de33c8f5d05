"""One search up from both ends, and the unpacking of shortcuts."""

import numpy as np
from numba import njit

from routing.roads.kernels.signatures import I4, I8, I8X2, U2
from routing.roads.weights import NEVER


@njit(f"i4({I4}, {U2}, i4, i4)", cache=True, nogil=True)
def _arc_between(first, upper, low, depth):
    """The arc from `low` to its ancestor at a depth, -1 when there is none."""
    begin, end = first[low], first[low + 1]
    stop = end
    while begin < end:
        middle = (begin + end) >> 1
        if upper[middle] > depth:
            begin = middle + 1
        else:
            end = middle
    if begin < stop and upper[begin] == depth:
        return begin
    return -1


@njit(f"i4({I4}, i4)", cache=True, nogil=True)
def _owner(first, arc):
    """The lower end of an arc."""
    begin, end = 0, first.size - 1
    while begin < end:
        middle = (begin + end) >> 1
        if first[middle + 1] > arc:
            end = middle
        else:
            begin = middle + 1
    return begin


@njit(
    f"void({I4}, {U2}, {I4}, {I4}, {I8X2}, {I4}, {I8}, i8, i8[::1], i4[::1])",
    cache=True,
    nogil=True,
)
def _climb(first, upper, parent, depth, weights, rank, cost, side, label, came_by):
    """One label by depth, and the arc each entry came by (-1: it is where the climb began, -2: not reached)."""
    v = rank[0]
    label[: depth[v] + 1] = NEVER
    came_by[: depth[v] + 1] = -2
    for c in range(rank.size):
        if rank[c] >= 0 and cost[c] < label[depth[rank[c]]]:
            label[depth[rank[c]]] = cost[c]
            came_by[depth[rank[c]]] = -1
    while v >= 0:
        here = label[depth[v]]
        if here < NEVER:
            for e in range(first[v], first[v + 1]):
                d = upper[e]
                if here + weights[e, side] < label[d]:
                    label[d] = here + weights[e, side]
                    came_by[d] = e
        v = parent[v]


@njit(
    f"i8({I4}, {U2}, {I4}, {I4}, {I4}, {I8X2}, i4, i8, i4[::1], i8, i4[:, ::1])",
    cache=True,
    nogil=True,
)
def _unpack(first, upper, parent, depth, size, weights, arc, side, states, count, stack):
    """Appends the states that follow the first one on an arc driven up (side 0) or down (1); the new count."""
    stack[0, 0], stack[0, 1] = arc, side
    top = 1
    while top > 0:
        top -= 1
        arc, side = stack[top, 0], stack[top, 1]
        low = _owner(first, arc)
        high_depth = np.int32(upper[arc])
        total = weights[arc, side]
        found = False
        # The states with an arc up to `low` are a subtree below it: where one has none, none below it has.
        middle = low - 1
        while middle > low - size[low]:
            left = _arc_between(first, upper, middle, depth[low])
            if left < 0:
                middle -= size[middle]
                continue
            right = _arc_between(first, upper, middle, high_depth)
            middle -= 1
            if right < 0:
                continue
            # Up: low -> middle goes down its arc, middle -> high up; down: high -> middle -> low.
            if side == 0 and weights[left, 1] + weights[right, 0] == total:
                stack[top, 0], stack[top, 1] = right, 0
                stack[top + 1, 0], stack[top + 1, 1] = left, 1
                found = True
            elif side == 1 and weights[right, 1] + weights[left, 0] == total:
                stack[top, 0], stack[top, 1] = left, 0
                stack[top + 1, 0], stack[top + 1, 1] = right, 1
                found = True
            if found:
                top += 2
                break
        if not found:
            v = low
            while side == 0 and depth[v] > high_depth:
                v = parent[v]
            states[count] = v
            count += 1
    return count


@njit(
    f"Tuple((i8, i4[::1]))({I4}, {U2}, {I4}, {I4}, {I4}, {I8X2}, {I4}, {I8}, {I4}, {I8}, b1)",
    cache=True,
    nogil=True,
)
def find_path(first, upper, parent, depth, size, weights, from_rank, from_cost, to_rank, to_cost, unpack):
    """The least cost between two sets of ends, and where asked for the states of the path."""
    none = np.empty(0, np.int32)
    s, t = from_rank[0], to_rank[0]
    climb, from_arc = np.empty(depth[s] + 1, np.int64), np.empty(depth[s] + 1, np.int32)
    descent, to_arc = np.empty(depth[t] + 1, np.int64), np.empty(depth[t] + 1, np.int32)
    _climb(first, upper, parent, depth, weights, from_rank, from_cost, 0, climb, from_arc)
    _climb(first, upper, parent, depth, weights, to_rank, to_cost, 1, descent, to_arc)
    a, b = s, t
    while a != b:
        if depth[a] >= depth[b]:
            a = parent[a]
        else:
            b = parent[b]
        if a < 0 or b < 0:
            return NEVER, none
    best, meet, loop = NEVER, np.int32(-1), np.int32(-1)
    for d in range(depth[a] + 1):
        if from_arc[d] == -1 and to_arc[d] == -1:
            continue
        if climb[d] + descent[d] < best:
            best, meet = climb[d] + descent[d], d
    v = a
    while v >= 0:
        d = depth[v]
        if from_arc[d] == -1 and to_arc[d] == -1:
            c = v - 1
            while c > v - size[v]:
                e = _arc_between(first, upper, c, d)
                if e < 0:
                    c -= size[c]
                    continue
                c -= 1
                if climb[d] + weights[e, 1] + weights[e, 0] + descent[d] < best:
                    best, meet, loop = climb[d] + weights[e, 1] + weights[e, 0] + descent[d], d, e
        v = parent[v]
    if best >= NEVER or not unpack:
        return best, none

    climbed = np.empty(depth[s] + 2, np.int32)
    steps = 0
    d = meet
    while from_arc[d] >= 0:
        climbed[steps] = from_arc[d]
        steps += 1
        d = depth[_owner(first, from_arc[d])]
    states = np.empty(parent.size + 2, np.int32)
    stack = np.empty((parent.size + 64, 2), np.int32)
    v = s
    while depth[v] > d:
        v = parent[v]
    states[0] = v
    count = 1
    for i in range(steps - 1, -1, -1):
        count = _unpack(first, upper, parent, depth, size, weights, climbed[i], 0, states, count, stack)
    if loop >= 0:
        count = _unpack(first, upper, parent, depth, size, weights, loop, 1, states, count, stack)
        count = _unpack(first, upper, parent, depth, size, weights, loop, 0, states, count, stack)
    d = meet
    while to_arc[d] >= 0:
        count = _unpack(first, upper, parent, depth, size, weights, to_arc[d], 1, states, count, stack)
        d = depth[_owner(first, to_arc[d])]
    return best, states[:count].copy()
