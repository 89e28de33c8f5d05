"""Territories as shapes for a map, drawn from whose each stretch of road is, not from lines between customers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import mapping

from routing.territories.case import Owners
from routing.territories.neighbours import Parts

_MOST_PLACES = 12_000
_MARGIN = 0.02
"""Share of the extent that is drawn around the outermost customers."""


def boundaries(parts: Parts, owner: Owners, names: list[str]) -> dict[str, Any]:
    """A GeoJSON FeatureCollection: one MultiPolygon or Polygon per territory, with its `territory`.

    Each junction belongs to the territory of the customer it is quickest reached from; the Voronoi cells of junctions,
    thinned out to a grid, are joined by territory. A customer's own cell is always there.
    """
    lonlat, whose = _thinned(parts, len(owner))
    area = shapely.box(*_frame(lonlat))
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(lonlat), extend_to=area, ordered=True))
    territory = owner[whose]
    features = []
    for j, name in enumerate(names):
        mine = cells[territory == j]
        if not len(mine):
            continue
        shape = shapely.intersection(shapely.coverage_union_all(mine), area)
        geometry = mapping(shapely.set_precision(shape, 1e-5))
        features.append({"type": "Feature", "properties": {"territory": name}, "geometry": geometry})
    return {"type": "FeatureCollection", "features": features}


def _frame(lonlat: npt.NDArray[np.float64]) -> tuple[float, float, float, float]:
    low, high = lonlat.min(axis=0), lonlat.max(axis=0)
    margin = float((high - low).max()) * _MARGIN + 1e-4
    return low[0] - margin, low[1] - margin, high[0] + margin, high[1] + margin


def _thinned(parts: Parts, customers: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """One junction per cell of a grid and every customer, at places of their own."""
    count = len(parts.nearest)
    junctions = np.arange(max(0, count - customers))
    kept = junctions
    if count > _MOST_PLACES and len(junctions):
        here = parts.lonlat[junctions]
        low, high = here.min(axis=0), here.max(axis=0)
        side = np.sqrt(np.prod(np.maximum(high - low, 1e-9)) / _MOST_PLACES)
        cell = np.floor((here - low) / side).astype(np.int64)
        kept = np.unique(cell[:, 0] * 1_000_000 + cell[:, 1], return_index=True)[1]
    rows = np.concatenate((np.arange(len(junctions), count), np.sort(kept)))
    places = np.round(parts.lonlat[rows], 7)
    first = np.sort(np.unique(places, axis=0, return_index=True)[1])
    return places[first], parts.nearest[rows][first]
