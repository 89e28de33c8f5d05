"""Drafts that nobody can publish any more go, with the problems that only they were worked out from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, or_, select

from visits.models import PlanDraft
from visits.problem_store import drop_unused_problems

OVER_EVERYWHERE = timedelta(days=2)
"""So long after its date a day is over in every time zone."""


def drop_drafts(session: Session, drafts: Sequence[PlanDraft]) -> None:
    """Delete these drafts."""
    for draft in drafts:
        session.delete(draft)
    drop_unused_problems(session, {draft.problem_hash for draft in drafts})


def sweep_drafts(session: Session, now: datetime) -> int:
    """Take away the drafts of days that are over; how many went."""
    old = session.exec(select(PlanDraft).where(col(PlanDraft.day) < (now - OVER_EVERYWHERE).date())).all()
    drop_drafts(session, old)
    return len(old)


def forget_in_drafts(session: Session, name: str) -> int:
    """Take away the drafts that hold this customer or rep; how many went."""
    held = or_(col(PlanDraft.document).contains(name, autoescape=True), col(PlanDraft.rep_id) == name)
    drafts = session.exec(select(PlanDraft).where(held)).all()
    drop_drafts(session, drafts)
    return len(drafts)
