from __future__ import annotations

import pytest

from routing.errors import RoadError
from routing.roads.analysis import analyse, graph_at
from routing.roads.store import build_roads
from tests.tiny_maps import METRE, write_map

STREET = {"highway": "residential"}
ONE_WAY = {**STREET, "oneway": "yes"}
PLACES = {
    1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100), 5: (200, 0), 6: (200, 100),
    20: (900, 0), 21: (950, 0), 22: (950, 40), 30: (2000, 0), 31: (2010, 0),
}  # fmt: skip
WAYS = [
    ((1, 2), STREET),
    ((2, 3), STREET),
    ((3, 4), STREET),
    ((4, 1), STREET),
    ((2, 5), STREET),
    ((3, 6), ONE_WAY),
    ((20, 21), STREET),
    ((21, 22), STREET),
    ((30, 31), STREET),
]


@pytest.fixture
def extract(tmp_path):
    return write_map(tmp_path / "town.osm", PLACES, WAYS)


def test_an_extract_is_told_with_its_islands_traps_and_dead_ends(extract):
    found = analyse(graph_at(extract))
    assert (found.nodes, found.streets, found.one_way_streets) == (11, 9, 1)
    assert found.street_km == pytest.approx(0.7, abs=0.001)
    assert found.mean_street_m == pytest.approx(700 / 9, abs=0.1)
    assert found.mean_circuity == pytest.approx(1, abs=0.01)
    assert found.crossings == 2, "where the square meets its two tails"
    assert found.dead_ends == 6
    assert found.cut_points == 3
    assert found.connected_share == round(5 / 11, 4)
    assert found.one_way_traps == 1
    assert found.island_count == 2
    assert [island.nodes for island in found.islands] == [3, 2]
    assert found.islands[0].length_km == 0.09
    assert found.islands[0].lon == pytest.approx(900 * METRE, abs=1e-6)


def test_a_stored_network_is_its_connected_part(extract, tmp_path):
    build_roads(extract, tmp_path / "roads")
    found = analyse(graph_at(tmp_path / "roads"))
    assert (found.connected_share, found.one_way_traps, found.island_count) == (1.0, 0, 0)
    assert found.street_km == pytest.approx(0.5, abs=0.001)


def test_what_is_no_network_is_named(tmp_path):
    with pytest.raises(RoadError, match="no directory with a road network"):
        graph_at(tmp_path / "none")


@pytest.mark.needs_osm
def test_a_real_city_is_mostly_connected(osm_extract):
    found = analyse(graph_at(osm_extract("heidelberg_ors.osm.pbf")))
    assert found.connected_share > 0.85
    assert found.dead_ends > 1000
    assert found.island_count == len(found.islands) or len(found.islands) == 10
