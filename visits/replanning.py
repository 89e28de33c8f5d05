"""The day repairs itself: what a rep reports makes a new version of that rep's day at once, and of no other.

The executed part never changes. What would touch other reps is for a dispatcher to decide: see `visits.proposing`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from routing.events import Event, Late
from visits.day_diff import day_diff
from visits.day_plan import CancelAnswer, DayPlan
from visits.day_problem import Extra, question_of
from visits.day_writing import DayChange, Touched, lock_days, write_days
from visits.errors import ConflictError, InputError, StaleError
from visits.fill_ins import fill_ins
from visits.hours import shift_id
from visits.idempotency import keep_answer, stored_answer
from visits.local_day import LocalDay, zone_named
from visits.models import CLOSED_STATES, Customer, Rep, Visit, VisitState
from visits.plan_storing import Placing, Provenance, locked_plan
from visits.problem_store import keep_problem
from visits.queries.events import record
from visits.queries.visits import get_visit
from visits.rep_days import Scope, TeamDays, read_days
from visits.repairing import Effort, Outcome, own_day
from visits.scope import Viewer
from visits.solving import TravelSource
from visits.states import Action, Said, judge, settle
from visits.store import Store

ATTEMPTS = 3
LATEST_MINUTES = 12 * 60


def cancel_visit(
    store: Store,
    viewer: Viewer,
    visit_id: str,
    *,
    reason: str,
    key: str,
    now: datetime,
    travel: TravelSource,
    effort: Effort | None = None,
    fill: bool = True,
) -> CancelAnswer:
    """Cancel a visit and repair the rest of its rep's day; other days and other reps never change.

    Without `fill` the freed time stays free, and the fill-ins are for the rep to choose from. The answer to a repeated
    `key` is the stored one. A visit in no plan is cancelled with nothing to repair.
    Raises NotFoundError for a visit the viewer may not see, ConflictError when it is done, cancelled, under way or in
    the past or when `key` was used for another request, StaleError when the plan kept changing meanwhile.
    """
    request: dict[str, Any] = {"kind": "cancelled", "visit": visit_id, "reason": reason}
    report = Report("cancel", Action.CANCEL, request if fill else {**request, "fill": False}, reason, fill=fill)
    return _carry_out(_OwnDay(store, viewer, visit_id, report, key, now, travel, effort or Effort()))


def skip_visit(
    store: Store,
    viewer: Viewer,
    visit_id: str,
    *,
    reason: str,
    key: str,
    now: datetime,
    travel: TravelSource,
    effort: Effort | None = None,
    fill: bool = True,
) -> CancelAnswer:
    """The rep will not go there today: as `cancel_visit`, but the customer stays as due as before."""
    request: dict[str, Any] = {"kind": "skipped", "visit": visit_id, "reason": reason}
    report = Report("skip", Action.SKIP, request if fill else {**request, "fill": False}, reason, fill=fill)
    return _carry_out(_OwnDay(store, viewer, visit_id, report, key, now, travel, effort or Effort()))


def report_late(
    store: Store,
    viewer: Viewer,
    visit_id: str,
    *,
    minutes: int,
    key: str,
    now: datetime,
    travel: TravelSource,
    effort: Effort | None = None,
) -> CancelAnswer:
    """The rep on whose day the visit stands will be so many minutes behind; the rest of that day is timed anew.

    Stops that can no longer be kept leave the day; promised ones among them are named in `promises_lost`.
    Raises as `cancel_visit` does, and InputError for a number of minutes outside 1 to 720.
    """
    if not 1 <= minutes <= LATEST_MINUTES:
        raise InputError(f"minutes is {minutes}; write 1 to {LATEST_MINUTES}")
    report = Report("late", None, {"kind": "late", "visit": visit_id, "minutes": minutes}, "", minutes * 60)
    return _carry_out(_OwnDay(store, viewer, visit_id, report, key, now, travel, effort or Effort()))


def repair_after_no_show(
    store: Store,
    viewer: Viewer,
    visit_id: str,
    *,
    now: datetime,
    travel: TravelSource,
    effort: Effort | None = None,
    fill: bool = True,
) -> CancelAnswer:
    """Plan the rest of the day anew from when the rep found nobody; the visit itself stands as it was tapped.

    It happens once, however often it is asked for: later the first answer is given again.
    Raises as `cancel_visit` does; ConflictError too when the day is over or the visit stands in no plan.
    """
    request: dict[str, Any] = {"kind": "repaired", "visit": visit_id, "fill": fill}
    report = Report("no_show", None, request, "", fill=fill)
    key = f"{visit_id}/no_show/repaired"
    return _carry_out(_OwnDay(store, viewer, visit_id, report, key, now, travel, effort or Effort()))


def _carry_out(work: _OwnDay) -> CancelAnswer:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return work.carry_out()
        except StaleError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError  # the loop returns or raises


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported: the new version's cause, what it does to the visit itself if anything, and the request."""

    cause: str
    action: Action | None
    request: dict[str, Any]
    reason: str
    delay_s: int = 0
    fill: bool = True


