"""What a rep taps at a stop: on my way, arrived, done, nobody there. Each may come late, twice or out of order.

The rules are those of `visits.states`. All functions raise NotFoundError for a visit that the viewer may not see, and
ConflictError for one that is in no state for the tap, which then still stands in its history, or for a key already used
for another request. `at` is when the rep tapped, None for right now; a phone without a network tells it later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, select

from visits.day_plan import DayPlan, TapAnswer
from visits.errors import ConflictError, InputError, StaleError
from visits.idempotency import keep_answer, stored_answer
from visits.local_day import today_in, zone_named
from visits.models import Customer, Plan, PlanVersion, Rep, Visit, VisitState
from visits.plan_storing import Cause, Provenance, locked_plan, next_number, write_version
from visits.queries.events import record
from visits.queries.visits import get_own_visit
from visits.scope import Viewer
from visits.states import Action, Said, Settled, judge, settle
from visits.store import Store

LONGEST_NOTE = 4000
ATTEMPTS = 3
OLDEST = timedelta(days=14)
"""A tap older than this is not taken: the phone's clock is more likely wrong."""
CLOCK_SKEW = timedelta(minutes=5)
"""So far may a phone's clock be ahead."""
_KINDS = {
    Action.DEPART: "departed",
    Action.ARRIVE: "arrived",
    Action.COMPLETE: "done",
    Action.NO_SHOW: "no_show",
}


def depart(
    store: Store, viewer: Viewer, visit_id: str, *, key: str, now: datetime, at: datetime | None = None
) -> TapAnswer:
    """The rep has set out to the customer."""
    return _tap(store, viewer, visit_id, Tap(Action.DEPART, {}, key, now, at))


def arrive(
    store: Store, viewer: Viewer, visit_id: str, *, key: str, now: datetime, at: datetime | None = None
) -> TapAnswer:
    """The rep is at the customer."""
    return _tap(store, viewer, visit_id, Tap(Action.ARRIVE, {}, key, now, at))


def complete(
    store: Store,
    viewer: Viewer,
    visit_id: str,
    *,
    outcome: str,
    note: str,
    key: str,
    now: datetime,
    at: datetime | None = None,
) -> TapAnswer:
    """The visit took place; the customer's last visit becomes that day. Allowed without an arrival, as taps get lost.

    A visit that was called off meanwhile becomes done all the same, and its history shows both.
    """
    return _tap(store, viewer, visit_id, Tap(Action.COMPLETE, {"outcome": outcome, "note": note}, key, now, at))


def no_show(
    store: Store, viewer: Viewer, visit_id: str, *, note: str, key: str, now: datetime, at: datetime | None = None
) -> TapAnswer:
    """Nobody was there; the customer stays as due as before. `visits.replanning` then plans the rest of the day."""
    return _tap(store, viewer, visit_id, Tap(Action.NO_SHOW, {"note": note}, key, now, at))


@dataclass(frozen=True, slots=True)
class Tap:
    """One tap: what, with which words, under which key, when it is told and when it happened."""

    action: Action
    said: dict[str, str]
    key: str
    now: datetime
    told_at: datetime | None = None
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", _KINDS[self.action])
        for name, text in self.said.items():
            if len(text) > LONGEST_NOTE:
                raise InputError(f"{name} has {len(text)} characters; write at most {LONGEST_NOTE}")
        if self.told_at is None:
            return
        if self.told_at > self.now + CLOCK_SKEW:
            raise InputError(f"at is {self.told_at.isoformat()}, in the future; set the phone's clock")
        if self.told_at < self.now - OLDEST:
            raise InputError(f"at is {self.told_at.isoformat()}, more than {OLDEST.days} days ago; correct it")

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.now if self.told_at is None else min(self.told_at, self.now)

    def request(self, visit_id: str) -> dict[str, Any]:
        """What two sendings of the same tap share."""
        told = {} if self.told_at is None else {"told_at": self.told_at.isoformat()}
        return {"kind": self.kind, "visit": visit_id, **self.said, **told}


def _tap(store: Store, viewer: Viewer, visit_id: str, tap: Tap) -> TapAnswer:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with store.session() as session:
                answer = _tap_once(session, viewer, visit_id, tap)
        except StaleError:
            if attempt == ATTEMPTS:
                raise
        else:
            if isinstance(answer, TapAnswer):
                return answer
            raise ConflictError(answer)
    raise AssertionError  # the loop returns or raises


