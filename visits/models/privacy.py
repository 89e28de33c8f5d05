"""What is kept about people and for how long: the organisation's settings, a rep's consent, and the points."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from visits.models.base import Table, Versioned, new_id, utc_now

PRIVACY_ID = "privacy"


class PrivacySettings(Versioned, table=True):
    """One row, id "privacy".

    `positions` turns on that arrive and leave points may be kept at all; they go after `position_days`. `event_days`
    ends the record of what happened; None keeps it. `notice` is what reps read before they consent.
    """

    __tablename__ = "privacy_settings"

    id: str = Field(default=PRIVACY_ID, primary_key=True)
    positions: bool = False
    position_days: int = 30
    event_days: int | None = None
    notice: str = ""


class Consent(Table, table=True):
    """A rep said yes, or took it back, to arrive and leave points being kept. The newest row of a rep counts.

    `notice` is the text that they agreed to, word for word.
    """

    id: str = Field(default_factory=lambda: new_id("con"), primary_key=True)
    rep_id: str = Field(foreign_key="rep.id", index=True)
    given: bool
    notice: str = ""
    at: datetime = Field(default_factory=utc_now, index=True)


class Position(Table, table=True):
    """Where a rep was when they tapped that they arrive at a visit or leave it: WGS-84 degrees, `accuracy_m` metres."""

    __table_args__ = (UniqueConstraint("visit_id", "kind"),)

    id: str = Field(default_factory=lambda: new_id("pos"), primary_key=True)
    rep_id: str = Field(foreign_key="rep.id", index=True)
    visit_id: str = Field(foreign_key="visit.id")
    kind: str
    at: datetime = Field(index=True)
    lon: float
    lat: float
    accuracy_m: float | None = None
