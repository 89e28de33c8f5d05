"""Promising a customer a time where the visit already stands: from then on every plan keeps it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator
from sqlmodel import Session, select

from routing.documents import Document, Id, Seconds
from visits.day_documents import span
from visits.day_plan import DayPlan
from visits.day_writing import DayChange, Touched, lock_days, write_days
from visits.errors import ConflictError, NotFoundError, StaleError
from visits.hours import shift_id
from visits.local_day import LocalDay, zone_named
from visits.models import OPEN_STATES, PlanVersion, Visit, VisitState
from visits.plan_storing import Placing, Provenance
from visits.queries.events import record
from visits.queries.plans import current_plan
from visits.queries.visits import get_visit
from visits.scope import SYSTEM, Viewer
from visits.store import Store

ATTEMPTS = 3
_DAY_S = 86_400


class PromiseRequest(Document):
    """The span in which the service will begin, in seconds from the local midnight of the visit's day."""

    start_s: Annotated[Seconds, Field(le=2 * _DAY_S)]
    end_s: Annotated[Seconds, Field(le=2 * _DAY_S)]

    @model_validator(mode="after")
    def _whole(self) -> PromiseRequest:
        if self.end_s < self.start_s:
            raise ValueError(f"has end_s {self.end_s} before start_s {self.start_s}; swap or correct them")
        return self


class Promised(Document):
    """The promised visit, the rep's plan with it, and the change that an undo of the plan takes back."""

    visit: Id
    plan: DayPlan
    change: Id


def promise_visit(store: Store, viewer: Viewer, visit_id: str, request: PromiseRequest, *, now: datetime) -> Promised:
    """Promise that a planned visit begins within a span; its rep, day and time do not change.

    Raises NotFoundError, and ConflictError for a visit that is in no plan, is no longer open, or begins outside the
    span by the plan as it stands.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with store.session() as session:
                return _promise(session, viewer, visit_id, request, now)
        except StaleError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError  # the loop returns or raises


def _promise(session: Session, viewer: Viewer, visit_id: str, request: PromiseRequest, now: datetime) -> Promised:
    row = get_visit(session, viewer, visit_id)
    plan = _plan_of(session, row)
    stop = next((stop for stop in plan.stops if stop.visit == visit_id), None)
    if stop is None or row.state not in OPEN_STATES:
        raise ConflictError(f"the visit is {row.state} and can no longer be promised")
    local = LocalDay(plan.date, zone_named(plan.timezone))
    promise = span(local, request.start_s, request.end_s)
    if not request.start_s <= stop.start_s <= request.end_s:
        raise ConflictError(
            f"the plan has the visit at {stop.start:%H:%M}, outside {promise.start:%H:%M} to {promise.end:%H:%M}; "
            "promise a span around that, or move the visit first"
        )
    kept = stop.model_copy(update={"promise": promise, "state": VisitState.PROMISED.value})
    draft = plan.model_copy(update={"stops": tuple(kept if one is stop else one for one in plan.stops)})
    changes = {shift_id(plan.rep, plan.date): DayChange(plan, draft)}
    held = lock_days(session, changes)
    session.refresh(row)
    touched = Touched()
    touched.note(row)
    row.promise_rep_id, row.promise_day, row.mandatory = plan.rep, plan.date, True
    row.promise_start_s, row.promise_end_s = request.start_s, request.end_s
    session.add(row)
    session.flush()
    current = session.exec(
        select(PlanVersion).where(PlanVersion.plan_id == plan.plan, PlanVersion.number == plan.version)
    ).one()
    made_from = Provenance(current.problem_hash, current.seed, current.iterations, current.engine)
    change, written = write_days(session, Placing(viewer, "promise", now), held, changes, made_from, touched)
    said = {"date": plan.date.isoformat(), "start_s": request.start_s, "end_s": request.end_s}
    record(session, viewer, "visit.promised", visit_id, said, rep_id=plan.rep)
    return Promised(visit=visit_id, plan=written[shift_id(plan.rep, plan.date)], change=change.id)


def _plan_of(session: Session, row: Visit) -> DayPlan:
    if row.rep_id is None or row.day is None:
        raise ConflictError(f"the visit {row.id!r} is in no plan; place it first")
    try:
        return DayPlan.model_validate_json(current_plan(session, SYSTEM, row.rep_id, row.day).document)
    except NotFoundError:
        raise ConflictError(f"the visit {row.id!r} is in no plan; place it first") from None
