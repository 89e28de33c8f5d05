"""A caller on a full day: due customers wait, nobody else's promise is touched, and nothing leaves for a mere hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from tests.visits.test_planning import documents, plan
from tests.visits.world import MONDAY, StraightTravel, appointment, at, customer, fill, fill_town
from visits.day_plan import DayPlan
from visits.errors import ConflictError
from visits.holding import HoldRequest, book_slot, hold_slot
from visits.models import Event, Visit
from visits.offering import SlotQuote, SlotRequest, quote_slots
from visits.scope import SYSTEM
from visits.store import Store

EVENING_BEFORE = at(20, day=MONDAY - timedelta(days=1))
HALF_HOUR = 1800


def _day(store: Store) -> DayPlan:
    return documents(store)["rep_ana", MONDAY]


@pytest.fixture
def full(store: Store) -> DayPlan:
    """A day with no half hour left, and a customer who rings."""
    fill_town(store, 30, appointment("c03"))
    plan(store)
    fill(store, customer("ringing", ago=1, lon=24.96))
    return _day(store)


def _quoted(store: Store) -> tuple[SlotQuote, ...]:
    wish = SlotRequest.model_validate(
        {"customer": "cus_ringing", "service_s": HALF_HOUR, "from": MONDAY, "to": MONDAY, "limit": 5}
    )
    return quote_slots(store, SYSTEM, wish, now=EVENING_BEFORE, travel=StraightTravel()).slots


def _hold(store: Store, slot: SlotQuote, key: str | None = None) -> str:
    span = {name: getattr(slot, name) for name in ("rep", "date", "start_s", "end_s")}
    request = HoldRequest.model_validate({"customer": "cus_ringing", "service_s": HALF_HOUR, **span})
    return hold_slot(store, SYSTEM, request, now=EVENING_BEFORE, travel=StraightTravel(), key=key).id


def test_due_customers_wait_for_a_caller_and_are_due_as_before(store: Store, full: DayPlan) -> None:
    best = _quoted(store)[0]
    (gone,) = best.instead_of
    stop = next(stop for stop in full.stops if stop.visit == gone.visit)
    assert (gone.customer, gone.name) == (stop.customer, stop.name)
    assert stop.promise is None
    assert best.cost_s >= stop.why.value_s - stop.travel_s * 2 - 600
    hold = _hold(store, best)
    assert _day(store) == full, "a hold changes no plan"
    booked = book_slot(store, SYSTEM, hold, customer_id=None, note="", now=EVENING_BEFORE, travel=StraightTravel())
    after = _day(store)
    assert booked.plan == after
    new = next(stop for stop in after.stops if stop.visit == booked.visit)
    assert best.start_s <= new.start_s <= best.end_s
    assert {stop.visit for stop in full.stops} - {stop.visit for stop in after.stops} == {gone.visit}
    assert "vis_c03" in {stop.visit for stop in after.stops}
    with store.reading() as session:
        row = session.get_one(Visit, gone.visit)
        assert (row.state, row.rep_id, row.day) == ("suggested", None, None)
        kinds = session.exec(select(Event.kind).where(Event.subject == gone.visit)).all()
    assert "visit.released" in kinds


def test_a_slot_is_held_for_one_caller_alone(store: Store, full: DayPlan) -> None:
    best = _quoted(store)[0]
    _hold(store, best)
    for other in _quoted(store):
        assert other.start_s >= best.start_s + HALF_HOUR or other.start_s + HALF_HOUR <= best.end_s
    with pytest.raises(ConflictError, match="no longer free"):
        _hold(store, best.model_copy(update={"end_s": best.start_s}))
    assert _day(store) == full
