"""What becomes of a proposal: committed in one transaction, discarded, or made anew because somebody was faster."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from routing.documents import Document
from routing.events import Absent, Hours, Insert, Late, Lock, Unlock
from visits.day_plan import DayPlan
from visits.day_writing import DayChange, Touched, lock_days, write_days
from visits.errors import ConflictError, StaleError
from visits.local_day import LocalDay, zone_named
from visits.models import Absence, Customer, Plan, PlanVersion, Proposal, ProposalState, Rep, Visit
from visits.plan_storing import Placing, Provenance
from visits.progress import progress_of
from visits.proposal_views import Base, Draft, ProposalAnswer, ProposalRequest
from visits.proposing import get_proposal, propose, show
from visits.queries.events import record
from visits.repairing import Effort
from visits.scope import Viewer
from visits.solving import TravelSource
from visits.states import Action, Said, judge, settle
from visits.store import Store
from visits.territory_data import visits_by_id

CAUSE = "proposal"
_ACTIONS = {"cancel": (Action.CANCEL, "cancelled"), "no_show": (Action.NO_SHOW, "no_show")}

_BY_HAND = {
    "assign": "visit.assigned",
    "remove": "visit.removed",
    "lock": "visit.locked",
    "unlock": "visit.unlocked",
}


class CommitAnswer(Document):
    """A committed proposal and the plans that it wrote."""

    proposal: ProposalAnswer
    plans: tuple[DayPlan, ...]

    def to_json(self, *, indent: int | None = None) -> str:
        """The answer as JSON, with the contract's names in the diff."""
        return self.model_dump_json(indent=indent, by_alias=True)


class StaleProposalError(StaleError):
    """The proposal no longer stands; `fresh` is what the same request gives now."""

    def __init__(self, message: str, fresh: ProposalAnswer) -> None:
        super().__init__(message)
        self.fresh = fresh


def commit_proposal(
    store: Store,
    viewer: Viewer,
    proposal_id: str,
    *,
    etag: str,
    confirm: bool,
    now: datetime,
    travel: TravelSource,
    effort: Effort | None = None,
) -> CommitAnswer:
    """Write what an open proposal proposes: versions, visits, events and the record of the change, or nothing.

    `etag` names the versions that the proposal was seen to build on. Committing again gives the first answer.
    Raises NotFoundError, ConflictError for one that is discarded or replaced or breaks rules and is not confirmed, and
    StaleProposalError, with a fresh proposal for the same request, when it expired or somebody was faster.
    """
    try:
        with store.session() as session:
            row = get_proposal(session, viewer, proposal_id)
            session.refresh(row, with_for_update=True)
            if row.state == ProposalState.COMMITTED:
                return _committed(session, row, now)
            _require_open(row)
            _require_seen(row, etag, now)
            return _commit(session, viewer, row, confirm, now)
    except StaleProposalError:
        raise
    except StaleError as error:
        said = str(error)
    fresh = _again(store, viewer, proposal_id, now, travel, effort)
    raise StaleProposalError(f"{said}; here is what the same request gives now", fresh)


def _require_open(row: Proposal) -> None:
    if row.state != ProposalState.OPEN:
        raise ConflictError(f"the proposal {row.id!r} is {row.state}; make a new one")


def _require_seen(row: Proposal, etag: str, now: datetime) -> None:
    if etag != Base.model_validate(row.base).etag:
        raise StaleProposalError("the proposal builds on other versions than you saw; look again", show(row, now))


def _again(
    store: Store, viewer: Viewer, proposal_id: str, now: datetime, travel: TravelSource, effort: Effort | None
) -> ProposalAnswer:
    """The same request worked out anew; the old proposal is replaced."""
    with store.reading() as session:
        request = ProposalRequest.model_validate(get_proposal(session, viewer, proposal_id).request)
    fresh = propose(store, viewer, request, now=now, travel=travel, effort=effort)
    with store.session() as session:
        row = get_proposal(session, viewer, proposal_id)
        if row.state == ProposalState.OPEN:
            row.state, row.replaced_by = ProposalState.REPLACED, fresh.id
            row.decided_by, row.decided_at = viewer.person_id, now
            session.add(row)
    return fresh


