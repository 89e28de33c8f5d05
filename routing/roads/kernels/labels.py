"""Labels of many places, and the minima over the ancestors that two places share."""

import numpy as np
from numba import njit

from routing.roads.kernels.signatures import I4, I4X2, I8X2, U2
from routing.roads.weights import COST_SHIFT, ENTRY_MASK, ENTRY_MS, ENTRY_SHIFT, LENGTH_MASK, NEVER

BLOCK = 64
"""Places whose labels climb side by side, and the width of a block of the matrix."""


@njit(f"i4({I4}, {I4}, i4, i4)", cache=True, nogil=True)
def _meet(parent, depth, a, b):
    """Depth of the lowest common ancestor, -1 when there is none."""
    while a != b:
        if depth[a] >= depth[b]:
            a = parent[a]
        else:
            b = parent[b]
        if a < 0 or b < 0:
            return -1
    return depth[a]


@njit(
    f"void({I4}, {U2}, {I4}, {I4}, {I8X2}, i8, {I4X2}, {I8X2}, {I4}, i8, i8, i8[:, ::1])",
    cache=True,
    nogil=True,
)
def label_places(first, upper, parent, depth, weights, side, rank, cost, order, begin, end, labels):
    """Labels of the places order[begin:end] by depth (rows) and position in the order (columns)."""
    own = np.empty(labels.shape[0], np.int64)
    shared = np.empty((labels.shape[0], BLOCK), np.int64)
    for b in range(begin, end, BLOCK):
        width = min(BLOCK, end - b)
        common = depth[rank[order[b], 0]]
        for k in range(1, width):
            common = min(common, _meet(parent, depth, rank[order[b + k - 1], 0], rank[order[b + k], 0]))
        shared[: common + 1, :] = NEVER
        for k in range(width):
            p = order[b + k]
            v = rank[p, 0]
            own[: depth[v] + 1] = NEVER
            for c in range(rank.shape[1]):
                if rank[p, c] >= 0:
                    d = depth[rank[p, c]]
                    own[d] = min(own[d], cost[p, c])
            while v >= 0 and depth[v] > common:
                here = own[depth[v]]
                if here < NEVER:
                    for e in range(first[v], first[v + 1]):
                        d = upper[e]
                        own[d] = min(own[d], here + weights[e, side])
                labels[depth[v], b + k] = here
                v = parent[v]
            for d in range(common + 1):
                shared[d, k] = own[d]
        v = rank[order[b], 0]
        while depth[v] > common:
            v = parent[v]
        while v >= 0:
            here_row = shared[depth[v]]
            for e in range(first[v], first[v + 1]):
                w = weights[e, side]
                if w < NEVER:
                    row = shared[upper[e]]
                    for k in range(BLOCK):
                        row[k] = min(row[k], here_row[k] + w)
            for k in range(width):
                labels[depth[v], b + k] = here_row[k]
            v = parent[v]


@njit("void(i8[:, ::1], " + I8X2 + ", i8[:, ::1], i8, i8, i8, i8, i8, i8)", cache=True, nogil=True)
def _product(climbs, descents, best, s0, s1, t0, t1, d0, d1):
    """best[s0:s1, t0:t1] = min(itself, climbs[s0:s1, d0:d1] (min, +) descents[d0:d1, t0:t1])."""
    for t in range(t0, t1, BLOCK):
        stop = min(t + BLOCK, t1)
        for s in range(s0, s1):
            row = best[s, t:stop]
            d = d0
            while d + 3 < d1:
                a0, a1, a2, a3 = climbs[s, d], climbs[s, d + 1], climbs[s, d + 2], climbs[s, d + 3]
                r0, r1 = descents[d, t:stop], descents[d + 1, t:stop]
                r2, r3 = descents[d + 2, t:stop], descents[d + 3, t:stop]
                for k in range(row.size):
                    row[k] = min(row[k], min(min(a0 + r0[k], a1 + r1[k]), min(a2 + r2[k], a3 + r3[k])))
                d += 4
            while d < d1:
                a0 = climbs[s, d]
                r0 = descents[d, t:stop]
                for k in range(row.size):
                    row[k] = min(row[k], a0 + r0[k])
                d += 1


