"""A road graph as the NetworkX multigraph that OSMnx works with: for analysis and for exchange, never for routing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt
import shapely

from routing.roads.classes import ROAD_CLASSES
from routing.roads.graph import DEGREE, RoadGraph, SegmentFlag

WGS84 = "epsg:4326"


def osmnx_graph(graph: RoadGraph) -> nx.MultiDiGraph[int]:
    """The graph with OSMnx's attributes, one edge per open direction of a segment.

    Nodes are OpenStreetMap's, with `x` (lon), `y` (lat) and `street_count`. Edges have `osmid`, `highway`, `name`,
    `oneway`, `reversed`, `length` (metres), `speed_kph`, `travel_time` (seconds), where it applies `junction` and
    `access`, and a `geometry` where the segment is not straight. Turn restrictions, signals and barriers are left out.
    """
    result: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs=WGS84)
    result.add_nodes_from(_nodes(graph))
    speed = graph.open_speed
    for tail, head, segment, points in _segments(graph):
        along, against = speed[segment].tolist()
        shared = _attributes(graph, segment) | {"oneway": not (along and against)}
        if along:
            result.add_edge(tail, head, **shared, **_travel(graph, segment, along, points), reversed=False)
        if against:
            result.add_edge(head, tail, **shared, **_travel(graph, segment, against, points[::-1]), reversed=True)
    return result


def street_graph(graph: RoadGraph) -> nx.MultiGraph[int]:
    """The graph without directions, one edge per segment with its `length` in metres, nodes as in `osmnx_graph`."""
    result: nx.MultiGraph[int] = nx.MultiGraph(crs=WGS84)
    result.add_nodes_from(_nodes(graph))
    for tail, head, segment, _ in _segments(graph):
        result.add_edge(tail, head, length=int(graph.length_dm[segment]) / 10)
    return result


def _nodes(graph: RoadGraph) -> Iterator[tuple[int, dict[str, Any]]]:
    streets = np.bincount(np.concatenate((graph.tail, graph.head)), minlength=len(graph.node_osm))
    place = np.empty((len(graph.node_osm), 2))
    place[graph.tail] = graph.shape[graph.shape_first[:-1]] / DEGREE
    place[graph.head] = graph.shape[graph.shape_first[1:] - 1] / DEGREE
    for node, (lon, lat), count in zip(graph.node_osm.tolist(), place.tolist(), streets.tolist(), strict=True):
        yield node, {"x": lon, "y": lat, "street_count": count}


def _segments(graph: RoadGraph) -> Iterator[tuple[int, int, int, npt.NDArray[np.float64]]]:
    """Tail, head, number and line of every segment."""
    tail, head = graph.node_osm[graph.tail].tolist(), graph.node_osm[graph.head].tolist()
    for segment in range(len(graph)):
        rows = slice(graph.shape_first[segment], graph.shape_first[segment + 1])
        yield tail[segment], head[segment], segment, graph.shape[rows] / DEGREE


def _attributes(graph: RoadGraph, segment: int) -> dict[str, Any]:
    flags = SegmentFlag(int(graph.flags[segment]))
    found: dict[str, Any] = {
        "osmid": int(graph.way[segment]),
        "highway": ROAD_CLASSES[graph.road_class[segment]],
        "length": int(graph.length_dm[segment]) / 10,
    }
    name = graph.names[graph.name[segment]]
    if name:
        found["name"] = name
    if SegmentFlag.ROUNDABOUT in flags:
        found["junction"] = "roundabout"
    if flags & (SegmentFlag.RESTRICTED_FORWARD | SegmentFlag.RESTRICTED_BACKWARD):
        found["access"] = "destination"
    return found


def _travel(graph: RoadGraph, segment: int, speed: int, points: npt.NDArray[np.float64]) -> dict[str, Any]:
    kph = speed / 10
    found: dict[str, Any] = {"speed_kph": kph, "travel_time": int(graph.length_dm[segment]) / 10 / (kph / 3.6)}
    if len(points) > 2:
        found["geometry"] = shapely.LineString(points)
    return found
