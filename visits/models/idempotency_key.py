"""An idempotency key: the stored answer of a request that may be sent twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from visits.models.base import Table, utc_now


class IdempotencyKey(Table, table=True):
    """The answer once given to `actor` under `key`; written in the same transaction as the effect."""

    __tablename__ = "idempotency_key"

    actor: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    request_hash: str
    response: str = Field(sa_type=Text)
    created_at: datetime = Field(default_factory=utc_now, index=True)
