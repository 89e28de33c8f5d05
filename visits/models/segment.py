"""A segment: customers that have something in common, under a name."""

from __future__ import annotations

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Versioned, new_id


class Segment(Versioned, table=True):
    """Customers of one of `tiers` (none named: any) that have all of `tags`."""

    id: str = Field(default_factory=lambda: new_id("seg"), primary_key=True)
    name: str = Field(unique=True)
    tiers: list[str] = Field(default_factory=list, sa_type=JSON)
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