class _OwnDay:
    """One report: read, repair outside any transaction, write if nothing changed meanwhile."""

    def __init__(
        self,
        store: Store,
        viewer: Viewer,
        visit_id: str,
        report: Report,
        key: str,
        now: datetime,
        travel: TravelSource,
        effort: Effort,
    ) -> None:
        self.store, self.viewer, self.visit_id, self.report = store, viewer, visit_id, report
        self.key, self.now, self.travel, self.effort = key, now, travel, effort

    def carry_out(self) -> CancelAnswer:
        began = time.perf_counter()
        with self.store.reading() as session:
            known = self._known(session)
            if known is not None:
                return known
            visit = get_visit(session, self.viewer, self.visit_id)
            self._require_possible(visit)
            team = self._read(session, visit)
        answer = None if team is None else self._repair(team)
        with self.store.session() as session:
            if answer is not None:
                held = lock_days(session, answer.changes)
            known = self._known(session)
            if known is not None:
                return known
            visit = get_visit(session, self.viewer, self.visit_id)
            touched = Touched()
            touched.note(visit)
            self._mark(session, visit)
            if answer is None:
                if visit.rep_id is not None and visit.day is not None and _has_plan(session, visit):
                    raise StaleError("the visit was planned meanwhile; send it again")
                result = CancelAnswer(visit=visit.id)
            else:
                made_from = Provenance.of(answer.chosen.plan, keep_problem(session, answer.chosen.problem))
                change, written = write_days(
                    session,
                    Placing(self.viewer, self.report.cause, self.now),
                    held,
                    answer.changes,
                    made_from,
                    touched,
                    gone=self._gone(),
                )
                result = answer.told(written, change.id, began)
            keep_answer(session, self.viewer, self.key, self.report.request, result)
            return result

    def _known(self, session: Session) -> CancelAnswer | None:
        return stored_answer(session, self.viewer, self.key, self.report.request, CancelAnswer)

    def _require_possible(self, visit: Visit) -> None:
        if self.report.action is None:
            if visit.rep_id is None or visit.day is None:
                raise ConflictError(f"the visit {visit.id!r} is in no plan; nobody can be late for it")
            return
        word = {Action.CANCEL: "cancelled", Action.SKIP: "skipped"}[self.report.action]
        if visit.state in CLOSED_STATES:
            raise ConflictError(f"the visit {visit.id!r} is already {visit.state}; it cannot be {word}")
        if visit.state == VisitState.ARRIVED:
            raise ConflictError(
                f"the rep is already at visit {visit.id!r}; complete it or report that nobody was there"
            )
        if judge(visit, self.report.action, self.now).refused:
            raise ConflictError(f"the visit {visit.id!r} is {visit.state}; it cannot be {word}")

    def _read(self, session: Session, visit: Visit) -> TeamDays | None:
        """The visit's rep-day; None for a visit in no plan. Raises ConflictError when its time is over."""
        if visit.rep_id is None or visit.day is None:
            return None
        rep = session.get_one(Rep, visit.rep_id)
        local = LocalDay(visit.day, zone_named(rep.timezone))
        if local.since_midnight(self.now) >= local.length_s:
            raise ConflictError(f"the visit {visit.id!r} was on {visit.day}, in the past; what happened then stays")
        leaves = self._gone()
        scope = Scope((rep.territory_id,), visit.day, visit.day, frozenset({rep.id}), leaves)
        team = read_days(session, scope, self.now)
        one = team.by_shift.get(shift_id(rep.id, visit.day))
        if one is None or one.document is None:
            return None
        stop = next((stop for stop in one.document.stops if stop.visit == visit.id), None)
        if stop is None:
            raise StaleError("the plan changed meanwhile; send it again")
        if leaves and stop.departure_s <= local.since_midnight(self.now):
            raise ConflictError(
                f"the visit {visit.id!r} was planned until {stop.departure:%H:%M} and is over; "
                "complete it or report that nobody was there"
            )
        return team

    def _gone(self) -> frozenset[str]:
        """The visit, if it leaves the plan."""
        return frozenset({self.visit_id} if self.report.action is not None else ())

    def _repair(self, team: TeamDays) -> _Repair:
        (name,) = team.by_shift
        question = question_of(team, self.travel, Extra(anew=frozenset({name})))
        happened: tuple[Event, ...] = ()
        if self.report.delay_s and team.by_shift[name].shift is not None:
            happened = (Late(type="late", shift=name, delay_s=self.report.delay_s),)
        chosen, bare = own_day(question, self.effort, happened, fill=self.report.fill)
        return _Repair(self.visit_id, name, chosen, bare, self._gone())

    def _mark(self, session: Session, visit: Visit) -> None:
        """Write what was reported of the visit itself. Raises ConflictError when it is no longer possible."""
        self._require_possible(visit)
        customer = session.get_one(Customer, visit.customer_id)
        kind = str(self.report.request["kind"])
        if self.report.action is not None:
            said = Said(self.viewer, self.report.action, self.now, self.now, self.report.reason)
            settle(session, visit, said, judge(visit, said.action, said.at))
            visit.ended_at, visit.note = self.now, self.report.reason
            session.add(visit)
        record(
            session,
            self.viewer,
            f"visit.{kind}",
            visit.id,
            {**self.report.request, "at": self.now.isoformat()},
            rep_id=visit.rep_id,
            territory_id=customer.territory_id,
        )
        session.flush()


