"""What every road network promises, whoever answers."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

import visits.demo
from routing.errors import RoadError
from routing.roads.network import RoadNetwork, require_on_roads
from routing.roads.oracle.network import NetworkxRoadNetwork, great_circle_m
from routing.roads.oracle.osmnx_reading import read_road_graph
from routing.roads.osrm import OsrmRoadNetwork
from routing.roads.store import build_roads, open_roads
from tests.contract.osrm_server import serve_osrm
from tests.tiny_maps import METRE, at, metres, seconds, write_map

HELSINKI = Path(visits.demo.__file__).parent / "helsinki.osm.pbf"
STREET = {"highway": "residential", "maxspeed": "45", "name": "Street"}
ONE_WAY = {**STREET, "oneway": "yes", "name": "Loop"}


@contextmanager
def in_memory(extract, _folder):
    yield NetworkxRoadNetwork.from_graph(read_road_graph(extract))


@contextmanager
def on_disk(extract, folder):
    build_roads(extract, folder / "roads")
    yield open_roads(folder / "roads")


@contextmanager
def behind_osrm(extract, folder):
    with in_memory(extract, folder) as oracle, serve_osrm(oracle) as address:
        network = OsrmRoadNetwork(address)
        yield network
        network.close()


IMPLEMENTATIONS = {"networkx": in_memory, "disk": on_disk, "osrm": behind_osrm}


@pytest.fixture(scope="module", params=IMPLEMENTATIONS.values(), ids=IMPLEMENTATIONS.keys())
def implementation(request):
    return request.param


@pytest.fixture(scope="module")
def helsinki(implementation, tmp_path_factory):
    with implementation(HELSINKI, tmp_path_factory.mktemp("helsinki")) as network:
        yield network


@pytest.fixture(scope="module")
def town(implementation, tmp_path_factory):
    """A two-way street of 400 m, joined in the middle to a one-way loop of 400 m; an island far to the east."""
    folder = tmp_path_factory.mktemp("town")
    places = {1: (-200, 0), 2: (0, 0), 3: (200, 0), 4: (0, 100), 5: (100, 100), 6: (100, 200), 7: (0, 200)}
    island = {8: (5000, 0), 9: (5100, 0)}
    ways = [((1, 2, 3), STREET), ((2, 4), STREET), ((4, 5, 6, 7, 4), ONE_WAY), ((8, 9), STREET)]
    extract = write_map(folder / "town.osm", {**places, **island}, ways)
    with implementation(extract, folder) as network:
        yield network


@pytest.fixture(scope="module")
def places():
    """Twelve places all over the centre of Helsinki."""
    return np.random.default_rng(7).uniform([24.9365, 60.1650], [24.9520, 60.1740], (12, 2))


def test_it_is_a_road_network(town):
    assert isinstance(town, RoadNetwork)


def test_places_are_put_on_the_nearest_road(town):
    snapped = at(town, 50, 30)
    assert len(snapped) == 1
    assert snapped.lonlat[0] == pytest.approx(np.array([50, 30]) * METRE)
    assert snapped.road_lonlat[0] == pytest.approx(np.array([50, 0]) * METRE, abs=METRE / 10)
    assert snapped.off_road_m[0] == pytest.approx(30, abs=0.2)


def test_snapping_gives_whole_arrays(helsinki, places):
    snapped = helsinki.snap(places)
    n = len(places)
    assert (snapped.lonlat.shape, snapped.road_lonlat.shape) == ((n, 2), (n, 2))
    assert (snapped.edge.shape, snapped.fraction.shape, snapped.off_road_m.shape) == ((n,), (n,), (n,))
    assert (snapped.edge.dtype, snapped.fraction.dtype) == (np.int64, np.float64)
    assert ((snapped.fraction >= 0) & (snapped.fraction <= 1)).all()
    assert snapped.off_road_m == pytest.approx(great_circle_m(places, snapped.road_lonlat), abs=0.5)
    again = helsinki.snap(snapped.road_lonlat)
    assert again.off_road_m.max() < 0.2


def test_no_places_are_no_trouble(town):
    nothing = town.snap(np.empty((0, 2)))
    assert len(nothing) == 0
    assert town.matrix(nothing).duration_s.shape == (0, 0)
    assert town.matrix(at(town, 0, 0), nothing).distance_m.shape == (1, 0)


def test_matrices_are_whole_numbers_and_stay_is_free(helsinki, places):
    matrix = helsinki.matrix(helsinki.snap(places))
    for part in (matrix.duration_s, matrix.distance_m):
        assert part.dtype == np.int32
        assert part.shape == (len(places), len(places))
        assert (part >= 0).all()
        assert (np.diag(part) == 0).all()


def test_a_part_of_a_matrix_is_that_part(helsinki, places):
    snapped = helsinki.snap(places)
    whole = helsinki.matrix(snapped)
    part = helsinki.matrix(helsinki.snap(places[2:5]), helsinki.snap(places[6:]))
    assert np.array_equal(part.duration_s, whole.duration_s[2:5, 6:])
    assert np.array_equal(part.distance_m, whole.distance_m[2:5, 6:])


def test_a_route_costs_its_matrix_entry_and_runs_from_road_to_road(helsinki, places):
    matrix = helsinki.matrix(helsinki.snap(places))
    for i, j in [(0, 1), (1, 0), (3, 8), (8, 3), (5, 11), (4, 4)]:
        origin, target = helsinki.snap(places[[i]]), helsinki.snap(places[[j]])
        route = helsinki.route(origin, target)
        assert (route.duration_s, route.distance_m) == (matrix.duration_s[i, j], matrix.distance_m[i, j])
        assert len(route.line) >= 2
        assert great_circle_m(route.line[[0, -1]], np.vstack([origin.road_lonlat, target.road_lonlat])).max() < 0.5
        drawn = great_circle_m(route.line[:-1], route.line[1:]).sum()
        assert drawn == pytest.approx(route.distance_m, rel=0.01, abs=2)
        assert sum(length for _, length in route.streets) == pytest.approx(route.distance_m, abs=2)


def test_no_road_is_shorter_than_the_bee_line(helsinki, places):
    snapped = helsinki.snap(places)
    road = snapped.road_lonlat
    n = len(places)
    bee = great_circle_m(np.repeat(road, n, axis=0), np.tile(road, (n, 1))).reshape(n, n)
    assert (helsinki.matrix(snapped).distance_m >= bee - 2).all()


def test_all_implementations_drive_about_alike(helsinki, places):
    """Turns and signals cost time in one and not in another, but a city stays the same city."""
    reference = NetworkxRoadNetwork.from_graph(read_road_graph(HELSINKI))
    expected = reference.matrix(reference.snap(places)).duration_s.astype(np.float64)
    found = helsinki.matrix(helsinki.snap(places)).duration_s
    pairs = expected > 60
    ratio = found[pairs] / expected[pairs]
    assert 0.9 < np.median(ratio) < 1.6
    assert (ratio > 0.5).all()


def test_a_two_way_street_is_driven_both_ways(town):
    assert metres(town, (-150, 3), (-50, -3)) == metres(town, (-50, 3), (-150, -3)) == 100
    assert seconds(town, (-150, 3), (-50, -3)) == seconds(town, (-50, 3), (-150, -3)) == 10


def test_a_one_way_loop_is_driven_round(town):
    assert metres(town, (20, 100), (80, 100)) == 60
    assert metres(town, (80, 100), (20, 100)) == 340


def test_streets_are_named_in_driving_order(town):
    route = town.route(at(town, 0, 50), at(town, 50, 100))
    assert [name for name, _ in route.streets] == ["Street", "Loop"]


def test_an_island_is_not_used_and_the_distance_is_told(town):
    snapped = at(town, 5050, 0)
    assert snapped.off_road_m[0] == pytest.approx(4850, rel=0.01)
    with pytest.raises(RoadError, match=r"'shop'.*4\.8|'shop'.*4\.9"):
        require_on_roads(snapped, ["shop"])


@pytest.mark.parametrize("place", [(float("nan"), 0.0), (0.0, float("inf")), (0.0, 91.0), (181.0, 0.0)])
def test_nonsense_is_refused(town, place):
    with pytest.raises(RoadError):
        town.snap(np.array([place]))


def test_swapped_coordinates_are_far_off(helsinki):
    snapped = helsinki.snap(np.array([[60.17, 24.94]]))
    with pytest.raises(RoadError, match="lon before lat"):
        require_on_roads(snapped, ["shop"])


def test_a_departure_is_accepted(helsinki, places):
    snapped = helsinki.snap(places[:3])
    when = datetime(2026, 11, 23, 8)  # noqa: DTZ001 - a departure is local time
    matrix = helsinki.matrix(snapped, departure=when)
    route = helsinki.route(helsinki.snap(places[[0]]), helsinki.snap(places[[1]]), departure=when)
    assert (route.duration_s, route.distance_m) == (matrix.duration_s[0, 1], matrix.distance_m[0, 1])


def test_the_same_question_has_the_same_answer(helsinki, places):
    first, second = (helsinki.matrix(helsinki.snap(places)) for _ in range(2))
    assert np.array_equal(first.duration_s, second.duration_s)
    assert np.array_equal(first.distance_m, second.distance_m)
