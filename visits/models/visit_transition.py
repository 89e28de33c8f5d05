"""A transition: what somebody said happened to a visit, and what came of it. Written once, never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from visits.models.base import Table, utc_now


class VisitTransition(Table, table=True):
    """One entry in the history of a visit, in the order in which the service learned of it.

    `at` is when it happened, `recorded_at` when the service learned of it: an offline phone tells late. `action` is
    what was asked, `settled` what was done with it (see `visits.states`). `rep_id` is the rep whose plan had the visit
    then, so that this rep may still tell what happened there.
    """

    __tablename__ = "visit_transition"
    __table_args__ = (Index("ix_visit_transition_visit_id_id", "visit_id", "id"),)

    id: int | None = Field(default=None, primary_key=True)
    visit_id: str
    action: str
    from_state: str
    to_state: str
    settled: str
    at: datetime
    recorded_at: datetime = Field(default_factory=utc_now)
    actor: str
    cause: str = ""
    rep_id: str | None = Field(default=None, index=True)
    outcome: str = ""
    note: str = ""
