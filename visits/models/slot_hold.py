"""A held slot: a span on a rep's day that is kept free for a caller who is still deciding."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlmodel import Field

from visits.models.base import Versioned, new_id


class HoldState(StrEnum):
    """Where a hold stands; a held one whose time is over holds nothing any more."""

    HELD = "held"
    RELEASED = "released"
    BOOKED = "booked"


class SlotHold(Versioned, table=True):
    """A service of `service_s` seconds at a place that may start between `start_s` and `end_s` of a rep's day."""

    __tablename__ = "slot_hold"

    id: str = Field(default_factory=lambda: new_id("hld"), primary_key=True)
    state: str = Field(default=HoldState.HELD.value, index=True)
    rep_id: str = Field(foreign_key="rep.id", index=True)
    day: date = Field(index=True)
    start_s: int
    end_s: int
    service_s: int
    customer_id: str | None = Field(default=None, foreign_key="customer.id")
    lon: float
    lat: float
    actor: str
    expires_at: datetime
    visit_id: str | None = None
