"""The day repairs itself: a cancelled visit makes a new version of that rep's day, its executed part untouched."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from routing.problem import Problem
from routing.solve.options import SolveOptions
from visits.day_diff import day_diff
from visits.day_documents import DayFrame, Version, day_document
from visits.day_plan import CancelAnswer, DayPlan, PlannedStop
from visits.day_repair import DayRest, Repaired, repair_day
from visits.errors import ConflictError, StaleError
from visits.fill_ins import fill_ins
from visits.hours import shift_id
from visits.idempotency import keep_answer, stored_answer
from visits.local_day import LocalDay, today_in, zone_named
from visits.models import CLOSED_STATES, Customer, Plan, PlanVersion, Rep, Visit, VisitState
from visits.needs import CustomerHistory, Need, needs_of, promise_of
from visits.plan_storing import Cause, Provenance, locked_plan, place_visit, plan_row, release_visit, write_version
from visits.problem_store import keep_problem, load_problem
from visits.progress import progress_of
from visits.queries.events import record
from visits.queries.visits import get_visit
from visits.scope import SYSTEM, Viewer
from visits.solving import Tools
from visits.store import Store
from visits.territory_data import load_territory, visits_by_id

ATTEMPTS = 3


def cancel_visit(
    store: Store,
    viewer: Viewer,
    visit_id: str,
    *,
    reason: str,
    key: str,
    now: datetime,
    tools: Tools,
    options: SolveOptions | None = None,
) -> CancelAnswer:
    """Cancel a visit and repair the rest of its rep's day; other days and other reps never change.

    The answer to a repeated `key` is the stored one. A visit in no plan is cancelled with nothing to repair.
    Raises NotFoundError for a visit the viewer may not see, ConflictError when it is done, cancelled, under way or in
    the past or when `key` was used for another request, StaleError when the plan kept changing meanwhile.
    """
    work = _Cancellation(store, viewer, visit_id, reason, key, now, tools, options or SolveOptions(seconds=1.0))
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work.carry_out()
        except StaleError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError  # the loop returns or raises


@dataclass(frozen=True, slots=True)
class _Day:
    """A rep-day as read before its repair."""

    document: DayPlan
    rest: DayRest
    stored: Problem | None

    @property
    def shift(self) -> str:
        return shift_id(self.document.rep, self.document.date)


class _Cancellation:
    """One cancellation: read, repair outside any transaction, write if nothing changed meanwhile."""

    def __init__(
        self,
        store: Store,
        viewer: Viewer,
        visit_id: str,
        reason: str,
        key: str,
        now: datetime,
        tools: Tools,
        options: SolveOptions,
    ) -> None:
        self.store, self.viewer, self.visit_id, self.reason = store, viewer, visit_id, reason
        self.key, self.now, self.tools, self.options = key, now, tools, options
        self.request: dict[str, Any] = {"kind": "cancelled", "visit": visit_id, "reason": reason}

    def carry_out(self) -> CancelAnswer:
        began = time.perf_counter()
        with self.store.reading() as session:
            known = stored_answer(session, self.viewer, self.key, self.request, CancelAnswer)
            if known is not None:
                return known
            visit = get_visit(session, self.viewer, self.visit_id)
            _require_open(visit)
            day = _read_day(session, visit, self.now)
        repaired = None if day is None else repair_day(day.rest, day.stored, self.tools, self.options)
        with self.store.session() as session:
            if day is not None:
                locked_plan(session, day.document.rep, day.document.date)
            known = stored_answer(session, self.viewer, self.key, self.request, CancelAnswer)
            if known is not None:
                return known
            visit = self._mark(session)
            if day is None or repaired is None:
                if visit.rep_id is not None:
                    raise StaleError("the visit was planned meanwhile; cancel it again")
                answer = CancelAnswer(visit=visit.id)
            else:
                answer = self._store(session, day, repaired, began)
            keep_answer(session, self.viewer, self.key, self.request, answer)
            return answer

    def _mark(self, session: Session) -> Visit:
        visit = get_visit(session, self.viewer, self.visit_id)
        _require_open(visit)
        visit.state, visit.ended_at, visit.note = VisitState.CANCELLED, self.now, self.reason
        session.add(visit)
        customer = session.get(Customer, visit.customer_id)
        record(
            session,
            self.viewer,
            "visit.cancelled",
            visit.id,
            {"reason": self.reason, "at": self.now.isoformat()},
            rep_id=visit.rep_id,
            territory_id=customer.territory_id if customer else None,
        )
        session.flush()
        return visit

    def _store(self, session: Session, day: _Day, repaired: Repaired, began: float) -> CancelAnswer:
        frame, before = day.rest.frame, day.document
        row = plan_row(session, frame, expected=before.version)
        assert row is not None  # only a run's repetition gives none
        route = repaired.plan.routes[0] if repaired.plan.routes else None
        document = day_document(
            frame,
            Version(row.id, row.number + 1, "cancel"),
            repaired.problem,
            route,
            repaired.needs,
            day.rest.progress,
        )
        made_from = Provenance.of(repaired.plan, keep_problem(session, repaired.problem))
        write_version(session, self.viewer, row, document, made_from, Cause("cancel"))
        _settle(session, frame, before, document, repaired, self.visit_id)
        locked = day.rest.progress.locked
        kept = {stop.visit for stop in day.rest.progress.rest}
        return CancelAnswer(
            visit=self.visit_id,
            rep=frame.rep.id,
            date=frame.local.day,
            version=document.version,
            plan=document,
            before=before,
            diff=day_diff(before, document, day.shift),
            suggestions=fill_ins(repaired, kept, frame, locked[-1].visit if locked else None),
            repair_ms=round((time.perf_counter() - began) * 1000),
        )


def _require_open(visit: Visit) -> None:
    if visit.state in CLOSED_STATES:
        raise ConflictError(f"the visit {visit.id!r} is already {visit.state}; it cannot be cancelled")
    if visit.state == VisitState.ARRIVED:
        raise ConflictError(f"the rep is already at visit {visit.id!r}; complete it or report that nobody was there")


def _read_day(session: Session, visit: Visit, now: datetime) -> _Day | None:
    """The visit's rep-day; None for a visit in no plan. Raises ConflictError when its time is over."""
    if visit.rep_id is None or visit.day is None:
        return None
    rep = session.get_one(Rep, visit.rep_id)
    local = LocalDay(visit.day, zone_named(rep.timezone))
    if visit.day < today_in(local.zone, now):
        raise ConflictError(f"the visit {visit.id!r} was on {visit.day}, in the past; it cannot be cancelled")
    found = session.exec(
        select(PlanVersion)
        .join(Plan, (col(Plan.id) == PlanVersion.plan_id) & (col(Plan.number) == PlanVersion.number))
        .where(Plan.rep_id == rep.id, Plan.day == visit.day)
    ).first()
    if found is None:
        return None
    document = DayPlan.model_validate_json(found.document)
    stop = next((stop for stop in document.stops if stop.visit == visit.id), None)
    if stop is None:
        raise StaleError("the plan changed meanwhile; cancel again")
    if stop.departure_s <= local.since_midnight(now):
        raise ConflictError(
            f"the visit {visit.id!r} was planned until {stop.departure:%H:%M} and is over; "
            "complete it or report that nobody was there"
        )
    rows = visits_by_id(session, (stop.visit for stop in document.stops))
    progress = progress_of(document, rows, local, now, without=visit.id)
    customers = _customers(session, document)
    frame = DayFrame(rep, local, document.shift.start_s, document.shift.end_s)
    candidates = _candidates(session, rep, local, now, exclude={stop.customer for stop in document.stops})
    places = {**{need.customer.id: need.customer for need in candidates}, **customers}
    needs = tuple(_planned_need(stop, rows.get(stop.visit), customers[stop.customer]) for stop in progress.rest)
    rest = DayRest(frame, progress, needs, tuple(candidates), places)
    return _Day(document, rest, _first_problem(session, found.plan_id))


