"""A rule that gives customers to a territory."""

from __future__ import annotations

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Versioned, new_id


class AssignmentRule(Versioned, table=True):
    """Customers of a segment, inside an area, or both, belong to a territory; of several rules the first counts.

    `position` orders the rules, the lowest first. `area` is a ring of [lon, lat] in WGS-84 degrees, the first point
    repeated at the end; None is everywhere.
    """

    __tablename__ = "assignment_rule"

    id: str = Field(default_factory=lambda: new_id("rul"), primary_key=True)
    name: str
    position: int = Field(index=True)
    segment_id: str | None = Field(default=None, foreign_key="segment.id")
    area: list[list[float]] | None = Field(default=None, sa_type=JSON)
    territory_id: str = Field(foreign_key="territory.id", index=True)
    active: bool = True
