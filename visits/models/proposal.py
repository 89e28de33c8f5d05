"""A proposal: what the plans of some rep-days would become, stored beside them until somebody decides."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Text
from sqlmodel import Field

from visits.models.base import Versioned, new_id


class ProposalState(StrEnum):
    """Where a proposal stands; an open one whose time is over has expired, whoever looks."""

    OPEN = "open"
    COMMITTED = "committed"
    DISCARDED = "discarded"
    REPLACED = "replaced"


class Proposal(Versioned, table=True):
    """What was asked, what it was worked out from, and what would be written.

    `request` is the question, `base` the versions and progress it was answered on, `shown` the answer as it is served
    and `draft` what a commit writes (see `visits.proposing`). Only those see it who see all of `territory_ids`; null in
    that list stands for reps without a territory.
    """

    id: str = Field(default_factory=lambda: new_id("prp"), primary_key=True)
    state: str = Field(default=ProposalState.OPEN.value, index=True)
    day: date = Field(index=True)
    territory_ids: list[str | None] = Field(default_factory=list, sa_type=JSON)
    request: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    base: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    shown: str = Field(sa_type=Text)
    draft: str = Field(sa_type=Text)
    problem_hash: str | None = Field(default=None, foreign_key="stored_problem.hash")
    actor: str
    expires_at: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    change_id: str | None = None
    replaced_by: str | None = None
