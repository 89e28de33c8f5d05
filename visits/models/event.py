"""An event: one thing that happened, written once and never changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Table, utc_now


class Event(Table, table=True):
    """An event, written in the same transaction as its effect.

    `id` rises with time; `kind` such as "visit.cancelled", `subject` the id of what it happened to. `rep_id` and
    `territory_id` say who may see it.
    """

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(default_factory=utc_now, index=True)
    actor: str
    kind: str = Field(index=True)
    subject: str = Field(index=True)
    rep_id: str | None = Field(default=None, index=True)
    territory_id: str | None = Field(default=None, index=True)
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
