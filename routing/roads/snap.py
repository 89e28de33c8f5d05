"""The nearest road to a place: a grid of cells over the pieces of road, searched in widening rings.

The grid holds occupied cells only, as sorted keys, so that it costs nothing over sea and desert and opens by mmap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.roads.graph import DEGREE
from routing.roads.kernels import nearest

FRACTION_STEPS = 1 << 20
"""Fractions along a segment are whole multiples of one part in so many, so that equal places have equal keys."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Pieces of road by cell.

    `key` int64 [k]: the occupied cells, sorted, whose pieces (first rows of `shape`) are
    `piece` int32 [first[k], first[k + 1]). `widen` int64 [1]: how many times wider than CELL a cell is.
    """

    key: npt.NDArray[np.int64]
    first: npt.NDArray[np.int32]
    piece: npt.NDArray[np.int32]
    widen: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Islands:
    """Streets that the map draws but that no car gets to and from: their lines as in RoadGraph, and their grid."""

    shape_first: npt.NDArray[np.int64]
    shape: npt.NDArray[np.int32]
    key: npt.NDArray[np.int64]
    first: npt.NDArray[np.int32]
    piece: npt.NDArray[np.int32]
    widen: npt.NDArray[np.int64]

    def metres_to(self, lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Metres from each place to the nearest of these streets, infinite where there is none."""
        if not len(self.piece):
            return np.full(len(lonlat), np.inf)
        grid = Grid(self.key, self.first, self.piece, self.widen)
        return nearest_roads(grid, self.shape_first, self.shape, lonlat).off_road_m


def build_islands(shape_first: npt.NDArray[np.int64], shape: npt.NDArray[np.int32]) -> Islands:
    """Islands with these lines, which may be none."""
    grid = build_grid(shape_first, shape, np.ones(len(shape_first) - 1, np.bool_))
    return Islands(shape_first, shape, grid.key, grid.first, grid.piece, grid.widen)


@dataclass(frozen=True, slots=True, eq=False)
class Nearest:
    """For n places: `segment` int64, `fraction` float64, the point on the road float64 [n, 2], metres to it float64."""

    segment: npt.NDArray[np.int64]
    fraction: npt.NDArray[np.float64]
    road_lonlat: npt.NDArray[np.float64]
    off_road_m: npt.NDArray[np.float64]


def build_grid(shape_first: npt.NDArray[np.int64], shape: npt.NDArray[np.int32], usable: npt.NDArray[np.bool_]) -> Grid:
    """The grid over the segments with these shapes (see RoadGraph) that are `usable` [s]."""
    is_piece = np.repeat(usable, np.diff(shape_first))
    is_piece[shape_first[1:] - 1] = False
    piece = np.flatnonzero(is_piece).astype(np.int32)
    middle = np.radians(float(np.median(shape[:, 1])) / DEGREE) if len(shape) else 0.0
    widen = np.array([max(1, round(1 / max(np.cos(middle), 0.01)))], np.int64)
    count = nearest.cells(shape, piece, widen, np.empty(0, np.int64), np.empty(0, np.int32))
    keys, owners = np.empty(count, np.int64), np.empty(count, np.int32)
    nearest.cells(shape, piece, widen, keys, owners)
    order = np.argsort(keys, kind="stable")
    key, first = np.unique(keys[order], return_index=True)
    return Grid(key, np.append(first, count).astype(np.int32), owners[order], widen)


def nearest_roads(
    grid: Grid, shape_first: npt.NDArray[np.int64], shape: npt.NDArray[np.int32], lonlat: npt.NDArray[np.float64]
) -> Nearest:
    """The nearest point on any segment to each place, float64 [n, 2] of finite lon, lat in degrees."""
    places = np.ascontiguousarray(lonlat * DEGREE)
    piece, share, metres = np.empty(len(places), np.int64), np.empty(len(places)), np.empty(len(places))
    nearest.nearest(shape, grid.key, grid.first, grid.piece, grid.widen, places, piece, share, metres)
    segment = np.searchsorted(shape_first, piece, side="right") - 1
    fraction = np.empty(len(places))
    nearest.fractions(shape_first, shape, segment, piece, share, fraction)
    begin, end = shape[piece].astype(np.float64), shape[piece + 1].astype(np.float64)
    road = (begin + share[:, None] * (end - begin)) / DEGREE
    return Nearest(segment, np.rint(fraction * FRACTION_STEPS) / FRACTION_STEPS, road, metres)
