"""Proposals that nobody committed go after a day, with the problems that only they were worked out from."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlmodel import Session, col, select

from visits.models import PlanVersion, Proposal, ProposalState, StoredProblem

KEPT = timedelta(days=1)
AT_ONCE = 50
"""At most so many go in one transaction."""


def sweep_proposals(session: Session, now: datetime) -> int:
    """Take away old proposals without effect; how many went. What they said stays in the events."""
    old = select(Proposal).where(Proposal.state != ProposalState.COMMITTED, col(Proposal.expires_at) < now - KEPT)
    rows = session.exec(old.order_by(col(Proposal.expires_at)).limit(AT_ONCE)).all()
    names = {row.problem_hash for row in rows if row.problem_hash is not None}
    for row in rows:
        session.delete(row)
    session.flush()
    for kind in (PlanVersion, Proposal):
        names -= set(session.exec(select(kind.problem_hash).where(col(kind.problem_hash).in_(names))).all())
    if names:
        session.exec(delete(StoredProblem).where(col(StoredProblem.hash).in_(sorted(map(str, names)))))
    return len(rows)