def _planned_need(stop: PlannedStop, visit: Visit | None, customer: Customer) -> Need:
    """The need behind a stop that stands in the plan, as it was valued there."""
    since = stop.why.days_since
    return Need(
        visit_id=stop.visit,
        customer=customer,
        cause=stop.why.cause,
        value_s=stop.why.value_s,
        days=(stop.start.date(),),
        must=visit is not None and (visit.mandatory or visit.promise_day is not None),
        promise=promise_of(visit) if visit is not None else None,
        last_visit=None if since is None else stop.start.date() - timedelta(days=since),
    )


def _customers(session: Session, document: DayPlan) -> dict[str, Customer]:
    ids = {stop.customer for stop in document.stops}
    return {row.id: row for row in session.exec(select(Customer).where(col(Customer.id).in_(ids)))}


def _candidates(session: Session, rep: Rep, local: LocalDay, now: datetime, exclude: set[str]) -> list[Need]:
    """Due customers of the rep's territory that are in no plan and that the rep could visit on this day."""
    day = local.day
    data = load_territory(session, rep.territory_id, (day, day), now)
    skills = set(rep.skills)
    found: list[Need] = []
    for customer in data.customers:
        history = data.histories.get(customer.id, CustomerHistory())
        planned = any(visit.rep_id is not None for visit in history.open_visits)
        if customer.id in exclude or planned or not set(customer.skills) <= skills:
            continue
        needs = needs_of(customer, history, (day,), data.policy, data.horizon)
        found += [need for need in needs if need.promise is None]
    return found


def _first_problem(session: Session, plan_id: str) -> Problem | None:
    """The problem of the last planning run that made a version of the plan."""
    statement = select(PlanVersion.problem_hash).where(PlanVersion.plan_id == plan_id, PlanVersion.cause == "run")
    name = session.exec(statement.order_by(col(PlanVersion.number).desc())).first()
    return load_problem(session, name) if name else None


def _settle(
    session: Session, frame: DayFrame, before: DayPlan, after: DayPlan, repaired: Repaired, cancelled: str
) -> None:
    """Bring the visits' rows in line with the repaired day."""
    planned = {stop.visit: stop for stop in after.stops if not stop.locked}
    here = {stop.visit for stop in after.stops}
    rows = visits_by_id(session, {*planned, *(stop.visit for stop in before.stops)})
    for visit_id, stop in planned.items():
        place_visit(session, rows.get(visit_id), repaired.needs[visit_id], frame.rep.id, frame.local, stop.start_s)
    for visit_id, row in rows.items():
        if visit_id not in here and visit_id != cancelled:
            release_visit(session, row)
            record(session, SYSTEM, "visit.released", visit_id, {"cause": "cancel"}, rep_id=frame.rep.id)
    session.flush()
