"""What territory proposals keep of somebody who is erased: the snapshot goes, and with it what can be made of it."""

from __future__ import annotations

from sqlmodel import Session, col, delete, select

from visits.models import TerritoryAlternative, TerritoryProposal, TerritoryProposalState

_UNDECIDED = (TerritoryProposalState.QUEUED.value, TerritoryProposalState.READY.value)


def forget_in_proposals(session: Session, name: str) -> int:
    """Drop the snapshots and questions that hold this id; proposals without effect are discarded. How many there were.

    What was published keeps its hand-overs, so that it can still be rolled back.
    """
    rows = session.exec(
        select(TerritoryProposal).where(col(TerritoryProposal.snapshot).contains(name, autoescape=True))
    )
    found = 0
    for row in rows.all():
        session.exec(delete(TerritoryAlternative).where(col(TerritoryAlternative.proposal_id) == row.id))
        row.snapshot, row.arrays, row.request = "", "", {}
        row.message = "somebody that it was worked out with was erased; ask for a fresh one"
        if row.state in _UNDECIDED:
            row.state = TerritoryProposalState.DISCARDED.value
        session.add(row)
        found += 1
    session.flush()
    return found