def _tap_once(session: Session, viewer: Viewer, visit_id: str, tap: Tap) -> TapAnswer | str:
    """One tap in one transaction: its transition, event and stored answer; the sentence of a refusal."""
    visit = get_own_visit(session, viewer, visit_id)
    plan = None
    if visit.rep_id is not None and visit.day is not None:
        plan = locked_plan(session, visit.rep_id, visit.day)
        session.refresh(visit)
    request = tap.request(visit_id)
    known = stored_answer(session, viewer, tap.key, request, TapAnswer)
    if known is not None:
        return known
    verdict = judge(visit, tap.action, tap.at)
    if _is_foreign(viewer, visit):
        verdict = type(verdict)(Settled.KEPT, VisitState(visit.state))
    elif visit.rep_id is None and not verdict.refused:
        verdict = type(verdict)(Settled.KEPT if tap.told_at is not None else Settled.REFUSED, VisitState(visit.state))
    before = visit.state
    said = Said(viewer, tap.action, tap.at, tap.now, "", tap.said.get("outcome", ""), tap.said.get("note", ""))
    settle(session, visit, said, verdict)
    _write_facts(session, visit, tap, verdict.settled)
    session.flush()
    customer = session.get_one(Customer, visit.customer_id)
    record(
        session,
        viewer,
        f"visit.{tap.kind}" if verdict.settled is Settled.MOVED else f"visit.{tap.kind}.{verdict.settled}",
        visit.id,
        {**request, "at": tap.at.isoformat(), "was": before},
        rep_id=visit.rep_id,
        territory_id=customer.territory_id,
    )
    if verdict.refused:
        if visit.rep_id is None:
            return f"the visit {visit_id!r} is in no plan; plan it first"
        return f"the visit {visit_id!r} is already {visit.state}; it cannot become {tap.kind}"
    if plan is not None and plan.number > 0 and verdict.settled is Settled.MOVED:
        _show_on_plan(session, viewer, plan, visit, tap.kind)
    answer = TapAnswer(
        visit=visit.id,
        customer=visit.customer_id,
        state=visit.state,
        at=tap.at,
        outcome=visit.outcome,
        note=visit.note,
        version=visit.version,
        settled=verdict.settled,
    )
    keep_answer(session, viewer, tap.key, request, answer)
    return answer


def _is_foreign(viewer: Viewer, visit: Visit) -> bool:
    """Whether the visit has gone to another rep since this one had it."""
    return viewer.rep_id is not None and visit.rep_id is not None and visit.rep_id != viewer.rep_id


def _write_facts(session: Session, visit: Visit, tap: Tap, settled: Settled) -> None:
    """What the tap tells beside the state."""
    if settled in {Settled.REFUSED, Settled.KEPT}:
        return
    if tap.action is Action.ARRIVE:
        visit.arrived_at = tap.at if visit.arrived_at is None else min(visit.arrived_at, tap.at)
    elif tap.action is Action.COMPLETE:
        visit.ended_at, visit.outcome, visit.note = tap.at, tap.said["outcome"], tap.said["note"]
        _count_as_visited(session, visit, tap.at)
    elif tap.action is Action.NO_SHOW:
        visit.ended_at, visit.note = tap.at, tap.said["note"]
    session.add(visit)


def _count_as_visited(session: Session, visit: Visit, at: datetime) -> None:
    customer = session.get_one(Customer, visit.customer_id)
    rep = session.get_one(Rep, visit.rep_id)
    day = today_in(zone_named(rep.timezone), at)
    if customer.last_visit is None or customer.last_visit < day:
        customer.last_visit = day
        session.add(customer)


def _show_on_plan(session: Session, viewer: Viewer, plan: Plan, visit: Visit, kind: str) -> None:
    """Give the rep's plan a version that shows the visit's new state, its times as planned; if it is a stop there."""
    current = session.exec(
        select(PlanVersion).where(PlanVersion.plan_id == plan.id, PlanVersion.number == plan.number)
    ).one()
    document = DayPlan.model_validate_json(current.document)
    if all(stop.visit != visit.id for stop in document.stops):
        return
    stops = tuple(
        stop.model_copy(update={"state": visit.state, "locked": True}) if stop.visit == visit.id else stop
        for stop in document.stops
    )
    number = next_number(session, plan)
    shown = document.model_copy(update={"stops": stops, "version": number, "cause": kind})
    made_from = Provenance(current.problem_hash, current.seed, current.iterations, current.engine)
    write_version(session, viewer, plan, shown, made_from, Cause(kind))
