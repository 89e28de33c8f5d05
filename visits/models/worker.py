"""A worker: a process that carries out jobs, alive as long as it keeps its lease."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from visits.models.base import Table, utc_now


class Worker(Table, table=True):
    """A worker's lease. `seen_at` is its last sign of life, by the database's clock."""

    id: str = Field(primary_key=True)
    host: str
    pid: int
    started_at: datetime = Field(default_factory=utc_now)
    seen_at: datetime
