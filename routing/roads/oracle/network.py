"""The plain road network: NetworkX's own Dijkstra over every stretch of street, whole milliseconds throughout.

It is slow and has no tricks, so the fast engine is tested against it and tiny maps can live with it. Turn costs, turn
restrictions and the time of day are not modelled: `departure` is accepted and ignored.

A travel cost is one integer, milliseconds in the high bits and millimetres in the low ones, so the least cost is the
fastest path and, among equally fast ones, the shortest; sums of integers do not depend on the order of adding, which
makes a route's cost equal its matrix entry. Seconds and metres are rounded once, at the end.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from operator import itemgetter
from typing import Self, cast

import networkx as nx
import numpy as np
import numpy.typing as npt
import shapely

from routing.errors import RoadError
from routing.roads.network import RoadMatrix, RoadRoute, Snapped, require_on_earth, streets_of
from routing.roads.oracle.osmnx_reading import largest_connected
from routing.roads.oracle.stretches import CLOSED, EARTH_RADIUS_M, Stretches, stretches_of
from routing.travel import UNREACHABLE

_MM_BITS = 40
_Costs = dict[int, int]


def _cost(milliseconds: int, millimetres: int) -> int:
    return (milliseconds << _MM_BITS) | millimetres


def _milliseconds(cost: int) -> int:
    return cost >> _MM_BITS


def _millimetres(cost: int) -> int:
    return cost & ((1 << _MM_BITS) - 1)


def _whole(thousandths: int) -> int:
    return (thousandths + 500) // 1000


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place on a stretch, with the costs from it to the stretch's ends and from the ends to it, by node."""

    stretch: int
    fraction: float
    ahead_ms: int
    back_ms: int
    position_mm: int
    exits: _Costs
    entries: _Costs


