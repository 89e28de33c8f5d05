"""A customer: a place that is worth visiting."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Versioned, new_id

TIERS = ("A", "B", "C")
DATUMS = ("WGS-84", "GCJ-02", "BD-09")


class Customer(Versioned, table=True):
    """A customer. `lon`, `lat` are WGS-84 degrees; `datum`, `raw_lon`, `raw_lat` keep what the source gave.

    `opening_hours` is OpenStreetMap syntax, empty when unknown (any time of a shift). `cadence_days` is the agreed gap
    between visits, `cadence_tolerance_days` how far it may slip before the customer counts as overdue; without a
    cadence a customer is never due by itself.
    """

    id: str = Field(default_factory=lambda: new_id("cus"), primary_key=True)
    external_id: str | None = Field(default=None, unique=True)
    name: str = Field(index=True)
    lon: float
    lat: float
    datum: str = "WGS-84"
    raw_lon: float | None = None
    raw_lat: float | None = None
    address: str = ""
    phone: str = ""
    email: str = ""
    notes: str = ""
    country: str | None = None
    tier: str = "C"
    service_minutes: int = 30
    opening_hours: str = ""
    cadence_days: int | None = None
    cadence_tolerance_days: int = 0
    last_visit: date | None = Field(default=None, index=True)
    tags: list[str] = Field(default_factory=list, sa_type=JSON)
    skills: list[str] = Field(default_factory=list, sa_type=JSON)
    territory_id: str | None = Field(default=None, foreign_key="territory.id", index=True)
    active: bool = True
