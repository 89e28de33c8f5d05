"""The policy: what a visit is worth, editable by the organisation."""

from __future__ import annotations

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Versioned


def default_tier_minutes() -> dict[str, int]:
    """Worth of a visit that is exactly due, in minutes of the rep's time, by tier."""
    return {"A": 120, "B": 60, "C": 30}


class Policy(Versioned, table=True):
    """One row, id "policy".

    `due_from` is the share of the agreed gap before which a visit is worth nothing, `overdue_slope` the factor added
    per further gap, `highest_factor` its limit.
    """

    id: str = Field(default="policy", primary_key=True)
    tier_minutes: dict[str, int] = Field(default_factory=default_tier_minutes, sa_type=JSON)
    due_from: float = 0.6
    overdue_slope: float = 2.0
    highest_factor: float = 3.0
