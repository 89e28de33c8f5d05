"""GraphML, the exchange format of OSMnx: road networks out of it and into it.

GraphML holds streets, their classes, limits and names. Turn restrictions are not part of it, nor, on the way out,
signals and barriers; a network that goes through it loses them.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import networkx as nx
import shapely

from routing.errors import RoadError
from routing.files import replacing
from routing.roads.classes import LIMIT_SHARE
from routing.roads.drive import CROSSINGS
from routing.roads.extract_file import Node, Way, write_extract
from routing.roads.osmnx_graph import osmnx_graph
from routing.roads.shelf import load_map
from routing.roads.store import RoadsReport, build_roads, read_report

_Line = tuple[tuple[float, float], ...]
_KEPT_TAGS = ("name", "ref", "junction", "access", "service", "surface", "lanes", "bridge", "tunnel")
_KEPT_NODE_TAGS = ("highway", "barrier", "railway")


def export_graphml(roads: Path, out: Path) -> int:
    """Write the road network in the directory `roads` as GraphML that `osmnx.load_graphml` reads; returns its edges.

    Edges carry `speed_kph` and `travel_time` as this network drives, and as `maxspeed` the limit that gives that
    speed. Raises RoadError when `roads` holds no network and InputError when `out` cannot be written.
    """
    import osmnx  # noqa: PLC0415  # it takes seconds to load, and nothing else here needs it

    read_report(roads)
    graph = osmnx_graph(load_map(roads).graph)
    for _, _, data in graph.edges(data=True):
        data["maxspeed"] = f"{data['speed_kph'] / LIMIT_SHARE:g}"
    with replacing(out) as beside:
        osmnx.save_graphml(graph, beside)
    return graph.number_of_edges()


def import_graphml(source: Path, out: Path) -> RoadsReport:
    """Build the road network of an OSMnx GraphML file as the directory `out`, replacing an older one there.

    Speeds follow the edges' `maxspeed` and `highway` by the rules of an extract. Raises RoadError when the file is
    missing, no GraphML of OSMnx or without roads, and as `build_roads` does.
    """
    graph = _load(source)
    with tempfile.TemporaryDirectory(prefix="graphml-") as folder:
        extract = Path(folder) / f"{source.stem}.osm.pbf"
        write_streets(graph, extract)
        return build_roads(extract, out)


def write_streets(graph: nx.MultiDiGraph[int], extract: Path) -> None:
    """Write an OSMnx graph, simplified or not, as an extract: one way per street, its two directions together.

    Raises RoadError naming what an edge or node lacks.
    """
    numbers = {node: number for number, node in enumerate(graph, 1)}
    fresh = count(len(numbers) + 1)
    nodes = [_node(number, node, graph.nodes[node]) for node, number in numbers.items()]
    ways: list[Way] = []
    for (tail, head, line), (ahead, back) in _streets(graph).items():
        inner = [Node(next(fresh), lon, lat, {}) for lon, lat in line[1:-1]]
        nodes += inner
        refs = (numbers[tail], *(node.number for node in inner), numbers[head])
        if ahead is not None:
            ways.append(Way(len(ways) + 1, refs, _tags(ahead, back)))
        elif back is not None:
            ways.append(Way(len(ways) + 1, refs[::-1], _tags(back, None)))
    write_extract(extract, nodes, ways)


def _load(source: Path) -> nx.MultiDiGraph[int]:
    import osmnx  # noqa: PLC0415  # it takes seconds to load, and nothing else here needs it

    if not source.is_file():
        raise RoadError(f"{source} does not exist or is no file; name a .graphml file that OSMnx saved")
    try:
        graph: nx.MultiDiGraph[int] = osmnx.load_graphml(source)
    except (ParseError, nx.NetworkXError, ValueError, KeyError, TypeError, AttributeError, SyntaxError) as error:
        raise RoadError(
            f"{source} cannot be read as GraphML of OSMnx ({type(error).__name__}: {error}); save it again with "
            "osmnx.save_graphml"
        ) from None
    if graph.number_of_edges() == 0:
        raise RoadError(f"{source} holds no streets; save it again with osmnx.save_graphml")
    return graph


def _node(number: int, name: int, data: Mapping[str, Any]) -> Node:
    if not isinstance(data.get("x"), float) or not isinstance(data.get("y"), float):
        raise RoadError(f"node {name} of the graph has no x and y; save it again with osmnx.save_graphml")
    if not -180 <= data["x"] <= 180 or not -90 <= data["y"] <= 90:
        raise RoadError(
            f"node {name} of the graph lies at x {data['x']:g}, y {data['y']:g}, which are no degrees; "
            "save the graph before projecting it"
        )
    return Node(number, data["x"], data["y"], {key: str(data[key]) for key in _KEPT_NODE_TAGS if data.get(key)})


def _streets(
    graph: nx.MultiDiGraph[int],
) -> dict[tuple[int, int, _Line], tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]]:
    """Streets by their ends and line, taken in the direction that sorts first: the edges ahead and back."""
    found: defaultdict[tuple[int, int, _Line], list[Mapping[str, Any] | None]] = defaultdict(lambda: [None, None])
    for tail, head, data in graph.edges(data=True):
        line = _line(graph, tail, head, data)
        here, there = (tail, head, line), (head, tail, line[::-1])
        if here <= there:
            found[here][0] = data
        else:
            found[there][1] = data
    return {street: (ahead, back) for street, (ahead, back) in found.items()}


def _line(graph: nx.MultiDiGraph[int], tail: int, head: int, data: Mapping[str, Any]) -> _Line:
    geometry = data.get("geometry")
    if isinstance(geometry, shapely.LineString):
        return tuple((lon, lat) for lon, lat, *_ in geometry.coords)
    return tuple((graph.nodes[node]["x"], graph.nodes[node]["y"]) for node in (tail, head))


def _tags(ahead: Mapping[str, Any], back: Mapping[str, Any] | None) -> dict[str, str]:
    tags = dict(_kept(ahead))
    highway = _first(ahead.get("highway")) or "road"
    if highway in CROSSINGS:
        tags |= {"route": highway, "motor_vehicle": "yes"}
        if isinstance(ahead.get("travel_time"), float):
            minutes, seconds = divmod(round(ahead["travel_time"]), 60)
            tags["duration"] = f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    else:
        tags["highway"] = highway
    tags["oneway"] = "no" if back is not None else "yes"
    limit, limit_back = _first(ahead.get("maxspeed")), _first(back.get("maxspeed")) if back is not None else ""
    if limit:
        tags["maxspeed"] = limit
    if limit_back and limit_back != limit:
        tags["maxspeed:backward"] = limit_back
    return tags


def _kept(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key in _KEPT_TAGS:
        value = _first(data.get(key))
        if value:
            yield key, value


def _first(value: Any) -> str:
    """OSMnx joins edges and then keeps lists of values; the first stands for all."""
    if isinstance(value, list):
        value = value[0] if value else ""
    return "" if value is None else str(value)
