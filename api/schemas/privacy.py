"""Privacy, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from api.schemas.base import ABSENT, Given, Patch, Shown, Switch, Text, WholeNumber

_POSITIONS = "Whether the places where reps arrive and leave are kept, of those who consent, in working hours."
_POSITION_DAYS = "After so many days they are deleted."
_EVENT_DAYS = "After so many days the record of what happened is deleted; null: never."
_NOTICE = "What reps read and agree to. Another notice asks for consent anew."
PositionDays = Annotated[WholeNumber, Field(ge=1, le=365, description=_POSITION_DAYS)]
EventDays = Annotated[WholeNumber, Field(ge=30, le=36_500)]


class PrivacyOut(Shown):
    """What is kept about people, and how long."""

    positions: Annotated[bool, Field(description=_POSITIONS)]
    position_days: Annotated[int, Field(description=_POSITION_DAYS)]
    event_days: Annotated[int | None, Field(description=_EVENT_DAYS)]
    notice: Annotated[str, Field(description=_NOTICE)]
    version: Annotated[int, Field(description="Goes back as If-Match when they are changed.")]


class PrivacyPatch(Patch):
    """The settings to change; those left out stay as they are."""

    positions: Annotated[Switch, Field(description=_POSITIONS)] = ABSENT
    position_days: PositionDays = ABSENT
    event_days: Annotated[EventDays | None, Field(description=_EVENT_DAYS)] = ABSENT
    notice: Annotated[Text, Field(description=_NOTICE)] = ABSENT


class ConsentIn(Given):
    """Yes or no."""

    given: Switch


class ConsentOut(Shown):
    """What a rep said, when, and to which notice."""

    id: str
    rep_id: str
    given: bool
    notice: str
    at: datetime


class Measured(Given):
    """Where the phone is, WGS-84 degrees."""

    lon: Annotated[float, Field(strict=True, ge=-180, le=180)]
    lat: Annotated[float, Field(strict=True, ge=-90, le=90)]
    accuracy_m: Annotated[float | None, Field(ge=0, le=100_000, description="How far it may be off, in metres.")] = None


class ExportOut(Shown):
    """All that is kept about one customer or rep; which lists it has depends on which."""

    about: Annotated[dict[str, str], Field(description="Its kind, customer or rep, and its id.")]
    exported_at: datetime
    content: Annotated[dict[str, Any], Field(description="Rows by noun, as they are stored.")]


class ErasedOut(Shown):
    """What an erasure changed beside the row itself."""

    id: str
    documents: Annotated[int, Field(description="Stored plans and answers that named it.")]
    events: Annotated[int, Field(description="Events whose words were taken out.")]
    problems: Annotated[int, Field(description="Stored problems that held its place, deleted.")]
