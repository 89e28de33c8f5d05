"""The NetworkX network on hand-made maps, against arithmetic and against brute force."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import RoadError
from routing.roads.network import RoadNetwork, Snapped, require_on_roads
from routing.roads.oracle.network import NetworkxRoadNetwork, streets_of
from routing.roads.oracle.osmnx_reading import read_road_graph
from routing.roads.oracle.stretches import CLOSED, Stretches
from tests.tiny_maps import METRE, at, metres, seconds, write_map

STREET = {"highway": "residential", "maxspeed": "45"}
"""Driven at 36 km/h, that is 10 m/s."""
ONE_WAY = {**STREET, "oneway": "yes"}
SQUARE = {1: (0, 0), 2: (100, 0), 3: (100, 100), 4: (0, 100)}


@pytest.fixture
def build(tmp_path):
    def make(places, ways, node_tags=None):
        return NetworkxRoadNetwork.from_graph(read_road_graph(write_map(tmp_path / "m.osm", places, ways, node_tags)))

    return make


def test_it_is_a_road_network(build):
    assert isinstance(build({1: (0, 0), 2: (100, 0)}, [((1, 2), STREET)]), RoadNetwork)


def test_a_two_way_street_is_driven_both_ways_with_part_of_its_cost(build):
    network = build({1: (0, 0), 2: (100, 0)}, [((1, 2), STREET)])
    assert (seconds(network, (20, 5), (80, -5)), metres(network, (20, 5), (80, -5))) == (6, 60)
    assert (seconds(network, (80, 5), (20, -5)), metres(network, (80, 5), (20, -5))) == (6, 60)


def test_on_a_one_way_loop_a_target_behind_is_a_round_trip(build):
    network = build(SQUARE, [((1, 2, 3, 4, 1), ONE_WAY)])
    assert metres(network, (20, 0), (80, 0)) == 60
    assert metres(network, (80, 0), (20, 0)) == 340
    assert seconds(network, (80, 0), (20, 0)) == 34
    assert metres(network, (50, 0), (50, 0)) == 0


@pytest.mark.parametrize("oneway", ["-1", "reverse"])
def test_a_one_way_against_its_nodes(build, oneway):
    network = build(SQUARE, [((1, 2, 3, 4, 1), {**STREET, "oneway": oneway})])
    assert metres(network, (20, 0), (80, 0)) == 340


def test_a_roundabout_is_one_way(build):
    network = build(SQUARE, [((1, 2, 3, 4, 1), {**STREET, "junction": "roundabout"})])
    assert metres(network, (80, 0), (20, 0)) == 340


def test_a_roundabout_may_be_tagged_two_way(build):
    network = build(SQUARE, [((1, 2, 3, 4, 1), {**STREET, "junction": "roundabout", "oneway": "no"})])
    assert metres(network, (80, 0), (20, 0)) == 60


def test_a_reversible_lane_is_not_used(build):
    ways = [((1, 2, 3, 4), STREET), ((4, 1), {**STREET, "oneway": "reversible"})]
    assert metres(build(SQUARE, ways), (0, 0), (0, 100)) == 300


def test_each_direction_has_its_own_speed(build):
    tags = {"highway": "residential", "maxspeed:forward": "45", "maxspeed:backward": "22.5"}
    network = build({1: (0, 0), 2: (100, 0)}, [((1, 2), tags)])
    assert (seconds(network, (0, 0), (100, 0)), seconds(network, (100, 0), (0, 0))) == (10, 20)


def test_own_speeds_turn_with_a_reversed_one_way(build):
    way = {"highway": "residential", "oneway": "-1", "maxspeed:backward": "22.5", "maxspeed:forward": "45"}
    network = build(SQUARE, [((1, 2, 3, 4), STREET), ((1, 4), way)])
    assert seconds(network, (0, 100), (0, 0)) == 20


def test_of_parallel_streets_between_the_same_nodes_the_fastest_counts(build):
    network = build({1: (0, 0), 2: (100, 0)}, [((1, 2), {**STREET, "maxspeed": "10"}), ((1, 2), STREET)])
    assert seconds(network, (0, 0), (100, 0)) == 10


def test_the_fastest_way_is_taken_and_its_metres_told(build):
    places = {1: (0, 0), 2: (100, 0), 3: (50, 100)}
    ways = [((1, 2), {"highway": "residential", "maxspeed": "5"}), ((1, 3, 2), {**STREET, "maxspeed": "90"})]
    network = build(places, ways)
    assert metres(network, (0, 0), (100, 0)) == pytest.approx(2 * np.hypot(50, 100), abs=1)


def test_islands_are_left_out_and_the_distance_told(build):
    places = {**SQUARE, 5: (900, 0), 6: (900, 50)}
    network = build(places, [((1, 2, 3, 4, 1), STREET), ((5, 6), STREET)])
    snapped = at(network, 900, 20)
    assert snapped.off_road_m[0] == pytest.approx(800, abs=1)
    with pytest.raises(RoadError, match=r"'kiosk'.*0\.8 km"):
        require_on_roads(snapped, ["kiosk"], 500)


def test_a_one_way_into_nowhere_is_left_out(build):
    network = build({**SQUARE, 5: (500, 0)}, [((1, 2, 3, 4, 1), STREET), ((2, 5), ONE_WAY)])
    assert at(network, 500, 0).road_lonlat[0] == pytest.approx([100 * METRE, 0], abs=METRE / 10)


def test_a_bollard_lets_nobody_through_but_both_sides_up_to_it(build):
    places = {**SQUARE, 5: (50, 0)}
    ways = [((1, 5, 2), STREET), ((2, 3, 4, 1), STREET)]
    assert metres(build(places, ways), (40, 0), (60, 0)) == 20
    assert metres(build(places, ways, {5: {"barrier": "bollard"}}), (40, 0), (60, 0)) == 380


def test_a_bollard_where_two_streets_meet_parts_them(build):
    places = {**SQUARE, 5: (50, 0)}
    ways = [((1, 5), STREET), ((5, 2), STREET), ((2, 3, 4, 1), STREET)]
    assert metres(build(places, ways, {5: {"barrier": "bollard"}}), (40, 0), (60, 0)) == 380


def test_private_streets_and_those_outside_the_extract_are_not_driven(build):
    ways = [((1, 2, 3, 4, 99, 1), STREET), ((4, 1), {**STREET, "access": "private"})]
    assert metres(build(SQUARE, ways), (0, 0), (0, 100)) == 300


def test_a_ferry_takes_its_tagged_time(build):
    places = {1: (0, 0), 2: (100, 0), 3: (600, 0), 4: (700, 0), 5: (1100, 0)}
    ferry = {"route": "ferry", "motor_vehicle": "yes", "duration": "00:10"}
    network = build(places, [((1, 2), STREET), ((2, 3, 4), ferry), ((4, 5), STREET)])
    assert seconds(network, (50, 0), (800, 0)) == 5 + 600 + 10


def test_route_names_its_streets_and_follows_the_nodes(build):
    ways = [((1, 2, 3), {**STREET, "name": "中山路"}), ((3, 4), {**STREET, "ref": "E 12"})]
    route = build(SQUARE, ways)
    found = route.route(at(route, 50, 0), at(route, 60, 100))
    assert found.streets == (("中山路", 150), ("E 12", 40))
    assert (found.duration_s, found.distance_m) == (19, 190)
    expected = [(50, 0), (100, 0), (100, 100), (60, 100)]
    assert found.line == pytest.approx(np.array(expected) * METRE, abs=METRE / 10)


def test_a_route_to_itself_is_a_line_of_two_points(build):
    network = build({1: (0, 0), 2: (100, 0)}, [((1, 2), STREET)])
    route = network.route(at(network, 50, 0), at(network, 50, 0))
    assert (route.duration_s, route.distance_m, route.line.shape, route.streets) == (0, 0, (2, 2), ())


def test_no_places_make_an_empty_matrix(build):
    network = build({1: (0, 0), 2: (100, 0)}, [((1, 2), STREET)])
    assert network.matrix(network.snap(np.empty((0, 2)))).duration_s.shape == (0, 0)


@pytest.mark.parametrize(
    ("lonlat", "said"),
    [
        ((float("nan"), 1.0), "lon nan"),
        ((1.0, float("inf")), "lat inf"),
        ((10.0, 120.0), "swapped"),
        ((500.0, 1.0), "not on Earth"),
    ],
)
def test_nonsense_is_refused(build, lonlat, said):
    network = build({1: (0, 0), 2: (100, 0)}, [((1, 2), STREET)])
    with pytest.raises(RoadError, match=said):
        network.snap(np.array([[0.0, 0.0], lonlat]))


def test_a_place_far_off_is_named_with_its_kilometres(build):
    network = build({1: (0, 0), 2: (100, 0)}, [((1, 2), STREET)])
    with pytest.raises(RoadError, match=r"'Lighthouse' at lon .* \(80\.0 km\)"):
        require_on_roads(at(network, 0, 80_000), ["Lighthouse"])


def test_streets_join_neighbours_and_add_up_to_whole_metres():
    assert streets_of([("a", 400), ("a", 400), ("b", 400), ("", 0), ("a", 400)]) == (("a", 1), ("a", 1))
    assert streets_of([]) == ()


# A random map is a one-way ring, so that everything is connected, with random two-way and one-way stretches across.

NODES = 6


@st.composite
def random_stretches(draw):
    milliseconds = st.integers(0, 5000)
    pairs = [(i, (i + 1) % NODES) for i in range(NODES)]
    pairs += draw(st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=5))
    rows = []
    for number, (tail, head) in enumerate(pairs):
        ahead = draw(milliseconds)
        back = draw(st.one_of(st.just(CLOSED), milliseconds))
        rows.append((tail, head, ahead, back if number >= NODES else CLOSED, draw(st.integers(0, 3000))))
    unique = list({(min(r[:2]), max(r[:2])): r for r in reversed(rows) if r[0] != r[1]}.values())
    table = np.array(unique, np.int64)
    return Stretches(
        node_lonlat=np.array([(0.001 * i, 0.001 * i * i) for i in range(NODES)]),
        tail=table[:, 0].astype(np.int32),
        head=table[:, 1].astype(np.int32),
        ahead_ms=table[:, 2],
        back_ms=table[:, 3],
        length_mm=table[:, 4],
        name=np.zeros(len(table), np.int32),
        names=("",),
    )


def brute_force(stretches, places):
    """(ms, mm) between all places by relaxing until nothing changes, on the map cut at every place."""
    arcs = []
    for k in range(len(stretches)):
        ahead, back, length = (int(a[k]) for a in (stretches.ahead_ms, stretches.back_ms, stretches.length_mm))
        on_it = sorted((fraction, ("place", i)) for i, (edge, fraction) in enumerate(places) if edge == k)
        cuts = [(0.0, int(stretches.tail[k])), *on_it, (1.0, int(stretches.head[k]))]
        for (f, here), (g, there) in pairwise(cuts):
            mm = round(length * g) - round(length * f)
            if ahead != CLOSED:
                arcs.append((here, there, round(ahead * g) - round(ahead * f), mm))
            if back != CLOSED:
                arcs.append((there, here, round(back * g) - round(back * f), mm))
    best = {}
    for i in range(len(places)):
        cost = {("place", i): (0, 0)}
        changed = True
        while changed:
            changed = False
            for here, there, ms, mm in arcs:
                if here in cost:
                    offer = (cost[here][0] + ms, cost[here][1] + mm)
                    if there not in cost or offer < cost[there]:
                        cost[there], changed = offer, True
        for j in range(len(places)):
            best[i, j] = cost.get(("place", j))
    return best


@settings(max_examples=150, deadline=None)
@given(random_stretches(), st.data())
def test_matrix_and_route_equal_brute_force(stretches, data):
    spot = st.tuples(st.integers(0, len(stretches) - 1), st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
    places = data.draw(st.lists(spot, min_size=1, max_size=4, unique=True))
    edge = np.array([e for e, _ in places])
    fraction = np.array([f for _, f in places])
    tail, head = stretches.node_lonlat[stretches.tail[edge]], stretches.node_lonlat[stretches.head[edge]]
    road = tail + (head - tail) * fraction[:, None]
    snapped = Snapped(road, edge, fraction, road, np.zeros(len(places)))
    network = NetworkxRoadNetwork(stretches)
    matrix = network.matrix(snapped)
    for (i, j), best in brute_force(stretches, places).items():
        found = int(matrix.duration_s[i, j]), int(matrix.distance_m[i, j])
        assert found == ((-1, -1) if best is None else ((best[0] + 500) // 1000, (best[1] + 500) // 1000))
        if best is not None:
            one = [Snapped(road[[k]], edge[[k]], fraction[[k]], road[[k]], np.zeros(1)) for k in (i, j)]
            route = network.route(*one)
            assert (route.duration_s, route.distance_m) == found
            assert sum(m for _, m in route.streets) == found[1]


@pytest.mark.needs_osm
def test_a_real_city_answers_route_equal_to_matrix(osm_extract):
    name = "china_beijing_haidian.osm"
    network = NetworkxRoadNetwork.from_graph(read_road_graph(osm_extract(name)))
    nodes = network.stretches.node_lonlat
    places = nodes[np.random.default_rng(3).integers(0, len(nodes), 4)] + 1e-4
    snapped = network.snap(places)
    matrix = network.matrix(snapped)
    assert (matrix.duration_s >= 0).all()
    assert snapped.off_road_m.max() < 20
    for i in range(len(places)):
        for j in range(len(places)):
            route = network.route(network.snap(places[[i]]), network.snap(places[[j]]))
            assert (route.duration_s, route.distance_m) == (matrix.duration_s[i, j], matrix.distance_m[i, j])
