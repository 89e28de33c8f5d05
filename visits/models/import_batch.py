"""An import: which file was read, what became of its rows, and what was there before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Table, new_id, utc_now


class ImportBatch(Table, table=True):
    """One written import. `report` is its `visits.importing.report.ImportReport`.

    `before` says by row id what the import changed: the version that it left, and the former fields, None for a row
    that it made. It is None again once the import was undone, at `undone_at`, or is
    too old to be undone; a row that is erased goes from it.
    """

    __tablename__ = "import_batch"

    id: str = Field(default_factory=lambda: new_id("imp"), primary_key=True)
    noun: str
    file: str
    report: dict[str, Any] = Field(sa_type=JSON)
    before: dict[str, Any] | None = Field(default=None, sa_type=JSON)
    actor: str
    created_at: datetime = Field(default_factory=utc_now, index=True)
    undone_at: datetime | None = None
