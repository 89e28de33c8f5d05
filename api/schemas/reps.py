"""Reps on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import ABSENT, Given, Patch, Place, ShortText, Shown, Switch, Text

Words = Annotated[tuple[ShortText, ...], Field(max_length=50)]
_HOURS = "Weekly hours in OpenStreetMap opening_hours syntax, such as Mo-Fr 08:00-17:00."
_LUNCH = "`11:30-13:30/45`: 45 minutes that start between the two times; empty for no lunch."


class RepOut(Shown):
    """A field rep: who drives, from where, when, with which skills."""

    id: str
    external_id: str | None
    name: str
    email: str
    home: Annotated[Place, Field(description="Start and end of every shift.")]
    timezone: Annotated[str, Field(description="IANA zone of the rep's working hours.")]
    weekly_hours: Annotated[str, Field(description=_HOURS)]
    lunch: Annotated[str, Field(description=_LUNCH)]
    skills: tuple[str, ...]
    territory_id: str | None
    active: bool
    version: Annotated[int, Field(description="Goes back as If-Match when the rep is changed.")]


class RepIn(Given):
    """A new rep."""

    name: ShortText
    home: Place
    timezone: ShortText
    weekly_hours: Annotated[ShortText, Field(description=_HOURS)]
    external_id: ShortText | None = None
    email: Text = ""
    lunch: Annotated[Text, Field(description=_LUNCH)] = ""
    skills: Words = ()
    territory_id: ShortText | None = None
    active: Switch = True


class RepPatch(Patch):
    """The fields of a rep to change; those left out stay as they are."""

    name: ShortText = ABSENT
    home: Place = ABSENT
    timezone: ShortText = ABSENT
    weekly_hours: ShortText = ABSENT
    external_id: ShortText | None = ABSENT
    email: Text = ABSENT
    lunch: Text = ABSENT
    skills: Words = ABSENT
    territory_id: ShortText | None = ABSENT
    active: Switch = ABSENT
