"""A draft: a solved rep-day of a planning run that nobody has published yet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Text, UniqueConstraint
from sqlmodel import Field

from visits.models.base import Table, new_id, utc_now


class PlanDraft(Table, table=True):
    """What a run would make of a rep-day. It is there until it is published or discarded, and no rep ever sees it.

    `number` is the version of the plan that it would replace, 0 for none. `seen` has the version of every visit that it
    was worked out from, 0 for one that was not stored, and `executed` the visits that were executed when, at `read_at`,
    planning read the days.
    `problem_hash`, `seed`, `iterations` and `engine` replay the solve.
    """

    __tablename__ = "plan_draft"
    __table_args__ = (UniqueConstraint("run_id", "rep_id", "day"),)

    id: str = Field(default_factory=lambda: new_id("drf"), primary_key=True)
    run_id: str = Field(foreign_key="plan_run.id", index=True)
    rep_id: str = Field(foreign_key="rep.id", index=True)
    day: date = Field(index=True)
    number: int = 0
    document: str = Field(sa_type=Text)
    seen: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    executed: list[str] = Field(default_factory=list, sa_type=JSON)
    problem_hash: str | None = Field(default=None, foreign_key="stored_problem.hash")
    seed: int = 0
    iterations: int = 0
    engine: str = "search"
    read_at: datetime = Field(default_factory=utc_now)
