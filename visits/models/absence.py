"""An absence: a span in which a rep does not work."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from visits.models.base import Table, new_id, utc_now


class Absence(Table, table=True):
    """A rep is away from `starts_at` until `ends_at`; both are instants, so a day off runs midnight to midnight."""

    id: str = Field(default_factory=lambda: new_id("abs"), primary_key=True)
    rep_id: str = Field(foreign_key="rep.id", index=True)
    starts_at: datetime = Field(index=True)
    ends_at: datetime
    reason: str = ""
    created_at: datetime = Field(default_factory=utc_now)
