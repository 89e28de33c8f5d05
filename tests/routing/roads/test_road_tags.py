from __future__ import annotations

import pytest

from routing.roads.oracle.tags import (
    CLASS_KPH,
    Direction,
    direction,
    ferry_seconds,
    is_blocking,
    is_drivable,
    limit_kph,
    speeds_kph,
)


@pytest.mark.parametrize(
    ("value", "kph"),
    [
        ("50", 50),
        ("50 km/h", 50),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("10 knots", 18.52),
        ("7.5", 7.5),
        ("walk", 7),
        ("none", 175),
        ("DE:urban", 50),
        ("DE:rural", 100),
        ("FR:rural", 80),
        ("XX:rural", 90),
        ("DE:zone:30", 30),
        ("DE:zone30", 30),
        ("RU:urban", 60),
        ("GB:nsl_single", 96.56064),
        ("CN:urban", 50),
        ("50;30", 50),
        ("signals", None),
        ("variable", None),
        ("0", None),
        ("fast", None),
        ("30 furlongs", None),
        ("", None),
        (None, None),
    ],
)
def test_a_limit_is_read_in_every_spelling(value, kph):
    assert limit_kph(value) == (None if kph is None else pytest.approx(kph))


def test_speed_comes_from_the_limit_where_there_is_one_and_else_from_the_class():
    assert speeds_kph({"highway": "residential"}) == (CLASS_KPH["residential"],) * 2
    assert speeds_kph({"highway": "residential", "maxspeed": "50"}) == (40, 40)
    assert speeds_kph({"highway": "primary", "zone:maxspeed": "DE:30"}) == (24, 24)
    assert speeds_kph({"highway": "primary", "maxspeed": "signals", "maxspeed:type": "DE:urban"}) == (40, 40)
    assert speeds_kph({"highway": "motorway", "maxspeed": "none"}) == (140, 140)


def test_each_direction_may_have_its_own_limit():
    tags = {"highway": "primary", "maxspeed": "50", "maxspeed:forward": "80"}
    assert speeds_kph(tags) == (64, 40)
    assert speeds_kph({"highway": "primary", "maxspeed:backward": "30"}) == (CLASS_KPH["primary"], 24)


@pytest.mark.parametrize(
    ("tags", "way"),
    [
        ({}, Direction.BOTH),
        ({"oneway": "yes"}, Direction.FORWARD),
        ({"oneway": "1"}, Direction.FORWARD),
        ({"oneway": "-1"}, Direction.BACKWARD),
        ({"oneway": "reverse"}, Direction.BACKWARD),
        ({"oneway": "reversible"}, Direction.CLOSED),
        ({"oneway": "alternating"}, Direction.CLOSED),
        ({"junction": "roundabout"}, Direction.FORWARD),
        ({"junction": "circular"}, Direction.FORWARD),
        ({"junction": "roundabout", "oneway": "-1"}, Direction.BACKWARD),
        ({"oneway": "yes", "oneway:motorcar": "no"}, Direction.BOTH),
        ({"oneway:motor_vehicle": "yes"}, Direction.FORWARD),
        ({"highway": "motorway"}, Direction.FORWARD),
        ({"highway": "motorway_link", "oneway": "no"}, Direction.BOTH),
    ],
)
def test_one_ways_of_all_kinds(tags, way):
    assert direction({"highway": "residential", **tags}) is way


@pytest.mark.parametrize(
    ("tags", "drivable"),
    [
        ({"highway": "residential"}, True),
        ({"highway": "footway"}, False),
        ({"highway": "construction"}, False),
        ({"highway": "residential", "access": "private"}, False),
        ({"highway": "residential", "access": "no", "motorcar": "yes"}, True),
        ({"highway": "residential", "motor_vehicle": "no"}, False),
        ({"highway": "residential", "access": "destination"}, True),
        ({"highway": "service", "service": "parking_aisle"}, False),
        ({"highway": "service", "area": "yes"}, False),
        ({"route": "ferry"}, False),
        ({"route": "ferry", "motor_vehicle": "yes"}, True),
        ({"route": "bus"}, False),
        ({}, False),
    ],
)
def test_access_for_motorcars(tags, drivable):
    assert is_drivable(tags) is drivable


@pytest.mark.parametrize(
    ("tags", "blocking"),
    [
        ({}, False),
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "toll_booth"}, False),
        ({"barrier": "block", "access": "destination"}, False),
        ({"highway": "crossing", "access": "no"}, False),
    ],
)
def test_barriers(tags, blocking):
    assert is_blocking(tags) is blocking


@pytest.mark.parametrize(
    ("text", "s"), [("20", 1200), ("00:20", 1200), ("1:30:15", 5415), ("a while", None), ("0", None)]
)
def test_a_ferry_takes_the_time_it_is_tagged_with(text, s):
    assert ferry_seconds({"duration": text}) == s


def test_without_a_tag_a_ferry_has_no_time():
    assert ferry_seconds({}) is None
