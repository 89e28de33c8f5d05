"""Streets that change by the hour: from `:conditional` tags to drives on tiny, drawn and real maps."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import osmium
import pytest
from opening_hours import OpeningHours, validate

from routing.roads.engine import CchRoadNetwork, take_places
from routing.roads.graph import SegmentFlag
from routing.roads.regimes import MOST_HOURS, drives_by_hour
from routing.roads.roadmap import read_map
from routing.roads.shelf import load_map, save_map
from routing.roads.timeline import SWITCHES
from tests.routing.roads.test_engine_exact import FLAT, network_of
from tests.tiny_maps import METRE, at, write_map

STREET = {"highway": "residential", "maxspeed": "50"}
RUSH = "Mo-Fr 07:00-09:00"
ZONE = ZoneInfo("Europe/Lisbon")
NIGHT, MORNING = (datetime(2026, 11, 23, hour, 30, tzinfo=ZONE) for hour in (3, 8))
SATURDAY = datetime(2026, 11, 28, 8, 30, tzinfo=ZONE)
BOTH_CLOSED = SegmentFlag.CLOSED_FORWARD | SegmentFlag.CLOSED_BACKWARD


@pytest.mark.parametrize("key", ["access", "vehicle", "motor_vehicle", "motorcar"])
def test_a_street_closes_in_its_hours_and_keeps_its_speed(key):
    drive, regime = drives_by_hour({**STREET, f"{key}:conditional": f"no @ ({RUSH})"})
    assert (drive.along, drive.against, drive.flags) == (400, 400, 0)
    assert regime.hours == (RUSH,)
    assert regime.drives == ((400, 400, 0), (400, 400, BOTH_CLOSED))


@pytest.mark.parametrize(
    ("tags", "usual", "in_hours"),
    [
        ({"motor_vehicle": "no", "motor_vehicle:conditional": "destination @"}, (400, 400, 48), (400, 400, 3)),
        ({"access": "private", "access:conditional": "yes @"}, (400, 400, 3), (400, 400, 0)),
        ({"access:forward:conditional": "no @"}, (400, 400, 0), (400, 400, 16)),
        ({"oneway:conditional": "yes @"}, (400, 400, 0), (400, 400, 32)),
        ({"oneway": "yes", "oneway:conditional": "-1 @"}, (400, 400, 32), (400, 400, 16)),
        ({"oneway": "yes", "oneway:conditional": "no @"}, (400, 400, 32), (400, 400, 0)),
        ({"oneway": "reversible", "oneway:conditional": "-1 @"}, (0, 400, 32), (0, 400, 0)),
        ({"maxspeed:conditional": "30 @"}, (400, 400, 0), (240, 240, 0)),
        ({"maxspeed:forward:conditional": "30 @"}, (400, 400, 0), (240, 400, 0)),
        ({"maxspeed:backward:conditional": "20 mph @"}, (400, 400, 0), (400, 257, 0)),
    ],
)
def test_access_one_ways_and_limits_change_by_the_hour(tags, usual, in_hours):
    timed = {key: f"{value} ({RUSH})" if value.endswith("@") else value for key, value in tags.items()}
    drive, regime = drives_by_hour({**STREET, **timed})
    assert (drive.along, drive.against, drive.flags) == usual
    assert regime.drives == (usual, in_hours)


@pytest.mark.parametrize(
    "tags",
    [
        {"access:conditional": "no @ (weight > 3.5)"},
        {"maxspeed:conditional": "80 @ wet"},
        {"maxspeed:hgv:conditional": "30 @ (22:00-06:00)"},
        {"hgv:conditional": f"no @ ({RUSH})"},
        {"access:conditional": f"yes @ ({RUSH})"},
        {"motorcar": "yes", "access:conditional": f"no @ ({RUSH})"},
    ],
)
def test_what_is_not_about_cars_and_hours_changes_nothing(tags):
    drive, regime = drives_by_hour({**STREET, **tags})
    assert (drive.along, drive.against, drive.flags, regime) == (400, 400, 0, None)


def test_ways_that_open_never_and_ferries_have_no_hours():
    assert drives_by_hour({**STREET, "access": "no", "access:conditional": f"no @ ({RUSH})"}) is None
    ferry = {"route": "ferry", "motor_vehicle": "yes", "access:conditional": f"no @ ({RUSH})"}
    assert drives_by_hour(ferry)[1] is None
    shut = {"route": "ferry", "motor_vehicle": "no", "motor_vehicle:conditional": f"yes @ ({RUSH})"}
    assert drives_by_hour(shut) is None


def test_the_last_value_that_holds_counts_and_keys_combine():
    tags = {"maxspeed:conditional": "30 @ (06:00-22:00); 20 @ (Mo-Fr 07:00-09:00)", "access:conditional": "no @ (Su)"}
    drive, regime = drives_by_hour({**STREET, **tags})
    assert drive.along == 400
    night, shopping, rush = set(), {"06:00-22:00"}, {"06:00-22:00", "Mo-Fr 07:00-09:00"}
    assert [regime.drive_when(holding)[0] for holding in (night, shopping, rush)] == [400, 240, 160]
    assert regime.drive_when({"Su", "06:00-22:00"}) == (400, 400, BOTH_CLOSED)
    assert regime.drive_when({"of another way"}) == regime.drives[0]
    many = "; ".join(f"{20 + hour} @ ({hour:02d}:00-{hour + 1:02d}:00)" for hour in range(12))
    assert len(drives_by_hour({**STREET, "maxspeed:conditional": many})[1].hours) == MOST_HOURS


# A square of four streets, each 200 m, with a street to the west of corner 1 and one to the north of corner 2.
CORNERS = {1: (0, 0), 2: (200, 0), 3: (200, -200), 4: (0, -200), 5: (200, 300), 6: (-300, 0)}
WEST, NORTH, MIDDLE = (-100, 0), (200, 150), (100, 0)


def block(folder, tags):
    """The block whose street 2, from corner 1 to corner 2, has the tags."""
    ways = [(6, 1), (1, 2), (2, 3), (3, 4), (4, 1), (2, 5)]
    drawn = [(nodes, {**STREET, **(tags if number == 2 else {})}) for number, nodes in enumerate(ways, 1)]
    road_map = read_map(write_map(folder / "block.osm", CORNERS, drawn))
    return network_of(road_map, profile=FLAT)


def drive(network, origin, target, when):
    here, there = at(network, *origin), at(network, *target)
    matrix = network.matrix(here, there, departure=when)
    route = network.route(here, there, departure=when)
    assert (route.duration_s, route.distance_m) == (matrix.duration_s[0, 0], matrix.distance_m[0, 0])
    return int(matrix.duration_s[0, 0]), int(matrix.distance_m[0, 0])


def test_a_closed_street_is_driven_round_in_its_hours_only(tmp_path):
    network = block(tmp_path, {"motor_vehicle:conditional": f"no @ ({RUSH})"})
    round_and_through = [drive(network, WEST, NORTH, when)[1] for when in (MORNING, NIGHT, SATURDAY, None)]
    assert round_and_through == [850, 450, 450, 450]


def test_a_street_that_opens_in_hours_is_closed_without_a_departure(tmp_path):
    network = block(tmp_path, {"access": "no", "access:conditional": f"yes @ ({RUSH})"})
    assert [drive(network, WEST, NORTH, when)[1] for when in (MORNING, NIGHT, None)] == [450, 850, 850]


def test_a_place_on_a_closed_street_is_still_reached_at_the_streets_own_pace(tmp_path):
    network = block(tmp_path, {"access:conditional": f"no @ ({RUSH})"})
    for pair in ((WEST, MIDDLE), (MIDDLE, WEST), (MIDDLE, NORTH), (MIDDLE, (150, 0)), (MIDDLE, MIDDLE)):
        assert drive(network, *pair, MORNING) == drive(network, *pair, NIGHT)


def test_a_one_way_in_hours_binds_who_starts_and_who_ends_on_it(tmp_path):
    network = block(tmp_path, {"oneway:conditional": f"yes @ ({RUSH})"})
    assert drive(network, NORTH, WEST, NIGHT)[1] == 450
    assert drive(network, NORTH, WEST, MORNING)[1] == 850
    assert drive(network, NORTH, MIDDLE, MORNING)[1] == 850 - 100 + 100
    assert drive(network, MIDDLE, WEST, MORNING)[1] == 100 + 600 + 100
    assert drive(network, (150, 0), (50, 0), MORNING)[1] == 50 + 600 + 50
    assert drive(network, (50, 0), (150, 0), MORNING)[1] == 100


def test_a_limit_in_hours_slows_the_drive(tmp_path):
    network = block(tmp_path, {"maxspeed:conditional": f"20 @ ({RUSH})"})
    free, slow = drive(network, (10, 0), (190, 0), NIGHT)[0], drive(network, (10, 0), (190, 0), MORNING)[0]
    assert (free, slow) == (16, 41)


def test_a_residents_street_opens_to_all_in_its_hours(tmp_path):
    network = block(tmp_path, {"access": "destination", "access:conditional": f"yes @ ({RUSH})"})
    assert [drive(network, WEST, NORTH, when)[1] for when in (MORNING, NIGHT)] == [450, 850]


def test_regimes_are_stored_with_the_map(tmp_path):
    network = block(tmp_path, {"access:conditional": f"no @ ({RUSH})"})
    save_map(network.map, tmp_path)
    again = load_map(tmp_path)
    assert again.graph.regimes == network.map.graph.regimes
    stored = CchRoadNetwork(again, network._metric, profile=FLAT, folder=tmp_path)
    for _ in range(2):
        assert drive(stored, WEST, NORTH, MORNING)[1] == 850
    fresh = CchRoadNetwork(again, network._metric, profile=FLAT, folder=tmp_path)
    assert drive(fresh, WEST, NORTH, MORNING)[1] == 850


def test_a_stack_of_hours_knows_when_the_street_closes(tmp_path):
    network = block(tmp_path, {"access:conditional": f"no @ ({RUSH})"})
    places = network.snap([[x * METRE, y * METRE] for x, y in (WEST, NORTH, MIDDLE)])
    asked = (date(2026, 11, 23), 6 * 3600, 10 * 3600)
    stack = network.matrices(places, *asked)
    metres = {piece.at_s: int(piece.distance_m[0, 1]) for piece in stack}
    assert [metres[at_s] for at_s in (25_140, 25_200, 32_340, 32_400)] == [450, 850, 850, 450]
    assert all((piece.duration_s >= 0).all() for piece in stack)
    elsewhere = network.matrices(network.snap([[x * METRE, y * METRE] for x, y in (WEST, (-50, 0))]), *asked)
    assert [piece.at_s for piece in elsewhere] == [0, 36_000]


def test_of_many_changes_in_a_shift_those_of_most_streets_are_told(tmp_path):
    hours = [f"{hour:02d}:00-{hour:02d}:30" for hour in range(8, 18, 2)]
    limits = "; ".join(f"{10 + 5 * k} @ ({text})" for k, text in enumerate(hours))
    network = block(tmp_path, {"maxspeed:conditional": limits})
    times = network.timeline.times(date(2026, 11, 22), 7 * 3600, 19 * 3600)
    switches = [at_s for at_s in times if at_s % 900 == 0 and at_s - 60 in times]
    assert len(switches) == SWITCHES


def test_hours_of_several_restrictions_on_one_turn_hold_each_for_itself(tmp_path):
    members = [("way", 1, "from"), ("node", 2, "via"), ("way", 3, "to")]
    rule = {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00); no_left_turn @ (Mo-Fr 16:00-18:00)"}
    places = {1: (-300, 0), 2: (0, 0), 3: (0, 300), 4: (300, 300), 5: (300, 0)}
    ways = [((1, 2), STREET), ((2, 5), STREET), ((2, 3), STREET), ((3, 4), STREET), ((4, 5), STREET)]
    road_map = read_map(write_map(tmp_path / "t.osm", places, ways, relations=[(members, rule)]))
    network = network_of(road_map, profile=FLAT)
    told = []
    for hour in (8, 12, 17):
        when = datetime(2026, 11, 23, hour, tzinfo=ZONE)
        told.append(drive(network, (-100, 0), (0, 100), when)[1])
    assert told == [1200, 200, 1200]


def with_signs_turned(extract, out, when):
    """The extract as it would be drawn if what its signs say at one moment held for ever."""
    signs, sides = (
        ("access", "vehicle", "motor_vehicle", "motorcar", "oneway", "maxspeed"),
        ("", ":forward", ":backward"),
    )
    keys = [f"{sign}{side}:conditional" for sign in signs for side in sides]
    with osmium.SimpleWriter(str(out)) as writer:
        changing = osmium.FileProcessor(str(extract)).with_filter(osmium.filter.KeyFilter(*keys))
        for thing in changing.handler_for_filtered(writer):
            tags = dict(thing.tags)
            for key in [key for key in keys if key in tags]:
                plain, text = key.removesuffix(":conditional"), tags.pop(key)
                for clause in re.split(r";(?![^(]*\))", text):
                    value, _, hours = clause.partition("@")
                    hours = hours.strip().strip("()")
                    if validate(hours) and OpeningHours(hours).is_open(when):
                        tags[plain] = value.strip()
            writer.add(thing.replace(tags=tags))
    return out


@pytest.mark.needs_osm
@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("heidelberg_ors.osm.pbf", datetime(2026, 11, 23, 8, 30, tzinfo=ZONE)),
        ("heidelberg_ors.osm.pbf", datetime(2026, 11, 22, 23, 0, tzinfo=ZONE)),
        ("porto_alegre_r5r.osm.pbf", datetime(2026, 11, 22, 10, 0, tzinfo=ZONE)),
    ],
)
def test_a_moment_drives_like_a_map_whose_signs_say_so_for_ever(osm_extract, tmp_path, name, when):
    extract = osm_extract(name)
    network = network_of(read_map(extract), profile=FLAT)
    turned = network_of(read_map(with_signs_turned(extract, tmp_path / name, when.replace(tzinfo=None))))
    graph = network.map.graph
    rng = np.random.default_rng(2)
    changed = np.flatnonzero(graph.regime)
    near = graph.shape[graph.shape_first[rng.choice(changed, 200)]] / 1e7 + rng.normal(0, 5e-3, (200, 2))
    ours, theirs = network.snap(near), turned.snap(near)
    same = np.flatnonzero((abs(ours.road_lonlat - theirs.road_lonlat) < 1e-7).all(axis=1))
    assert len(same) > 100
    ours, theirs = take_places(ours, same), take_places(theirs, same)
    here, there, free = network.matrix(ours, departure=when), turned.matrix(theirs), network.matrix(ours)
    # A junction with a closed street is none on the turned map, which is a second or two at each.
    assert (abs(here.duration_s - there.duration_s) <= 3 + 0.02 * there.duration_s).mean() > 0.995
    assert (abs(here.distance_m - there.distance_m) <= 2 + 0.02 * there.distance_m).mean() > 0.99
    assert (abs(free.duration_s - there.duration_s) > 3 + 0.02 * there.duration_s).mean() > 0.001
