"""Cells of pieces of road, and the nearest piece to a place."""

import numpy as np
from numba import njit

from routing.roads.graph import DEGREE, EARTH_M
from routing.roads.kernels.signatures import F8X2, I4, I4X2, I8

CELL = 20_000
"""Height of a cell in 1e-7 degrees (222 m); its width is the same in degrees of longitude times `widen`."""
RINGS = 12
"""After so many empty rings every piece of road is looked at."""
_COLUMNS = 1 << 24


@njit(f"i8({I4X2}, {I4}, {I8}, i8[::1], i4[::1])", cache=True, nogil=True)
def cells(shape, piece, widen, keys, owners):
    """Cells that each piece passes, row by row; writes them where there is room; how many there are."""
    wide = CELL * widen[0]
    count = 0
    for p in piece:
        ax, ay = np.int64(shape[p, 0]), np.int64(shape[p, 1])
        bx, by = np.int64(shape[p + 1, 0]), np.int64(shape[p + 1, 1])
        if ay > by:
            ax, ay, bx, by = bx, by, ax, ay
        for y in range(ay // CELL, by // CELL + 1):
            enter, leave = float(ax), float(bx)
            if by > ay:
                enter = ax + (bx - ax) * ((max(y * CELL, ay) - ay) / (by - ay))
                leave = ax + (bx - ax) * ((min((y + 1) * CELL, by) - ay) / (by - ay))
            x0 = int(np.floor((min(enter, leave) - 1) / wide))
            x1 = int(np.floor((max(enter, leave) + 1) / wide))
            for x in range(x0, x1 + 1):
                if keys.size:
                    keys[count] = y * _COLUMNS + x
                    owners[count] = p
                count += 1
    return count


@njit(f"f8({I4X2}, i8, f8, f8, f8, f8[::1])", cache=True, nogil=True)
def _distance(shape, p, x, y, shrink, share):
    """Squared distance, in 1e-7 degrees of latitude, to a piece; `share[0]` becomes how far along it that is."""
    ax, ay = (shape[p, 0] - x) * shrink, shape[p, 1] - y
    bx, by = (shape[p + 1, 0] - x) * shrink, shape[p + 1, 1] - y
    dx, dy = bx - ax, by - ay
    square = dx * dx + dy * dy
    t = 0.0
    if square > 0:
        t = min(1.0, max(0.0, -(ax * dx + ay * dy) / square))
    share[0] = t
    px, py = ax + t * dx, ay + t * dy
    return px * px + py * py


@njit(
    f"void({I4X2}, {I8}, {I4}, {I4}, {I8}, {F8X2}, i8[::1], f8[::1], f8[::1])",
    cache=True,
    nogil=True,
)
def nearest(shape, key, first, owners, widen, places, piece, share, metres):
    """The nearest piece to each place, the share of it that lies before, and the metres."""
    wide = CELL * widen[0]
    unit = np.pi / 180.0 / DEGREE * EARTH_M
    at = np.empty(1)
    for i in range(places.shape[0]):
        x, y = places[i, 0], places[i, 1]
        shrink = np.cos(y / DEGREE * np.pi / 180.0)
        cx, cy = int(np.floor(x / wide)), int(np.floor(y / CELL))
        reach = min(float(CELL), wide * shrink)
        best, found, part = np.inf, np.int64(-1), 0.0
        ring = 0
        while ring <= RINGS:
            for dy in range(-ring, ring + 1):
                step = 1 if abs(dy) == ring else max(1, 2 * ring)
                for dx in range(-ring, ring + 1, step):
                    wanted = (cy + dy) * _COLUMNS + cx + dx
                    low = np.searchsorted(key, wanted)
                    if low == key.size or key[low] != wanted:
                        continue
                    for e in range(first[low], first[low + 1]):
                        square = _distance(shape, owners[e], x, y, shrink, at)
                        if square < best or (square == best and owners[e] < found):
                            best, found, part = square, owners[e], at[0]
            # Everything within the rings is seen; nothing outside them is nearer than `ring` whole cells.
            if best <= (ring * reach) ** 2:
                break
            ring += 1
        if best > (RINGS * reach) ** 2:
            for e in range(owners.size):
                square = _distance(shape, owners[e], x, y, shrink, at)
                if square < best or (square == best and owners[e] < found):
                    best, found, part = square, owners[e], at[0]
        piece[i], share[i], metres[i] = found, part, np.sqrt(best) * unit


@njit(f"void({I8}, {I4X2}, i8[::1], i8[::1], f8[::1], f8[::1])", cache=True, nogil=True)
def fractions(shape_first, shape, segment, piece, share, fraction):
    """How far along its segment each point is, by length."""
    for i in range(segment.size):
        before, whole = 0.0, 0.0
        for p in range(shape_first[segment[i]], shape_first[segment[i] + 1] - 1):
            shrink = np.cos(shape[p, 1] / DEGREE * np.pi / 180.0)
            length = np.hypot((shape[p + 1, 0] - shape[p, 0]) * shrink, shape[p + 1, 1] - shape[p, 1])
            if p < piece[i]:
                before += length
            elif p == piece[i]:
                before += share[i] * length
            whole += length
        fraction[i] = min(1.0, before / whole) if whole > 0 else 0.0