@njit(
    f"void({I4}, {U2}, {I4}, {I4}, {I8X2}, {I4X2}, {I8X2}, {I4}, {I4X2}, {I4}, {I8X2}, i8, i8, i8, "
    "b1, i4[:, ::1], i4[:, ::1])",
    cache=True,
    nogil=True,
)
def combine(
    first, upper, parent, depth, weights, from_rank, from_cost, from_order, to_rank, to_order, to_labels, deepest,
    begin, end, fine, duration, length,
):  # fmt: skip
    """Rows from_order[begin:end] of the matrix."""
    columns = to_order.size
    up = np.empty((deepest, BLOCK), np.int64)
    climbs = np.empty((BLOCK, deepest), np.int64)
    best = np.empty((BLOCK, columns), np.int64)
    size = columns + BLOCK
    place = np.empty(size, np.int32)
    fork = np.empty(size, np.int32)
    from_before = np.empty(size + 1, np.int32)
    to_before = np.empty(size + 1, np.int32)
    stack = np.empty((size + deepest + 8, 3), np.int32)
    for b in range(begin, end, BLOCK):
        width = min(BLOCK, end - b)
        block_order = from_order[b : b + width]
        label_places(first, upper, parent, depth, weights, 0, from_rank, from_cost, block_order, 0, width, up)
        for k in range(width):
            bottom = depth[from_rank[block_order[k], 0]]
            for d in range(bottom + 1):
                climbs[k, d] = up[d, k]
        best[:width, :] = NEVER

        # The places of both sides in one row, in the order of the tree, each once, and where neighbours part.
        count, i, j = 0, 0, 0
        while i < width or j < columns:
            r = from_rank[block_order[i], 0] if i < width else np.int32(2147483647)
            t = to_rank[to_order[j], 0] if j < columns else np.int32(2147483647)
            v = min(r, t)
            place[count], from_before[count], to_before[count] = v, i, j
            while i < width and from_rank[block_order[i], 0] == v:
                i += 1
            while j < columns and to_rank[to_order[j], 0] == v:
                j += 1
            count += 1
        from_before[count], to_before[count] = width, columns
        for k in range(count - 1):
            fork[k] = _meet(parent, depth, place[k], place[k + 1])

        # From the root down: the run of ancestors shared by a range of places, then the ranges it splits into.
        top = 1
        stack[0, 0], stack[0, 1], stack[0, 2] = 0, count, 0
        while top > 0:
            top -= 1
            lo, hi, shallow = stack[top, 0], stack[top, 1], stack[top, 2]
            s0, s1, t0, t1 = from_before[lo], from_before[hi], to_before[lo], to_before[hi]
            if s0 == s1 or t0 == t1:
                continue
            if hi - lo == 1:
                _product(climbs, to_labels, best, s0, s1, t0, t1, shallow, depth[place[lo]] + 1)
                continue
            deep = fork[lo]
            for k in range(lo + 1, hi - 1):
                deep = min(deep, fork[k])
            _product(climbs, to_labels, best, s0, s1, t0, t1, shallow, deep + 1)
            left = lo
            for k in range(lo, hi):
                if k == hi - 1 or fork[k] == deep:
                    if (
                        from_before[left] < from_before[k + 1]
                        and to_before[left] < to_before[k + 1]
                        and (k == hi - 1 or k + 1 > left)
                    ):
                        stack[top, 0], stack[top, 1], stack[top, 2] = left, k + 1, deep + 1
                        top += 1
                    left = k + 1

        for k in range(width):
            row = block_order[k]
            for j in range(columns):
                total = best[k, j]
                ms, dm = np.int64(-1), np.int64(-1)
                if total < NEVER:
                    ms = (total >> COST_SHIFT) - ((total >> ENTRY_SHIFT) & ENTRY_MASK) * ENTRY_MS
                    dm = total & LENGTH_MASK
                    if not fine:
                        ms, dm = (ms + 500) // 1000, (dm + 5) // 10
                duration[row, to_order[j]] = ms
                length[row, to_order[j]] = dm
