"""The fast engine against SciPy's Dijkstra on real maps and against a naive driver on drawn ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours
from scipy import sparse
from scipy.sparse import csgraph

from routing.errors import RoadError
from routing.roads.engine import CchRoadNetwork, take_places
from routing.roads.graph import Regime
from routing.roads.metric import make_metric
from routing.roads.network import Snapped
from routing.roads.profiles import DEFAULT_PROFILE
from routing.roads.restrictions import Restriction
from routing.roads.roadmap import build_map, read_map
from routing.roads.weights import CLOSED_ENTRIES, COST_SHIFT, ENTRY_MS, pack
from tests.routing.roads.naive_drives import NaiveDrives, small_graph

FLAT = DEFAULT_PROFILE.model_copy(update={"speeds": {name: {"default": 1.0} for name in DEFAULT_PROFILE.speeds}})


def network_of(road_map, **options):
    return CchRoadNetwork(road_map, make_metric(road_map.graph, road_map.turns, road_map.hierarchy), **options)


def on_streets(segment, fraction):
    segment, fraction = np.asarray(segment, np.int64), np.asarray(fraction, np.float64)
    nowhere = np.zeros((len(segment), 2))
    return Snapped(nowhere, segment, fraction, nowhere, np.zeros(len(segment)))


def one_of(places, i):
    return on_streets(places.edge[i : i + 1], places.fraction[i : i + 1])


def turn_costs(road_map, metric, when):
    """What SciPy is to add up, in ms with penalties: every turn open at a time, told from flags and hours afresh."""
    graph, turns = road_map.graph, road_map.turns
    flags, holds = graph.flags.copy(), np.zeros(len(turns.hours) + 1, bool)
    if when is not None:
        for number, regime in enumerate(graph.regimes, 1):
            bits = sum(1 << bit for bit, text in enumerate(regime.hours) if OpeningHours(text).is_open(when))
            flags[graph.regime == number] = regime.drives[bits][2]
        holds[1:] = [any(OpeningHours(text).is_open(when) for text in said.split("\n")) for said in turns.hours]
    of_state = flags[turns.segment]
    closed, private = ((of_state & np.where(turns.backward, *bits)) > 0 for bits in ((32, 16), (2, 1)))
    end = np.where(turns.backward, graph.tail[turns.segment], graph.head[turns.segment])
    gate = (graph.node_flags[end[turns.tail]] & 2) > 0
    entered = ~private[turns.tail] & (private[turns.head] | gate)
    entries = entered + CLOSED_ENTRIES * (closed[turns.head] & ~closed[turns.tail])
    cost = metric.state_ms.astype(np.int64)[turns.head] + turns.delay_ms + entries * ENTRY_MS
    order = np.lexsort((cost, turns.head, turns.tail))
    order = order[~holds[turns.condition[order]]]
    tail, head, cost = turns.tail[order], turns.head[order], cost[order]
    least = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0))
    links = sparse.csr_matrix((cost[least].astype(float), (tail[least], head[least])), shape=(len(turns),) * 2)
    return links, closed


NOON, SUNDAY = datetime(2026, 11, 23, 12), datetime(2026, 11, 22, 10)  # noqa: DTZ001  # local time


@pytest.mark.needs_osm
@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("porto_r5.osm.pbf", None),
        ("heidelberg_ors.osm.pbf", None),
        ("porto_alegre_r5r.osm.pbf", None),
        ("monaco_osrm.osm.pbf", None),
        ("heidelberg_ors.osm.pbf", NOON),
        ("porto_alegre_r5r.osm.pbf", SUNDAY),
    ],
)
def test_matrices_equal_scipys_dijkstra_on_the_turn_expanded_graph(osm_extract, name, when):
    road_map = read_map(osm_extract(name))
    graph, turns = road_map.graph, road_map.turns
    network = network_of(road_map)
    rng = np.random.default_rng(7)
    edges = rng.integers(0, len(graph), 312)
    by_hour = np.flatnonzero(graph.regime)
    if len(by_hour):
        edges[[*range(3), *range(12, 72)]] = rng.choice(by_hour, 63)
    places = on_streets(edges, rng.random(312))
    sources, targets = take_places(places, np.arange(12)), take_places(places, np.arange(12, 312))
    fine = network.fine_matrix(sources, targets, departure=when)
    metric = network._metric if when is None else network.timeline.metric(network.timeline.departure_hour(when))
    links, closed = turn_costs(road_map, metric, when)
    assert closed.any() == (name[0] in "hp" and len(by_hour) > 0)
    for i in range(len(sources)):
        begin, end = road_map.street_first[sources.edge[i]], road_map.street_first[sources.edge[i] + 1]
        starts = [s for s in road_map.street_state[begin:end] if not turns.copy[s]]
        ahead = [sources.fraction[i] if turns.backward[s] else 1 - sources.fraction[i] for s in starts]
        rest = np.floor(metric.state_ms[starts] * ahead) + closed[starts] * CLOSED_ENTRIES * ENTRY_MS
        reached = (csgraph.dijkstra(links, indices=starts) + rest[:, None]).min(axis=0)
        for j in np.flatnonzero(targets.edge != sources.edge[i]):
            ends = road_map.street_state[
                road_map.street_first[targets.edge[j]] : road_map.street_first[targets.edge[j] + 1]
            ]
            behind = np.where(turns.backward[ends], targets.fraction[j], 1 - targets.fraction[j])
            wanted = (reached[ends] - np.floor(metric.state_ms[ends] * behind)).min()
            entries, rest_ms = divmod(int(wanted) - int(fine.duration_s[i, j]), ENTRY_MS)
            assert rest_ms == 0
            assert 0 <= entries <= 8 + 2 * CLOSED_ENTRIES


@pytest.mark.needs_osm
@pytest.mark.parametrize("name", ["heidelberg_ors.osm.pbf", "china_beijing_haidian.osm"])
def test_routes_cost_what_the_matrix_says_and_draw_the_metres_they_drive(osm_extract, name):
    from routing.roads.graph import step_metres

    road_map = read_map(osm_extract(name))
    network = network_of(road_map)
    rng = np.random.default_rng(3)
    where = rng.integers(0, len(road_map.graph), 60)
    where[:10] = where[10:20]
    lonlat = road_map.graph.shape[road_map.graph.shape_first[where]] / 1e7 + rng.normal(0, 3e-4, (60, 2))
    places = network.snap(lonlat)
    matrix = network.matrix(places)
    for i, j in rng.integers(0, 60, (200, 2)):
        here, there = (take_places(places, np.array([k])) for k in (i, j))
        route = network.route(here, there)
        assert (route.duration_s, route.distance_m) == (matrix.duration_s[i, j], matrix.distance_m[i, j])
        drawn = step_metres(route.line[:, 0], route.line[:, 1]).sum()
        assert drawn == pytest.approx(route.distance_m, rel=2e-3, abs=3)
        assert sum(metres for _, metres in route.streets) == route.distance_m


@st.composite
def road_maps(draw):
    nodes = draw(st.integers(2, 7))
    node = st.integers(0, nodes - 1)
    speed = st.sampled_from([50, 300, 800])
    ways = st.sampled_from(["both", "along", "against"])
    segments = []
    for _ in range(draw(st.integers(2, 14))):
        tail, head = draw(node), draw(node)
        if tail == head:
            head = (tail + 1) % nodes
        direction = draw(ways)
        along, against = draw(speed), draw(speed)
        length = draw(st.sampled_from([0, 1, 700, 700, 2500, 9000]))
        flags = draw(st.sampled_from([0, 0, 0, 1, 2, 3]))
        segments.append(
            (tail, head, length, 0 if direction == "against" else along, 0 if direction == "along" else against, flags)
        )
    closed = draw(st.sets(node, max_size=1))
    graph = small_graph(nodes, segments, closed=closed, seed=draw(st.integers(0, 3)))
    rules = []
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["no_left_turn", "only_straight_on", "no_u_turn"]))
        first, second, third = (draw(st.integers(0, len(segments) - 1)) for _ in range(3))
        if len({first, second, third}) < 3:
            continue
        if draw(st.booleans()):
            rules.append(Restriction(kind, 100 + first, 100 + third, via_node=1000 + draw(node)))
        else:
            rules.append(Restriction(kind, 100 + first, 100 + third, via_ways=(100 + second,)))
    return graph, tuple(rules)


@st.composite
def road_maps_by_the_hour(draw):
    """A drawn map on some of whose streets other speeds and flags hold on Mondays from ten to twelve."""
    graph, rules = draw(road_maps())
    regimes, numbers = [], np.zeros(len(graph), np.int32)
    flags = graph.flags.copy()
    for segment in draw(st.lists(st.integers(0, len(graph) - 1), max_size=4, unique=True)):
        along, against = (draw(st.sampled_from([speed, 2 * speed])) for speed in graph.speed[segment].tolist())
        closed = sum(bit for bit, speed in ((16, along), (32, against)) if speed and draw(st.booleans()))
        if draw(st.booleans()):
            flags[segment] |= closed
            closed = 0
        other = closed | draw(st.sampled_from([0, 1, 2, 3]))
        usual = (*graph.speed[segment].tolist(), int(flags[segment]))
        regimes.append(Regime(("Mo 10:00-12:00",), (usual, (along, against, other))))
        numbers[segment] = len(regimes)
    return replace(graph, flags=flags, regime=numbers, regimes=tuple(regimes)), rules


@settings(max_examples=60, deadline=None)
@given(drawn=road_maps_by_the_hour(), data=st.data())
@pytest.mark.parametrize("hour", [None, 11])
def test_drawn_maps_by_the_hour_give_what_a_naive_driver_finds(drawn, data, hour):
    graph, rules = drawn
    try:
        road_map = build_map(graph, rules)
    except RoadError:
        assume(False)
    now = graph
    if hour == 11:
        speed, flags = graph.speed.copy(), graph.flags.copy()
        for segment in np.flatnonzero(graph.regime):
            *speed[segment], flags[segment] = graph.regimes[graph.regime[segment] - 1].drives[1]
        now = replace(graph, speed=speed, flags=flags)
    when = None if hour is None else datetime(2026, 11, 23, hour)  # noqa: DTZ001  # local time
    check_against_naive(network_of(road_map, profile=FLAT), NaiveDrives(now, rules), data, when)


@settings(max_examples=60, deadline=None)
@given(drawn=road_maps(), data=st.data())
def test_drawn_maps_give_what_a_naive_driver_finds(drawn, data):
    graph, rules = drawn
    try:
        road_map = build_map(graph, rules)
    except RoadError:
        assume(False)
    check_against_naive(network_of(road_map), NaiveDrives(graph, rules), data, None)


def check_against_naive(network, naive, data, departure):
    road_map, turns = network.map, network.map.turns
    original = road_map.graph.way - 100
    count = data.draw(st.integers(2, 5))
    begins = st.sampled_from(sorted(set(turns.segment[~turns.copy].tolist())))
    segment = [data.draw(begins) for _ in range(count)]
    fraction = [data.draw(st.sampled_from([0.0, 0.25, 0.5, 1.0])) for _ in range(count)]
    places = on_streets(segment, fraction)
    fine = network.fine_matrix(places, departure=departure)
    coarse = network.matrix(places, departure=departure)

    def spots(driven):
        sides = {s: sorted(set(turns.backward[(turns.segment == s) & driven].tolist())) for s in set(segment)}
        return [(int(original[s]), f, sides[s]) for s, f in zip(segment, fraction, strict=True)]

    origins, goals = spots(~turns.copy), spots(np.ones(len(turns), bool))
    for i in range(count):
        for j in range(count):
            wanted = naive.cost(origins[i], goals[j])
            found = (int(fine.duration_s[i, j]), int(fine.distance_m[i, j]))
            assert found == (wanted or (-1, -1))
            if wanted is None:
                with pytest.raises(RoadError, match="no road leads"):
                    network.route(one_of(places, i), one_of(places, j), departure=departure)
                continue
            route = network.route(one_of(places, i), one_of(places, j), departure=departure)
            assert route.duration_s == coarse.duration_s[i, j]
            assert route.distance_m == coarse.distance_m[i, j]


def test_several_threads_and_blocks_give_the_same_matrix():
    rng = np.random.default_rng(0)
    side = 24
    node = np.arange(side * side).reshape(side, side)
    pairs = [
        *zip(node[:, :-1].ravel(), node[:, 1:].ravel(), strict=True),
        *zip(node[:-1].ravel(), node[1:].ravel(), strict=True),
    ]
    graph = small_graph(side * side, [(a, b, int(rng.integers(100, 3000)), 500, 300, 0) for a, b in pairs])
    road_map = build_map(graph)
    places = on_streets(rng.integers(0, len(road_map.graph), 700), rng.random(700))
    one, two = network_of(road_map).fine_matrix(places), network_of(road_map, threads=2).fine_matrix(places)
    assert np.array_equal(one.duration_s, two.duration_s)
    assert np.array_equal(one.distance_m, two.distance_m)
    part = network_of(road_map).fine_matrix(places, take_places(places, np.arange(100, 103)))
    assert np.array_equal(part.duration_s, one.duration_s[:, 100:103])


def test_packed_costs_compare_by_time_then_entries_then_length():
    ms, dm = np.array([5, 5, 5, 6]), np.array([9, 1, 1, 0])
    packed = pack(ms, dm)
    assert packed[1] < packed[0] < packed[3]
    entered = pack(ms, dm, np.array([True, False, False, False]))
    assert entered[0] >> COST_SHIFT == 5 + ENTRY_MS
