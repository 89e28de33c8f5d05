"""A slot held for ten minutes while a caller decides, and the promised visit that comes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field, model_validator
from sqlmodel import Session, select

from routing.documents import Day, Document, Id, Seconds
from routing.problem import Promise
from routing.problem import Visit as ProblemVisit
from routing.repair import problem_after
from visits.day_plan import DayPlan
from visits.day_problem import Extra, hold_place, question_of
from visits.day_writing import DayChange, Touched, lock_days, write_days
from visits.errors import ConflictError, InputError, NotFoundError, StaleError
from visits.hours import shift_id
from visits.idempotency import keep_answer, stored_answer
from visits.models import Customer, HoldState, Rep, SlotHold, Visit, new_id
from visits.needs import Need, PromisedSpan
from visits.offering import Where
from visits.placing import place_promised
from visits.plan_storing import Placing, Provenance, locked_plan
from visits.problem_store import keep_problem
from visits.queries.customers import get_customer
from visits.queries.events import record
from visits.queries.plans import current_plan
from visits.queries.policies import value_policy
from visits.queries.reps import get_rep
from visits.rep_days import Scope, TeamDays, held_slots, read_days
from visits.repairing import Outcome, outcome_of
from visits.scope import SYSTEM, Viewer
from visits.solving import TravelSource
from visits.store import Store

HELD = timedelta(minutes=10)
ATTEMPTS = 3


class HoldRequest(Document):
    """A slot to keep free: as it was offered, or a part of it."""

    customer: Id | None = None
    location: Where | None = None
    service_s: Annotated[Seconds, Field(ge=60)]
    rep: Id
    date: Day
    start_s: Seconds
    end_s: Seconds

    @model_validator(mode="after")
    def _whole(self) -> HoldRequest:
        if (self.customer is None) == (self.location is None):
            raise ValueError("needs either customer or location; name one of them")
        if self.end_s < self.start_s:
            raise ValueError(f"has end_s {self.end_s} before start_s {self.start_s}; swap or correct them")
        return self


class HeldSlot(Document):
    """A slot that is held until it is released or booked, or its time is over."""

    id: Id
    state: str
    rep: Id
    date: Day
    start_s: Seconds
    end_s: Seconds
    service_s: Seconds
    customer: Id | None
    expires_at: AwareDatetime
    visit: Id | None = None


class BookedSlot(Document):
    """The promised visit that a slot became, and the rep's plan with it."""

    hold: HeldSlot
    visit: Id
    plan: DayPlan


def hold_slot(
    store: Store, viewer: Viewer, request: HoldRequest, *, now: datetime, travel: TravelSource, key: str | None = None
) -> HeldSlot:
    """Keep a slot free for ten minutes. Sent again under the same key it gives the first answer and holds nothing more.

    Raises NotFoundError, and ConflictError when it is no longer free or the key was used for another request.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _hold(store, viewer, request, now, travel, key)
        except StaleError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError  # the loop returns or raises


def _hold(
    store: Store, viewer: Viewer, request: HoldRequest, now: datetime, travel: TravelSource, key: str | None
) -> HeldSlot:
    asked = {"kind": "hold_slot", **request.model_dump(mode="json")}
    with store.reading() as session:
        known = None if key is None else stored_answer(session, viewer, key, asked, HeldSlot)
        if known is not None:
            return known
        rep = get_rep(session, viewer, request.rep)
        customer = get_customer(session, viewer, request.customer) if request.customer is not None else None
        scope = Scope((rep.territory_id,), request.date, request.date, frozenset({rep.id}), plans_alone=True)
        team = read_days(session, scope, now)
    hold = SlotHold(
        rep_id=rep.id,
        day=request.date,
        start_s=request.start_s,
        end_s=request.end_s,
        service_s=request.service_s,
        customer_id=request.customer,
        lon=customer.lon if customer is not None else request.location.lon if request.location else 0.0,
        lat=customer.lat if customer is not None else request.location.lat if request.location else 0.0,
        actor=viewer.person_id,
        expires_at=now + HELD,
    )
    others = {one.id for one in team.holds}
    places = {customer.id: customer} if customer is not None else {}
    question = question_of(
        replace(team, holds=(*team.holds, hold)), travel, Extra(places=places, candidates=(), make_room=True)
    )
    if hold.id not in question.held or not others <= set(question.held):
        raise ConflictError(f"the slot on {request.date} is no longer free; ask for slots again")
    version = next((one.version for one in team.by_shift.values()), 0)
    with store.session() as session:
        session.exec(select(Rep).where(Rep.id == rep.id).with_for_update()).one()
        known = None if key is None else stored_answer(session, viewer, key, asked, HeldSlot)
        if known is not None:
            return known
        standing = _version_of(session, rep.id, request.date)
        if standing != version or {one.id for one in held_slots(session, [rep.id], [request.date], now)} != others:
            raise StaleError("somebody else took a slot of this day at the same moment; ask again")
        session.add(hold)
        record(session, viewer, "slot.held", hold.id, _told(hold), rep_id=rep.id, territory_id=rep.territory_id)
        shown = _shown(hold)
        if key is not None:
            keep_answer(session, viewer, key, asked, shown)
        return shown


def _version_of(session: Session, rep_id: str, day: date) -> int:
    """The current version's number of a rep-day, 0 without a plan."""
    row = locked_plan(session, rep_id, day)
    return 0 if row is None else row.number


