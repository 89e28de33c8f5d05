"""GraphML: what OSMnx reads of ours, and what we drive of OSMnx'."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import osmnx
import pytest
import shapely

import visits.demo
from routing.errors import InputError, RoadError
from routing.roads.graphml import export_graphml, import_graphml
from routing.roads.store import build_roads, open_roads, read_report
from tests.tiny_maps import METRE, at, metres, seconds, write_map

HELSINKI = Path(visits.demo.__file__).parent / "helsinki.osm.pbf"
STREET = {"highway": "residential", "name": "Street", "maxspeed:forward": "45", "maxspeed:backward": "22.5"}
TOWN = {1: (0, 0), 2: (300, 0), 3: (300, 300), 4: (0, 300), 5: (150, 40)}
WAYS = [
    ((1, 5, 2), STREET),
    ((2, 3), {"highway": "primary", "oneway": "yes"}),
    ((3, 4), {"highway": "tertiary", "maxspeed": "30 mph", "access": "destination"}),
    ((4, 1), {"highway": "living_street"}),
    ((2, 1), {"highway": "service", "oneway": "yes"}),
]


@pytest.fixture
def town(tmp_path):
    build_roads(write_map(tmp_path / "town.osm", TOWN, WAYS), tmp_path / "town")
    return tmp_path / "town"


def matrix_of(roads, places):
    network = open_roads(roads)
    return network.matrix(network.snap(places))


def test_a_town_drives_the_same_after_going_through_graphml(town, tmp_path):
    export_graphml(town, tmp_path / "town.graphml")
    report = import_graphml(tmp_path / "town.graphml", tmp_path / "again")
    assert report.extract == "town.osm.pbf"
    assert (report.edges, report.length_km) == (read_report(town).edges, read_report(town).length_km)
    places = np.array([(0, 0), (150, 40), (290, 5), (305, 120), (200, 300), (0, 100), (80, 0)]) * METRE
    before, after = matrix_of(town, places), matrix_of(tmp_path / "again", places)
    assert np.abs(before.duration_s - after.duration_s).max() <= 1
    assert np.abs(before.distance_m - after.distance_m).max() <= 1
    network = open_roads(tmp_path / "again")
    assert "Street" in dict(network.route(at(network, 20, 5), at(network, 280, 5)).streets)


def test_osmnx_reads_what_we_export(tmp_path):
    build_roads(HELSINKI, tmp_path / "roads")
    edges = export_graphml(tmp_path / "roads", tmp_path / "h.graphml")
    graph = osmnx.load_graphml(tmp_path / "h.graphml")
    assert graph.number_of_edges() == edges
    assert nx.number_weakly_connected_components(graph) == 1
    for _, _, data in graph.edges(data=True):
        assert data["travel_time"] == pytest.approx(data["length"] / (data["speed_kph"] / 3.6))
        assert isinstance(data["oneway"], bool)
    route = osmnx.shortest_path(graph, *list(graph)[:2], weight="travel_time")
    assert len(route) >= 2


def test_a_real_city_keeps_its_travel_times(tmp_path):
    build_roads(HELSINKI, tmp_path / "roads")
    export_graphml(tmp_path / "roads", tmp_path / "h.graphml")
    import_graphml(tmp_path / "h.graphml", tmp_path / "again")
    places = np.random.default_rng(5).uniform([24.9365, 60.1650], [24.9520, 60.1740], (30, 2))
    before, after = (matrix_of(tmp_path / name, places).duration_s for name in ("roads", "again"))
    pairs = before > 60
    ratio = after[pairs] / before[pairs]
    assert 0.8 < np.median(ratio) <= 1.02, "signals and turn restrictions are lost, nothing else"


def test_a_simplified_graph_of_osmnx_is_driven_along_its_curves(tmp_path):
    ways = [((1, 5, 2), STREET), ((2, 3, 6, 4, 1), {"highway": "tertiary"}), ((2, 7), STREET)]
    extract = write_map(tmp_path / "town.osm", {**TOWN, 6: (150, 300), 7: (400, 0)}, ways)
    graph = osmnx.simplify_graph(osmnx.graph_from_xml(extract, simplify=False, retain_all=True))
    assert any("geometry" in data for _, _, data in graph.edges(data=True))
    osmnx.save_graphml(graph, tmp_path / "simple.graphml")
    import_graphml(tmp_path / "simple.graphml", tmp_path / "roads")
    build_roads(extract, tmp_path / "direct")
    given, expected = open_roads(tmp_path / "roads"), open_roads(tmp_path / "direct")
    for pair in (((0, 0), (300, 150)), ((150, 300), (150, 40)), ((20, 300), (300, 20))):
        assert metres(given, *pair) == pytest.approx(metres(expected, *pair), abs=1)


def test_a_ferry_keeps_its_crossing_time(tmp_path):
    places = {1: (0, 0), 2: (100, 0), 3: (600, 0), 4: (700, 0)}
    ferry = {"route": "ferry", "motor_vehicle": "yes", "duration": "00:10"}
    street = {"highway": "residential"}
    ways = [((1, 2), street), ((2, 3), ferry), ((3, 4), street)]
    build_roads(write_map(tmp_path / "f.osm", places, ways), tmp_path / "a")
    export_graphml(tmp_path / "a", tmp_path / "f.graphml")
    import_graphml(tmp_path / "f.graphml", tmp_path / "b")
    before, after = (seconds(open_roads(tmp_path / name), (50, 0), (650, 0)) for name in "ab")
    assert before > 600
    assert after == pytest.approx(before, abs=2)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        ("", "cannot be read"),
        ("<graphml", "cannot be read"),
        ("<html></html>", "cannot be read"),
        ('{"nodes": []}', "cannot be read"),
    ],
)
def test_what_is_no_graphml_is_named(tmp_path, content, said):
    if content is not None:
        (tmp_path / "g.graphml").write_text(content)
    with pytest.raises(RoadError, match=rf"g\.graphml {said}"):
        import_graphml(tmp_path / "g.graphml", tmp_path / "roads")
    assert not (tmp_path / "roads").exists()


def saved(tmp_path, nodes, edges):
    graph = nx.MultiDiGraph(crs="epsg:4326")
    graph.add_nodes_from(nodes)
    graph.add_edges_from(edges)
    osmnx.save_graphml(graph, tmp_path / "g.graphml")
    return tmp_path / "g.graphml"


@pytest.mark.parametrize(
    ("nodes", "edges", "said"),
    [
        ([(1, {"x": 0.0, "y": 0.0})], [], "holds no streets"),
        ([(1, {"x": 0.0}), (2, {"x": 1.0, "y": 0.0})], [(1, 2, {"length": 1.0})], "node 1 .* no x and y"),
        ([(1, {"x": 5e5, "y": 6e6}), (2, {"x": 0.0, "y": 0.0})], [(1, 2, {"length": 1.0})], "before projecting"),
    ],
)
def test_a_graph_that_is_no_street_map_is_named(tmp_path, nodes, edges, said):
    with pytest.raises(RoadError, match=said):
        import_graphml(saved(tmp_path, nodes, edges), tmp_path / "roads")


def test_foreign_attributes_do_no_harm(tmp_path):
    nodes = [(-7, {"x": 0.0, "y": 0.0}), (10**15, {"x": 0.001, "y": 0.0})]
    line = shapely.LineString([(0.0, 0.0), (0.0005, 0.0005), (0.001, 0.0)])
    data = {"length": 1.0, "geometry": line, "highway": ["tertiary", "primary"], "name": ["a", "b"], "lanes": "2"}
    both = [
        (-7, 10**15, {**data, "osmid": [1, 2]}),
        (10**15, -7, {**data, "geometry": line.reverse(), "osmid": [2, 1]}),
    ]
    import_graphml(saved(tmp_path, nodes, both), tmp_path / "roads")
    network = open_roads(tmp_path / "roads")
    assert read_report(tmp_path / "roads").edges == 2
    assert metres(network, (0, 0), (0.001 / METRE, 0)) == pytest.approx(157, abs=1)


def test_a_place_that_cannot_be_written_is_named(town, tmp_path):
    with pytest.raises(InputError, match=r"nowhere/t\.graphml cannot be written"):
        export_graphml(town, tmp_path / "nowhere" / "t.graphml")
