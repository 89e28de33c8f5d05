"""Proposals of other territories: what was asked, the alternatives, approvals, hand-overs; and the jobs behind them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Text, UniqueConstraint
from sqlmodel import Field

from visits.models.base import Table, Versioned, new_id, utc_now


class TerritoryProposalState(StrEnum):
    """Where a proposal stands. A scheduled one takes effect on its day."""

    QUEUED = "queued"
    READY = "ready"
    FAILED = "failed"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    ROLLED_BACK = "rolled_back"
    DISCARDED = "discarded"


class TerritoryProposal(Versioned, table=True):
    """A question about territories, and what it was worked out from.

    Only those see it who see all of `territory_ids`. `request` is the question, `snapshot` the customers and
    territories as they were (a `visits.territories.snapshot.Snapshot`), `arrays` the packed case. Once published,
    `alternative` names what was, from `effective_from` on; `scenario` reps and territories come into being then.
    """

    __tablename__ = "territory_proposal"

    id: str = Field(default_factory=lambda: new_id("tpr"), primary_key=True)
    name: str
    state: str = Field(default=TerritoryProposalState.QUEUED.value, index=True)
    message: str = ""
    territory_ids: list[str] = Field(default_factory=list, sa_type=JSON)
    request: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    snapshot: str = Field(default="", sa_type=Text)
    arrays: str = Field(default="", sa_type=Text)
    approvals_needed: int = 0
    actor: str
    alternative: str | None = None
    effective_from: date | None = Field(default=None, index=True)
    published_by: str | None = None
    published_at: datetime | None = None
    rolled_back_by: str | None = None
    rolled_back_at: datetime | None = None


class TerritoryAlternative(Versioned, table=True):
    """One way to share customers out: `owners` by place in the snapshot, `shown` the figures as they are served.

    `wish` is what it was sought with, `edits` the steps by hand since then, and `validation` what simulated plans
    said of its hours.
    """

    __tablename__ = "territory_alternative"
    __table_args__ = (UniqueConstraint("proposal_id", "name"),)

    id: str = Field(default_factory=lambda: new_id("alt"), primary_key=True)
    proposal_id: str = Field(foreign_key="territory_proposal.id", index=True)
    name: str
    wish: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    owners: list[int] = Field(default_factory=list, sa_type=JSON)
    pins: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    edits: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    shown: str = Field(default="", sa_type=Text)
    validation: dict[str, Any] | None = Field(default=None, sa_type=JSON)


class TerritoryApproval(Table, table=True):
    """Somebody's yes to an alternative in one state of its owners (`digest`)."""

    __tablename__ = "territory_approval"
    __table_args__ = (UniqueConstraint("proposal_id", "person_id", "digest"),)

    id: str = Field(default_factory=lambda: new_id("apr"), primary_key=True)
    proposal_id: str = Field(foreign_key="territory_proposal.id", index=True)
    alternative: str
    digest: str
    person_id: str
    comment: str = ""
    created_at: datetime = Field(default_factory=utc_now)


class HandOver(Table, table=True):
    """A customer that changes hands by a published proposal, and the joint visit that introduces the new rep."""

    __tablename__ = "hand_over"
    __table_args__ = (UniqueConstraint("proposal_id", "customer_id"),)

    id: str = Field(default_factory=lambda: new_id("hov"), primary_key=True)
    proposal_id: str = Field(foreign_key="territory_proposal.id", index=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    from_territory_id: str | None = Field(default=None, foreign_key="territory.id")
    to_territory_id: str = Field(foreign_key="territory.id")
    reason: str = ""
    joint_visit_id: str | None = Field(default=None, foreign_key="visit.id")
    done_at: datetime | None = None
    undone_at: datetime | None = None


class TerritoryTask(Table, table=True):
    """Work on a proposal that a worker does: "propose", or "validate" for the alternative in `argument`.

    "learn" has no proposal: it fits the workload anew. `status` is a RunState; `claim` rises with every worker that
    takes the task, and only the last may store its result. `schedule_key` names one that must be done only once.
    """

    __tablename__ = "territory_task"

    id: str = Field(default_factory=lambda: new_id("tsk"), primary_key=True)
    proposal_id: str | None = Field(default=None, foreign_key="territory_proposal.id", index=True)
    kind: str
    argument: str = ""
    status: str = Field(index=True)
    claim: int = 0
    attempts: int = 0
    worker_id: str | None = Field(default=None, index=True)
    message: str = ""
    schedule_key: str | None = Field(default=None, unique=True, index=True)
    created_at: datetime = Field(default_factory=utc_now)
    started_at: datetime | None = None
    finished_at: datetime | None = None


class WorkloadFit(Table, table=True):
    """The factors of the monthly work as they were fitted on solved days, with their error."""

    __tablename__ = "workload_fit"

    id: str = Field(default_factory=lambda: new_id("fit"), primary_key=True)
    local: float
    haul: float
    visits_per_day: float
    days: int
    error: float | None = None
    worst: float | None = None
    created_at: datetime = Field(default_factory=utc_now, index=True)
