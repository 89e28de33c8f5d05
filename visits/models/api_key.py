"""An API key: how another system calls, without being a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Table, new_id, utc_now


class ApiKey(Table, table=True):
    """A key of a system, until it is revoked: the row is then gone, and an event tells.

    `secret_hash` is the SHA-256 of the whole key, `prefix` its first letters, to recognise it by. The key may what its
    `role` may, but only within its `scopes`; `territory_ids` None is all territories.
    """

    __tablename__ = "api_key"

    id: str = Field(default_factory=lambda: new_id("key"), primary_key=True)
    name: str
    prefix: str = ""
    secret_hash: str = Field(default="", unique=True)
    role: str
    scopes: list[str] = Field(default_factory=list, sa_type=JSON)
    territory_ids: list[str] | None = Field(default=None, sa_type=JSON)
    made_by: str = ""
    created_at: datetime = Field(default_factory=utc_now, index=True)
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
