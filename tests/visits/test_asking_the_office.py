"""What a rep's report means for colleagues becomes a proposal, and slots that are held stay free."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from tests.visits.test_planning import documents, plan
from tests.visits.test_proposals import DANA, EIGHT, ask, commit, current_texts
from tests.visits.world import (
    MONDAY,
    SUNDAY_NOON,
    StraightTravel,
    appointment,
    at,
    customer,
    fill,
    fill_town,
    rep,
    reported,
)
from visits.asking_the_office import offer_to_office
from visits.errors import ConflictError, NotFoundError
from visits.filling import take_fill_in
from visits.holding import HELD, HoldRequest, book_slot, hold_slot, release_slot
from visits.models import Event, Proposal, SlotHold, Visit
from visits.offering import SlotRequest, quote_slots
from visits.replanning import cancel_visit, report_late
from visits.scope import SYSTEM, Role, Viewer
from visits.store import Store
from visits.undoing import undo_plan


def test_a_lost_promise_is_offered_to_a_colleague(store: Store) -> None:
    fill_town(store, 16, appointment("c03", start=10, end=11))
    plan(store)
    fill(store, rep("bo", home_lon=24.93))
    ana = documents(store)["rep_ana", MONDAY]
    now = ana.leave + timedelta(minutes=1)
    answer = report_late(store, reported("vis_c03", now=now), minutes=240)
    assert answer.promises_lost == ("vis_c03",)
    texts = current_texts(store)
    offered = offer_to_office(store, answer, now=now, travel=StraightTravel())
    assert offered is not None
    assert current_texts(store) == texts
    (added,) = [one for one in offered.diff.added if one.visit == "vis_c03"]
    assert added.place.rep == "rep_bo"
    assert 10 * 3600 <= added.place.start_s <= 11 * 3600
    commit(store, offered, now=now)
    with store.reading() as session:
        row = session.get_one(Visit, "vis_c03")
    assert (row.rep_id, row.promise_rep_id, row.state) == ("rep_bo", "rep_bo", "promised")


def test_a_report_that_concerns_nobody_else_is_not_offered(store: Store) -> None:
    fill_town(store, 16)
    plan(store)
    stop = documents(store)["rep_ana", MONDAY].stops[1]
    answer = cancel_visit(store, reported(stop.visit, now=EIGHT), reason="")
    assert offer_to_office(store, answer, now=EIGHT, travel=StraightTravel()) is None
    with store.reading() as session:
        assert session.exec(select(Proposal)).all() == []
        assert "proposal.made" not in session.exec(select(Event.kind)).all()


def wish(**more) -> SlotRequest:
    return SlotRequest.model_validate(
        {"customer": "cus_caller", "service_s": 1800, "from": MONDAY, "to": MONDAY, "limit": 10, **more}
    )


def hold(store: Store, rep_name: str, start_s: int, end_s: int, now=EIGHT) -> str:
    request = HoldRequest(
        customer="cus_caller", service_s=1800, rep=rep_name, date=MONDAY, start_s=start_s, end_s=end_s
    )
    return hold_slot(store, DANA, request, now=now, travel=StraightTravel()).id


def town(store: Store) -> None:
    fill_town(store, 10, customer("caller", ago=1, service_minutes=30))
    plan(store)


def test_a_held_slot_is_no_longer_offered_and_comes_back_when_released(store: Store) -> None:
    town(store)
    first = quote_slots(store, DANA, wish(), now=EIGHT, travel=StraightTravel()).slots
    assert [one.cost_s for one in first] == sorted(one.cost_s for one in first)
    best = first[0]
    held = hold(store, best.rep, best.start_s, best.start_s + 60)
    busy = range(best.start_s + 60 - 1800, best.start_s + 1800)
    for one in quote_slots(store, DANA, wish(), now=EIGHT, travel=StraightTravel()).slots:
        assert not (one.start_s in busy and one.end_s in busy)
    release_slot(store, DANA, held, now=EIGHT)
    again = quote_slots(store, DANA, wish(), now=EIGHT, travel=StraightTravel()).slots
    assert again == first
    hold(store, best.rep, best.start_s, best.start_s + 60)
    later = EIGHT + HELD
    assert quote_slots(store, DANA, wish(), now=later, travel=StraightTravel()).slots


def test_a_repair_leaves_a_held_slot_free(store: Store) -> None:
    town(store)
    ana = documents(store)["rep_ana", MONDAY]
    best = quote_slots(store, DANA, wish(), now=EIGHT, travel=StraightTravel()).slots[0]
    held = hold(store, "rep_ana", best.start_s, best.start_s)
    fill(store, *(customer(f"due{i}", ago=60, tier="A") for i in range(20)))
    answer = cancel_visit(store, reported(ana.stops[0].visit, now=EIGHT), reason="")
    assert answer.plan is not None
    assert held not in {stop.visit for stop in answer.plan.stops}
    booked = book_slot(
        store, DANA, held, customer_id=None, note="", now=EIGHT + timedelta(minutes=1), travel=StraightTravel()
    )
    stop = next(stop for stop in booked.plan.stops if stop.visit == booked.visit)
    assert stop.start_s == best.start_s
    assert stop.promise is not None


def test_a_booking_is_made_once_and_can_be_taken_back(store: Store) -> None:
    town(store)
    texts = current_texts(store)
    held = hold(store, "rep_ana", 8 * 3600, 16 * 3600)
    first = book_slot(store, DANA, held, customer_id=None, note="", now=EIGHT, travel=StraightTravel())
    assert (
        book_slot(store, DANA, held, customer_id=None, note="", now=EIGHT, travel=StraightTravel()).visit == first.visit
    )
    with pytest.raises(ConflictError, match="booked"):
        release_slot(store, DANA, held, now=EIGHT)
    undo_plan(store, DANA, first.plan.plan, now=EIGHT)
    assert current_texts(store) == texts
    with store.reading() as session:
        assert session.get(Visit, first.visit) is None


def test_a_booked_slot_takes_as_long_as_was_agreed_whatever_is_planned_anew(store: Store) -> None:
    town(store)
    asked = HoldRequest(
        customer="cus_caller", service_s=4500, rep="rep_ana", date=MONDAY, start_s=8 * 3600, end_s=16 * 3600
    )
    held = hold_slot(store, DANA, asked, now=SUNDAY_NOON, travel=StraightTravel()).id
    booked = book_slot(store, DANA, held, customer_id=None, note="", now=SUNDAY_NOON, travel=StraightTravel())
    fill(store, *(customer(f"new{i}", ago=60, tier="A") for i in range(3)))
    plan(store)
    after = documents(store)["rep_ana", MONDAY]
    for shown in (booked.plan, after):
        stop = next(stop for stop in shown.stops if stop.visit == booked.visit)
        assert stop.departure_s - stop.start_s == 4500
    assert after.version > booked.plan.version


def test_a_slot_is_held_once_and_only_where_it_fits(store: Store) -> None:
    town(store)
    hold(store, "rep_ana", 9 * 3600, 9 * 3600)
    with pytest.raises(ConflictError, match="no longer free"):
        hold(store, "rep_ana", 9 * 3600 + 60, 9 * 3600 + 60)
    with pytest.raises(ConflictError, match="no longer free"):
        hold(store, "rep_ana", 18 * 3600, 18 * 3600)
    with store.reading() as session:
        assert len(session.exec(select(SlotHold)).all()) == 1
    stranger = Viewer("per_x", "X", Role.DISPATCHER, None, frozenset({"ter_z"}))
    with pytest.raises(NotFoundError):
        quote_slots(store, stranger, wish(), now=EIGHT, travel=StraightTravel())


def test_a_slot_asked_for_again_under_its_key_is_held_once(store: Store) -> None:
    town(store)
    request = HoldRequest(customer="cus_c01", service_s=1800, rep="rep_ana", date=MONDAY, start_s=32400, end_s=32400)
    held = [hold_slot(store, DANA, request, now=EIGHT, travel=StraightTravel(), key=key) for key in ("once", "once")]
    assert held[0] == held[1]
    other = request.model_copy(update={"start_s": 36000, "end_s": 36000})
    with pytest.raises(ConflictError, match="already used"):
        hold_slot(store, DANA, other, now=EIGHT, travel=StraightTravel(), key="once")
    with store.reading() as session:
        assert len(session.exec(select(SlotHold)).all()) == 1


def test_holds_do_not_show_in_proposals(store: Store) -> None:
    town(store)
    held = hold(store, "rep_ana", 9 * 3600, 12 * 3600)
    stop = documents(store)["rep_ana", MONDAY].stops[-1]
    answer = commit(store, ask(store, {"type": "cancel", "visit": stop.visit}, now=at(7)), now=at(7))
    assert all(held not in {stop.visit for stop in one.stops} for one in answer.plans)


def test_the_rep_may_keep_freed_time_or_fill_it_by_choice(store: Store) -> None:
    fill_town(store, 8)
    plan(store)
    fill(store, *(customer(f"due{i}", ago=60, tier="A") for i in range(4)))
    ana = documents(store)["rep_ana", MONDAY]
    answer = cancel_visit(store, reported(ana.stops[-1].visit, now=EIGHT), reason="", fill=False)
    assert answer.diff is not None
    assert answer.diff.added == ()
    assert answer.home_earlier_s > 0
    assert answer.suggestions
    assert not any(one.planned for one in answer.suggestions)
    chosen = answer.suggestions[0]
    taken = take_fill_in(store, SYSTEM, "rep_ana", MONDAY, chosen.visit, key="f", now=EIGHT, travel=StraightTravel())
    assert taken.plan is not None
    stops = [stop.visit for stop in taken.plan.stops]
    assert stops.index(chosen.visit) == (0 if chosen.after is None else stops.index(chosen.after) + 1)
    assert set(stops) - {chosen.visit} == {stop.visit for stop in ana.stops[:-1]}
    again = take_fill_in(store, SYSTEM, "rep_ana", MONDAY, chosen.visit, key="f", now=EIGHT, travel=StraightTravel())
    assert again == taken
    with pytest.raises(ConflictError, match="no longer free or due"):
        take_fill_in(store, SYSTEM, "rep_ana", MONDAY, chosen.visit, key="g", now=EIGHT, travel=StraightTravel())
    undo_plan(store, SYSTEM, taken.plan.plan, now=EIGHT)
    assert chosen.visit not in {stop.visit for stop in documents(store)["rep_ana", MONDAY].stops}
