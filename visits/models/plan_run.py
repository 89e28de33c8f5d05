"""A planning run: what was asked, how far it is, what came out."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Versioned, new_id, utc_now


class RunState(StrEnum):
    """Where a planning run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobQueue(StrEnum):
    """Where the parts of a run wait: somebody waits for the result, it has until the morning, or a command does it."""

    INTERACTIVE = "interactive"
    BATCH = "batch"
    LOCAL = "local"


class PlanRun(Versioned, table=True):
    """A planning run over `days` days from `first_day`; `territory_ids` None is all of them.

    `seconds` is the solver's time per problem. `result` is filled at the end (see `visits.run_result.RunResult`).
    Its parts wait in `queue`, those of a low `priority` first; `schedule_key` names a run that must be made only once.
    Without `publish` its plans wait as drafts (see `visits.models.plan_draft`).
    """

    __tablename__ = "plan_run"

    id: str = Field(default_factory=lambda: new_id("run"), primary_key=True)
    status: str = Field(default=RunState.QUEUED.value, index=True)
    first_day: date
    days: int
    territory_ids: list[str] | None = Field(default=None, sa_type=JSON)
    engine: str = "search"
    seconds: float | None = None
    iterations: int | None = None
    seed: int = 1
    queue: str = JobQueue.INTERACTIVE.value
    priority: int = 5
    publish: bool = True
    schedule_key: str | None = Field(default=None, unique=True, index=True)
    percent: int = 0
    best_objective_s: int | None = None
    message: str = ""
    cancel_requested: bool = False
    result: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    actor: str = ""
    created_at: datetime = Field(default_factory=utc_now, index=True)
    started_at: datetime | None = None
    finished_at: datetime | None = None
