"""Answers held against OSRM's on the same customers, and every pair far apart explained from the two ways driven."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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
TURNABOUT_MS = 9_000
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
    for (i, j), route in zip(outliers, tables.routes(work, outliers), strict=True):
        print(
            f"  {i:>3} to {j:>3}: {ours.duration_s[i, j]} s / {ours.distance_m[i, j]} m here, "
            f"{duration[i, j]:.0f} s / {distance[i, j]:.0f} m OSRM: {reason(network, places, apart_m, i, j, route)}"
        )
    return {
        "median_percent": 100 * float(np.median(abs(off[compared]))),
        "p95_percent": 100 * float(np.quantile(abs(off[compared]), 0.95)),
    }


def reason(
    network: CchRoadNetwork, places: Snapped, apart_m: np.ndarray, i: int, j: int, theirs: dict[str, Any]
) -> str:
    """Why two engines differ on one pair: where they begin and end, else where their ways part, else at which turns."""
    for end, name in ((i, "start"), (j, "target")):
        if apart_m[end] >= SAME_PLACE_M:
            resident = network.map.graph.flags[places.edge[end]] & 3
            kind = "a street for residents, which OSRM leaves out" if resident else "another street"
            return f"the {name} is put on {kind} ({apart_m[end]:.0f} m apart)"
    legs = list(driven(network, places, i, j))
    passed = set(zip(theirs["nodes"], theirs["nodes"][1:], strict=False)) | set(theirs["nodes"])
    own = [leg for leg in legs[1:-1] if leg["tail"] not in passed or leg["head"] not in passed]
    unknown = [leg for leg in own if leg["class"] == "road"]
    if unknown:
        metres = sum(leg["metres"] for leg in unknown)
        ways = ", ".join(str(way) for way in dict.fromkeys(leg["way"] for leg in unknown))
        return f"{metres:.0f} m here on highway=road (way {ways}), a class that OSRM's car profile does not drive"
    if own:
        at = Counter[str]()
        for leg in own:
            at[f"{leg['name'] or 'an unnamed street'} ({leg['class']}, way {leg['way']})"] += leg["metres"]
        told = ", ".join(f"{metres:.0f} m on {street}" for street, metres in at.most_common(3))
        return f"another way, {told}: {sum(leg['seconds'] for leg in own):.0f} s, which OSRM passes by"
    turnabouts = [leg for leg in legs if leg["turn_s"] * 1000 >= TURNABOUT_MS]
    turns, their_turns = sum(leg["turn_s"] for leg in legs), theirs["duration_s"] - sum(theirs["driving_s"])
    if turnabouts and their_turns > turns + 5:
        where = turnabouts[0]["name"] or f"way {turnabouts[0]['way']}"
        return f"the same way, back along the other carriageway at {where}: a U-turn of 20 s more to OSRM"
    return f"the same way, turns and signals {turns:.0f} s here and {their_turns:.0f} s there, on a short drive"


def driven(network: CchRoadNetwork, places: Snapped, i: int, j: int) -> Iterator[dict[str, Any]]:
    """The segments of this engine's way, with what each costs and the turn into it."""
    graph, turns, metric = network.map.graph, network.map.turns, network._metric  # noqa: SLF001
    here, there = take_places(places, np.array([i])), take_places(places, np.array([j]))
    _, states = network._path(metric, here, there)  # noqa: SLF001
    before = None
    for state in states.tolist():
        segment = turns.segment[state]
        tail, head = graph.node_osm[graph.tail[segment]], graph.node_osm[graph.head[segment]]
        if turns.backward[state]:
            tail, head = head, tail
        arcs = np.flatnonzero((turns.tail == before) & (turns.head == state)) if before is not None else []
        before = state
        yield {
            "tail": int(tail),
            "head": int(head),
            "way": int(graph.way[segment]),
            "class": ROAD_CLASSES[graph.road_class[segment]],
            "name": graph.names[graph.name[segment]],
            "metres": float(graph.length_dm[segment]) / 10,
            "seconds": float(metric.state_ms[state]) / 1000,
            "turn_s": float(turns.delay_ms[arcs].min()) / 1000 if len(arcs) else 0.0,
        }