class NetworkxRoadNetwork:
    """A road network over `Stretches`, all of which must lie in one strongly connected part."""

    def __init__(self, stretches: Stretches) -> None:
        self.stretches = stretches

    @classmethod
    def from_graph(cls, graph: nx.MultiDiGraph[int]) -> Self:
        """The network of a graph's largest strongly connected part. Raises RoadError when it has no edge."""
        return cls(stretches_of(largest_connected(graph)))

    @cached_property
    def _graph(self) -> nx.DiGraph[int]:
        graph: nx.DiGraph[int] = nx.DiGraph()
        graph.add_nodes_from(range(len(self.stretches.node_lonlat)))
        for number, (tail, head, ahead, back, millimetres) in enumerate(self._rows()):
            if ahead != CLOSED:
                graph.add_edge(tail, head, cost=_cost(ahead, millimetres), stretch=number)
            if back != CLOSED:
                graph.add_edge(head, tail, cost=_cost(back, millimetres), stretch=number)
        return graph

    def _rows(self) -> Iterator[tuple[int, int, int, int, int]]:
        s = self.stretches
        columns = (s.tail, s.head, s.ahead_ms, s.back_ms, s.length_mm)
        return zip(*(column.tolist() for column in columns), strict=True)

    @cached_property
    def _scale(self) -> npt.NDArray[np.float64]:
        """Metres per degree of longitude and latitude at the map's middle latitude: equirectangular projection."""
        latitudes = self.stretches.node_lonlat[:, 1]
        middle = np.radians((latitudes.min() + latitudes.max()) / 2)
        return np.array([np.cos(middle), 1.0]) * math.radians(EARTH_RADIUS_M)

    @cached_property
    def _tree(self) -> shapely.STRtree:
        flat = self.stretches.node_lonlat * self._scale
        ends = np.stack([flat[self.stretches.tail], flat[self.stretches.head]], axis=1)
        lines = shapely.linestrings(ends)
        assert isinstance(lines, np.ndarray)
        return shapely.STRtree(lines)

    def snap(self, lonlat: npt.NDArray[np.float64]) -> Snapped:
        """Places, float64 [n, 2] of lon, lat, put on the nearest stretch; of equally near ones on the first.

        Raises RoadError for coordinates that are not numbers or not on Earth.
        """
        places = np.asarray(lonlat, np.float64).reshape(-1, 2)
        require_on_earth(places)
        flat = places * self._scale
        found, nearest = self._tree.query_nearest(shapely.points(flat), all_matches=True)
        order = np.lexsort((nearest, found))
        _, first = np.unique(found[order], return_index=True)
        stretch = nearest[order][first].astype(np.int64)
        nodes = self.stretches.node_lonlat
        tail, head = nodes[self.stretches.tail[stretch]], nodes[self.stretches.head[stretch]]
        fraction = _fraction_along(flat, tail * self._scale, head * self._scale)
        road = tail + (head - tail) * fraction[:, None]
        return Snapped(places, stretch, fraction, road, great_circle_m(places, road))

    def matrix(
        self, points: Snapped, targets: Snapped | None = None, *, departure: datetime | None = None
    ) -> RoadMatrix:
        """Travel from every point to every target (to every point where `targets` is None), int32 [n, m]."""
        del departure
        origins = self._spots(points)
        goals = origins if targets is None else self._spots(targets)
        shape = (len(origins), len(goals))
        duration_s, distance_m = np.full(shape, UNREACHABLE, np.int32), np.full(shape, UNREACHABLE, np.int32)
        for i, origin in enumerate(origins):
            reach = {node: self._reach(node) for node in origin.exits}
            for j, goal in enumerate(goals):
                best = min(self._offers(origin, goal, reach), key=itemgetter(0), default=None)
                if best is not None:
                    duration_s[i, j] = _whole(_milliseconds(best[0]))
                    distance_m[i, j] = _whole(_millimetres(best[0]))
        return RoadMatrix(duration_s, distance_m)

    def route(self, origin: Snapped, target: Snapped, *, departure: datetime | None = None) -> RoadRoute:
        """The fastest path between two single places; its seconds and metres equal the matrix entry.

        Raises RoadError when no road leads there.
        """
        del departure
        (start,), (goal,) = self._spots(origin), self._spots(target)
        reach = {node: self._reach(node) for node in start.exits}
        best = min(self._offers(start, goal, reach), key=itemgetter(0), default=None)
        if best is None:
            raise RoadError(f"no road leads from {_lonlat_text(origin)} to {_lonlat_text(target)}; choose other places")
        cost, leave, enter = best
        path = [] if leave is None or enter is None else nx.dijkstra_path(self._graph, leave, enter, weight="cost")
        line = np.vstack([origin.road_lonlat, self.stretches.node_lonlat[path], target.road_lonlat])
        return RoadRoute(
            duration_s=_whole(_milliseconds(cost)),
            distance_m=_whole(_millimetres(cost)),
            line=_without_repeats(line),
            streets=self._streets(start, goal, path, cost),
        )

    def _reach(self, node: int) -> _Costs:
        return cast("_Costs", nx.single_source_dijkstra_path_length(self._graph, node, weight="cost"))

    def _offers(
        self, origin: _Spot, goal: _Spot, reach: dict[int, _Costs]
    ) -> Iterator[tuple[int, int | None, int | None]]:
        """Every way to make the trip: its cost, the node it leaves the stretch by and the one it enters the goal's by.

        Both nodes are None for a trip that stays on one stretch.
        """
        if origin.stretch == goal.stretch:
            yield from ((cost, None, None) for cost in self._along_one_stretch(origin, goal))
        for leave, out in origin.exits.items():
            for enter, inward in goal.entries.items():
                if enter in reach[leave]:
                    yield out + reach[leave][enter] + inward, leave, enter

    def _along_one_stretch(self, origin: _Spot, goal: _Spot) -> Iterator[int]:
        millimetres = goal.position_mm - origin.position_mm
        if goal.fraction >= origin.fraction and self.stretches.ahead_ms[origin.stretch] != CLOSED:
            yield _cost(goal.ahead_ms - origin.ahead_ms, millimetres)
        if goal.fraction <= origin.fraction and self.stretches.back_ms[origin.stretch] != CLOSED:
            yield _cost(goal.back_ms - origin.back_ms, -millimetres)

    def _spots(self, points: Snapped) -> list[_Spot]:
        return [self._spot(int(e), float(f)) for e, f in zip(points.edge, points.fraction, strict=True)]

    def _spot(self, stretch: int, fraction: float) -> _Spot:
        s = self.stretches
        tail, head, length = int(s.tail[stretch]), int(s.head[stretch]), int(s.length_mm[stretch])
        ahead, back = int(s.ahead_ms[stretch]), int(s.back_ms[stretch])
        position = round(length * fraction)
        ahead_done, back_done = round(max(ahead, 0) * fraction), max(back, 0) - round(max(back, 0) * fraction)
        exits: dict[int, int] = {}
        entries: dict[int, int] = {}
        if ahead != CLOSED:
            exits[head] = _cost(ahead - ahead_done, length - position)
            entries[tail] = _cost(ahead_done, position)
        if back != CLOSED:
            exits[tail] = _cost(back - back_done, position)
            entries[head] = _cost(back_done, length - position)
        return _Spot(stretch, fraction, ahead_done, back_done, position, exits, entries)

    def _streets(self, start: _Spot, goal: _Spot, path: list[int], cost: int) -> tuple[tuple[str, int], ...]:
        """Names of the streets driven with their metres, which add up to the route's."""
        s = self.stretches
        legs: list[tuple[int, int]] = []
        if path:
            legs.append((start.stretch, _millimetres(start.exits[path[0]])))
            for tail, head in pairwise(path):
                stretch: int = self._graph.edges[tail, head]["stretch"]
                legs.append((stretch, int(s.length_mm[stretch])))
            legs.append((goal.stretch, _millimetres(goal.entries[path[-1]])))
        else:
            legs.append((start.stretch, _millimetres(cost)))
        return streets_of([(s.names[s.name[stretch]], millimetres) for stretch, millimetres in legs])


def great_circle_m(here: npt.NDArray[np.float64], there: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Metres between places, both float64 [n, 2] of lon, lat (haversine formula)."""
    lon, lat = np.radians(here).T
    lon2, lat2 = np.radians(there).T
    half = np.sin((lat2 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    metres: npt.NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0)))
    return metres


def _fraction_along(
    place: npt.NDArray[np.float64], tail: npt.NDArray[np.float64], head: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """How far along each segment, 0 to 1, the point nearest to each place lies; 0 on a segment without length."""
    span = head - tail
    square = (span**2).sum(axis=1)
    along = ((place - tail) * span).sum(axis=1)
    fraction: npt.NDArray[np.float64] = np.divide(along, square, out=np.zeros_like(along), where=square > 0)
    return fraction.clip(0.0, 1.0)


def _without_repeats(line: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The line without points equal to the one before, but always of two points at least."""
    keep = np.append(True, (np.diff(line, axis=0) != 0).any(axis=1))
    return line[keep] if keep.sum() > 1 else line[[0, -1]]


def _lonlat_text(place: Snapped) -> str:
    lon, lat = place.lonlat[0]
    return f"lon {lon:.5f}, lat {lat:.5f}"