def discard_proposal(store: Store, viewer: Viewer, proposal_id: str, *, now: datetime) -> None:
    """Put a proposal away; one that is decided already stays as it is. Raises NotFoundError, ConflictError."""
    with store.session() as session:
        row = get_proposal(session, viewer, proposal_id)
        if row.state == ProposalState.COMMITTED:
            raise ConflictError(f"the proposal {row.id!r} is committed; undo one of its plans instead")
        if row.state == ProposalState.OPEN:
            row.state, row.decided_by, row.decided_at = ProposalState.DISCARDED, viewer.person_id, now
            session.add(row)
            record(session, viewer, "proposal.discarded", row.id, territory_id=_one_territory(row))


def _one_territory(row: Proposal) -> str | None:
    return row.territory_ids[0] if len(row.territory_ids) == 1 else None


def _committed(session: Session, row: Proposal, now: datetime) -> CommitAnswer:
    statement = select(PlanVersion.document).where(PlanVersion.change_id == row.change_id)
    documents = [DayPlan.model_validate_json(text) for text in session.exec(statement)] if row.change_id else []
    plans = sorted(documents, key=lambda one: (one.date, one.rep))
    return CommitAnswer(proposal=show(row, now), plans=tuple(plans))


def _commit(session: Session, viewer: Viewer, row: Proposal, confirm: bool, now: datetime) -> CommitAnswer:
    answer = ProposalAnswer.model_validate_json(row.shown)
    base, draft = Base.model_validate(row.base), Draft.model_validate_json(row.draft)
    if now >= row.expires_at:
        raise StaleError("the proposal has expired")
    if answer.broken and not confirm:
        raise ConflictError(
            f"the move breaks a rule: {answer.broken[0].detail}; send confirm true to make it all the same"
        )
    changes = {day.shift: DayChange(_current(session, day.plan), day.plan) for day in draft.days}
    for day in draft.days:
        former = changes[day.shift].former
        if (former.version if former is not None else 0) != day.version:
            raise StaleError(f"the plan of {day.plan.rep_name} on {day.plan.date} changed meanwhile")
    held = lock_days(session, changes)
    gone = frozenset(one.visit for one in draft.gone)
    _require_unmoved(session, base, changes, gone, now)
    touched = Touched()
    request = answer.request
    placing = Placing(viewer, CAUSE, now)
    _take_out(session, placing, draft, request.reason, touched)
    _bring_in(session, draft, touched)
    _note_absences(session, draft, request.reason, touched)
    made_from = Provenance(row.problem_hash, draft.seed, draft.iterations, "search")
    change, _ = write_days(session, placing, held, changes, made_from, touched, gone=gone, proposal_id=row.id)
    _record(session, viewer, row, answer, change.id)
    row.state, row.change_id = ProposalState.COMMITTED, change.id
    row.decided_by, row.decided_at = viewer.person_id, now
    session.add(row)
    session.flush()
    return _committed(session, row, now)


def _current(session: Session, draft: DayPlan) -> DayPlan | None:
    statement = (
        select(PlanVersion.document)
        .join(Plan, (col(Plan.id) == PlanVersion.plan_id) & (col(Plan.number) == PlanVersion.number))
        .where(Plan.rep_id == draft.rep, Plan.day == draft.date)
    )
    found = session.exec(statement).first()
    return None if found is None else DayPlan.model_validate_json(found)


