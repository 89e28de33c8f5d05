"""A rep: who drives, from where, when, and with which skills."""

from __future__ import annotations

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Versioned, new_id


class Rep(Versioned, table=True):
    """A field rep. The home place (WGS-84 degrees) starts and ends every shift.

    `weekly_hours` is opening_hours text ("Mo-Fr 08:00-17:00"), `lunch` reads "11:30-13:30/45": a break of 45 minutes
    that starts between the two times; empty is no lunch.
    """

    id: str = Field(default_factory=lambda: new_id("rep"), primary_key=True)
    external_id: str | None = Field(default=None, unique=True)
    name: str = Field(index=True)
    email: str = ""
    home_lon: float
    home_lat: float
    timezone: str
    weekly_hours: str
    lunch: str = ""
    skills: list[str] = Field(default_factory=list, sa_type=JSON)
    territory_id: str | None = Field(default=None, foreign_key="territory.id", index=True)
    active: bool = True
