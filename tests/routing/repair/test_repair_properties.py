"""What holds for every repair, on random tiny days."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.evaluate import evaluate
from routing.events import EventList
from routing.plan import Plan, Stop
from routing.problem import Problem
from routing.repair import problem_after, repair
from routing.repair.rest import RETIMED_S, day_of
from routing.repair.state import state_of
from routing.solve.schedule import Scheduler
from tests.routing.repair.days import tiny_days

Day = tuple[Problem, Plan, EventList]


def _stops(plan: Plan) -> dict[str, tuple[str, Stop]]:
    return {stop.visit: (route.shift, stop) for route in plan.routes for stop in route.stops}


def _calm(events: EventList) -> bool:
    """Whether nothing keeps the plan from standing without what is called off."""
    return all(event.type in {"cancel", "insert", "lock"} for event in events.events)


@settings(max_examples=25, deadline=None)
@given(st.booleans().flatmap(lambda timed: tiny_days(timed=timed)))
def test_the_evaluator_accepts_every_repair(day: Day) -> None:
    problem, plan, events = day
    after = problem_after(problem, events, plan)
    repaired = repair(problem, plan, events, iterations=0)
    locked = state_of(problem, plan, events).locked
    verdict = evaluate(after, repaired)
    for fault in verdict.violations:
        assert fault.kind == "mandatory" or fault.visit in locked or fault.kind in {"shift_end", "break"}, fault
    if _calm(events):
        assert [fault for fault in verdict.violations if fault.kind != "mandatory"] == []
    assert verdict.objective_s == repaired.objective_s


@settings(max_examples=25, deadline=None)
@given(st.booleans().flatmap(lambda timed: tiny_days(timed=timed)))
def test_locked_stops_stay_in_order_and_place(day: Day) -> None:
    problem, plan, events = day
    state = state_of(problem, plan, events)
    repaired = {route.shift: route for route in repair(problem, plan, events, iterations=0).routes}
    for one in state.open.values():
        if not one.locked:
            continue
        stops = repaired[one.shift.id].stops
        assert [stop.visit for stop in stops[: len(one.locked)]] == [stop.visit for stop in one.locked]
        assert all(stop.locked for stop in stops[: len(one.locked)])
        for stop in stops[len(one.locked) :]:
            assert stop.start_s >= one.available_s >= 0
        if _calm(events):
            before = _stops(plan)
            for stop in stops[: len(one.locked)]:
                assert stop.start_s == before[stop.visit][1].start_s
                assert stop.arrival_s == before[stop.visit][1].arrival_s


@settings(max_examples=25, deadline=None)
@given(tiny_days())
def test_the_same_budget_gives_the_same_plan(day: Day) -> None:
    first, again = (repair(*day, iterations=0, seed=5) for _ in range(2))
    assert first.to_json() == again.to_json()


@settings(max_examples=25, deadline=None)
@given(st.booleans().flatmap(lambda timed: tiny_days(timed=timed)))
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


@settings(max_examples=25, deadline=None)
@given(tiny_days())
def test_suggestions_fit_as_they_say(day: Day) -> None:
    problem, plan, events = day
    repaired = repair(problem, plan, events, iterations=0, fill=False)
    left_out = {entry.visit for entry in repaired.unserved}
    for one in repaired.suggestions or ():
        assert one.visit in left_out
        route = next((route for route in repaired.routes if route.shift == one.shift), None)
        assert one.after is None or (route is not None and one.after in [stop.visit for stop in route.stops])
        assert one.start_s >= events.now_s


@settings(max_examples=15, deadline=None)
@given(st.booleans().flatmap(lambda timed: tiny_days(timed=timed)))
def test_searching_is_never_worse_and_always_the_same(day: Day) -> None:
    problem, plan, events = day
    quick, searched, again = (repair(problem, plan, events, iterations=count) for count in (0, 60, 60))
    assert searched.to_json() == again.to_json()
    assert _score(problem, events, plan, searched) >= _score(problem, events, plan, quick)


@settings(max_examples=40, deadline=None)
@given(tiny_days())
def test_never_worse_than_skipping_what_is_called_off(day: Day) -> None:
    problem, plan, events = day
    calm = events.model_copy(update={"events": tuple(one for one in events.events if one.type == "cancel")})
    state = state_of(problem, plan, calm)
    after = problem_after(problem, calm, plan)
    repaired = repair(problem, plan, calm, iterations=0)
    clock = Scheduler(after)
    skipped = 0
    for position, one in state.open.items():
        if one.locked or one.available_s > one.shift.start_s:
            return
        names = [after.visit_index[name] for name in one.rest]
        timing = clock.schedule(position, names) if names else None
        if names and timing is None:
            return
        if timing is not None:
            worth = sum(after.visits[i].worth_s(one.shift.rep) for i in names)
            skipped += worth - timing.price_s - timing.travel_price_s
    assert _score(problem, calm, plan, repaired)[1] >= skipped


def _score(problem: Problem, events: EventList, plan: Plan, repaired: Plan) -> tuple[int, int]:
    """Musts served, and the objective less the price of stops that changed rep or day or were dropped."""
    after = problem_after(problem, events, plan)
    day = day_of(after, state_of(problem, plan, events), events)
    before, served = day.homes, _stops(repaired)
    changed = sum(name not in served or not day.stays(name, after.shift_index[served[name][0]]) for name in before)
    retimed = sum(
        name in served
        and day.stays(name, after.shift_index[served[name][0]])
        and after.visits[after.visit_index[name]].promise is not None
        and abs(served[name][1].start_s - day.starts[name]) > RETIMED_S
        for name in before
    )
    musts = sum(after.visits[after.visit_index[name]].must or name in day.pinned for name in served)
    return musts, repaired.objective_s - events.change_price_s * (changed + retimed)
