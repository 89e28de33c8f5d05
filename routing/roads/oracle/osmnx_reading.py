"""From an OpenStreetMap extract to a NetworkX graph by OSMnx: slow and plain, for small maps and as oracle."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, groupby
from pathlib import Path

import networkx as nx
import osmium

from routing.errors import RoadError
from routing.roads.oracle.tags import (
    Direction,
    direction,
    ferry_seconds,
    is_blocking,
    is_drivable,
    is_ferry,
    speeds_kph,
)

MS = "travel_ms"
MM = "length_mm"


@dataclass(frozen=True, slots=True)
class _Piece:
    """An unbroken run of one way's nodes in driving order, with what its tags say."""

    name: str
    nodes: tuple[int, ...]
    one_way: bool
    speeds_kph: tuple[float, float]
    crossing_s: float | None


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Positions (lon, lat) by node number, and the nodes that stop motorcars."""

    lonlat: dict[int, tuple[float, float]]
    blocked: frozenset[int]


def read_road_graph(extract: Path, workspace: Path | None = None) -> nx.MultiDiGraph[int]:
    """The drivable roads of an .osm or .osm.pbf extract as OSMnx makes them, one edge per pair of neighbouring nodes.

    Edges carry `length_mm` and `travel_ms` (whole millimetres and milliseconds) and `name`, nodes `x` (lon) and `y`
    (lat). Turn costs and turn restrictions are not modelled. OSMnx reads a filtered copy of the extract from a
    temporary directory inside `workspace`.

    Raises RoadError when the file is missing, truncated, no extract, or holds no drivable road, and when there is no
    room for the copy.
    """
    import osmnx  # noqa: PLC0415  # it takes seconds to load, and nothing else needs it

    if not extract.is_file():
        raise RoadError(f"{extract} does not exist or is no file; name an .osm or .osm.pbf extract")
    try:
        pieces, lonlat = _read_pieces(extract)
    except (RuntimeError, ValueError) as error:
        raise RoadError(
            f"{extract} cannot be read as OpenStreetMap data ({error}); it may be truncated or of another format, "
            "so download it again as .osm or .osm.pbf"
        ) from None
    if not pieces:
        raise RoadError(f"{extract} holds no road that a car may drive; give an extract of a place with streets")
    with tempfile.TemporaryDirectory(prefix="roads-", dir=workspace) as folder:
        filtered = Path(folder) / "roads.osm"
        try:
            _write_plain(pieces, lonlat, filtered)
        except RuntimeError as error:
            raise RoadError(
                f"no temporary copy of the roads could be written to {folder} ({error}); free some space or choose "
                "another --out"
            ) from None
        graph: nx.MultiDiGraph[int] = osmnx.graph_from_xml(filtered, simplify=False, retain_all=True)
    _price(graph, pieces)
    return graph


def largest_connected(graph: nx.MultiDiGraph[int]) -> nx.MultiDiGraph[int]:
    """The largest part of the graph in which every place can be reached from every other.

    Of equally large parts the one with the smallest node number is taken. Raises RoadError when no part has an edge.
    """
    first = min(nx.strongly_connected_components(graph), key=lambda part: (-len(part), min(part)))
    part: nx.MultiDiGraph[int] = graph.subgraph(first).copy()
    if part.number_of_edges() == 0:
        raise RoadError("the extract has no two places with roads both there and back; give a larger extract")
    return part


def _read_pieces(extract: Path) -> tuple[list[_Piece], dict[int, tuple[float, float]]]:
    ways = list(_drivable_ways(extract))
    nodes = _read_nodes(extract, {ref for _, refs in ways for ref in refs})
    fresh = count(min(nodes.lonlat, default=0) - 1, -1)
    own_places: dict[int, int] = {}
    pieces = [piece for tags, refs in ways for piece in _cut(tags, refs, nodes, fresh, own_places)]
    lonlat = nodes.lonlat | {own: nodes.lonlat[ref] for own, ref in own_places.items()}
    return pieces, lonlat


def _drivable_ways(extract: Path) -> Iterator[tuple[dict[str, str], list[int]]]:
    reader = osmium.FileProcessor(str(extract), osmium.osm.WAY)
    for way in reader.with_filter(osmium.filter.KeyFilter("highway", "route")):
        assert isinstance(way, osmium.osm.Way)
        tags = {tag.k: tag.v for tag in way.tags}
        if is_drivable(tags) and direction(tags) is not Direction.CLOSED:
            yield tags, [ref for ref, _ in groupby(node.ref for node in way.nodes)]


def _read_nodes(extract: Path, wanted: set[int]) -> _Nodes:
    lonlat: dict[int, tuple[float, float]] = {}
    blocked = set()
    for node in osmium.FileProcessor(str(extract), osmium.osm.NODE):
        assert isinstance(node, osmium.osm.Node)
        if node.id not in wanted or not node.location.valid():
            continue
        lonlat[node.id] = (node.location.lon, node.location.lat)
        if is_blocking({tag.k: tag.v for tag in node.tags}):
            blocked.add(node.id)
    return _Nodes(lonlat, frozenset(blocked))


def _cut(
    tags: dict[str, str], refs: list[int], nodes: _Nodes, fresh: Iterator[int], own_places: dict[int, int]
) -> Iterator[_Piece]:
    """The way cut where the extract lacks a node, and at barriers, where each piece ends at a `fresh` node of its own.

    `own_places` collects which node each fresh one stands at.
    """
    heading = direction(tags)
    along, against = speeds_kph(tags)
    if heading is Direction.BACKWARD:
        refs, along, against = refs[::-1], against, along
    name = tags.get("name") or tags.get("ref", "")

    def own(ref: int) -> int:
        if ref not in nodes.blocked:
            return ref
        number = next(fresh)
        own_places[number] = ref
        return number

    for present, run in groupby(refs, key=nodes.lonlat.__contains__):
        for stretch in _between(list(run), nodes.blocked) if present else ():
            yield _Piece(
                name,
                tuple(own(ref) for ref in stretch),
                heading is not Direction.BOTH,
                (along, against),
                ferry_seconds(tags) if is_ferry(tags) else None,
            )


def _between(run: list[int], blocked: frozenset[int]) -> Iterator[list[int]]:
    start = 0
    for i in range(1, len(run)):
        if run[i] in blocked or i == len(run) - 1:
            yield run[start : i + 1]
            start = i


def _write_plain(pieces: list[_Piece], lonlat: dict[int, tuple[float, float]], filtered: Path) -> None:
    """The pieces as ways 1, 2, … whose only tags are those OSMnx needs to build the graph."""
    used = sorted({ref for piece in pieces for ref in piece.nodes})
    with osmium.SimpleWriter(str(filtered)) as writer:
        for ref in used:
            writer.add_node(osmium.osm.mutable.Node(id=ref, version=1, location=lonlat[ref]))
        for number, piece in enumerate(pieces, 1):
            tags = {"highway": "road", "oneway": "yes" if piece.one_way else "no"}
            writer.add_way(osmium.osm.mutable.Way(id=number, version=1, nodes=piece.nodes, tags=tags))


def _price(graph: nx.MultiDiGraph[int], pieces: list[_Piece]) -> None:
    """Give every edge its whole millimetres and milliseconds and its name."""
    lengths = [0.0] * len(pieces)
    for _, _, data in graph.edges(data=True):
        if not data["reversed"]:
            lengths[data["osmid"] - 1] += data["length"]
    for _, _, data in graph.edges(data=True):
        piece, whole = pieces[data["osmid"] - 1], lengths[data["osmid"] - 1]
        kph = piece.speeds_kph[1 if data["reversed"] else 0]
        if piece.crossing_s is not None and whole > 0:
            kph = 3.6 * whole / piece.crossing_s
        data[MM] = round(data["length"] * 1000)
        data[MS] = round(data["length"] * 3600 / kph)
        data["name"] = piece.name