def _has_plan(session: Session, visit: Visit) -> bool:
    assert visit.rep_id is not None
    assert visit.day is not None
    plan = locked_plan(session, visit.rep_id, visit.day)
    return plan is not None and plan.number > 0


@dataclass(frozen=True, slots=True)
class _Repair:
    """A repaired rep-day: the one chosen, and the one without fill-ins."""

    visit: str
    shift: str
    chosen: Outcome
    bare: Outcome
    gone: frozenset[str]

    @property
    def before(self) -> DayPlan:
        document = self.chosen.former(self.shift)
        assert document is not None
        return document

    @property
    def changes(self) -> dict[str, DayChange]:
        draft = self.chosen.documents.get(self.shift)
        return {} if draft is None else {self.shift: DayChange(self.before, draft)}

    def told(self, written: dict[str, DayPlan], change_id: str, began: float) -> CancelAnswer:
        """The answer to the rep."""
        after, before = written.get(self.shift, self.before), self.before
        promised = {stop.visit for stop in before.stops if stop.promise is not None} - self.gone
        bare = self.bare.documents.get(self.shift, before)
        return CancelAnswer(
            visit=self.visit,
            rep=before.rep,
            date=before.date,
            version=after.version,
            plan=after,
            before=before,
            diff=day_diff(before, after, self.shift),
            suggestions=fill_ins(self.bare, self.shift, {stop.visit for stop in after.stops}),
            home_earlier_s=max(0, before.totals.end_s - bare.totals.end_s),
            promises_lost=tuple(sorted(promised - {stop.visit for stop in after.stops})),
            change=change_id,
            repair_ms=round((time.perf_counter() - began) * 1000),
        )
