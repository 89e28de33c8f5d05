"""A change of plans that can be taken back: which visits it touched and what they were before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Table, new_id, utc_now


class PlanChange(Table, table=True):
    """One change, written in the transaction of the plan versions that carry its id.

    `kind` is the cause of those versions; `touched` holds the visits before and after (see `visits.undoing`).
    """

    __tablename__ = "plan_change"

    id: str = Field(default_factory=lambda: new_id("chg"), primary_key=True)
    kind: str
    actor: str
    proposal_id: str | None = Field(default=None, foreign_key="proposal.id")
    touched: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    created_at: datetime = Field(default_factory=utc_now)
    undone_at: datetime | None = None
    undone_by: str | None = None
