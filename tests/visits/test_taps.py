"""Taps: shown on the plan, counted once, and taken however late they come."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlmodel import select

from tests.visits.test_planning import documents, plan
from tests.visits.test_replanning import day
from tests.visits.world import MONDAY, WEEK, appointment, at, customer, fill, fill_town, rep, reported
from visits.errors import ConflictError, InputError
from visits.kpis import Span, kpis
from visits.models import Event, Role, Visit, VisitTransition
from visits.replanning import cancel_visit, report_no_show
from visits.scope import SYSTEM, Viewer
from visits.store import Store
from visits.taps import arrive, complete, depart, no_show


def test_one_tap_sent_many_times_at_once_counts_once(store: Store) -> None:
    fill_town(store, 12)
    plan(store)
    first = day(store).stops[0]
    answers, faults = [], []

    def tap() -> None:
        try:
            answers.append(arrive(store, SYSTEM, first.visit, key="same", now=first.arrival))
        except Exception as fault:  # noqa: BLE001 -- handed to the test's own thread
            faults.append(fault)

    threads = [threading.Thread(target=tap) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert answers == [answers[0]] * 8
    assert day(store).version == 2
    with store.reading() as session:
        assert session.exec(select(Event.kind).where(Event.subject == first.visit)).all() == ["visit.arrived"]


def test_a_promise_is_kept_by_who_is_there_in_time(store: Store) -> None:
    fill_town(store, 8, appointment("c03", start=10, end=11), appointment("c05", start=13, end=14))
    plan(store)
    for who, arrived in (("vis_c03", at(11, 20)), ("vis_c05", at(12, 30))):
        arrive(store, SYSTEM, who, key=f"a{who}", now=arrived)
        complete(store, SYSTEM, who, outcome="", note="", key=f"d{who}", now=at(15))
    with store.reading() as session:
        total = kpis(session, SYSTEM, Span(MONDAY, MONDAY)).total
    assert (total.promises, total.promises_kept) == (2, 1)


def test_taps_show_on_the_plan_and_count_for_the_customer(store: Store) -> None:
    fill_town(store, 20)
    plan(store)
    first, second = day(store).stops[:2]
    answer = arrive(store, SYSTEM, first.visit, key="a", now=first.arrival)
    assert answer == arrive(store, SYSTEM, first.visit, key="a", now=first.departure)
    complete(store, SYSTEM, first.visit, outcome="order", note="two boxes", key="b", now=first.departure)
    no_show(store, SYSTEM, second.visit, note="shut", key="c", now=second.arrival)
    shown = day(store)
    assert [(stop.state, stop.locked) for stop in shown.stops[:2]] == [("done", True), ("no_show", True)]
    assert (shown.version, shown.cause) == (4, "no_show")
    with store.reading() as session:
        row = session.get_one(Visit, first.visit)
        assert (row.outcome, row.note, row.arrived_at, row.ended_at) == (
            "order",
            "two boxes",
            first.arrival,
            first.departure,
        )
        rows = {visit.customer_id: visit for visit in session.exec(select(Visit))}
        customers = {one: session.get_one(type(customer("x")), one).last_visit for one in rows}
    assert customers[first.customer] == MONDAY
    assert customers[second.customer] == MONDAY - timedelta(days=14)
    with pytest.raises(ConflictError, match="already done; it cannot become arrived"):
        arrive(store, SYSTEM, first.visit, key="d", now=first.departure)
    with pytest.raises(ConflictError, match="another request"):
        complete(store, SYSTEM, first.visit, outcome="other", note="", key="b", now=first.departure)


def test_a_customer_who_was_not_there_is_offered_again(store: Store) -> None:
    fill(store, rep(), customer("only", ago=30, tier="A"))
    plan(store, days=2)
    found = documents(store)
    (stop,) = [stop for one in found.values() for stop in one.stops]
    no_show(store, SYSTEM, stop.visit, note="", key="a", now=stop.arrival)
    _, result = plan(store, first_day=WEEK[2], days=2, now=at(8, day=WEEK[2]))
    assert result.stops == 1
    again = [stop.visit for key, one in documents(store).items() if key[1] >= WEEK[2] for stop in one.stops]
    assert again != [stop.visit]


def history(store: Store, visit: str) -> list[tuple[str, str, str]]:
    with store.reading() as session:
        rows = session.exec(
            select(VisitTransition).where(VisitTransition.visit_id == visit).order_by(VisitTransition.id)
        ).all()
    return [(row.action, row.to_state, row.settled) for row in rows]


def test_taps_that_come_out_of_order_settle_and_keep_their_times(store: Store) -> None:
    fill_town(store, 12)
    plan(store)
    first = day(store).stops[0]
    told = first.departure + timedelta(hours=2)
    complete(store, SYSTEM, first.visit, outcome="ok", note="", key="c", now=told, at=first.departure)
    noted = arrive(store, SYSTEM, first.visit, key="a", now=told, at=first.arrival)
    assert (noted.state, noted.settled) == ("done", "noted")
    assert depart(store, SYSTEM, first.visit, key="d", now=told, at=first.arrival).settled == "noted"
    with store.reading() as session:
        row = session.get_one(Visit, first.visit)
    assert (row.arrived_at, row.ended_at, row.state) == (first.arrival, first.departure, "done")
    assert day(store).version == 2
    assert history(store, first.visit)[1:] == [
        ("complete", "done", "moved"),
        ("arrive", "done", "noted"),
        ("depart", "done", "noted"),
    ]


def test_a_refused_tap_stands_in_the_history(store: Store) -> None:
    fill_town(store, 12)
    plan(store)
    first = day(store).stops[0]
    cancel_visit(store, reported(first.visit, key="c", now=at(7)), reason="")
    with pytest.raises(ConflictError, match="already cancelled; it cannot become arrived"):
        arrive(store, SYSTEM, first.visit, key="a", now=at(9))
    assert history(store, first.visit)[-1] == ("arrive", "cancelled", "refused")
    with store.reading() as session:
        kinds = session.exec(select(Event.kind).where(Event.subject == first.visit).order_by(Event.id)).all()
    assert kinds[-1] == "visit.arrived.refused"


def test_a_rep_may_tell_of_a_visit_that_went_to_a_colleague(store: Store) -> None:
    fill(store, rep(), rep("bo", home_lon=24.93), customer("only", ago=40, tier="A"))
    plan(store)
    (stop,) = [stop for one in documents(store).values() for stop in one.stops]
    with store.session() as session:
        row = session.get_one(Visit, stop.visit)
        holder, other = row.rep_id, "rep_bo" if row.rep_id == "rep_ana" else "rep_ana"
        row.rep_id = other
        session.add(row)
    phone = Viewer("per_phone", "Phone", Role.REP, holder, frozenset({"ter_n"}))
    told = complete(store, phone, stop.visit, outcome="ok", note="", key="c", now=at(12), at=at(10))
    assert told.settled == "kept"
    assert history(store, stop.visit)[-1] == ("complete", "planned", "kept")


def test_a_clock_that_is_wrong_is_told_so(store: Store) -> None:
    fill_town(store, 12, appointment("c03"))
    plan(store)
    first = day(store).stops[0]
    with pytest.raises(InputError, match="in the future"):
        arrive(store, SYSTEM, first.visit, key="a", now=at(9), at=at(10))
    with pytest.raises(InputError, match="14 days ago"):
        arrive(store, SYSTEM, first.visit, key="a", now=at(9), at=at(9) - timedelta(days=20))
    assert day(store).version == 1


def test_nobody_there_repairs_the_rest_of_the_day(store: Store) -> None:
    fill_town(store, 30)
    plan(store)
    ana = documents(store)["rep_ana", MONDAY]
    first = ana.stops[0]
    soon = first.start + timedelta(minutes=3)
    answer = report_no_show(store, reported(first.visit, key="n", now=soon), note="shut")
    assert (answer.state, answer.settled, answer.note) == ("no_show", "moved", "shut")
    repaired = answer.repaired
    assert repaired is not None
    assert repaired.plan == documents(store)["rep_ana", MONDAY]
    assert repaired.plan.cause == "no_show"
    assert repaired.plan.stops[0].visit == first.visit
    assert repaired.plan.stops[0].state == "no_show"
    assert repaired.plan.objective_s >= ana.objective_s - first.why.value_s
    assert repaired.plan.stops[1].arrival_s < ana.stops[1].arrival_s
    assert report_no_show(store, reported(first.visit, key="n", now=soon), note="shut") == answer


def test_nobody_there_told_when_the_day_is_over_is_kept_without_a_repair(store: Store) -> None:
    fill_town(store, 6)
    plan(store)
    last = documents(store)["rep_ana", MONDAY].stops[-1]
    night = at(2, day=MONDAY + timedelta(days=1))
    answer = report_no_show(store, reported(last.visit, now=night), note="", at=last.start)
    assert (answer.state, answer.repaired) == ("no_show", None)
