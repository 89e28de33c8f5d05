"""Planning: from rows to stored plans that the evaluator accepts, week by week, once per run."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from sqlmodel import select

from routing.errors import SolveError
from routing.evaluate import evaluate
from routing.solve.options import SolveOptions
from tests.visits.world import (
    MONDAY,
    SUNDAY_NOON,
    WEEK,
    StraightTravel,
    appointment,
    at,
    customer,
    fill,
    fill_town,
    queue_run,
    quick_tools,
    rep,
    solve_by_insertion,
)
from visits.day_plan import DayPlan
from visits.errors import InputError, NotFoundError
from visits.models import Absence, Customer, Event, Plan, PlanRun, PlanVersion, Territory, Visit
from visits.planning import run_planning, seconds_for, weeks_of
from visits.problem_store import load_problem
from visits.queries.runs import request_cancel
from visits.scope import SYSTEM
from visits.solving import Tools
from visits.store import Store


def plan(store: Store, first_day: date = MONDAY, days: int = 1, now=SUNDAY_NOON, tools=None, **run):
    run_id = queue_run(store, first_day, days, **run)
    return run_id, run_planning(store, run_id, tools or quick_tools(), now=now)


def documents(store: Store) -> dict[tuple[str, date], DayPlan]:
    with store.reading() as session:
        found = session.exec(
            select(PlanVersion.document).join(
                Plan, (Plan.id == PlanVersion.plan_id) & (Plan.number == PlanVersion.number)
            )
        ).all()
    plans = [DayPlan.model_validate_json(text) for text in found]
    return {(one.rep, one.date): one for one in plans}


def test_a_day_is_planned_stored_and_can_be_replayed(store: Store) -> None:
    fill_town(store, 24, appointment("c03"))
    run_id, result = plan(store)
    document = documents(store)["rep_ana", MONDAY]
    assert result.plans == 1
    assert result.stops == len(document.stops) > 8
    assert "vis_c03" in {stop.visit for stop in document.stops}
    with store.reading() as session:
        run = session.get_one(PlanRun, run_id)
        assert (run.status, run.percent, run.best_objective_s) == ("done", 100, result.objective_s)
        version = session.exec(select(PlanVersion)).one()
        problem = load_problem(session, version.problem_hash)
        kinds = Counter(session.exec(select(Event.kind)).all())
        rows = {row.id: row for row in session.exec(select(Visit))}
    again = solve_by_insertion(problem, quick_options(version))
    assert evaluate(problem, again).valid
    assert [stop.visit for stop in again.routes[0].stops] == [stop.visit for stop in document.stops]
    assert kinds == {"run.started": 1, "plan.stored": 1, "run.territory": 1, "run.done": 1}
    for stop in document.stops:
        row = rows[stop.visit]
        assert (row.rep_id, row.day, row.start_s, row.state) == ("rep_ana", MONDAY, stop.start_s, stop.state)
    assert len(rows) == len(document.stops)


def quick_options(version: PlanVersion):
    return SolveOptions(engine=version.engine, iterations=version.iterations, seed=version.seed)


def test_the_document_adds_up_and_knows_its_moments(store: Store) -> None:
    fill_town(store, 24, appointment("c03"))
    plan(store)
    document = documents(store)["rep_ana", MONDAY]
    text = document.to_json()
    assert len(text) < 30_000
    raw = json.loads(text)
    assert raw["date"] == "2026-11-23"
    assert raw["stops"][0]["start"].endswith("+02:00")
    totals = document.totals
    assert totals.service_s == 1800 * len(document.stops)
    rested = sum(pause.duration_s for pause in document.breaks)
    assert rested == 2700
    assert totals.waiting_s == totals.end_s - document.leave_s - totals.travel_s - totals.service_s - rested
    assert document.objective_s == totals.value_s - totals.travel_s
    promised = next(stop for stop in document.stops if stop.visit == "vis_c03")
    assert promised.state == "promised"
    assert promised.promise.start_s <= promised.start_s <= promised.promise.end_s
    for stop in document.stops:
        assert (stop.why.days_since, stop.why.days_over) == (14, 0)
        assert stop.start.timestamp() - at(0).timestamp() == stop.start_s


def test_planning_again_changes_nothing_and_writes_no_version(store: Store) -> None:
    fill_town(store)
    plan(store)
    before = documents(store)
    _, again = plan(store)
    assert again.plans == 0
    assert documents(store) == before


def test_a_run_started_again_after_it_ended_or_crashed_stores_nothing_twice(store: Store) -> None:
    fill_town(store)
    run_id, result = plan(store)
    assert run_planning(store, run_id, quick_tools(), now=SUNDAY_NOON) == result
    with store.session() as session:
        run = session.get_one(PlanRun, run_id)
        run.status = "running"
        session.add(run)
    run_planning(store, run_id, quick_tools(), now=SUNDAY_NOON)
    with store.reading() as session:
        assert len(session.exec(select(PlanVersion)).all()) == 1


def test_over_two_weeks_nobody_is_visited_again_before_it_is_worth_anything(store: Store) -> None:
    fill_town(store, 60)
    _, result = plan(store, days=12)
    visited: dict[str, list[date]] = {}
    for (_, day), one in sorted(documents(store).items(), key=lambda item: item[0][1]):
        for stop in one.stops:
            visited.setdefault(stop.customer, []).append(day)
    gaps = [(later - sooner).days for days in visited.values() for sooner, later in pairwise(days)]
    assert len(visited) == 60
    assert min(gaps, default=14) > 0.6 * 14
    assert result.stops == sum(len(days) for days in visited.values())
    assert {day for _, day in documents(store)} == {*WEEK, *(day + timedelta(days=7) for day in WEEK)}


def test_a_short_gap_gives_several_visits_a_week_apart_by_the_gap(store: Store) -> None:
    fill(store, rep(), customer("often", ago=2, cadence_days=2, tier="A"))
    plan(store, days=5)
    visited = sorted(day for (_, day), one in documents(store).items() for _stop in one.stops)
    assert len(visited) == 3
    with store.reading() as session:
        assert len({visit.id for visit in session.exec(select(Visit))}) == 3


def test_weeks_turn_on_monday() -> None:
    assert [len(week) for week in weeks_of(date(2026, 11, 26), 12)] == [4, 7, 1]


def test_what_cannot_be_planned_is_named_with_its_reason(store: Store) -> None:
    fill(
        store,
        rep(skills=["dairy"]),
        customer("shut", opening_hours="Mo-Su off"),
        customer("broken", opening_hours="whenever"),
        customer("far", lat=75.0),
        customer("wine", skills=["wine"]),
        customer("holiday"),
        Absence(rep_id="rep_ana", starts_at=at(0, day=WEEK[1]), ends_at=at(0, day=WEEK[2])),
        appointment("holiday", day=WEEK[1]),
    )
    _, result = plan(store, days=2)
    reasons = {entry.name: (entry.reason, entry.must) for entry in result.not_planned}
    assert reasons == {
        "Holiday": ("shift", True),
        "Shut": ("window", False),
        "Broken": ("window", False),
        "Far": ("unreachable", False),
        "Wine": ("time", False),
    }
    details = {entry.name: entry.detail for entry in result.not_planned}
    assert details["Broken"].startswith("opening_hours of customer 'Broken' 'whenever' is not opening_hours syntax")
    assert result.must_not_planned == 1
    assert result.not_planned[0].name == "Holiday"


def test_territories_are_planned_apart_and_only_those_asked_for(store: Store) -> None:
    fill(store, Territory(id="ter_s", name="South"))
    fill(
        store,
        rep("ana"),
        rep("bo", "ter_s"),
        rep("cy", None),
        *(customer(f"n{i}") for i in range(5)),
        *(customer(f"s{i}", "ter_s") for i in range(5)),
        *(customer(f"x{i}", None) for i in range(5)),
    )
    plan(store, territory_ids=["ter_s"])
    assert set(documents(store)) == {("rep_bo", MONDAY)}
    plan(store)
    served = {key[0]: {stop.name[0] for stop in one.stops} for key, one in documents(store).items()}
    assert served == {"rep_ana": {"N"}, "rep_bo": {"S"}, "rep_cy": {"X"}}


def test_reps_of_one_territory_share_its_customers(store: Store) -> None:
    fill_town(store, 40, rep("bo", home_lon=24.92))
    _, result = plan(store)
    both = documents(store)
    assert len(both) == 2
    names = [stop.customer for one in both.values() for stop in one.stops]
    assert len(names) == len(set(names)) == result.stops > 20


def test_a_new_absence_vacates_the_planned_day(store: Store) -> None:
    fill_town(store)
    plan(store, days=2)
    fill(store, Absence(rep_id="rep_ana", starts_at=at(0), ends_at=at(0, day=WEEK[1])))
    plan(store, days=2)
    monday, tuesday = documents(store)["rep_ana", MONDAY], documents(store)["rep_ana", WEEK[1]]
    assert (monday.stops, monday.version) == ((), 2)
    with store.reading() as session:
        placed = {row.id for row in session.exec(select(Visit)) if row.day is not None}
    assert placed == {stop.visit for stop in tuesday.stops}


def test_a_begun_day_keeps_its_executed_stops(store: Store) -> None:
    fill_town(store)
    plan(store)
    before = documents(store)["rep_ana", MONDAY]
    now = before.stops[2].start
    fill(store, customer("urgent", ago=60, tier="A"))
    plan(store, now=now)
    after = documents(store)["rep_ana", MONDAY]
    assert after.version == 2
    for old, new in zip(before.stops[:3], after.stops[:3], strict=True):
        assert new == old.model_copy(update={"locked": True})
    assert "cus_urgent" in {stop.customer for stop in after.stops[3:]}
    assert after.stops[3].arrival_s >= before.stops[2].departure_s


def test_days_that_are_over_stay_as_they_are(store: Store) -> None:
    fill_town(store)
    plan(store)
    before = documents(store)
    _, result = plan(store, now=at(18))
    assert (result.plans, documents(store)) == (0, before)


def test_a_run_that_fails_says_why_in_its_row(store: Store) -> None:
    run_id = queue_run(store)
    with pytest.raises(InputError, match="no active reps"):
        run_planning(store, run_id, quick_tools(), now=SUNDAY_NOON)
    with store.reading() as session:
        run = session.get_one(PlanRun, run_id)
    assert (run.status, run.result) == ("failed", None)
    assert "import reps" in run.message


def test_a_plan_that_breaks_a_rule_is_never_stored(store: Store) -> None:
    fill_town(store)

    def cheat(problem, options, **_):
        sound = solve_by_insertion(problem, options)
        return sound.model_copy(update={"objective_s": sound.objective_s + 1})

    run_id = queue_run(store)
    with pytest.raises(SolveError, match="broke a rule"):
        run_planning(store, run_id, Tools(StraightTravel(), cheat), now=SUNDAY_NOON)
    assert documents(store) == {}


def test_a_cancelled_run_stores_nothing_more(store: Store) -> None:
    fill_town(store)
    run_id = queue_run(store)

    def wish(problem, options, **_):
        with store.session() as session:
            request_cancel(session, SYSTEM, run_id)
        return solve_by_insertion(problem, options)

    result = run_planning(
        store, run_id, Tools(StraightTravel(), wish), now=SUNDAY_NOON, should_stop=wished(store, run_id)
    )
    assert result.plans == 0
    with store.reading() as session:
        assert session.get_one(PlanRun, run_id).status == "cancelled"
    assert documents(store) == {}


def wished(store: Store, run_id: str):
    def look() -> bool:
        with store.reading() as session:
            return session.get_one(PlanRun, run_id).cancel_requested

    return look


def test_a_plan_changed_during_the_run_is_planned_again(store: Store) -> None:
    fill_town(store)
    plan(store)
    calls = []

    def disturbed(problem, options, **_):
        calls.append(problem)
        if len(calls) == 1:
            with store.session() as session:
                row = session.exec(select(Visit).where(Visit.state == "planned")).first()
                row.state = "cancelled"
                session.add(row)
        return solve_by_insertion(problem, options)

    fill(store, customer("urgent", ago=60, tier="A"))
    run_id = queue_run(store)
    run_planning(store, run_id, Tools(StraightTravel(), disturbed), now=SUNDAY_NOON)
    assert len(calls) == 2
    with store.reading() as session:
        gone = session.exec(select(Visit).where(Visit.state == "cancelled")).one()
    assert gone.id not in {stop.visit for one in documents(store).values() for stop in one.stops}


def test_reps_in_two_zones_in_one_territory_are_refused(store: Store) -> None:
    fill_town(store, 3, rep("bo", timezone="Europe/Lisbon"))
    with pytest.raises(InputError, match="'North' has reps in the time zones Europe/Helsinki, Europe/Lisbon"):
        plan(store)


def test_an_unknown_run_is_named(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no planning run 'run_x'"):
        run_planning(store, "run_x", quick_tools(), now=SUNDAY_NOON)


def test_inactive_customers_are_left_alone(store: Store) -> None:
    fill_town(store, 5)
    with store.session() as session:
        for row in session.exec(select(Customer)):
            row.active = row.id == "cus_c01"
            session.add(row)
    plan(store)
    assert [stop.customer for stop in documents(store)["rep_ana", MONDAY].stops] == ["cus_c01"]


def test_a_further_attempt_has_more_time() -> None:
    assert [seconds_for(5.0, attempt) for attempt in (0, 1, 2, 3)] == [5.0, 5.0, 10.0, 20.0]
    assert seconds_for(None, 2) is None
