from __future__ import annotations

import pytest

from routing.errors import InputError, RoadError
from routing.problem import Location, Problem
from routing.roads.attach import with_roads
from routing.roads.oracle.network import NetworkxRoadNetwork
from routing.roads.oracle.osmnx_reading import read_road_graph
from tests.tiny_maps import METRE, write_map


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    places = {1: (0, 0), 2: (100, 0)}
    tags = {"highway": "residential", "maxspeed": "45"}
    extract = write_map(tmp_path_factory.mktemp("map") / "m.osm", places, [((1, 2), tags)])
    return NetworkxRoadNetwork.from_graph(read_road_graph(extract))


def problem(*locations):
    return Problem(version=1, locations=locations, shifts=(), visits=())


def test_a_problem_gets_its_travel_from_the_roads(network):
    given = problem(Location(id="a", lon=0.0, lat=0.0), Location(id="b", lon=50 * METRE, lat=5 * METRE))
    found = with_roads(given, network).require_travel()
    assert found.duration_s[0].tolist() == [[0, 5], [5, 0]]
    assert found.distance_m[0].tolist() == [[0, 50], [50, 0]]


def test_a_location_without_coordinates_is_named(network):
    with pytest.raises(InputError, match=r"locations\[1\] \('b'\) has no lon and lat"):
        with_roads(problem(Location(id="a", lon=0.0, lat=0.0), Location(id="b")), network)


def test_a_location_far_from_any_road_is_named_with_kilometres(network):
    far = Location(id="farm", lon=0.0, lat=80_000 * METRE)
    with pytest.raises(RoadError, match=r"'farm'.*80\.0 km"):
        with_roads(problem(Location(id="a", lon=0.0, lat=0.0), far), network)
    with pytest.raises(RoadError, match="'b'"):
        with_roads(problem(Location(id="b", lon=0.0, lat=50 * METRE)), network, limit_m=40)


def test_a_problem_without_locations_stays_empty(network):
    assert with_roads(problem(), network).require_travel().duration_s.shape == (1, 0, 0)
