"""Absences, the value policy and imports on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.schemas.base import ABSENT, Given, Patch, ShortText, Shown, Switch, Text, UsableMoment, WholeNumber
from visits.importing.report import ImportReport

Minutes = Annotated[WholeNumber, Field(ge=0, le=1440)]
Share = Annotated[float, Field(ge=0, lt=1)]


class AbsenceOut(Shown):
    """A span in which a rep does not work."""

    id: str
    rep_id: str
    starts_at: datetime
    ends_at: datetime
    reason: str


class AbsenceIn(Given):
    """A new absence; a day off runs from midnight to midnight where the rep is."""

    rep_id: ShortText
    starts_at: UsableMoment
    ends_at: UsableMoment
    reason: Text = ""


class TierMinutes(Given):
    """Worth of a visit that is exactly due, in minutes of the rep's time."""

    A: Minutes
    B: Minutes
    C: Minutes


class PolicyOut(Shown):
    """What visits are worth: the base by tier, times 0 before `due_from` of the gap, 1 at the gap, more after it."""

    id: str
    tier_minutes: TierMinutes
    due_from: Annotated[float, Field(description="Share of the agreed gap before which a visit is worth nothing.")]
    overdue_slope: Annotated[float, Field(description="Added to the factor by every further gap.")]
    highest_factor: float
    version: Annotated[int, Field(description="Goes back as If-Match when the policy is changed; 0: the default.")]


class PolicyPatch(Patch):
    """The numbers of the policy to change; those left out stay as they are."""

    tier_minutes: TierMinutes = ABSENT
    due_from: Share = ABSENT
    overdue_slope: Annotated[float, Field(ge=0, le=100)] = ABSENT
    highest_factor: Annotated[float, Field(ge=1, le=100)] = ABSENT


class ImportIn(Given):
    """A CSV file with a header line, divided by commas or semicolons, as text."""

    noun: Literal["customers", "reps"]
    file: Annotated[ShortText, Field(description="What you call it; told again in the report.")]
    content: Annotated[str, Field(max_length=100_000_000)]
    dry_run: Annotated[Switch, Field(description="True only says what would happen.")] = False
    skip_faulty: Annotated[Switch, Field(description="True leaves faulty rows out and takes the others.")] = False


class ImportOut(Shown):
    """A written import."""

    id: str
    noun: str
    file: str
    report: ImportReport
    actor: str
    created_at: datetime
    undone_at: datetime | None