def release_slot(store: Store, viewer: Viewer, hold_id: str, *, now: datetime) -> None:
    """Give a held slot free. One that is over already stays so. Raises NotFoundError, ConflictError once booked."""
    with store.session() as session:
        hold = _get_hold(session, viewer, hold_id)
        if hold.state == HoldState.BOOKED:
            raise ConflictError(f"the slot {hold_id!r} is booked; cancel the visit {hold.visit_id!r} instead")
        if hold.state == HoldState.HELD:
            hold.state = HoldState.RELEASED
            session.add(hold)
            record(session, viewer, "slot.released", hold.id, {"at": now.isoformat()}, rep_id=hold.rep_id)


def book_slot(
    store: Store,
    viewer: Viewer,
    hold_id: str,
    *,
    customer_id: str | None,
    note: str,
    now: datetime,
    travel: TravelSource,
) -> BookedSlot:
    """Make a held slot a promised visit on the rep's plan. Booking again gives the same visit.

    Raises NotFoundError, ConflictError for a slot that is over or no longer fits, InputError without a customer.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _book(store, viewer, hold_id, customer_id, note, now, travel)
        except StaleError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError  # the loop returns or raises


@dataclass(frozen=True, slots=True)
class _Booking:
    """What a booking writes."""

    visit: str
    customer: Customer
    outcome: Outcome
    change: DayChange


def _book(
    store: Store,
    viewer: Viewer,
    hold_id: str,
    customer_id: str | None,
    note: str,
    now: datetime,
    travel: TravelSource,
) -> BookedSlot:
    with store.reading() as session:
        hold = _get_hold(session, viewer, hold_id)
        if hold.state == HoldState.BOOKED and hold.visit_id is not None:
            return _booked(session, hold)
        if hold.state != HoldState.HELD or now >= hold.expires_at:
            raise ConflictError(f"the slot {hold_id!r} is no longer held; ask for slots again")
        wanted = customer_id or hold.customer_id
        if wanted is None:
            raise InputError("customer is missing; the slot was held for a place, so name who is visited there")
        customer = get_customer(session, viewer, wanted)
        rep = session.get_one(Rep, hold.rep_id)
        worth_s = value_policy(session).tier_s.get(customer.tier, 0)
        scope = Scope((rep.territory_id,), hold.day, hold.day, frozenset({rep.id}), plans_alone=True)
        team = read_days(session, scope, now)
    booking = _placed(
        replace(team, holds=tuple(one for one in team.holds if one.id != hold.id)), hold, customer, worth_s, travel
    )
    with store.session() as session:
        held = lock_days(session, {booking.change.shift: booking.change})
        row = _get_hold(session, viewer, hold_id)
        session.refresh(row)
        if row.state == HoldState.BOOKED and row.visit_id is not None:
            return _booked(session, row)
        if row.state != HoldState.HELD:
            raise ConflictError(f"the slot {hold_id!r} is no longer held; ask for slots again")
        touched = Touched()
        touched.brought(booking.visit)
        session.add(
            Visit(
                id=booking.visit,
                customer_id=customer.id,
                cause="appointment",
                mandatory=True,
                note=note,
                service_s=hold.service_s,
                promise_rep_id=row.rep_id,
                promise_day=row.day,
                promise_start_s=row.start_s,
                promise_end_s=row.end_s,
            )
        )
        session.flush()
        made_from = Provenance.of(booking.outcome.plan, keep_problem(session, booking.outcome.problem))
        placing = Placing(viewer, "booking", now)
        _, written = write_days(session, placing, held, {booking.change.shift: booking.change}, made_from, touched)
        row.state, row.visit_id, row.customer_id = HoldState.BOOKED, booking.visit, customer.id
        session.add(row)
        said = {**_told(row), "visit": booking.visit}
        record(session, viewer, "slot.booked", row.id, said, rep_id=row.rep_id, territory_id=customer.territory_id)
        return BookedSlot(hold=_shown(row), visit=booking.visit, plan=written[booking.change.shift])


def _placed(team: TeamDays, hold: SlotHold, customer: Customer, worth_s: int, travel: TravelSource) -> _Booking:
    shift = shift_id(hold.rep_id, hold.day)
    promise = PromisedSpan(hold.rep_id, hold.day, hold.start_s, hold.end_s)
    last, agreed_s = customer.last_visit, hold.service_s
    need = Need(new_id("vis"), customer, "appointment", worth_s, (hold.day,), True, promise, last, agreed_s=agreed_s)
    bare = question_of(team, travel, Extra(places={customer.id: customer}, candidates=()))
    visit = ProblemVisit(
        id=need.visit_id,
        location=customer.id,
        service_s=hold.service_s,
        value_s=worth_s,
        promise=Promise(start_s=hold.start_s, end_s=hold.end_s, shift=shift),
    )
    if shift not in bare.problem.shift_index:
        raise ConflictError(f"the rep has no work left on {hold.day}; ask for slots again")
    placed = place_promised(bare.problem, bare.plan, visit, bare.events, make_room=True)
    if placed is None:
        raise ConflictError("the slot no longer fits into the day; ask for slots again")
    question = replace(bare, problem=placed.problem, needs={**bare.needs, need.visit_id: need})
    outcome = outcome_of(question, problem_after(placed.problem, question.events, question.plan), placed.plan)
    return _Booking(need.visit_id, customer, outcome, DayChange(outcome.former(shift), outcome.documents[shift]))


def _booked(session: Session, hold: SlotHold) -> BookedSlot:
    assert hold.visit_id is not None
    served = current_plan(session, SYSTEM, hold.rep_id, hold.day)
    return BookedSlot(hold=_shown(hold), visit=hold.visit_id, plan=DayPlan.model_validate_json(served.document))


def _get_hold(session: Session, viewer: Viewer, hold_id: str) -> SlotHold:
    hold = session.get(SlotHold, hold_id)
    if hold is None:
        raise NotFoundError(f"there is no slot {hold_id!r}; check the id")
    try:
        get_rep(session, viewer, hold.rep_id)
    except NotFoundError:
        raise NotFoundError(f"there is no slot {hold_id!r}; check the id") from None
    return hold


def _told(hold: SlotHold) -> dict[str, object]:
    return {
        "rep": hold.rep_id,
        "date": hold.day.isoformat(),
        "start_s": hold.start_s,
        "end_s": hold.end_s,
        "place": hold_place(hold),
    }


def _shown(hold: SlotHold) -> HeldSlot:
    return HeldSlot(
        id=hold.id,
        state=hold.state,
        rep=hold.rep_id,
        date=hold.day,
        start_s=hold.start_s,
        end_s=hold.end_s,
        service_s=hold.service_s,
        customer=hold.customer_id,
        expires_at=hold.expires_at,
        visit=hold.visit_id,
    )
