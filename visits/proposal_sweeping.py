"""Proposals that nobody committed go after a day, with the problems that only they were worked out from."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from visits.models import Proposal, ProposalState
from visits.problem_store import drop_unused_problems

KEPT = timedelta(days=1)
AT_ONCE = 50
"""At most so many go in one transaction."""


def sweep_proposals(session: Session, now: datetime) -> int:
    """Take away old proposals without effect; how many went. What they said stays in the events."""
    old = select(Proposal).where(Proposal.state != ProposalState.COMMITTED, col(Proposal.expires_at) < now - KEPT)
    rows = session.exec(old.order_by(col(Proposal.expires_at)).limit(AT_ONCE)).all()
    for row in rows:
        session.delete(row)
    drop_unused_problems(session, {row.problem_hash for row in rows})
    return len(rows)
