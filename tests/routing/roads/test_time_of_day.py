from __future__ import annotations

from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.documents import from_values
from routing.errors import InputError
from routing.problem import Location, Problem, Shift
from routing.roads.attach import with_timed_roads
from routing.roads.engine import CchRoadNetwork
from routing.roads.metric import make_metric
from routing.roads.network import TimedRoadNetwork
from routing.roads.profiles import (
    DEFAULT_PROFILE,
    Area,
    SpeedProfile,
    change_times,
    moment_at,
)
from routing.roads.restrictions import Restriction
from routing.roads.roadmap import build_map
from routing.roads.shelf import load_metric, save_metric
from routing.roads.timeline import KEPT, Timeline, first_in_first_out
from routing.travel import Travel
from tests.routing.roads.naive_drives import small_graph
from tests.routing.roads.test_engine_exact import on_streets

PORTO = ZoneInfo("Europe/Lisbon")
MONDAY, SUNDAY = date(2026, 11, 23), date(2026, 11, 22)
RING = [(0, 1, 9000, 500, 500, 0), (1, 2, 9000, 500, 500, 0), (2, 3, 9000, 500, 500, 0), (3, 0, 9000, 500, 500, 0)]
RING.append((0, 4, 1000, 500, 500, 0))


def ring_network(rules=(), **options):
    road_map = build_map(small_graph(5, RING), rules)
    return CchRoadNetwork(road_map, make_metric(road_map.graph, road_map.turns, road_map.hierarchy), **options)


def test_the_day_is_slower_than_the_night_and_the_peak_slowest():
    network = ring_network()
    assert isinstance(network, TimedRoadNetwork)
    places = on_streets([0, 2], [0.5, 0.5])
    night, peak, day, none = (
        network.matrix(places, departure=when).duration_s[0, 1]
        for when in (
            datetime(2026, 11, 23, 3, tzinfo=PORTO),
            datetime(2026, 11, 23, 8, tzinfo=PORTO),
            datetime(2026, 11, 23, 12, tzinfo=PORTO),
            None,
        )
    )
    assert none == night < day < peak
    sunday = network.matrix(places, departure=datetime(2026, 11, 22, 8, tzinfo=PORTO)).duration_s[0, 1]
    assert sunday == night


def test_a_route_costs_what_the_matrix_says_at_its_hour():
    network = ring_network()
    places = on_streets([0, 2], [0.5, 0.25])
    for when in (datetime(2026, 11, 23, 7, 20, tzinfo=PORTO), datetime(2026, 11, 23, 17, 50, tzinfo=PORTO)):
        matrix = network.matrix(places, departure=when)
        route = network.route(on_streets([0], [0.5]), on_streets([2], [0.25]), departure=when)
        assert (route.duration_s, route.distance_m) == (matrix.duration_s[0, 1], matrix.distance_m[0, 1])


def test_times_go_in_straight_lines_between_changes():
    assert moment_at(DEFAULT_PROFILE, MONDAY, 25_650).share == 0.5
    assert moment_at(DEFAULT_PROFILE, MONDAY, 27_900).before == "peak"
    assert moment_at(DEFAULT_PROFILE, MONDAY, 86_400 + 60).before == "night"
    assert change_times(DEFAULT_PROFILE, MONDAY, 28_800, 61_200) == [27_900, 32_400, 36_000, 57_600, 61_200]
    assert change_times(DEFAULT_PROFILE, SUNDAY, 0, 10_000) == [0]
    assert change_times(DEFAULT_PROFILE, MONDAY, 82_000, 90_000) == [82_000]


def test_a_stack_is_accepted_as_travel_and_meets_the_matrices_of_its_times():
    network = ring_network()
    places = on_streets([0, 1, 2, 3], [0.1, 0.5, 0.9, 0.0])
    stack = network.matrices(places, MONDAY, 28_800, 61_200)
    travel = Travel.from_slices(stack)
    assert [piece.at_s for piece in stack] == [27_900, 32_400, 36_000, 57_600, 61_200]
    noon = network.matrix(places, departure=datetime(2026, 11, 23, 12, tzinfo=PORTO))
    assert travel.duration(0, 2, 43_200) == noon.duration_s[0, 2]


def test_conditional_restrictions_bind_in_their_hours_and_keep_the_order_of_arrivals():
    rule = Restriction("no_right_turn", 100, 101, via_node=1001, hours="Mo-Fr 09:00-11:00")
    network = ring_network((rule,))
    here, there = on_streets([0], [0.5]), on_streets([1], [0.5])
    free, bound, sunday = (
        int(network.matrix(here, there, departure=when).duration_s[0, 0])
        for when in (
            datetime(2026, 11, 23, 12, tzinfo=PORTO),
            datetime(2026, 11, 23, 10, 15, tzinfo=PORTO),
            datetime(2026, 11, 22, 10, tzinfo=PORTO),
        )
    )
    assert bound > 2 * free
    assert sunday < 1.1 * free
    both = on_streets([0, 1], [0.5, 0.5])
    stack = network.matrices(both, MONDAY, 28_800, 43_200)
    travel = Travel.from_slices(stack)
    assert travel.duration(0, 1, 34_200) > 1.5 * free
    assert travel.duration(0, 1, 39_600) == free


