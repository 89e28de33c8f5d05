"""Answers held against OSRM's on the same customers, and every pair far apart explained from the two ways driven."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from road_figures import Figures, heading
from road_peers import COMPARED, OsrmTables

from routing.roads.classes import ROAD_CLASSES
from routing.roads.engine import CchRoadNetwork, take_places
from routing.roads.network import Snapped

FAR = 0.1
"""Durations further apart than this share are explained one by one."""
SAME_PLACE_M = 2.0
TURNABOUT_S = 9.0
"""A turn that costs this much leads back almost the way it came, from one carriageway into the other."""


def compare_with_osrm(network: CchRoadNetwork, lonlat: np.ndarray, tables: OsrmTables, work: Path) -> Figures:
    heading(f"Answers beside OSRM's, {COMPARED} customers")
    theirs = np.load(tables.answers)
    places = network.snap(lonlat[:COMPARED])
    ours = network.matrix(places)
    duration, distance = theirs["duration_s"], theirs["distance_m"]
    shrink = [np.cos(np.radians(lonlat[0, 1])), 1.0]
    apart_m = np.hypot(*((places.road_lonlat - theirs["road"]) * shrink).T) * 111_195
    compared = ~np.eye(COMPARED, dtype=bool) & (duration > 0)
    off = np.where(compared, (ours.duration_s - duration) / np.where(compared, duration, 1.0), 0.0)
    off_m = np.where(compared, (ours.distance_m - distance) / np.where(distance > 0, distance, 1.0), 0.0)
    for name, values in (("duration", off[compared]), ("distance", off_m[compared])):
        print(
            f"{name}: median {np.median(values):+.2%}, median |difference| {np.median(abs(values)):.2%}, "
            f"p95 {np.quantile(abs(values), 0.95):.2%}, largest {abs(values).max():.0%}"
        )
    print(f"customers put on the road within 2 m of where OSRM puts them: {np.mean(apart_m < SAME_PLACE_M):.1%}")
    outliers = [(int(i), int(j)) for i, j in np.argwhere(compared & (abs(off) > FAR))]
    print(f"pairs more than {FAR:.0%} apart: {len(outliers)} of {compared.sum():,}")
    told = Explained(network, places, apart_m)
    routes = tables.routes(work, [(i, j, None) for i, j in outliers])
    by_our_way = tables.routes(work, [(i, j, told.midway(i, j)) for i, j in outliers])
    for (i, j), direct, via in zip(outliers, routes, by_our_way, strict=True):
        print(
            f"  {i:>3} to {j:>3}: {ours.duration_s[i, j]} s / {ours.distance_m[i, j]} m here, "
            f"{duration[i, j]:.0f} s / {distance[i, j]:.0f} m OSRM: {told.reason(i, j, direct, via)}"
        )
    return {
        "median_percent": 100 * float(np.median(abs(off[compared]))),
        "p95_percent": 100 * float(np.quantile(abs(off[compared]), 0.95)),
    }


class Explained:
    """Why two engines differ on a pair: where it begins and ends, else where the ways part, else at which turns."""

    def __init__(self, network: CchRoadNetwork, places: Snapped, apart_m: np.ndarray) -> None:
        self.network, self.places, self.apart_m = network, places, apart_m
        graph, turns = network.map.graph, network.map.turns
        begin, end = (graph.node_osm[side][turns.segment] for side in (graph.tail, graph.head))
        tail, head = np.where(turns.backward, end, begin), np.where(turns.backward, begin, end)
        self.states: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        for state, pair in enumerate(zip(tail.tolist(), head.tolist(), strict=True)):
            self.states[pair].add(state)
        self.delay_s = dict(
            zip(
                zip(turns.tail.tolist(), turns.head.tolist(), strict=True),
                (turns.delay_ms / 1000).tolist(),
                strict=True,
            )
        )
        self.nodes = set(graph.node_osm.tolist())

    def reason(self, i: int, j: int, direct: dict[str, Any], via: dict[str, Any]) -> str:
        """`direct` is OSRM's own way, `via` its way through the middle of this engine's."""
        for end, name in ((i, "start"), (j, "target")):
            if self.apart_m[end] >= SAME_PLACE_M:
                return f"the {name} is put on {self.kind_of_street(end)} ({self.apart_m[end]:.0f} m apart)"
        legs = self.driven(i, j)
        passed = set(direct["nodes"])
        own = [leg for leg in legs[1:-1] if leg["tail"] not in passed or leg["head"] not in passed]
        unknown = [leg for leg in own if leg["class"] == "road"]
        if unknown:
            metres = sum(leg["metres"] for leg in unknown)
            ways = ", ".join(str(way) for way in dict.fromkeys(leg["way"] for leg in unknown))
            return f"{metres:.0f} m here on highway=road (way {ways}), a class that OSRM's car profile does not drive"
        barred = self.barred(direct["nodes"])
        if barred:
            return barred
        if own:
            longest = max(own, key=lambda leg: leg["metres"])
            where = (
                f"another way, by {longest['name'] or 'an unnamed street'} ({longest['class']}, way {longest['way']})"
            )
            if via["duration_s"] < direct["duration_s"] - 1:
                weighs = "but by its own weights one-lane, narrow and service streets count double"
                return f"{where}: OSRM itself would drive it in {via['duration_s']:.0f} s, {weighs}"
            return f"{where}: OSRM would need {via['duration_s']:.0f} s by it"
        turns, their_turns = sum(leg["turn_s"] for leg in legs), direct["duration_s"] - sum(direct["driving_s"])
        turnabout = next((leg for leg in legs if leg["turn_s"] >= TURNABOUT_S), None)
        if turnabout and their_turns > turns + 5:
            at = turnabout["name"] or f"way {turnabout['way']}"
            return f"the same way, back along the other carriageway at {at}: a U-turn of 20 s more to OSRM"
        return f"the same way, turns and signals {turns:.0f} s here and {their_turns:.0f} s there, on a short drive"

    def kind_of_street(self, end: int) -> str:
        graph, segment = self.network.map.graph, self.places.edge[end]
        if graph.flags[segment] & 3:
            return "a street for residents, which OSRM leaves out"
        if ROAD_CLASSES[graph.road_class[segment]] == "road":
            return f"highway=road (way {graph.way[segment]}), a class that OSRM's car profile does not drive"
        return "another street"

    def barred(self, nodes: list[int]) -> str:
        """The first thing on OSRM's way that this engine does not allow, or nothing."""
        before: set[int] = set()
        way = self.network.map.graph.way[self.network.map.turns.segment]
        for here, there in pairwise(node for node in nodes if node in self.nodes):
            if here == there:
                continue
            states = self.states.get((here, there), set())
            if not states:
                return f"OSRM drives from node {here} to node {there}, which is closed to cars here"
            reached = {state for state in states if not before or any((old, state) in self.delay_s for old in before)}
            if not reached:
                into = f"way {way[min(before)]} into way {way[min(states)]}"
                return f"OSRM turns at node {here} from {into}, which the map's restrictions forbid here"
            before = reached
        return ""

    def midway(self, i: int, j: int) -> list[float]:
        """The middle of this engine's way, as lon and lat."""
        here, there = (take_places(self.places, np.array([k])) for k in (i, j))
        line = self.network.route(here, there).line
        place: list[float] = line[len(line) // 2].tolist()
        return place

    def driven(self, i: int, j: int) -> list[dict[str, Any]]:
        """The segments of this engine's way, with what each costs and the turn into it."""
        graph, turns, metric = self.network.map.graph, self.network.map.turns, self.network._metric  # noqa: SLF001
        here, there = (take_places(self.places, np.array([k])) for k in (i, j))
        _, states = self.network._path(metric, here, there)  # noqa: SLF001
        legs = []
        for before, state in pairwise([-1, *states.tolist()]):
            segment = turns.segment[state]
            ends = [int(graph.node_osm[side[segment]]) for side in (graph.tail, graph.head)]
            if turns.backward[state]:
                ends.reverse()
            legs.append(
                {
                    "tail": ends[0],
                    "head": ends[1],
                    "way": int(graph.way[segment]),
                    "class": ROAD_CLASSES[graph.road_class[segment]],
                    "name": graph.names[graph.name[segment]],
                    "metres": float(graph.length_dm[segment]) / 10,
                    "turn_s": self.delay_s.get((before, state), 0.0),
                }
            )
        return legs
