"""What a rep taps at a stop: arrived, done, nobody there. Each tap may be sent twice under the same key.

All of them raise NotFoundError for a visit that the viewer may not see, and ConflictError for a visit that is in no
state for it or for a key already used for another request.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlmodel import Session, select

from visits.day_plan import DayPlan, TapAnswer
from visits.errors import ConflictError, InputError, StaleError
from visits.idempotency import keep_answer, stored_answer
from visits.local_day import today_in, zone_named
from visits.models import Customer, Plan, PlanVersion, Rep, Visit, VisitState
from visits.plan_storing import Cause, Provenance, locked_plan, write_version
from visits.queries.events import record
from visits.queries.visits import get_visit
from visits.scope import Viewer
from visits.store import Store

_ON_PLAN = frozenset({VisitState.PLANNED, VisitState.PROMISED, VisitState.EN_ROUTE})
_AT_OR_BEFORE_DOOR = _ON_PLAN | {VisitState.ARRIVED}
LONGEST_NOTE = 4000
ATTEMPTS = 3


def arrive(store: Store, viewer: Viewer, visit_id: str, *, key: str, now: datetime) -> TapAnswer:
    """The rep is at the customer."""

    def change(_session: Session, visit: Visit) -> None:
        visit.state, visit.arrived_at = VisitState.ARRIVED, now

    return _tap(store, viewer, visit_id, "arrived", _ON_PLAN, {}, key, now, change)


def complete(
    store: Store, viewer: Viewer, visit_id: str, *, outcome: str, note: str, key: str, now: datetime
) -> TapAnswer:
    """The visit is done; the customer's last visit becomes today. Allowed without an arrival, as taps get lost."""

    def change(session: Session, visit: Visit) -> None:
        visit.state, visit.ended_at, visit.outcome, visit.note = VisitState.DONE, now, outcome, note
        customer = session.get_one(Customer, visit.customer_id)
        rep = session.get_one(Rep, visit.rep_id)
        today = today_in(zone_named(rep.timezone), now)
        if customer.last_visit is None or customer.last_visit < today:
            customer.last_visit = today
            session.add(customer)

    said = {"outcome": outcome, "note": note}
    return _tap(store, viewer, visit_id, "done", _AT_OR_BEFORE_DOOR, said, key, now, change)


def no_show(store: Store, viewer: Viewer, visit_id: str, *, note: str, key: str, now: datetime) -> TapAnswer:
    """Nobody was there; the customer stays as due as before."""

    def change(_session: Session, visit: Visit) -> None:
        visit.state, visit.ended_at, visit.note = VisitState.NO_SHOW, now, note

    return _tap(store, viewer, visit_id, "no_show", _AT_OR_BEFORE_DOOR, {"note": note}, key, now, change)


def _tap(
    store: Store,
    viewer: Viewer,
    visit_id: str,
    kind: str,
    allowed: frozenset[VisitState],
    said: dict[str, Any],
    key: str,
    now: datetime,
    change: Callable[[Session, Visit], None],
) -> TapAnswer:
    """One transition of a visit, with its event and stored answer, in one transaction."""
    for field, text in said.items():
        if len(text) > LONGEST_NOTE:
            raise InputError(f"{field} has {len(text)} characters; write at most {LONGEST_NOTE}")
    request = {"kind": kind, "visit": visit_id, **said}
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with store.session() as session:
                return _tap_once(session, viewer, visit_id, kind, allowed, request, key, now, change)
        except StaleError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError  # the loop returns or raises


def _tap_once(
    session: Session,
    viewer: Viewer,
    visit_id: str,
    kind: str,
    allowed: frozenset[VisitState],
    request: dict[str, Any],
    key: str,
    now: datetime,
    change: Callable[[Session, Visit], None],
) -> TapAnswer:
    visit = get_visit(session, viewer, visit_id)
    plan = None
    if visit.rep_id is not None and visit.day is not None:
        plan = locked_plan(session, visit.rep_id, visit.day)
        session.refresh(visit)
    known = stored_answer(session, viewer, key, request, TapAnswer)
    if known is not None:
        return known
    if visit.rep_id is None or visit.day is None:
        raise ConflictError(f"the visit {visit_id!r} is in no plan; plan it first")
    if visit.state not in allowed:
        raise ConflictError(f"the visit {visit_id!r} is already {visit.state}; it cannot become {kind}")
    change(session, visit)
    session.add(visit)
    session.flush()
    customer = session.get_one(Customer, visit.customer_id)
    record(
        session,
        viewer,
        f"visit.{kind}",
        visit.id,
        {**request, "at": now.isoformat()},
        rep_id=visit.rep_id,
        territory_id=customer.territory_id,
    )
    if plan is not None:
        _show_on_plan(session, viewer, plan, visit, kind)
    answer = TapAnswer(
        visit=visit.id,
        customer=visit.customer_id,
        state=visit.state,
        at=now,
        outcome=visit.outcome,
        note=visit.note,
        version=visit.version,
    )
    keep_answer(session, viewer, key, request, answer)
    return answer


def _show_on_plan(session: Session, viewer: Viewer, plan: Plan, visit: Visit, kind: str) -> None:
    """Give the rep's plan a version that shows the visit's new state, its times as planned."""
    current = session.exec(
        select(PlanVersion).where(PlanVersion.plan_id == plan.id, PlanVersion.number == plan.number)
    ).one()
    document = DayPlan.model_validate_json(current.document)
    stops = tuple(
        stop.model_copy(update={"state": visit.state, "locked": True}) if stop.visit == visit.id else stop
        for stop in document.stops
    )
    shown = document.model_copy(update={"stops": stops, "version": plan.number + 1, "cause": kind})
    made_from = Provenance(current.problem_hash, current.seed, current.iterations, current.engine)
    write_version(session, viewer, plan, shown, made_from, Cause(kind))