def test_a_factor_by_area_slows_only_what_lies_in_it():
    everywhere = Area(name="town", ring=((9, 49), (11, 49), (11, 51), (9, 51)), factors={"night": 0.5})
    elsewhere = Area(name="sea", ring=((0, 0), (1, 0), (1, 1)), factors={"night": 0.5})
    places = on_streets([0], [0.0]), on_streets([0], [1.0])
    when = datetime(2026, 11, 23, 3, tzinfo=PORTO)
    plain = ring_network().matrix(*places, departure=when).duration_s[0, 0]
    slow = ring_network(profile=DEFAULT_PROFILE.model_copy(update={"areas": (everywhere,)}))
    same = ring_network().with_speeds(DEFAULT_PROFILE.model_copy(update={"areas": (elsewhere,)}))
    assert slow.matrix(*places, departure=when).duration_s[0, 0] == pytest.approx(2 * plain, abs=1)
    assert same.matrix(*places, departure=when).duration_s[0, 0] == plain


def test_costs_of_an_hour_are_shared_on_disk(tmp_path):
    road_map = build_map(small_graph(5, RING))
    first = Timeline(road_map, DEFAULT_PROFILE, tmp_path)
    made = first.metric(first.hour(MONDAY, 28_800))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 3
    second = Timeline(road_map, DEFAULT_PROFILE, tmp_path)
    again = second.metric(second.hour(MONDAY, 29_000))
    assert np.array_equal(made.weights, again.weights)
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    for path in tmp_path.iterdir():
        path.write_bytes(b"torn")
    third = Timeline(road_map, DEFAULT_PROFILE, tmp_path)
    assert np.array_equal(third.metric(third.hour(MONDAY, 28_800)).weights, made.weights)


def test_stored_costs_are_bounded_and_free_flow_stays(tmp_path):
    road_map = build_map(small_graph(5, RING))
    save_metric(make_metric(road_map.graph, road_map.turns, road_map.hierarchy), tmp_path, "free-flow")
    week = DEFAULT_PROFILE.model_copy(update={"speeds": {**DEFAULT_PROFILE.speeds, "wet": {"default": 0.5}}})
    for share in range(12):
        slow = {**week.speeds, "peak": {"default": 0.5 + share / 100}, "day": {"default": 0.6 + share / 100}}
        timeline = Timeline(road_map, week.model_copy(update={"speeds": slow}), tmp_path)
        for at_s in (28_800, 43_200):
            timeline.metric(timeline.hour(MONDAY, at_s))
    assert len(list(tmp_path.glob("metric-hour-*.weights.npy"))) == 2 * KEPT
    assert load_metric(road_map, tmp_path, "free-flow") is not None


def day_problem(*days):
    places = (Location(id="a", lon=10.0, lat=50.0), Location(id="b", lon=9.998, lat=49.996))
    shifts = [
        Shift(id=f"s{day}", rep="r", day=day, start="a", end="a", start_s=28_800, end_s=43_200, max_overtime_s=3600)
        for day in days
    ]
    return Problem(version=1, locations=places, shifts=tuple(shifts), visits=())


def test_a_problem_of_one_day_takes_travel_by_the_hour():
    network = ring_network()
    problem = with_timed_roads(day_problem(MONDAY), network)
    travel = problem.require_travel()
    assert travel.at_s.tolist() == [27_900, 32_400, 36_000, 57_600]
    assert travel.duration(0, 1, 30_000) > travel.duration(0, 1, 40_000)
    with pytest.raises(InputError, match="shifts on 2 days"):
        with_timed_roads(day_problem(MONDAY, SUNDAY), network)
    with pytest.raises(InputError, match="no shifts"):
        with_timed_roads(day_problem(), network)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.lists(st.integers(-1, 4000), min_size=3, max_size=3), min_size=2, max_size=6),
    gap=st.integers(1, 900),
)
def test_smoothed_stacks_never_let_a_later_start_arrive_earlier(rows, gap):
    at_s = [k * gap for k in range(len(rows))]
    smooth = first_in_first_out(at_s, [np.array([row], np.int32) for row in rows])
    for k in range(len(rows) - 1):
        here, there = smooth[k].astype(int), smooth[k + 1].astype(int)
        assert ((here < 0) == (there < 0)).all()
        assert (here - there <= gap).all()
    for column in range(3):
        given_s = [row[column] for row in rows]
        if min(given_s) >= 0 and all(here - there <= gap for here, there in pairwise(given_s)):
            assert [int(matrix[0, column]) for matrix in smooth] == given_s


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"week": [{"days": ["Mo"], "changes": [{"at_s": 0, "speeds": "night"}]}]}, "week names Tu 0 times"),
        ({"speeds": {"night": {"highway": 1.0}}}, "highway"),
        ({"speeds": {"night": {"default": 0.0}}}, r"speeds\.night\.default"),
        (
            {"week": [{"days": list("MTWTFSS"), "changes": []}]},
            "week",
        ),
        (
            {
                "week": [
                    {"days": ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"], "changes": [{"at_s": 60, "speeds": "night"}]}
                ]
            },
            "begin at 0",
        ),
    ],
)
def test_a_profile_that_is_not_whole_is_refused(change, said):
    values = {
        "speeds": {"night": {"default": 1.0}},
        "week": [{"days": ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"], "changes": [{"at_s": 0, "speeds": "night"}]}],
    }
    from_values(SpeedProfile, values, "speeds.json")
    with pytest.raises(InputError, match=said):
        from_values(SpeedProfile, {**values, **change}, "speeds.json")
