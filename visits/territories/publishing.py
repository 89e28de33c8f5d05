"""A proposal into effect: approved by others, published from a day on with first joint visits, rolled back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated, TypeVar

import numpy as np
from pydantic import AfterValidator, Field
from sqlmodel import Session, col, select

from routing.documents import Day, Document, Id
from visits.errors import ConflictError, StaleError
from visits.local_day import usable
from visits.models import (
    OPEN_STATES,
    Customer,
    HandOver,
    Rep,
    Territory,
    TerritoryApproval,
    TerritoryProposal,
    TerritoryProposalState,
    Visit,
    VisitState,
    utc_now,
)
from visits.queries.events import record
from visits.scope import SYSTEM, Viewer
from visits.store import Store
from visits.territories.hand_overs import hand_overs
from visits.territories.proposing import (
    STUDIES,
    get_alternative,
    locked_proposal,
    owners_of,
    require_ready,
)
from visits.territories.snapshot import Study
from visits.territories.views import digest_of

JOINT_CAUSE = "hand_over"
Row = TypeVar("Row", Customer, Visit)
_AT_ONCE = 500
_SCHEDULED, _PUBLISHED = TerritoryProposalState.SCHEDULED.value, TerritoryProposalState.PUBLISHED.value


class Publishing(Document):
    """What to publish: an alternative, from a day on.

    Key accounts, and customers whose relationship is over two years old, get a first joint visit within
    `joint_visit_days` of it; 0 for none.
    """

    alternative: Annotated[str, Field(min_length=1, max_length=100)]
    effective_from: Annotated[Day, AfterValidator(usable)]
    joint_visit_days: Annotated[int, Field(strict=True, ge=0, le=180)] = 28


class PublishAnswer(Document):
    """What came of publishing or rolling back: how many customers changed hands, and which stayed as they were."""

    proposal: Id
    state: str
    version: int
    effective_from: Day
    customers: int
    joint_visits: int
    left_alone: tuple[Id, ...] = ()


def approve(
    session: Session, viewer: Viewer, proposal: TerritoryProposal, alternative: str, comment: str
) -> TerritoryApproval:
    """Record the viewer's yes to an alternative as it is now; sending it again changes nothing.

    Raises ConflictError for one's own proposal and for one that is not ready, NotFoundError.
    """
    require_ready(proposal)
    if viewer.person_id == proposal.actor:
        raise ConflictError("who made a proposal cannot approve it; ask somebody else")
    row = get_alternative(session, proposal.id, alternative)
    digest = digest_of(owners_of(row))
    known = session.exec(
        select(TerritoryApproval).where(
            TerritoryApproval.proposal_id == proposal.id,
            TerritoryApproval.person_id == viewer.person_id,
            TerritoryApproval.digest == digest,
        )
    ).first()
    if known is not None:
        return known
    approval = TerritoryApproval(
        proposal_id=proposal.id, alternative=alternative, digest=digest, person_id=viewer.person_id, comment=comment
    )
    session.add(approval)
    record(session, viewer, "territory_proposal.approved", proposal.id, {"alternative": alternative})
    return approval


def approvals_of(session: Session, proposal_id: str) -> list[TerritoryApproval]:
    """Approvals of a proposal, the oldest first."""
    statement = select(TerritoryApproval).where(TerritoryApproval.proposal_id == proposal_id)
    return list(session.exec(statement.order_by(col(TerritoryApproval.created_at), col(TerritoryApproval.id))))


def publish(
    session: Session, viewer: Viewer, proposal_id: str, asked: Publishing, *, expected: int, today: date
) -> PublishAnswer:
    """Put an alternative into effect from a day on, at once where that day has come, with its joint visits.

    Raises ConflictError where approvals are missing or another proposal for these territories is under way,
    StaleError when the proposal changed meanwhile.
    """
    proposal = locked_proposal(session, proposal_id)
    _require_version(proposal, expected)
    require_ready(proposal)
    row = get_alternative(session, proposal.id, asked.alternative)
    _require_approved(session, proposal, digest_of(owners_of(row)))
    _require_alone(session, proposal)
    study = STUDIES.of(proposal)
    _require_unchanged(session, study)
    made = _new_territories(session, study, viewer)
    rows = _hand_overs(session, study, proposal, owners_of(row), made, asked)
    proposal.alternative, proposal.effective_from = asked.alternative, asked.effective_from
    proposal.published_by, proposal.published_at = viewer.person_id, utc_now()
    proposal.state = _SCHEDULED
    session.add(proposal)
    session.flush()
    told = {"alternative": asked.alternative, "from": asked.effective_from.isoformat(), "customers": len(rows)}
    record(session, viewer, "territory_proposal.scheduled", proposal.id, told)
    left: tuple[str, ...] = ()
    if asked.effective_from <= today:
        left = _take_effect(session, viewer, proposal)
    joint = sum(one.joint_visit_id is not None for one in rows)
    return PublishAnswer(
        proposal=proposal.id,
        state=proposal.state,
        version=proposal.version,
        effective_from=asked.effective_from,
        customers=len(rows) - len(left),
        joint_visits=joint,
        left_alone=left,
    )


def take_effect_when_due(store: Store, today: date) -> int:
    """Put scheduled proposals whose day has come into effect; how many these were."""
    with store.reading() as session:
        due = session.exec(
            select(TerritoryProposal.id).where(
                TerritoryProposal.state == _SCHEDULED, col(TerritoryProposal.effective_from) <= today
            )
        ).all()
    for proposal_id in due:
        with store.session() as session:
            proposal = locked_proposal(session, proposal_id)
            if proposal.state == _SCHEDULED:
                _take_effect(session, SYSTEM, proposal)
    return len(due)


def roll_back(session: Session, viewer: Viewer, proposal_id: str, *, expected: int) -> PublishAnswer:
    """Give every customer back that still is where the proposal put it, and call its open joint visits off.

    Raises ConflictError when it is not in effect or scheduled, StaleError when it changed meanwhile.
    """
    proposal = locked_proposal(session, proposal_id)
    _require_version(proposal, expected)
    if proposal.state not in {_SCHEDULED, _PUBLISHED} or proposal.effective_from is None:
        raise ConflictError(f"the proposal is {proposal.state}; only a published one can be rolled back")
    now = utc_now()
    left: list[str] = []
    back = 0
    rows = session.exec(select(HandOver).where(HandOver.proposal_id == proposal.id)).all()
    called_off = _call_off(session, [row.joint_visit_id for row in rows if row.joint_visit_id])
    customers = _by_id(session, Customer, [row.customer_id for row in rows])
    for row in rows:
        if row.done_at is not None:
            customer = customers[row.customer_id]
            if customer.territory_id == row.to_territory_id:
                customer.territory_id = row.from_territory_id
                session.add(customer)
                back += 1
            else:
                left.append(customer.id)
        row.undone_at = now
        session.add(row)
    for territory in _made_here(session, proposal):
        territory.active = False
        session.add(territory)
    proposal.state = TerritoryProposalState.ROLLED_BACK.value
    proposal.rolled_back_by, proposal.rolled_back_at = viewer.person_id, now
    session.add(proposal)
    session.flush()
    record(session, viewer, "territory_proposal.rolled_back", proposal.id, {"customers": back})
    return PublishAnswer(
        proposal=proposal.id,
        state=proposal.state,
        version=proposal.version,
        effective_from=proposal.effective_from,
        customers=back,
        joint_visits=called_off,
        left_alone=tuple(left),
    )


def discard(session: Session, viewer: Viewer, proposal_id: str) -> None:
    """Put a proposal away. Raises ConflictError when it is scheduled or in effect; again is no error."""
    proposal = locked_proposal(session, proposal_id)
    if proposal.state == TerritoryProposalState.DISCARDED:
        return
    if proposal.state in {_SCHEDULED, _PUBLISHED}:
        raise ConflictError(f"the proposal is {proposal.state}; roll it back instead")
    proposal.state = TerritoryProposalState.DISCARDED.value
    session.add(proposal)
    record(session, viewer, "territory_proposal.discarded", proposal.id)


def _take_effect(session: Session, viewer: Viewer, proposal: TerritoryProposal) -> tuple[str, ...]:
    """Moves the customers; those that somebody moved elsewhere meanwhile stay there and are returned."""
    now = utc_now()
    left: list[str] = []
    moved: dict[str, list[str]] = {}
    rows = session.exec(select(HandOver).where(HandOver.proposal_id == proposal.id)).all()
    customers = _by_id(session, Customer, [row.customer_id for row in rows])
    for row in rows:
        customer = customers[row.customer_id]
        if customer.territory_id != row.from_territory_id:
            left.append(customer.id)
            continue
        customer.territory_id = row.to_territory_id
        row.done_at = now
        session.add_all((customer, row))
        for territory in {row.from_territory_id, row.to_territory_id} - {None}:
            moved.setdefault(str(territory), []).append(customer.id)
    proposal.state = _PUBLISHED
    session.add(proposal)
    session.flush()
    told = {"alternative": proposal.alternative, "customers": len({name for names in moved.values() for name in names})}
    record(session, viewer, "territory_proposal.published", proposal.id, told)
    for territory, names in sorted(moved.items()):
        payload = {"proposal": proposal.id, "customers": len(names)}
        record(session, viewer, "territory.redrawn", territory, payload, territory_id=territory)
    return tuple(left)


def _hand_overs(
    session: Session,
    study: Study,
    proposal: TerritoryProposal,
    owner: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
    made: Mapping[str, str],
    asked: Publishing,
) -> list[HandOver]:
    present = _present(session, [one.id for one in study.snapshot.problem.customers])
    rows = []
    for one in hand_overs(study, owner):
        target = made.get(one.target, one.target)
        joint = None
        if asked.joint_visit_days and one.source is not None and (one.breaks or _is_key(study, one.customer)):
            joint = Visit(
                customer_id=one.customer,
                state=VisitState.SUGGESTED.value,
                mandatory=True,
                cause=JOINT_CAUSE,
                not_before=asked.effective_from,
                not_after=asked.effective_from + timedelta(days=asked.joint_visit_days),
                note=f"first joint visit: {one.source_name} introduces {one.target_name}",
            )
            session.add(joint)
        rows.append(
            HandOver(
                proposal_id=proposal.id,
                customer_id=one.customer,
                from_territory_id=present[one.customer],
                to_territory_id=target,
                reason=one.reason,
                joint_visit_id=joint.id if joint is not None else None,
            )
        )
    session.flush()
    session.add_all(rows)
    return rows


def _is_key(study: Study, customer_id: str) -> bool:
    return study.snapshot.problem.customers[study.customer_number[customer_id]].key


def _by_id(session: Session, table: type[Row], ids: list[str]) -> dict[str, Row]:
    """Rows by id, hundreds at a time: one at a time a publication of thousands takes many seconds."""
    found: dict[str, Row] = {}
    for begin in range(0, len(ids), _AT_ONCE):
        part = select(table).where(col(table.id).in_(ids[begin : begin + _AT_ONCE]))
        found.update((row.id, row) for row in session.exec(part))
    return found


def _present(session: Session, ids: list[str]) -> dict[str, str | None]:
    """The territory of each customer now, by id."""
    found: dict[str, str | None] = {}
    for begin in range(0, len(ids), _AT_ONCE):
        part = select(Customer.id, Customer.territory_id).where(col(Customer.id).in_(ids[begin : begin + _AT_ONCE]))
        found.update(dict(session.exec(part).all()))
    return found


def _new_territories(session: Session, study: Study, viewer: Viewer) -> dict[str, str]:
    """Makes the territories that the proposal adds; their stored ids by those of the snapshot."""
    made = {}
    for one, told in zip(study.snapshot.problem.territories, study.snapshot.territories, strict=True):
        if told.is_new:
            territory = Territory(name=told.name)
            session.add(territory)
            session.flush()
            record(session, viewer, "territory.created", territory.id, territory_id=territory.id)
            made[one.id] = territory.id
    return made


def _made_here(session: Session, proposal: TerritoryProposal) -> list[Territory]:
    """Territories that this proposal made and nobody works in or belongs to."""
    targets = select(HandOver.to_territory_id).where(HandOver.proposal_id == proposal.id)
    used = select(Rep.territory_id).where(col(Rep.territory_id).is_not(None))
    held = select(Customer.territory_id).where(col(Customer.territory_id).is_not(None))
    statement = select(Territory).where(
        col(Territory.id).in_(targets),
        col(Territory.id).not_in(proposal.territory_ids),
        col(Territory.id).not_in(used),
        col(Territory.id).not_in(held),
    )
    session.flush()
    return list(session.exec(statement))


def _call_off(session: Session, visit_ids: list[str]) -> int:
    called_off = 0
    for visit in _by_id(session, Visit, visit_ids).values():
        if visit.state in OPEN_STATES and visit.rep_id is None:
            visit.state = VisitState.CANCELLED.value
            session.add(visit)
            called_off += 1
    return called_off


def _require_approved(session: Session, proposal: TerritoryProposal, digest: str) -> None:
    given = {one.person_id for one in approvals_of(session, proposal.id) if one.digest == digest}
    if len(given) < proposal.approvals_needed:
        missing = proposal.approvals_needed - len(given)
        raise ConflictError(
            f"{missing} more {'people' if missing > 1 else 'person'} must approve this alternative as it is now"
        )


def _require_alone(session: Session, proposal: TerritoryProposal) -> None:
    mine = set(proposal.territory_ids)
    for other in session.exec(select(TerritoryProposal).where(TerritoryProposal.state == _SCHEDULED)).all():
        if other.id != proposal.id and mine & set(other.territory_ids):
            raise ConflictError(
                f"the proposal {other.name!r} changes some of these territories from {other.effective_from} on; "
                "roll it back first"
            )


def _require_unchanged(session: Session, study: Study) -> None:
    """Raises ConflictError when customers changed hands since the proposal was worked out."""
    problem = study.snapshot.problem
    working = {one.id for one in problem.territories}
    now = _present(session, [one.id for one in problem.customers])
    changed = [
        one.id
        for one in problem.customers
        if one.id not in now or (now[one.id] if now[one.id] in working else None) != one.present
    ]
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise ConflictError(f"the customer {changed[0]!r}{more} changed hands since; ask for a fresh proposal")


def _require_version(proposal: TerritoryProposal, expected: int) -> None:
    if proposal.version != expected:
        raise StaleError(
            "somebody else changed the proposal meanwhile; load it again and repeat the change", proposal.version
        )
