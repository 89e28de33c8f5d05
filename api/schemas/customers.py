"""Customers on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import ABSENT, Given, Patch, Place, ShortText, Shown, Switch, Text, UsableDay, WholeNumber

Tier = Literal["A", "B", "C"]
ServiceMinutes = Annotated[WholeNumber, Field(ge=1, le=720)]
CadenceDays = Annotated[WholeNumber, Field(ge=1, le=1000)]
ToleranceDays = Annotated[WholeNumber, Field(ge=0, le=1000)]
Words = Annotated[tuple[ShortText, ...], Field(max_length=50)]


class CustomerOut(Shown):
    """A customer: a place that is worth visiting."""

    id: str
    external_id: str | None
    name: str
    location: Place
    address: str
    phone: str
    email: str
    notes: str
    tier: str
    service_minutes: int
    opening_hours: Annotated[str, Field(description="OpenStreetMap opening_hours; empty when unknown.")]
    cadence_days: Annotated[int | None, Field(description="The agreed gap between visits; null: never due by itself.")]
    cadence_tolerance_days: int
    last_visit: date | None
    tags: tuple[str, ...]
    skills: tuple[str, ...]
    territory_id: str | None
    active: bool
    version: Annotated[int, Field(description="Goes back as If-Match when the customer is changed.")]


class CustomerIn(Given):
    """A new customer."""

    name: ShortText
    location: Place
    external_id: ShortText | None = None
    address: Text = ""
    phone: Text = ""
    email: Text = ""
    notes: Text = ""
    tier: Tier = "C"
    service_minutes: ServiceMinutes = 30
    opening_hours: Text = ""
    cadence_days: CadenceDays | None = None
    cadence_tolerance_days: ToleranceDays = 0
    last_visit: UsableDay | None = None
    tags: Words = ()
    skills: Words = ()
    territory_id: ShortText | None = None
    active: Switch = True


class CustomerPatch(Patch):
    """The fields of a customer to change; those left out stay as they are."""

    name: ShortText = ABSENT
    location: Place = ABSENT
    external_id: ShortText | None = ABSENT
    address: Text = ABSENT
    phone: Text = ABSENT
    email: Text = ABSENT
    notes: Text = ABSENT
    tier: Tier = ABSENT
    service_minutes: ServiceMinutes = ABSENT
    opening_hours: Text = ABSENT
    cadence_days: CadenceDays | None = ABSENT
    cadence_tolerance_days: ToleranceDays = ABSENT
    last_visit: UsableDay | None = ABSENT
    tags: Words = ABSENT
    skills: Words = ABSENT
    territory_id: ShortText | None = ABSENT
    active: Switch = ABSENT
