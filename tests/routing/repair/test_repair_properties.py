"""What holds for every repair, on random tiny days."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from routing.evaluate import evaluate
from routing.events import EventList
from routing.plan import Plan, Stop
from routing.problem import Problem
from routing.repair import problem_after, repair
from routing.repair.rest import day_of, rest_of
from routing.repair.state import DayState, state_of
from routing.repair.telling import Teller, disturbed
from tests.routing.repair.brute import judged, score
from tests.routing.repair.days import tiny_days

Day = tuple[Problem, Plan, EventList]
ANY = st.booleans().flatmap(lambda timed: tiny_days(timed=timed))
MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def _stops(plan: Plan) -> dict[str, tuple[str, Stop]]:
    return {stop.visit: (route.shift, stop) for route in plan.routes for stop in route.stops}


def _locked_alone(problem: Problem, plan: Plan, events: EventList, state: DayState) -> Plan:
    """The plan in which every rep drives home after what is executed or under way."""
    day = day_of(problem_after(problem, events, plan), state, events)
    teller = Teller(day, frozenset(state.open))
    board = dict.fromkeys(state.open, ())
    return judged(day, teller.board(board, rest_of(day, tuple(state.open), board, (), keep_times=False)))


@MANY
@given(ANY)
def test_only_what_nobody_can_help_breaks_a_rule(day: Day) -> None:
    """Three kinds of faults are unavoidable, and no other is in a repair.

    A must-visit in no route, told with its reason. A stop executed or under way that is too late, or
    to which no road leads since the stop before it is gone. A shift that breaks
    one of its own rules already when the rep drives home right after those stops: then the repair sends them home.
    """
    problem, plan, events = day
    after, state = problem_after(problem, events, plan), state_of(problem, plan, events)
    repaired = repair(problem, plan, events, iterations=0)
    verdict = evaluate(after, repaired)
    assert verdict.objective_s == repaired.objective_s
    left_out = {entry.visit for entry in repaired.unserved}
    alone = None
    for fault in verdict.violations:
        if fault.kind == "mandatory":
            assert fault.visit in left_out
        elif fault.visit is not None:
            assert fault.visit in state.locked
            assert fault.kind in {"window", "promise", "unreachable"}
        else:
            if alone is None:
                bare = evaluate(after, _locked_alone(problem, plan, events, state))
                alone = {(one.kind, one.shift) for one in bare.violations}
            assert (fault.kind, fault.shift) in alone
            route = next(route for route in repaired.routes if route.shift == fault.shift)
            assert {stop.visit for stop in route.stops} <= state.locked


@MANY
@given(ANY)
def test_locked_stops_never_move(day: Day) -> None:
    problem, plan, events = day
    state = state_of(problem, plan, events)
    routes = {route.shift: route for route in plan.routes}
    repaired = {route.shift: route for route in repair(problem, plan, events, iterations=30).routes}
    for one in state.open.values():
        if not one.locked:
            continue
        stops = repaired[one.shift.id].stops
        count = len(one.locked)
        assert [stop.visit for stop in stops[:count]] == [stop.visit for stop in one.locked]
        assert all(stop.locked for stop in stops[:count])
        for stop, decided in zip(stops, one.locked, strict=False):
            assert stop.start_s >= decided.start_s
        assert all(stop.start_s >= one.available_s for stop in stops[count:])
        before = routes[one.shift.id].stops
        for was, now in zip(before, stops[:count], strict=False):
            if was.visit in events.gone:
                break
            executed = was.departure_s <= events.now_s
            if executed or one.shift.id not in events.delays():
                assert (now.arrival_s, now.start_s) == (was.arrival_s, was.start_s)


@MANY
@given(tiny_days())
def test_stops_locked_by_hand_keep_their_rep_or_are_told_as_impossible(day: Day) -> None:
    problem, plan, events = day
    pinned = {event.visit for event in events.events if event.type == "lock"}
    repaired = repair(problem, plan, events, iterations=30)
    before, after = _stops(plan), _stops(repaired)
    for name in pinned & before.keys():
        assert name not in after or after[name][0] == before[name][0]


@settings(max_examples=60, deadline=None)
@given(tiny_days())
def test_without_a_clock_the_same_plan_comes_out(day: Day) -> None:
    for effort in ({"iterations": 0}, {"iterations": 60}, {}):
        first, again = (repair(*day, seed=5, **effort) for _ in range(2))
        assert first.to_json() == again.to_json()


@MANY
@given(ANY)
def test_the_diff_tells_every_stop_once(day: Day) -> None:
    problem, plan, events = day
    repaired = repair(problem, plan, events, iterations=0)
    before, after, diff = _stops(plan), _stops(repaired), repaired.diff
    assert diff is not None
    kept = diff.unchanged + len(diff.moved) + len(diff.retimed)
    assert kept + len(diff.removed) == len(before)
    assert kept + len(diff.added) == len(after)
    assert {change.visit for change in diff.removed} == before.keys() - after.keys()
    assert events.gone.isdisjoint(after)
    assert events.gone.isdisjoint(entry.visit for entry in repaired.unserved)
    assert len(repaired.unserved) + len(after) == len(problem_after(problem, events, plan).visits)


@MANY
@given(tiny_days(), st.booleans())
def test_a_suggestion_taken_is_what_it_says(day: Day, fill: bool) -> None:
    problem, plan, events = day
    repaired = repair(problem, plan, events, iterations=0, fill=fill)
    left_out = {entry.visit for entry in repaired.unserved}
    state = state_of(problem, plan, events)
    after = day_of(problem_after(problem, events, plan), state, events)
    routes = {route.shift: route for route in repaired.routes}
    for one in repaired.suggestions or ():
        assert one.visit in left_out
        assert one.start_s >= events.now_s
        position = problem.shift_index[one.shift]
        locked = [stop.visit for stop in state.open[position].locked]
        stops = [stop.visit for stop in routes[one.shift].stops] if one.shift in routes else []
        rest = [name for name in stops if name not in locked]
        row = rest.index(one.after) + 1 if one.after in rest else 0
        assert row or one.after == (locked[-1] if locked else None)
        names = (*rest[:row], one.visit, *rest[row:])
        small = rest_of(after, [position], {position: names}, (), keep_times=False)
        told = Teller(after, frozenset([position])).told(position, names, small)
        assert told is not None
        longer = next(stop for stop in told.route.stops if stop.visit == one.visit)
        assert longer.start_s == one.start_s
        if stops:
            assert told.route.end_s - routes[one.shift].end_s == one.later_s
            assert told.route.travel_s - routes[one.shift].travel_s == one.extra_travel_s


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ANY)
def test_searching_is_never_worse(day: Day) -> None:
    problem, plan, events = day
    quick, searched = (repair(problem, plan, events, iterations=count) for count in (0, 60))
    assert score(problem, events, plan, searched) >= score(problem, events, plan, quick)


def _skipped(problem: Problem, plan: Plan, calm: EventList) -> Plan:
    """Every rep drives past what is called off and keeps the order. Rejects days that cannot be timed so."""
    state = state_of(problem, plan, calm)
    after = day_of(problem_after(problem, calm, plan), state, calm)
    board = {position: one.rest for position, one in state.open.items()}
    try:
        routes = Teller(after, disturbed(after)).board(board, rest_of(after, tuple(board), board, (), keep_times=True))
    except ValueError:
        reject()
    return judged(after, routes)


def _cancels_of(events: EventList) -> EventList:
    return events.model_copy(update={"events": tuple(one for one in events.events if one.type == "cancel")})


@MANY
@given(ANY)
def test_never_worse_than_skipping_what_is_called_off(day: Day) -> None:
    problem, plan, events = day
    calm = _cancels_of(events)
    skipped = _skipped(problem, plan, calm)
    repaired = repair(problem, plan, calm, iterations=0)
    assert score(problem, calm, plan, repaired) >= score(problem, calm, plan, skipped)


@MANY
@given(tiny_days(price=100_000))
def test_nobody_else_changes_for_a_price_that_nothing_pays(day: Day) -> None:
    problem, plan, events = day
    calm = _cancels_of(events)
    skipped = _skipped(problem, plan, calm)
    assume(not evaluate(problem_after(problem, calm, plan), skipped).violations)
    repaired = repair(problem, plan, calm, iterations=60)
    assert repaired.diff is not None
    assert not repaired.diff.moved
    assert {change.visit for change in repaired.diff.removed} <= calm.gone
