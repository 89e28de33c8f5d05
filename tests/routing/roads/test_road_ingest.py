"""What the fast engine makes of the map's tags, from single tags to drives on tiny maps."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely

from routing.errors import RoadError
from routing.roads.access import Access, barrier_access, oneway, way_access
from routing.roads.clearance import fits_car, measure
from routing.roads.conditional import binding_slots, timed_values
from routing.roads.drive import drive_of, duration_s, obstacle_of
from routing.roads.engine import CchRoadNetwork
from routing.roads.maxspeed import limit_kmh, limits_kmh
from routing.roads.metric import make_metric
from routing.roads.network import require_on_roads
from routing.roads.osm import read_extract
from routing.roads.restrictions import Member, Restriction, read_restrictions
from routing.roads.roadmap import read_map
from routing.roads.segments import cut_segments
from routing.roads.shelf import load_map, save_map
from tests.tiny_maps import METRE, at, metres, seconds, write_map

STREET = {"highway": "residential"}
NIGHT, RUSH = (datetime(2026, 11, 23, hour, 30, tzinfo=ZoneInfo("Asia/Shanghai")) for hour in (3, 8))


def network_of(extract):
    road_map = read_map(extract)
    return CchRoadNetwork(road_map, make_metric(road_map.graph, road_map.turns, road_map.hierarchy))


@pytest.mark.parametrize(
    ("value", "kmh"),
    [
        ("50", 50), ("50 km/h", 50), ("30 mph", 48.28), ("30mph", 48.28), ("10 knots", 18.52), ("7.5", 7.5),
        ("none", 140), ("walk", 7), ("DE:urban", 50), ("DE:rural", 100), ("XX:rural", 90), ("RU:urban", 60),
        ("DE:zone30", 30), ("DE:zone:30", 30), ("50; 30", 50), ("signals", None), ("variable", None), ("0", None),
        ("", None), ("fast", None), ("XX:nowhere", None),
    ],
)  # fmt: skip
def test_limits_have_units_and_zones(value, kmh):
    assert limit_kmh(value) == (kmh if kmh is None else pytest.approx(kmh, abs=0.01))


def test_limits_by_direction_and_by_zone_alone():
    assert limits_kmh({"maxspeed": "50", "maxspeed:forward": "30"}.get) == (30, 50)
    assert limits_kmh({"maxspeed:backward": "70"}.get) == (None, 70)
    assert limits_kmh({"maxspeed": "signals", "source:maxspeed": "DE:urban"}.get) == (50, 50)
    assert limits_kmh({}.get) == (None, None)


@pytest.mark.parametrize(
    ("tags", "along", "against"),
    [
        ({}, 0, 0),
        ({"access": "no"}, 2, 2),
        ({"access": "no", "motor_vehicle": "yes"}, 0, 0),
        ({"vehicle": "destination"}, 1, 1),
        ({"access": "private;customers"}, 1, 1),
        ({"access": "no;permissive"}, 0, 0),
        ({"motor_vehicle:backward": "no"}, 0, 2),
        ({"access": "yes", "motorcar": "private"}, 1, 1),
    ],
)
def test_access_for_cars(tags, along, against):
    assert way_access(tags.get) == (Access(along), Access(against))


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"barrier": "bollard"}, (Access.CLOSED, 0)),
        ({"barrier": "bollard", "bollard": "rising"}, (Access.PUBLIC, 0)),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, (Access.PUBLIC, 0)),
        ({"barrier": "gate"}, (Access.PUBLIC, 60)),
        ({"barrier": "gate", "access": "private"}, (Access.RESTRICTED, 0)),
        ({"barrier": "lift_gate", "access": "no"}, (Access.CLOSED, 0)),
        ({"barrier": "toll_booth"}, (Access.PUBLIC, 0)),
        ({"barrier": "kerb", "kerb": "lowered"}, (Access.PUBLIC, 0)),
        ({"barrier": "block"}, (Access.CLOSED, 0)),
    ],
)
def test_barriers(tags, expected):
    assert barrier_access(tags.get) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, 0),
        ({"oneway": "yes"}, 1),
        ({"oneway": "-1"}, -1),
        ({"oneway": "yes", "oneway:motorcar": "no"}, 0),
        ({"junction": "roundabout"}, 1),
        ({"junction": "roundabout", "oneway": "no"}, 0),
        ({"oneway": "reversible"}, 2),
    ],
)
def test_one_ways(tags, expected):
    assert oneway(tags.get, "residential") == expected
    assert oneway({}.get, "motorway") == 1


def test_speeds_come_from_signs_then_class_and_never_exceed_the_surface():
    assert drive_of({"highway": "primary"}.get).along == 650
    assert drive_of({"highway": "primary", "maxspeed": "50"}.get).along == 400
    slow = drive_of({"highway": "primary", "maxspeed": "50", "surface": "cobblestone"}.get)
    assert (slow.along, slow.against) == (300, 300)
    assert drive_of({"highway": "residential", "smoothness": "impassable"}.get) is None
    for tags in (
        {"highway": "footway"},
        {"highway": "residential", "area": "yes"},
        {"highway": "residential", "access": "no"},
        {"highway": "service", "service": "emergency_access"},
        {"highway": "residential", "construction": "yes"},
        {"highway": "residential", "oneway": "reversible"},
        {"highway": "residential", "maxwidth": "1.8 m"},
        {"highway": "residential", "maxheight": "6'3\""},
        {"route": "ferry", "motor_vehicle": "no"},
        {"route": "ferry", "foot": "yes"},
        {"route": "bus"},
    ):
        assert drive_of(tags.get) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1.8", 1.8), ("1,8", 1.8), ("1.8 m", 1.8), ("180 cm", 1.8), ("6'7\"", 2.0066), ("6 ft", 1.8288),
        ("1500 kg", 1.5), ("3.5 t", 3.5), ("7'", 2.1336), ("default", None), ("below_default", None), ("", None),
        ("2.1-2.5", None),
    ],
)  # fmt: skip
def test_clearances_have_units(value, expected):
    assert measure(value) == (expected if expected is None else pytest.approx(expected))


def test_a_car_does_not_fit_everywhere():
    assert all(fits_car(tags.get) for tags in ({}, {"maxheight": "2.1"}, {"maxwidth": "2"}, {"maxweight": "3.5"}))
    narrow = ({"maxheight": "1.9"}, {"maxwidth:physical": "1.8"}, {"maxlength": "4"}, {"maxweight": "1.5"})
    assert not any(fits_car(tags.get) for tags in narrow)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("25", 1500), ("01:30", 5400), ("00:05:30", 330), ("PT1H30M", 5400), ("PT20M", 1200), ("soon", 0), ("", 0)],
)
def test_ferry_durations(text, expected):
    assert duration_s(text) == expected


def test_obstacles_cost_time_in_their_direction():
    assert obstacle_of({"highway": "traffic_signals"}.get) == (0, 20, 20)
    assert obstacle_of({"highway": "traffic_signals", "traffic_signals:direction": "forward"}.get) == (0, 20, 0)
    assert obstacle_of({"highway": "give_way", "direction": "backward"}.get) == (0, 0, 10)
    assert obstacle_of({"highway": "crossing"}.get) == (0, 0, 0)


FROM_TO = [Member("w", 1, "from"), Member("w", 2, "to")]


@pytest.mark.parametrize(
    ("tags", "via", "expected"),
    [
        ({"restriction": "no_left_turn"}, [Member("n", 9, "via")], [Restriction("no_left_turn", 1, 2, 9)]),
        ({"restriction": "no_left_turn", "except": "bus;motorcar"}, [Member("n", 9, "via")], []),
        ({"restriction:hgv": "no_left_turn"}, [Member("n", 9, "via")], []),
        (
            {"restriction:motorcar": "only_right_turn"},
            [Member("n", 9, "via")],
            [Restriction("only_right_turn", 1, 2, 9)],
        ),
        (
            {"restriction": "no_u_turn"},
            [Member("w", 7, "via"), Member("w", 8, "via")],
            [Restriction("no_u_turn", 1, 2, via_ways=(7, 8))],
        ),
        (
            {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00,16:00-18:00)"},
            [Member("n", 9, "via")],
            [Restriction("no_left_turn", 1, 2, 9, hours="Mo-Fr 07:00-09:00,16:00-18:00")],
        ),
        ({"restriction:conditional": "no_left_turn @ (weight > 7.5)"}, [Member("n", 9, "via")], []),
        (
            {"restriction": "no_left_turn", "restriction:conditional": "no_u_turn @ (Su)"},
            [Member("n", 9, "via")],
            [Restriction("no_u_turn", 1, 2, 9, hours="Su"), Restriction("no_left_turn", 1, 2, 9)],
        ),
        (
            {"restriction": "no_entry"},
            [Member("n", 9, "via"), Member("w", 3, "to")],
            [Restriction("no_entry", 1, 2, 9), Restriction("no_entry", 1, 3, 9)],
        ),
        (
            {"restriction": "only_straight_on"},
            [Member("n", 9, "via"), Member("w", 3, "to")],
            [Restriction("only_straight_on", 1, 2, 9, or_to=(3,))],
        ),
        ({"restriction": "no_left_turn"}, [], []),
        ({"restriction": "give_way"}, [Member("n", 9, "via")], []),
    ],
)
def test_restrictions_of_a_relation(tags, via, expected):
    assert read_restrictions(tags.get, [*FROM_TO, *via]) == expected


def test_hours_bind_by_quarters_of_an_hour():
    week = [binding_slots("Mo-Fr 07:00-09:00", date(2026, 11, 23 + day)) for day in range(7)]
    assert [int(day.sum()) for day in week] == [8, 8, 8, 8, 8, 0, 0]
    assert np.flatnonzero(week[0]).tolist() == list(range(28, 36))
    assert binding_slots("Nov-Apr", date(2026, 11, 23)).all()
    assert not binding_slots("Nov-Apr", date(2026, 7, 1)).any()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no @ (Mo-Fr 07:00-09:00)", [("no", "Mo-Fr 07:00-09:00")]),
        ("no @ Mo-Fr 12:45-13:30", [("no", "Mo-Fr 12:45-13:30")]),
        ("30 @ (22:00-06:00); 50 @ (Sa,Su)", [("30", "22:00-06:00"), ("50", "Sa,Su")]),
        ("yes @ (Mo-Fr 16:00-11:00;Sa 00:00-11:00)", [("yes", "Mo-Fr 16:00-11:00;Sa 00:00-11:00")]),
        ("no @ (7:30-19:00 AND weight>7.5); yes @ (PH)", [("yes", "PH")]),
        ("80 @ wet", []),
        ("none @ destination", []),
        ("no", []),
        ("@ (07:00-09:00)", []),
        ("", []),
    ],
)
def test_conditional_tags_hold_values_and_hours(text, expected):
    assert timed_values(text) == expected


# A square of four streets 1 2 3 4 around a block, each 200 m, with a spur 5 north of corner 2.
CORNERS = {1: (0, 0), 2: (200, 0), 3: (200, -200), 4: (0, -200), 5: (200, 300), 6: (-300, 0)}
BLOCK = [((6, 1), STREET), ((1, 2), STREET), ((2, 3), STREET), ((3, 4), STREET), ((4, 1), STREET), ((2, 5), STREET)]
WEST, NORTH = (-100, 0), (200, 150)


def block(path, relations=(), ways=BLOCK, node_tags=None):
    return network_of(write_map(path / "block.osm", CORNERS, ways, node_tags, relations))


def test_a_forbidden_turn_sends_the_car_round_the_block(tmp_path):
    assert metres(block(tmp_path), WEST, NORTH) == 450
    forbidden = [([("way", 2, "from"), ("node", 2, "via"), ("way", 6, "to")], {"restriction": "no_left_turn"})]
    assert metres(block(tmp_path, forbidden), WEST, NORTH) == 850
    only = [([("way", 2, "from"), ("node", 2, "via"), ("way", 3, "to")], {"restriction": "only_right_turn"})]
    assert metres(block(tmp_path, only), WEST, NORTH) == 850
    either = [([*only[0][0], ("way", 6, "to")], {"restriction": "only_right_turn"})]
    assert metres(block(tmp_path, either), WEST, NORTH) == 450
    spared = [(forbidden[0][0], {"restriction": "no_left_turn", "except": "motorcar"})]
    assert metres(block(tmp_path, spared), WEST, NORTH) == 450


def test_a_restriction_by_way_of_a_street_binds_only_who_came_that_way(tmp_path):
    members = [("way", 1, "from"), ("way", 2, "via"), ("way", 6, "to")]
    network = block(tmp_path, [(members, {"restriction": "no_left_turn"})])
    assert metres(network, WEST, NORTH) == 850
    assert metres(network, (50, 0), NORTH) == 300
    assert metres(network, (0, -100), NORTH) == 450
    route = network.route(at(network, *WEST), at(network, *NORTH))
    assert route.distance_m == 850


def test_a_conditional_restriction_binds_in_its_hours(tmp_path):
    members = [("way", 2, "from"), ("node", 2, "via"), ("way", 6, "to")]
    rule = {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"}
    network = block(tmp_path, [(members, rule)])
    here, there = at(network, *WEST), at(network, *NORTH)
    free, bound, usual = (network.matrix(here, there, departure=when).distance_m[0, 0] for when in (NIGHT, RUSH, None))
    assert (free, bound, usual) == (450, 850, 450)


def test_streets_for_residents_lead_to_their_places_but_not_through(tmp_path):
    lane = [*BLOCK[:1], ((1, 2), {**STREET, "access": "destination"}), *BLOCK[2:]]
    network = block(tmp_path, ways=lane)
    assert metres(network, WEST, NORTH) == 850
    assert metres(network, WEST, (100, 0)) == 200
    assert metres(network, (100, 0), NORTH) == 250
    assert seconds(network, WEST, (100, 0)) < 120


def test_a_barrier_stops_cars_and_a_gate_delays_them(tmp_path):
    open_s = seconds(block(tmp_path), WEST, NORTH)
    assert metres(block(tmp_path, node_tags={2: {"barrier": "bollard"}}), WEST, (190, 0)) == 290
    assert seconds(block(tmp_path, node_tags={2: {"barrier": "gate"}}), WEST, NORTH) == open_s + 60


def test_a_ferry_takes_its_time(tmp_path):
    places = {1: (0, 0), 2: (500, 0), 3: (2500, 0), 4: (3000, 0)}
    crossing = {"route": "ferry", "motor_vehicle": "yes", "duration": "00:20"}
    network = network_of(
        write_map(tmp_path / "f.osm", places, [((1, 2), STREET), ((2, 3), crossing), ((3, 4), STREET)])
    )
    assert metres(network, (0, 0), (3000, 0)) == 3000
    assert 1200 + 140 < seconds(network, (0, 0), (3000, 0)) < 1200 + 180


def ring(order):
    places = {k: (100 * np.cos(k * np.pi / 6), 100 * np.sin(k * np.pi / 6)) for k in range(12)}
    places |= {20: (300.0, 0.0), 21: (-300.0, 0.0)}
    nodes = tuple(order)
    return places, [((*nodes, nodes[0]), {**STREET, "junction": "roundabout"}), ((0, 20), STREET), ((6, 21), STREET)]


def test_roundabouts_are_one_way_and_tell_the_side_of_the_road(tmp_path):
    right = write_map(tmp_path / "right.osm", *ring(range(12)))
    left = write_map(tmp_path / "left.osm", *ring(reversed(range(12))))
    assert not cut_segments(read_extract(right)).left_hand
    assert cut_segments(read_extract(left)).left_hand
    network = network_of(right)
    half = np.pi * 100
    assert metres(network, (300, 0), (-300, 0)) == pytest.approx(400 + half, abs=10)
    top, bottom = (0, 100), (0, -100)
    assert metres(network, top, bottom) == pytest.approx(half, abs=8)
    assert metres(network, (50, 86.6), (86.6, 50)) == pytest.approx(2 * half * 11 / 12, abs=12)


def test_the_way_out_of_a_closed_street_is_found_from_anywhere_on_it(tmp_path):
    places = {1: (0, 0), 2: (100, 0), 3: (150, 50), 4: (200, 0), 5: (150, -50)}
    network = network_of(write_map(tmp_path / "loop.osm", places, [((1, 2), STREET), ((2, 3, 4, 5, 2), STREET)]))
    quarter = np.hypot(50, 50)
    assert metres(network, (150, 50), (0, 0)) == pytest.approx(100 + quarter, abs=2)
    assert metres(network, (175, 25), (175, -25)) == pytest.approx(quarter, abs=2)


def test_ways_that_leave_the_extract_end_at_its_edge(tmp_path):
    path = write_map(tmp_path / "edge.osm", CORNERS, [*BLOCK, ((5, 99, 98), STREET)])
    extract = read_extract(path)
    assert (extract.refs == 99).sum() == 1
    assert metres(network_of(path), WEST, NORTH) == 450


def test_snapping_finds_what_looking_at_every_street_finds(tmp_path):
    rng = np.random.default_rng(4)
    places = {k: tuple(rng.uniform(-3000, 3000, 2)) for k in range(40)}
    ways = [(tuple(int(n) for n in rng.choice(40, 4, replace=False)), STREET) for _ in range(30)]
    network = network_of(write_map(tmp_path / "net.osm", places, ways))
    graph = network.map.graph
    lonlat = rng.uniform(-6000, 6000, (300, 2)) * METRE
    lonlat[:5] *= 40
    snapped = network.snap(lonlat)
    lines = [
        shapely.LineString(graph.shape[a:b] / 1e7)
        for a, b in zip(graph.shape_first[:-1], graph.shape_first[1:], strict=True)
    ]
    nearest = np.array([min(line.distance(point) for line in lines) for point in shapely.points(lonlat)])
    assert snapped.off_road_m == pytest.approx(nearest / METRE, rel=1e-3, abs=0.02)
    for i in range(300):
        along = lines[snapped.edge[i]].interpolate(snapped.fraction[i], normalized=True)
        assert np.hypot(*(snapped.road_lonlat[i] - [along.x, along.y])) / METRE < 0.05


def test_places_in_the_sea_and_swapped_coordinates_are_named(tmp_path):
    network = block(tmp_path)
    far = network.snap(np.array([[0.0, 0.0], [0.5, 0.5]]))
    with pytest.raises(RoadError, match=r"'boat' at lon 0\.50000, lat 0\.50000 \(7\d\.\d km\)"):
        require_on_roads(far, ["home", "boat"])
    with pytest.raises(RoadError, match="lon and lat may be swapped"):
        network.snap(np.array([[41.1, 108.6]]))
    with pytest.raises(RoadError, match="not on Earth"):
        network.snap(np.array([[np.nan, 0.0]]))


def test_a_place_on_an_island_is_named_and_one_within_a_walk_is_not(tmp_path):
    places = {**CORNERS, 7: (1200, 0), 8: (1200, 300), 9: (400, 100), 10: (450, 100)}
    path = write_map(tmp_path / "island.osm", places, [*BLOCK, ((7, 8), STREET), ((9, 10), STREET)])
    network = network_of(path)
    beside = network.snap(np.array([[425, 110], [1190, 150], [500, -300]]) * METRE)
    assert beside.island.tolist() == [False, True, False]
    assert beside.off_road_m == pytest.approx([225, 990, 316], abs=3)
    with pytest.raises(RoadError, match=r"'isle' at lon .* no car gets to|no car gets to and from on this map: 'isle'"):
        require_on_roads(beside, ["near", "isle", "field"])
    save_map(network.map, tmp_path)
    again = CchRoadNetwork(load_map(tmp_path), network._metric)
    assert again.snap(beside.lonlat).island.tolist() == [False, True, False]


def test_an_unsorted_extract_says_what_to_do(tmp_path):
    path = write_map(tmp_path / "sorted.osm", CORNERS, BLOCK)
    lines = path.read_text().splitlines()
    ways, rest = [x for x in lines if x.startswith("<way")], [x for x in lines if not x.startswith("<way")]
    path.write_text("\n".join([rest[0], *ways, *rest[1:]]))
    with pytest.raises(RoadError, match="osmium sort"):
        read_extract(path)
