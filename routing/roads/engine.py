"""The fast road network: snapping, matrices and routes on a customizable contraction hierarchy."""

from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from routing.errors import RoadError
from routing.roads.cache import MatrixCache
from routing.roads.graph import DEGREE
from routing.roads.metric import Metric
from routing.roads.network import ISLAND_M, RoadMatrix, RoadRoute, Snapped, require_on_earth, streets_of
from routing.roads.profiles import DEFAULT_PROFILE, SpeedProfile
from routing.roads.query import find_path, path_cost
from routing.roads.roadmap import RoadMap
from routing.roads.snap import FRACTION_STEPS, nearest_roads
from routing.roads.sweep import Ends, travel
from routing.roads.timeline import Hour, Timeline, first_in_first_out
from routing.roads.weights import CLOSED_ENTRIES, ENTRY, NEVER, Packed, pack, unpack
from routing.travel import TravelSlice

_Rows = npt.NDArray[np.int64]


class CchRoadNetwork:
    """A road network over a `RoadMap`; `metric` holds its free-flow costs.

    `threads` is how many a large matrix may use at once. `folder` is where costs of other hours are kept for other
    processes, and `cache` where travel between known places is; `identity` is the map's name there. Without a
    `departure` free-flow speeds hold, and nothing that the map's conditional tags say. A place on a street that is
    closed at the time is reached over it all the same (`weights.CLOSED_ENTRIES`); nobody else drives there.
    """

    def __init__(
        self,
        road_map: RoadMap,
        metric: Metric,
        *,
        profile: SpeedProfile = DEFAULT_PROFILE,
        folder: Path | None = None,
        cache: MatrixCache | None = None,
        identity: str = "map",
        threads: int = 1,
    ) -> None:
        self.map = road_map
        self.timeline = Timeline(road_map, profile, folder)
        self.threads = threads
        self._metric = metric
        self._folder = folder
        self._cache = cache
        self._identity = identity

    def with_speeds(self, profile: SpeedProfile) -> Self:
        """The same map under other speeds."""
        return type(self)(
            self.map,
            self._metric,
            profile=profile,
            folder=self._folder,
            cache=self._cache,
            identity=self._identity,
            threads=self.threads,
        )

    def snap(self, lonlat: npt.NDArray[np.float64]) -> Snapped:
        """Places, float64 [n, 2] of lon, lat, put on the nearest usable road; of equally near ones on the first.

        `edge` is a segment of the map, `fraction` how far along its drawn direction. Raises RoadError for coordinates
        that are not numbers or not on Earth.
        """
        places = np.ascontiguousarray(np.asarray(lonlat, np.float64).reshape(-1, 2))
        require_on_earth(places)
        found = nearest_roads(self.map.grid, self.map.graph.shape_first, self.map.graph.shape, places)
        island = found.off_road_m > ISLAND_M
        island[island] = self.map.islands.metres_to(places[island]) < found.off_road_m[island]
        return Snapped(places, found.segment, found.fraction, found.road_lonlat, found.off_road_m, island)

    def matrix(
        self, points: Snapped, targets: Snapped | None = None, *, departure: datetime | None = None
    ) -> RoadMatrix:
        """Travel from every point to every target (to every point where `targets` is None), int32 [n, m]."""
        hour = None if departure is None else self.timeline.departure_hour(departure)
        if targets is None:
            return self._square(hour, points)
        return self._matrix(self._costs(hour), points, targets)

    def _square(self, hour: Hour | None, points: Snapped) -> RoadMatrix:
        """Travel between all points, from the cache where there is one and it knows."""

        def compute(rows: _Rows, columns: _Rows) -> RoadMatrix:
            return self._matrix(self._costs(hour), take_places(points, rows), take_places(points, columns))

        steps = points.fraction * FRACTION_STEPS
        if self._cache is None or not len(points) or (steps != np.rint(steps)).any():
            return self._matrix(self._costs(hour), points, points)
        keys = points.edge * (FRACTION_STEPS + 1) + steps.astype(np.int64)
        name = "free-flow" if hour is None else self.timeline.name(hour)
        return self._cache.matrix(f"{self._identity}-{name}", keys, compute)

    def fine_matrix(
        self, points: Snapped, targets: Snapped | None = None, *, departure: datetime | None = None
    ) -> RoadMatrix:
        """As `matrix`, in milliseconds and decimetres."""
        hour = None if departure is None else self.timeline.departure_hour(departure)
        return self._matrix(self._costs(hour), points, points if targets is None else targets, fine=True)

    def _matrix(self, metric: Metric, points: Snapped, goals: Snapped, *, fine: bool = False) -> RoadMatrix:
        sources, ends = self._sources(metric, points), self._targets(metric, goals)
        duration, distance = travel(self.map.hierarchy, metric.weights, sources, ends, threads=self.threads, fine=fine)
        rows, columns, costs = self._same_street(metric, points, goals, sources, ends)
        if len(rows):
            ms, dm = unpack(costs)
            none = ms < 0
            duration[rows, columns] = np.where(none, -1, ms if fine else (ms + 500) // 1000)
            distance[rows, columns] = np.where(none, -1, dm if fine else (dm + 5) // 10)
        return RoadMatrix(duration, distance)

    def matrices(self, points: Snapped, day: date, start_s: int, end_s: int) -> tuple[TravelSlice, ...]:
        """Travel between all points for starts from `start_s` to `end_s` seconds after the day's midnight.

        One slice per time at which speeds or streets change for these places; between them travel goes in straight
        lines, and never lets a later start arrive earlier.
        """
        times = self.timeline.times(day, start_s, end_s)
        found = [self._square(self.timeline.hour(day, at_s), points) for at_s in times]
        durations = first_in_first_out(times, [matrix.duration_s for matrix in found])
        slices = [
            TravelSlice(at_s=at_s, duration_s=duration, distance_m=_known(found, k, duration))
            for k, (at_s, duration) in enumerate(zip(times, durations, strict=True))
        ]
        same = [_same_travel(one, next_) for one, next_ in pairwise(slices)]
        return tuple(each for k, each in enumerate(slices) if k in {0, len(same)} or not (same[k - 1] and same[k]))

    def route(self, origin: Snapped, target: Snapped, *, departure: datetime | None = None) -> RoadRoute:
        """The fastest path between two single places; its seconds and metres equal the matrix entry.

        Raises RoadError when no road leads there.
        """
        metric = self._costs(None if departure is None else self.timeline.departure_hour(departure))
        cost, states = self._path(metric, origin, target)
        if cost >= NEVER:
            (lon, lat), (lon2, lat2) = origin.lonlat[0], target.lonlat[0]
            raise RoadError(
                f"no road leads from lon {lon:.5f}, lat {lat:.5f} to lon {lon2:.5f}, lat {lat2:.5f}; "
                "choose other places"
            )
        ms, dm = unpack(np.array([cost], np.int64))
        return RoadRoute(
            duration_s=(int(ms[0]) + 500) // 1000,
            distance_m=(int(dm[0]) + 5) // 10,
            line=self._line(states, origin, target),
            streets=self._streets(states, origin, target, int(dm[0])),
        )

    def _path(self, metric: Metric, origin: Snapped, target: Snapped) -> tuple[int, npt.NDArray[np.int32]]:
        """Packed cost and states, int32 [k], of the cheapest path between two single places."""
        sources, ends = self._sources(metric, origin), self._targets(metric, target)
        if origin.edge[0] == target.edge[0]:
            return self._along_street(metric, sources, ends, target.fraction - origin.fraction)
        path = find_path(
            self.map.hierarchy, metric.weights, sources.rank[0], sources.cost[0], ends.rank[0], ends.cost[0]
        )
        return path.cost, path.states

    def _costs(self, hour: Hour | None) -> Metric:
        return self._metric if hour is None else self.timeline.metric(hour)

    def _sources(self, metric: Metric, places: Snapped) -> Ends:
        rank, rest = self._ends(metric, places)
        usable = (rank >= 0) & ~self.map.turns.copy[rank]
        rest = rest + metric.closed[rank] * (CLOSED_ENTRIES * ENTRY)
        return Ends(rank, np.where(usable, rest, NEVER))

    def _targets(self, metric: Metric, places: Snapped) -> Ends:
        rank, rest = self._ends(metric, places)
        return Ends(rank, np.where(rank >= 0, -rest, NEVER))

    def _ends(self, metric: Metric, places: Snapped) -> tuple[npt.NDArray[np.int32], Packed]:
        """States of each place's street, rising, and the packed cost from the place to the end of each."""
        first = self.map.street_first
        counts = first[places.edge + 1] - first[places.edge]
        most = int(counts.max(initial=1))
        column = np.arange(most)
        at = np.minimum(first[places.edge][:, None] + column, len(self.map.street_state) - 1)
        rank = np.where(column < counts[:, None], self.map.street_state[at], -1).astype(np.int32)
        ahead = np.where(self.map.turns.backward[rank], places.fraction[:, None], 1.0 - places.fraction[:, None])
        ms = np.floor(metric.state_ms[rank] * ahead).astype(np.int64)
        dm = np.floor(self.map.graph.length_dm[places.edge][:, None] * ahead).astype(np.int64)
        return rank, pack(ms, dm)

    def _same_street(
        self, metric: Metric, points: Snapped, goals: Snapped, sources: Ends, ends: Ends
    ) -> tuple[_Rows, _Rows, Packed]:
        """Pairs on one street with their packed costs: along it where the target lies ahead, else round and back."""
        by_street = np.argsort(goals.edge, kind="stable")
        low = np.searchsorted(goals.edge[by_street], points.edge, side="left")
        high = np.searchsorted(goals.edge[by_street], points.edge, side="right")
        rows = np.repeat(np.arange(len(points)), high - low)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(high - low) - (high - low), high - low)
        columns = by_street[np.repeat(low, high - low) + within]
        costs = np.full(len(rows), NEVER, np.int64)
        same = points.fraction[rows] == goals.fraction[columns]
        costs[same] = 0
        streets = points.edge[rows]
        for street in np.unique(streets[~same]):
            pairs = np.flatnonzero((streets == street) & ~same)
            further = goals.fraction[columns[pairs]] - points.fraction[rows[pairs]]
            costs[pairs] = self._round_street(metric, sources, ends, rows[pairs], columns[pairs], further)
        return rows, columns, costs

    def _round_street(
        self,
        metric: Metric,
        sources: Ends,
        ends: Ends,
        rows: _Rows,
        columns: _Rows,
        further: npt.NDArray[np.float64],
    ) -> Packed:
        """Packed costs of pairs of places that all lie on one street, the target `further` along its drawn line."""
        best = np.full(len(rows), NEVER, np.int64)
        zero = np.zeros(1, np.int64)
        ranks = sources.rank[rows[0]]
        goal_ranks = ends.rank[columns[0]]
        for i in np.flatnonzero(sources.cost[rows[0]] < NEVER):
            for j in np.flatnonzero(goal_ranks >= 0):
                out, back = sources.cost[rows, i], ends.cost[columns, j]
                if ranks[i] == goal_ranks[j]:
                    ahead = _is_ahead(self.map.turns.backward[ranks[i]], further)
                    best = np.where(ahead, np.minimum(best, out + back), best)
                between = path_cost(
                    self.map.hierarchy, metric.weights, ranks[i : i + 1], zero, goal_ranks[j : j + 1], zero
                )
                if between < NEVER:
                    best = np.minimum(best, out + between + back)
        return best

    def _along_street(
        self, metric: Metric, sources: Ends, ends: Ends, further: npt.NDArray[np.float64]
    ) -> tuple[int, npt.NDArray[np.int32]]:
        """Packed cost and states of the cheapest path between two places on one street."""
        best, states = NEVER, np.empty(0, np.int32)
        for i in np.flatnonzero(sources.cost[0] < NEVER):
            for j in np.flatnonzero(ends.rank[0] >= 0):
                state = sources.rank[0, i]
                if state == ends.rank[0, j] and _is_ahead(self.map.turns.backward[state], further)[0]:
                    along = int(sources.cost[0, i] + ends.cost[0, j])
                    if along < best:
                        best, states = along, sources.rank[0, i : i + 1]
                path = find_path(
                    self.map.hierarchy, metric.weights, sources.rank[0, i : i + 1], sources.cost[0, i : i + 1],
                    ends.rank[0, j : j + 1], ends.cost[0, j : j + 1],
                )  # fmt: skip
                if path.cost < best:
                    best, states = path.cost, path.states
        return best, states

    def _line(self, states: npt.NDArray[np.int32], origin: Snapped, target: Snapped) -> npt.NDArray[np.float64]:
        """The line driven, float64 [k, 2] of lon, lat."""
        turns, graph = self.map.turns, self.map.graph
        pieces = [origin.road_lonlat[:1]]
        for number, state in enumerate(states.tolist()):
            segment = int(turns.segment[state])
            shape = graph.shape[graph.shape_first[segment] : graph.shape_first[segment + 1]] / DEGREE
            length = _shares(shape)
            if turns.backward[state]:
                shape, length = shape[::-1], 1.0 - length[::-1]
            begin, end = 0.0, 1.0
            if number == 0:
                begin = _done(turns.backward[state], origin.fraction[0])
            if number == len(states) - 1:
                end = _done(turns.backward[state], target.fraction[0])
            pieces.append(shape[(length > begin) & (length < end) | (length == 1.0) & (end == 1.0)])
        line = np.concatenate([*pieces, target.road_lonlat[:1]])
        fresh = np.append(True, (np.abs(np.diff(line, axis=0)) > 1e-9).any(axis=1))
        return line[fresh] if fresh.sum() > 1 else line[[0, -1]]

    def _streets(
        self, states: npt.NDArray[np.int32], origin: Snapped, target: Snapped, total_dm: int
    ) -> tuple[tuple[str, int], ...]:
        graph, turns = self.map.graph, self.map.turns
        segments = turns.segment[states]
        millimetres = graph.length_dm[segments].astype(np.float64) * 100
        first, last = turns.backward[states[0]], turns.backward[states[-1]]
        begin, end = _done(first, origin.fraction[0]), _done(last, target.fraction[0])
        skipped = millimetres[0] * begin
        left = millimetres[-1] * (1.0 - end)
        millimetres[0] -= skipped
        millimetres[-1] -= left
        legs = [
            (graph.names[name], round(mm))
            for name, mm in zip(graph.name[segments].tolist(), millimetres.tolist(), strict=True)
        ]
        # What rounding leaves over goes to the last leg, so that the legs add up to the route.
        name, mm = legs[-1]
        legs[-1] = (name, mm + total_dm * 100 - sum(leg[1] for leg in legs))
        return streets_of(legs)


def take_places(places: Snapped, at: _Rows) -> Snapped:
    """Some of the places, by position."""
    island = None if places.island is None else places.island[at]
    return Snapped(
        places.lonlat[at], places.edge[at], places.fraction[at], places.road_lonlat[at], places.off_road_m[at], island
    )


def _known(found: list[RoadMatrix], k: int, duration_s: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """Metres of slice k; a pair that only waits for its road takes the metres of the next, or last, time with one."""
    distance = found[k].distance_m
    for other in (*found[k + 1 :], *reversed(found[:k])):
        lacking = (distance < 0) & (duration_s >= 0)
        if not lacking.any():
            break
        distance = np.where(lacking, other.distance_m, distance)
    return distance


def _same_travel(one: TravelSlice, other: TravelSlice) -> bool:
    same_time = np.array_equal(one.duration_s, other.duration_s)
    return same_time and np.array_equal(one.distance_m, other.distance_m)


def _is_ahead(backward: np.bool_, further: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Whether who drives along, or against, a segment's drawn line comes to a place `further` along it."""
    return further <= 0 if backward else further >= 0


def _done(backward: np.bool_, fraction: np.float64) -> float:
    """The share of a state that lies behind a place at a fraction of its segment."""
    return float(1.0 - fraction) if backward else float(fraction)


def _shares(shape: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """How far along a line each of its points lies, 0 to 1."""
    shrink = np.cos(np.radians(shape[:-1, 1]))
    along = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(shape[:, 0]) * shrink, np.diff(shape[:, 1])))))
    return along / along[-1] if along[-1] > 0 else np.linspace(0.0, 1.0, len(along))
