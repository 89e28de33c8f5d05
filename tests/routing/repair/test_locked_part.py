"""Stops executed or under way that the day itself has made later than planned: what follows knows it."""

from __future__ import annotations

from typing import Any

from routing.documents import from_values
from routing.evaluate import evaluate
from routing.plan import Plan
from routing.problem import Problem
from routing.repair import problem_after, repair
from routing.repair.state import state_of
from tests.routing.repair.days import events_of, plan_of
from tests.routing.solve.tiny import DAY


def _problem(drives: list[list[int]], visits: list[dict[str, Any]], breaks: list[dict[str, int]]) -> Problem:
    places = ["home", *(visit["id"] for visit in visits)]
    shift = {"id": "ana", "rep": "ana", "day": DAY, "start": "home", "end": "home", "start_s": 0, "end_s": 100}
    values = {
        "version": 1,
        "locations": [{"id": place} for place in places],
        "matrix": {"duration_s": drives, "distance_m": drives},
        "shifts": [shift | {"breaks": breaks}],
        "visits": [{"location": visit["id"], "service_s": 0, "value_s": 1000} | visit for visit in visits],
    }
    return from_values(Problem, values, "the problem")


def _opens(first_s: int, last_s: int) -> list[dict[str, Any]]:
    return [{"day": DAY, "start_s": first_s, "end_s": last_s}]


def _stops(plan: Plan) -> dict[str, int]:
    return {stop.visit: stop.start_s for route in plan.routes for stop in route.stops}


def test_a_break_that_a_late_service_covers_is_still_to_be_had() -> None:
    visits = [
        {"id": "a", "windows": _opens(10, 10)},
        {"id": "b", "service_s": 3, "windows": _opens(11, 15)},
        {"id": "c", "windows": _opens(14, 40)},
    ]
    problem = _problem([[0] * 4] * 4, visits, [{"duration_s": 4, "earliest_s": 11, "latest_s": 14}])
    plan = plan_of(problem)
    assert _stops(plan) == {"a": 10, "b": 11, "c": 14}
    assert [pause.start_s for pause in plan.routes[0].breaks] == [14]
    events = events_of(10, {"type": "late", "shift": "ana", "delay_s": 4})
    repaired = repair(problem, plan, events, iterations=0)
    assert _stops(repaired) == {"a": 10, "b": 14, "c": 17}
    assert [pause.start_s for pause in repaired.routes[0].breaks] == [17]
    assert evaluate(problem_after(problem, events, plan), repaired).violations == ()


def test_a_way_that_is_longer_without_a_stop_makes_the_next_one_no_second_too_late() -> None:
    """From a to c is 11 s, by b it is 10: without b, c and all that follows is a second later."""
    drives = [
        [0, 5, 50, 50, 50],
        [50, 0, 5, 11, 50],
        [50, 50, 0, 5, 50],
        [50, 50, 50, 0, 5],
        [5, 50, 50, 50, 0],
    ]
    visits = [{"id": name} for name in "abc"] + [{"id": "d", "windows": _opens(0, 20)}]
    problem = _problem(drives, visits, [])
    plan = plan_of(problem)
    assert _stops(plan) == {"a": 5, "b": 10, "c": 15, "d": 20}
    events = events_of(12, {"type": "no_show", "visit": "b"})
    state = state_of(problem, plan, events)
    assert [(stop.visit, stop.start_s) for stop in state.open[0].locked] == [("a", 5), ("c", 16)]
    assert state.open[0].available_s == 16
    repaired = repair(problem, plan, events, iterations=0)
    assert evaluate(problem_after(problem, events, plan), repaired).violations == ()
    assert _stops(repaired) == {"a": 5, "c": 16}


def test_a_break_on_the_way_to_a_door_does_not_make_the_next_way_shorter() -> None:
    """The stop is called off at its door; from the stop before, the next place is farther than by that door."""
    drives = [
        [0, 5, 50, 50],
        [50, 0, 5, 20],
        [50, 50, 0, 1],
        [5, 50, 50, 0],
    ]
    visits = [{"id": "a"}, {"id": "b", "windows": _opens(20, 30)}, {"id": "c", "windows": _opens(0, 25)}]
    problem = _problem(drives, visits, [{"duration_s": 8, "earliest_s": 7, "latest_s": 9}])
    plan = plan_of(problem)
    assert _stops(plan) == {"a": 5, "b": 20, "c": 21}
    events = events_of(18, {"type": "cancel", "visit": "b"})
    repaired = repair(problem, plan, events, iterations=0)
    assert evaluate(problem_after(problem, events, plan), repaired).violations == ()
    assert "c" not in _stops(repaired)


def test_from_a_door_without_anybody_the_shift_drives_no_more_than_it_may() -> None:
    """The next drive counts from the last stop that was kept, which may be further away than the door."""
    drives = [
        [[0, 0, 2], [0, 0, 0], [2, 0, 0]],  # home, the door where nobody was, the stop that was kept
        [[2, 0, 2], [0, 0, 0], [5, 0, 0]],
    ]
    shift = {"day": DAY, "start": "home", "end": "home", "start_s": 0, "end_s": 20}
    values = {
        "version": 1,
        "locations": [{"id": place} for place in ("home", "door", "kept")],
        "matrices": [
            {"at_s": at_s, "duration_s": one, "distance_m": one} for at_s, one in zip((2, 7), drives, strict=True)
        ],
        "shifts": [
            shift | {"id": "ana", "rep": "ana", "max_travel_s": 6},
            shift | {"id": "bo", "rep": "bo"},
        ],
        "visits": [
            {"id": "kept", "location": "kept", "service_s": 2, "value_s": 1},
            {"id": "door", "location": "door", "service_s": 0, "value_s": 1},
        ],
        "objective": {"travel": 0, "waiting": 0, "lateness": 0, "overtime": 0},
    }
    problem = from_values(Problem, values, "the problem")
    stops = [
        {"visit": "kept", "arrival_s": 2, "start_s": 2, "departure_s": 4, "travel_s": 2},
        {"visit": "door", "arrival_s": 4, "start_s": 4, "departure_s": 4, "travel_s": 0},
    ]
    route = {"shift": "ana", "travel_s": 2, "distance_m": 2, "start_s": 0, "end_s": 4, "stops": stops, "breaks": []}
    plan = from_values(
        Plan,
        {"version": 1, "objective_s": 2, "value_s": 2, "travel_s": 2, "routes": [route], "unserved": []},
        "the plan",
    )
    assert evaluate(problem, plan).violations == ()
    new = {"id": "new", "location": "home", "service_s": 0, "value_s": 0, "mandatory": True}
    events = events_of(5, {"type": "no_show", "visit": "door"}, {"type": "insert", "visit": new})
    repaired = repair(problem, plan, events, iterations=0)
    assert {route.shift: [stop.visit for stop in route.stops] for route in repaired.routes} == {
        "ana": ["kept"],
        "bo": ["new"],
    }
    assert evaluate(problem_after(problem, events, plan), repaired).violations == ()