def _require_unmoved(
    session: Session, base: Base, changes: dict[str, DayChange], gone: frozenset[str], now: datetime
) -> None:
    """Raises StaleError when a visit changed, or more of a day is executed than when the proposal was made."""
    rows = visits_by_id(session, base.visits)
    for name, version in base.visits.items():
        if (rows[name].version if name in rows else 0) != version:
            raise StaleError(f"the visit {name!r} changed meanwhile")
    for name, change in changes.items():
        former = change.former
        if former is None:
            continue
        local = LocalDay(former.date, zone_named(former.timezone))
        stops = visits_by_id(session, (stop.visit for stop in former.stops))
        progress = progress_of(former, stops, local, now, gone)
        if tuple(stop.visit for stop in progress.locked) != base.executed.get(name, ()):
            raise StaleError(f"the day of {former.rep_name} has gone on")
        first = next((stop for stop in change.draft.stops if not stop.locked), None)
        if first is not None and first.arrival_s < local.since_midnight(now):
            raise StaleError(f"{former.rep_name} would be late by now")


def _take_out(session: Session, placing: Placing, draft: Draft, reason: str, touched: Touched) -> None:
    for one in draft.gone:
        row = session.get_one(Visit, one.visit)
        touched.note(row)
        action, kind = _ACTIONS[one.action]
        verdict = judge(row, action, placing.now)
        if verdict.refused:
            raise StaleError(f"the visit {row.id!r} is {row.state} meanwhile")
        settle(session, row, Said(placing.viewer, action, placing.now, placing.now, reason), verdict)
        row.ended_at, row.note = placing.now, reason
        session.add(row)
        territory_id = session.get_one(Customer, row.customer_id).territory_id
        said = {"reason": reason, "at": placing.now.isoformat()}
        record(session, placing.viewer, f"visit.{kind}", row.id, said, rep_id=row.rep_id, territory_id=territory_id)


def _bring_in(session: Session, draft: Draft, touched: Touched) -> None:
    for one in draft.inserted:
        row = session.get(Visit, one.visit)
        if row is None:
            row = Visit(id=one.visit, customer_id=one.customer, cause=one.cause, service_s=one.service_s)
            touched.brought(row.id)
        else:
            touched.note(row)
        row.mandatory = row.mandatory or one.mandatory
        if one.promise_day is not None:
            row.promise_rep_id, row.promise_day = one.promise_rep, one.promise_day
            row.promise_start_s, row.promise_end_s = one.promise_start_s, one.promise_end_s
        session.add(row)
    session.flush()


def _note_absences(session: Session, draft: Draft, reason: str, touched: Touched) -> None:
    for one in draft.absences:
        absence = Absence(rep_id=one.rep, starts_at=one.starts_at, ends_at=one.ends_at, reason=reason)
        session.add(absence)
        touched.absences.append(absence.id)
    session.flush()


def _record(session: Session, viewer: Viewer, row: Proposal, answer: ProposalAnswer, change_id: str) -> None:
    """The audit trail: the decision, and each event that is not about a visit taken out."""
    request = answer.request
    for event in request.events:
        said = event.model_dump(mode="json")
        match event:
            case Absent():
                territory_id = session.get_one(Rep, event.rep).territory_id
                record(session, viewer, "rep.absent", event.rep, said, rep_id=event.rep, territory_id=territory_id)
            case Late():
                rep_id = event.shift.rpartition("/")[0]
                record(session, viewer, "rep.late", event.shift, said, rep_id=rep_id)
            case Insert():
                record(session, viewer, "visit.inserted", event.visit.id, said, territory_id=_one_territory(row))
            case Hours() | Lock() | Unlock():
                kind = {"hours": "visit.hours_changed", "lock": "visit.locked", "unlock": "visit.unlocked"}[event.type]
                record(session, viewer, kind, event.visit, said, territory_id=_one_territory(row))
            case _:
                pass
    if request.move is not None:
        subject = request.move.visit or request.move.customer or row.id
        said = {**request.move.model_dump(mode="json"), "broken": [fault.kind for fault in answer.broken]}
        record(session, viewer, _BY_HAND[request.move.type], subject, said, territory_id=_one_territory(row))
    said = {
        "change": change_id,
        "reason": request.reason,
        "plans": {day.shift: day.version for day in answer.days},
        "broken": [fault.model_dump(mode="json") for fault in answer.broken],
        "price_s": answer.price_s,
    }
    record(session, viewer, "proposal.committed", row.id, said, territory_id=_one_territory(row))
