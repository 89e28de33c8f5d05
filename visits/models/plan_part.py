"""A part of a planning run: one territory's job, who does it, and how it went."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from visits.models.base import Table, new_id, utc_now


class PlanPart(Table, table=True):
    """One territory of a run; `territory_id` None stands for the reps without a territory.

    `status` is a RunState. `claim` rises with every worker that takes the part: only the last of them may store its
    result, however late an earlier one wakes up. `attempts` counts the takings that count against the cap, and
    `result` is a `visits.run_result.RunResult`.
    """

    __tablename__ = "plan_part"
    __table_args__ = (UniqueConstraint("run_id", "position"),)

    id: str = Field(default_factory=lambda: new_id("prt"), primary_key=True)
    run_id: str = Field(foreign_key="plan_run.id")
    position: int
    territory_id: str | None = Field(default=None, foreign_key="territory.id")
    label: str
    status: str = Field(index=True)
    claim: int = 0
    attempts: int = 0
    worker_id: str | None = Field(default=None, index=True)
    percent: int = 0
    objective_s: int | None = None
    message: str = ""
    result: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    created_at: datetime = Field(default_factory=utc_now)
    started_at: datetime | None = None
    finished_at: datetime | None = None
