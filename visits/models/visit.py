"""A visit: a promise or a need to see a customer, from suggestion to outcome."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index
from sqlmodel import Field

from visits.models.base import Versioned, new_id


class VisitState(StrEnum):
    """Where a visit stands."""

    SUGGESTED = "suggested"
    PLANNED = "planned"
    PROMISED = "promised"
    EN_ROUTE = "en_route"
    ARRIVED = "arrived"
    DONE = "done"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"
    SKIPPED = "skipped"


OPEN_STATES = (VisitState.SUGGESTED, VisitState.PLANNED, VisitState.PROMISED)
"""States of a visit that planning may still place or move."""
UNDER_WAY_STATES = (VisitState.EN_ROUTE, VisitState.ARRIVED)
CLOSED_STATES = (VisitState.DONE, VisitState.CANCELLED, VisitState.NO_SHOW, VisitState.SKIPPED)


class Visit(Versioned, table=True):
    """One visit to one customer.

    `rep_id`, `day`, `start_s` say where the current plan has it (None while only suggested); seconds count from the
    local midnight of `day`. A promise has all four `promise_*` fields. A visit may be planned between `not_before` and
    `not_after` only. `cause` says why it exists: cadence, appointment, urgent, fill_in or import. A
    `locked` visit stays with its rep on its day, whatever is planned anew, until somebody unlocks it. `service_s` is
    how long it was agreed to take; None for as long as visits to the customer usually do.
    """

    __table_args__ = (Index("ix_visit_rep_id_day", "rep_id", "day"),)

    id: str = Field(default_factory=lambda: new_id("vis"), primary_key=True)
    customer_id: str = Field(foreign_key="customer.id", index=True)
    state: str = Field(default=VisitState.SUGGESTED.value, index=True)
    rep_id: str | None = Field(default=None, foreign_key="rep.id")
    day: date | None = Field(default=None, index=True)
    start_s: int | None = None
    service_s: int | None = None
    mandatory: bool = False
    locked: bool = False
    cause: str = "cadence"
    not_before: date | None = None
    not_after: date | None = None
    promise_rep_id: str | None = Field(default=None, foreign_key="rep.id")
    promise_day: date | None = None
    promise_start_s: int | None = None
    promise_end_s: int | None = None
    arrived_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str = ""
    note: str = ""
