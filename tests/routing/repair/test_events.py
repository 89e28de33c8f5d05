"""Every event on a small week of two reps, several at once, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from routing.errors import InputError
from routing.evaluate import evaluate
from routing.events import EventList, events_from_json
from routing.plan import Plan, Stop
from routing.problem import Problem
from routing.repair import problem_after, repair
from tests.routing.repair.days import events_of, plan_of
from tests.routing.solve.small import DAYS, small_problem

NOON = 36_600
_TWICE = json.dumps(
    {
        "day": "2026-11-23",
        "now_s": 1,
        "events": [{"type": "cancel", "visit": "a"}, {"type": "no_show", "visit": "a"}],
    }
)


@pytest.fixture(scope="module")
def problem() -> Problem:
    return small_problem()


@pytest.fixture(scope="module")
def plan(problem: Problem) -> Plan:
    return plan_of(problem)


def _repair(problem: Problem, plan: Plan, events: EventList, **more: Any) -> Plan:
    repaired = repair(problem, plan, events, iterations=0, **more)
    faults = evaluate(problem_after(problem, events, plan), repaired).violations
    assert [fault for fault in faults if fault.kind != "mandatory"] == []
    return repaired


def _route(plan: Plan, shift: str) -> tuple[Stop, ...]:
    return next((route.stops for route in plan.routes if route.shift == shift), ())


def _ahead(plan: Plan, shift: str = f"ana/{DAYS[0]}") -> str:
    return _route(plan, shift)[-1].visit


def test_a_cancelled_stop_is_gone_and_others_keep_their_rep(problem: Problem, plan: Plan) -> None:
    name = _ahead(plan)
    repaired = _repair(problem, plan, events_of(30_000, {"type": "cancel", "visit": name}, day=DAYS[0]))
    assert repaired.diff is not None
    assert name in {change.visit for change in repaired.diff.removed}
    assert len(repaired.diff.removed) == 1
    assert not repaired.diff.moved


def test_freed_time_can_be_left_free(problem: Problem, plan: Plan) -> None:
    name = _ahead(plan)
    events = events_of(30_000, {"type": "cancel", "visit": name}, day=DAYS[0])
    repaired = _repair(problem, plan, events, fill=False)
    assert repaired.diff is not None
    assert not repaired.diff.added
    assert repaired.diff.delta.end_s[f"ana/{DAYS[0]}"] < 0


def test_a_late_rep_leaves_later(problem: Problem, plan: Plan) -> None:
    shift = f"rui/{DAYS[0]}"
    now_s = _route(plan, shift)[0].start_s + 1
    repaired = _repair(problem, plan, events_of(now_s, {"type": "late", "shift": shift, "delay_s": 1800}, day=DAYS[0]))
    first = _route(repaired, shift)[0]
    assert first.departure_s == _route(plan, shift)[0].departure_s + 1800


def test_an_absent_rep_drives_home_after_the_locked_stops(problem: Problem, plan: Plan) -> None:
    events = events_of(NOON, {"type": "absent", "rep": "ana", "from_s": NOON}, day=DAYS[0])
    repaired = _repair(problem, plan, events)
    shift = f"ana/{DAYS[0]}"
    assert all(stop.locked for stop in _route(repaired, shift))
    assert len(_route(repaired, shift)) < len(_route(plan, shift))


def test_a_promise_of_an_absent_rep_keeps_its_time(problem: Problem, plan: Plan) -> None:
    events = events_of(0, {"type": "absent", "rep": "rui", "from_s": 0}, day=DAYS[1])
    after = problem_after(problem, events)
    visit = after.visits[after.visit_index["c5"]]
    assert visit.promise is None
    assert visit.must
    starts = [
        stop.start_s for route in _repair(problem, plan, events).routes for stop in route.stops if stop.visit == "c5"
    ]
    assert all(32_400 <= start <= 33_300 for start in starts)


def test_an_urgent_visit_comes_in_before_its_deadline(problem: Problem, plan: Plan) -> None:
    urgent = {
        "id": "u1",
        "location": "c3",
        "service_s": 600,
        "mandatory": True,
        "windows": [{"day": DAYS[0], "start_s": 30_000, "end_s": 40_000}],
    }
    repaired = _repair(problem, plan, events_of(30_000, {"type": "insert", "visit": urgent}, day=DAYS[0]))
    stop = next(stop for route in repaired.routes for stop in route.stops if stop.visit == "u1")
    assert 30_000 <= stop.start_s <= 40_000


def test_changed_hours_are_kept(problem: Problem, plan: Plan) -> None:
    name = _ahead(plan)
    windows = [{"day": DAYS[0], "start_s": 31_000, "end_s": 33_000}]
    event = {"type": "hours", "visit": name, "windows": windows}
    repaired = _repair(problem, plan, events_of(28_000, event, day=DAYS[0]))
    for route in repaired.routes:
        for stop in route.stops:
            if stop.visit == name:
                assert route.shift.endswith(DAYS[0])
                assert 31_000 <= stop.start_s <= 33_000


def test_a_locked_stop_stays_with_its_rep_whatever_it_costs(problem: Problem, plan: Plan) -> None:
    name = _ahead(plan)
    late = {"type": "late", "shift": f"ana/{DAYS[0]}", "delay_s": 1200}
    events = events_of(28_000, {"type": "lock", "visit": name}, late, day=DAYS[0], change_price_s=0)
    repaired = _repair(problem, plan, events)
    stop = next(stop for stop in _route(repaired, f"ana/{DAYS[0]}") if stop.visit == name)
    assert stop.locked


def test_told_progress_is_believed(problem: Problem, plan: Plan) -> None:
    shift = f"ana/{DAYS[0]}"
    stops = _route(plan, shift)
    progress = {shift: {"locked": [stops[0].visit], "available_s": stops[0].departure_s + 900}}
    repaired = _repair(problem, plan, events_of(stops[0].departure_s, day=DAYS[0], progress=progress))
    locked = [stop for stop in _route(repaired, shift) if stop.locked]
    assert [stop.visit for stop in locked] == [stops[0].visit]
    assert locked[0].departure_s == stops[0].departure_s + 900


def test_several_at_once(problem: Problem, plan: Plan) -> None:
    gone, nobody = _route(plan, f"ana/{DAYS[0]}")[-1].visit, _route(plan, f"rui/{DAYS[0]}")[-1].visit
    events = events_of(
        31_000,
        {"type": "cancel", "visit": gone},
        {"type": "no_show", "visit": nobody},
        {"type": "late", "shift": f"rui/{DAYS[0]}", "delay_s": 900},
        day=DAYS[0],
    )
    repaired = _repair(problem, plan, events)
    served = {stop.visit for route in repaired.routes for stop in route.stops}
    assert served.isdisjoint({gone, nobody})


def test_no_event_changes_nothing(problem: Problem, plan: Plan) -> None:
    repaired = _repair(problem, plan, events_of(NOON, day=DAYS[0]))
    assert repaired.diff is not None
    changes = (repaired.diff.moved, repaired.diff.removed, repaired.diff.added, repaired.diff.retimed)
    assert changes == ((), (), (), ())
    assert repaired.objective_s == plan.objective_s


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"type": "cancel", "visit": "nobody"}, "events[0].visit is 'nobody'"),
        ({"type": "late", "shift": "ana/tomorrow", "delay_s": 5}, "events[0].shift is 'ana/tomorrow'"),
        ({"type": "late", "shift": f"ana/{DAYS[1]}", "delay_s": 5}, f"a shift of {DAYS[1]}"),
        ({"type": "absent", "rep": "eva", "from_s": 5}, "events[0].rep is 'eva'"),
        ({"type": "absent", "rep": "ana", "from_s": 190_000}, "events[0].from_s is 190000, after the end of the day"),
        ({"type": "late", "shift": f"ana/{DAYS[0]}", "delay_s": 90_000}, "events[0].delay_s is 90000, longer than"),
        ({"type": "insert", "visit": {"id": "c1", "location": "c1", "service_s": 5}}, "already has"),
        ({"type": "insert", "visit": {"id": "n", "location": "moon", "service_s": 5}}, "'moon'"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(problem: Problem, plan: Plan, event: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as told:
        repair(problem, plan, events_of(NOON, event, day=DAYS[0]), iterations=0)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_history_is_not_cancelled(problem: Problem, plan: Plan) -> None:
    done = _route(plan, f"ana/{DAYS[0]}")[0]
    events = events_of(done.departure_s, {"type": "cancel", "visit": done.visit}, day=DAYS[0])
    with pytest.raises(InputError, match="already executed"):
        repair(problem, plan, events, iterations=0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "must be a JSON object"),
        ('{"day": "2026-11-23", "now_s": 1.5}', "now_s must be a whole number"),
        ('{"day": "2026-11-23", "now_s": NaN}', "now_s must be a whole number"),
        ('{"day": "tomorrow", "now_s": 1}', "day must be a date"),
        ('{"day": "2026-11-23", "now_s": 1, "events": [{"visit": "a"}]}', "events[0].type is missing; add it"),
        ('{"day": "2026-11-23", "now_s": 1, "events": [{"type": "party"}]}', "events[0].type is 'party'; write one of"),
        (
            '{"day": "2026-11-23", "now_s": 1, "events": [{"type": "cancel", "visit": "a", "x": 1}]}',
            "not a known field",
        ),
        ('{"day": "2026-11-23"}', "now_s is missing"),
        ('{"day": "2026-11-23", "now_s": -1}', "now_s"),
        (_TWICE, "events[1] names 'a'"),
    ],
)
def test_bad_documents_are_refused_in_one_sentence(text: str, words: str) -> None:
    with pytest.raises(InputError) as told:
        events_from_json(text)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_progress_and_locks_that_cannot_be_are_refused(problem: Problem, plan: Plan) -> None:
    shift = f"ana/{DAYS[0]}"
    gone = _ahead(plan)
    without = repair(problem, plan, events_of(30_000, {"type": "cancel", "visit": gone}, day=DAYS[0]), fill=False)
    for told, words in (
        ({"locked": ["nobody"], "available_s": NOON}, "'nobody', which is not in the plan"),
        ({"locked": [], "at": "moon", "available_s": NOON}, "at is 'moon'"),
        ({"locked": [], "available_s": 190_000}, "available_s is 190000, after the end of the day"),
    ):
        with pytest.raises(InputError, match=words):
            repair(problem, plan, events_of(NOON, day=DAYS[0], progress={shift: told}), iterations=0)
    with pytest.raises(InputError, match="in no route"):
        repair(problem, without, events_of(NOON, {"type": "lock", "visit": gone}, day=DAYS[0]), iterations=0)


def test_a_day_without_shifts_and_a_late_clock_are_refused(problem: Problem, plan: Plan) -> None:
    with pytest.raises(InputError, match="no shift"):
        repair(problem, plan, events_of(0, day="2026-12-24"), iterations=0)
    with pytest.raises(InputError, match="now_s is 90000"):
        repair(problem, plan, events_of(90_000, day=DAYS[0]), iterations=0)
