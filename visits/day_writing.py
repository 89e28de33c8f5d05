"""Writing changed days: new versions, the visits' rows and the record of the change, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlmodel import Session

from visits.day_plan import DayPlan, PlannedStop
from visits.errors import StaleError
from visits.hours import shift_id
from visits.models import Plan, PlanChange, Visit, VisitState
from visits.plan_storing import Cause, Placing, Provenance, locked_plan, next_number, release_visit, write_version
from visits.queries.events import record
from visits.states import Action, Said, judge, settle
from visits.territory_data import visits_by_id

UNTOLD = {"id", "customer_id", "version", "created_at", "updated_at"}
"""Fields of a visit that taking back a change leaves alone."""


def told(row: Visit) -> dict[str, Any]:
    """A visit as it is remembered."""
    values = row.model_dump(exclude=UNTOLD)
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


@dataclass(frozen=True, slots=True)
class DayChange:
    """One rep-day that changes: what it was (None: no plan) and the draft of what it becomes.

    `made_from` is where its draft alone comes from.
    """

    former: DayPlan | None
    draft: DayPlan
    made_from: Provenance | None = None

    @property
    def shift(self) -> str:
        """The id of its shift."""
        return shift_id(self.draft.rep, self.draft.date)


@dataclass(slots=True)
class Touched:
    """What visits were before a change, by id; None for those it brought into being. Absences it made, by id."""

    visits: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    absences: list[str] = field(default_factory=list)

    def note(self, row: Visit) -> None:
        """Remember a visit as it is now, unless it is remembered already."""
        self.visits.setdefault(row.id, told(row))

    def brought(self, visit_id: str) -> None:
        """A visit that was not there before."""
        self.visits.setdefault(visit_id, None)


def lock_days(session: Session, changes: Mapping[str, DayChange]) -> dict[str, Plan]:
    """The plans that change, by shift id, held until the transaction ends; new ones are made.

    Raises StaleError when one of them has another version than the change builds on.
    """
    held = {}
    for name, change in sorted(changes.items()):
        draft, expected = change.draft, change.former.version if change.former is not None else 0
        row = locked_plan(session, draft.rep, draft.date)
        if row is None:
            row = Plan(rep_id=draft.rep, day=draft.date)
            session.add(row)
            session.flush()
        if row.number != expected:
            raise StaleError(f"the plan of {draft.rep_name} on {draft.date} changed meanwhile; look again", row.number)
        held[name] = row
    return held


def write_days(
    session: Session,
    placing: Placing,
    held: Mapping[str, Plan],
    changes: Mapping[str, DayChange],
    made_from: Provenance | None,
    touched: Touched,
    *,
    gone: frozenset[str] = frozenset(),
    proposal_id: str | None = None,
    run_id: str | None = None,
) -> tuple[PlanChange, dict[str, DayPlan]]:
    """Store the drafts as new versions of plans that are held, and bring the visits' rows in line.

    `made_from` is where the drafts come from that do not say so themselves, `gone` are visits that left the plans by an
    event of their own. Raises StaleError when a visit is no longer open.
    """
    change = PlanChange(
        kind=placing.cause, actor=placing.viewer.person_id, proposal_id=proposal_id, created_at=placing.now
    )
    session.add(change)
    session.flush()
    written = {}
    for name, one in sorted(changes.items()):
        row = held[name]
        number = next_number(session, row)
        document = one.draft.model_copy(update={"plan": row.id, "version": number, "cause": placing.cause})
        origin = one.made_from or made_from
        assert origin is not None
        write_version(session, placing.viewer, row, document, origin, Cause(placing.cause, run_id, change.id))
        written[name] = document
    _settle(session, placing, changes, touched, gone)
    session.flush()
    change.touched = touched_now(session, touched)
    session.add(change)
    return change, written


def _settle(
    session: Session,
    placing: Placing,
    changes: Mapping[str, DayChange],
    touched: Touched,
    gone: frozenset[str],
) -> None:
    """Bring the visits' rows in line with the changed days."""
    after = {stop.visit: (one.draft, stop) for one in changes.values() for stop in one.draft.stops}
    before = {stop.visit for one in changes.values() if one.former for stop in one.former.stops}
    rows = visits_by_id(session, {*after, *before})
    for visit_id, (document, stop) in after.items():
        if not stop.locked:
            place_stop(session, placing, rows.get(visit_id), document, stop, touched)
    for visit_id in sorted(before - after.keys() - gone):
        row = rows.get(visit_id)
        if row is not None:
            touched.note(row)
            rep_id = row.rep_id
            release_visit(session, row, placing)
            record(session, placing.viewer, "visit.released", visit_id, {"cause": placing.cause}, rep_id=rep_id)


def place_stop(
    session: Session, placing: Placing, row: Visit | None, document: DayPlan, stop: PlannedStop, touched: Touched
) -> None:
    """Write where an open stop now stands; a promise goes with it. Raises StaleError when it is no longer open."""
    if row is None:
        row = Visit(id=stop.visit, customer_id=stop.customer, cause=stop.why.cause)
        touched.brought(row.id)
    else:
        touched.note(row)
    said = Said(placing.viewer, Action.PLACE, placing.now, placing.now, placing.cause)
    verdict = judge(row, said.action, said.at)
    if verdict.refused:
        raise StaleError(f"the visit to {stop.name} is {row.state} meanwhile; look again")
    before = (row.state, row.rep_id, row.day)
    row.rep_id, row.day, row.start_s, row.locked = document.rep, document.date, stop.start_s, stop.pinned
    _carry_promise(row, document, stop)
    session.add(row)
    state = VisitState.PROMISED if row.promise_day is not None else VisitState.PLANNED
    if before != (state, document.rep, document.date):
        settle(session, row, said, verdict, state)


def _carry_promise(row: Visit, document: DayPlan, stop: PlannedStop) -> None:
    """A promise goes to whoever keeps its time; one that a hand moved out of its time binds nobody any more."""
    start_s, end_s = row.promise_start_s, row.promise_end_s
    if row.promise_day is None or start_s is None or end_s is None:
        return
    if row.promise_day == document.date and start_s <= stop.start_s <= end_s:
        row.promise_rep_id = document.rep
    else:
        row.promise_rep_id = row.promise_day = row.promise_start_s = row.promise_end_s = None


def touched_now(session: Session, touched: Touched) -> dict[str, Any]:
    """What a change keeps for its taking back: each visit as it was before and as it is now."""
    session.flush()
    rows = visits_by_id(session, touched.visits)
    return {
        "visits": {name: {"before": before, "after": told(rows[name])} for name, before in touched.visits.items()},
        "absences": touched.absences,
    }
