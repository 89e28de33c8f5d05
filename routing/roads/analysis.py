"""What a road graph is like: how it hangs together, where it ends, how long and dense its streets are.

Connectivity by NetworkX, street statistics by OSMnx. A territory's planner reads it before trusting a map: islands are
places no rep can reach, dead ends are where the map, or the city, stops.
"""

from __future__ import annotations

from pathlib import Path

import networkx as nx

from routing.documents import Document
from routing.roads.graph import RoadGraph
from routing.roads.osm import read_extract
from routing.roads.osmnx_graph import osmnx_graph, street_graph
from routing.roads.segments import cut_segments
from routing.roads.shelf import load_map
from routing.roads.store import read_report


class Island(Document):
    """A part without any road to the largest part: its nodes, kilometres of road, and one of its places."""

    nodes: int
    length_km: float
    lon: float
    lat: float


class RoadsAnalysis(Document):
    """Figures of a road graph.

    `connected_share` is the share of nodes in the largest part in which everything can be reached from everywhere;
    `one_way_traps` are the nodes outside it that are joined to it in one direction only. `islands` are the ten
    largest of `island_count`. `dead_ends` are nodes with one street, `crossings` those with three or more.
    `cut_points` are the nodes whose closure would part the map. Lengths are street lengths, counted once.
    """

    nodes: int
    streets: int
    one_way_streets: int
    street_km: float
    mean_street_m: float
    mean_circuity: float
    crossings: int
    dead_ends: int
    cut_points: int
    connected_share: float
    one_way_traps: int
    island_count: int
    islands: tuple[Island, ...]


def graph_at(place: Path) -> RoadGraph:
    """The road graph in a directory of `build_roads`, or the whole one, islands included, of an extract.

    Raises RoadError when there is none.
    """
    if place.is_file():
        return cut_segments(read_extract(place))
    read_report(place)
    return load_map(place).graph


def analyse(graph: RoadGraph) -> RoadsAnalysis:
    """The figures of a graph with at least one segment."""
    import osmnx  # noqa: PLC0415  # it takes seconds to load, and nothing else here needs it

    directed, streets = osmnx_graph(graph), street_graph(graph)
    parts = sorted(nx.connected_components(streets), key=lambda part: (-len(part), min(part)))
    strong = max(nx.strongly_connected_components(directed), key=lambda part: (len(part), -min(part)))
    mainland = next(part for part in parts if strong <= part)
    islands = [part for part in parts if part is not mainland]
    counts = osmnx.stats.streets_per_node_counts(directed)
    length_m = osmnx.stats.street_length_total(streets)
    open_ways = (graph.open_speed > 0).sum(axis=1)
    return RoadsAnalysis(
        nodes=len(directed),
        streets=len(graph),
        one_way_streets=int((open_ways == 1).sum()),
        street_km=round(length_m / 1000, 3),
        mean_street_m=round(length_m / len(graph), 1),
        mean_circuity=round(osmnx.stats.circuity_avg(streets) or 1.0, 4),
        crossings=sum(nodes for count, nodes in counts.items() if count >= 3),
        dead_ends=counts.get(1, 0),
        cut_points=sum(1 for _ in nx.articulation_points(nx.Graph(streets))),
        connected_share=round(len(strong) / len(directed), 4),
        one_way_traps=len(mainland) - len(strong),
        island_count=len(islands),
        islands=tuple(_island(streets, part) for part in islands[:10]),
    )


def _island(streets: nx.MultiGraph[int], part: set[int]) -> Island:
    node = streets.nodes[min(part)]
    metres = streets.subgraph(part).size(weight="length")
    return Island(nodes=len(part), length_km=round(metres / 1000, 3), lon=node["x"], lat=node["y"])
