"""Visits and what a rep taps, on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from api.schemas.base import Given, Shown, Text
from api.schemas.privacy import Measured
from api.schemas.repair import Filling, Tapped

_POSITION = "Where the phone is. Kept only where the organisation keeps positions, with the rep's consent, at work."
Here = Annotated[Measured | None, Field(description=_POSITION)]


class VisitOut(Shown):
    """A visit: a promise or a need to see a customer."""

    id: str
    customer_id: str
    state: str
    rep_id: Annotated[str | None, Field(description="The rep whose plan has it; null while only suggested.")]
    day: date | None
    start_s: Annotated[int | None, Field(description="Planned start, seconds from the day's local midnight.")]
    mandatory: bool
    locked: Annotated[bool, Field(description="Locked to its rep and day by hand.")]
    cause: Annotated[str, Field(description="Why it exists: cadence, appointment, fill_in or import.")]
    promise_day: date | None
    promise_start_s: int | None
    promise_end_s: int | None
    arrived_at: datetime | None
    ended_at: datetime | None
    outcome: str
    note: str
    version: int


class Arrival(Given):
    """The rep is at the customer."""

    at: Tapped = None
    position: Here = None


class Completion(Given):
    """The visit is done."""

    outcome: Annotated[Text, Field(description="What came of it, in your words or your own code.")] = ""
    note: Text = ""
    at: Tapped = None
    position: Here = None


class Cancellation(Given):
    """The visit will not take place."""

    reason: Annotated[Text, Field(description="Why; kept with the visit.")] = ""
    fill: Filling = True


class NoShow(Given):
    """Nobody was there."""

    note: Text = ""
    fill: Filling = True
    at: Tapped = None
    position: Here = None
