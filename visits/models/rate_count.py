"""How often something was tried lately: counted here, so that every process of the service counts the same."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Field

from visits.models.base import Table


class RateCount(Table, table=True):
    """Tries since a window began; `key` is the SHA-256 of who tried what, so that no address is kept."""

    __tablename__ = "rate_count"

    key: str = Field(primary_key=True)
    tries: int
    ends_at: datetime = Field(index=True)
