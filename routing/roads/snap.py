"""The nearest road to a place: a grid of cells over the pieces of road, searched in widening rings.

The grid holds occupied cells only, as sorted keys, so that it costs nothing over sea and desert and opens by mmap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from numba import njit

from routing.roads.graph import DEGREE, EARTH_M

CELL = 20_000
"""Height of a cell in 1e-7 degrees (222 m); its width is the same in degrees of longitude times `widen`."""
RINGS = 12
"""After so many empty rings every piece of road is looked at."""
FRACTION_STEPS = 1 << 20
"""Fractions along a segment are whole multiples of one part in so many, so that equal places have equal keys."""
_COLUMNS = 1 << 24

_I4 = "Array(i4, 1, 'C', readonly=True)"
_I4X2 = "Array(i4, 2, 'C', readonly=True)"
_I8 = "Array(i8, 1, 'C', readonly=True)"
_F8X2 = "Array(f8, 2, 'C', readonly=True)"


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Pieces of road by cell: sorted `key` int64 [k] of occupied cells, whose pieces (first rows of `shape`) are
    `piece` int32 [first[k], first[k + 1]). `widen` int64 [1]: how many times wider than CELL a cell is.
    """

    key: npt.NDArray[np.int64]
    first: npt.NDArray[np.int32]
    piece: npt.NDArray[np.int32]
    widen: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """For n places: `segment` int64, `fraction` float64, the point on the road float64 [n, 2], metres to it float64."""

    segment: npt.NDArray[np.int64]
    fraction: npt.NDArray[np.float64]
    road_lonlat: npt.NDArray[np.float64]
    off_road_m: npt.NDArray[np.float64]


def build_grid(
    shape_first: npt.NDArray[np.int64], shape: npt.NDArray[np.int32], usable: npt.NDArray[np.bool_]
) -> Grid:
    """The grid over the segments with these shapes (see RoadGraph) that are `usable` [s]."""
    is_piece = np.repeat(usable, np.diff(shape_first))
    is_piece[shape_first[1:] - 1] = False
    piece = np.flatnonzero(is_piece).astype(np.int32)
    middle = np.radians(float(np.median(shape[:, 1])) / DEGREE)
    widen = np.array([max(1, round(1 / max(np.cos(middle), 0.01)))], np.int64)
    count = _cells(shape, piece, widen, np.empty(0, np.int64), np.empty(0, np.int32))
    keys, owners = np.empty(count, np.int64), np.empty(count, np.int32)
    _cells(shape, piece, widen, keys, owners)
    order = np.argsort(keys, kind="stable")
    key, first = np.unique(keys[order], return_index=True)
    return Grid(key, np.append(first, count).astype(np.int32), owners[order], widen)


def nearest_roads(
    grid: Grid, shape_first: npt.NDArray[np.int64], shape: npt.NDArray[np.int32], lonlat: npt.NDArray[np.float64]
) -> Nearest:
    """The nearest point on any segment to each place, float64 [n, 2] of finite lon, lat in degrees."""
    places = np.ascontiguousarray(lonlat * DEGREE)
    piece, share, metres = np.empty(len(places), np.int64), np.empty(len(places)), np.empty(len(places))
    _nearest(shape, grid.key, grid.first, grid.piece, grid.widen, places, piece, share, metres)
    segment = np.searchsorted(shape_first, piece, side="right") - 1
    fraction = np.empty(len(places))
    _fractions(shape_first, shape, segment, piece, share, fraction)
    begin, end = shape[piece].astype(np.float64), shape[piece + 1].astype(np.float64)
    road = (begin + share[:, None] * (end - begin)) / DEGREE
    return Nearest(segment, np.rint(fraction * FRACTION_STEPS) / FRACTION_STEPS, road, metres)


@njit(f"i8({_I4X2}, {_I4}, {_I8}, i8[::1], i4[::1])", cache=True, nogil=True)
def _cells(shape, piece, widen, keys, owners):
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


@njit(f"f8({_I4X2}, i8, f8, f8, f8, f8[::1])", cache=True, nogil=True)
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
    f"void({_I4X2}, {_I8}, {_I4}, {_I4}, {_I8}, {_F8X2}, i8[::1], f8[::1], f8[::1])",
    cache=True,
    nogil=True,
)
def _nearest(shape, key, first, owners, widen, places, piece, share, metres):
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


@njit(f"void({_I8}, {_I4X2}, i8[::1], i8[::1], f8[::1], f8[::1])", cache=True, nogil=True)
def _fractions(shape_first, shape, segment, piece, share, fraction):
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
