"""Planning runs on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from api.schemas.base import Given, ShortText, Shown, Switch, WholeNumber
from routing.documents import Day
from routing.plan import Engine
from visits.local_day import usable
from visits.queries.runs import MOST_DAYS
from visits.run_result import RunResult


class PlanRunIn(Given):
    """What to plan: days from a first one, for some territories or for all that you may see."""

    model_config = ConfigDict(populate_by_name=True)

    first_day: Annotated[Day, AfterValidator(usable), Field(alias="from", description="First day, such as 2026-11-23.")]
    days: Annotated[WholeNumber, Field(ge=1, le=MOST_DAYS, description="How many calendar days.")] = 7
    territories: Annotated[
        tuple[ShortText, ...] | None, Field(min_length=1, max_length=1000, description="Ids; null for all of yours.")
    ] = None
    engine: Engine = "search"
    seconds: Annotated[
        float | None,
        Field(
            gt=0,
            le=3600,
            description="Search time per territory and week; null: a setting.",
        ),
    ] = None
    iterations: Annotated[
        WholeNumber | None, Field(ge=1, le=100_000_000, description="Stops the search earlier; makes it repeatable.")
    ] = None
    seed: Annotated[WholeNumber, Field(ge=0, le=2**31 - 1)] = 1
    queue: Annotated[
        Literal["interactive", "batch"],
        Field(description="interactive: you wait for it; batch: it may take the night."),
    ] = "interactive"
    priority: Annotated[WholeNumber, Field(ge=1, le=9, description="In its queue, 1 before 9.")] = 5
    publish: Annotated[
        Switch,
        Field(description="false: what it finds waits as drafts that no rep sees until somebody publishes them."),
    ] = True


class PlanPartOut(Shown):
    """One territory of a run."""

    territory_id: str | None
    label: Annotated[str, Field(description="The territory's name.")]
    status: Annotated[str, Field(description="queued, running, done, failed or cancelled.")]
    attempts: Annotated[int, Field(description="How often its planning was begun.")]
    percent: int
    objective_s: int | None
    message: Annotated[str, Field(description="What is being planned, or why it failed.")]
    started_at: datetime | None
    finished_at: datetime | None


class PlanRunOut(Shown):
    """A planning run: what was asked, how far it is, what came of it."""

    model_config = ConfigDict(populate_by_name=True)

    id: str
    status: Annotated[str, Field(description="queued, running, done, failed or cancelled.")]
    first_day: Annotated[date, Field(alias="from")]
    days: int
    territories: tuple[str, ...] | None
    engine: str
    seconds: float | None
    iterations: int | None
    seed: int
    percent: Annotated[int, Field(description="How much is done, 0 to 100.")]
    best_objective_s: int | None
    message: Annotated[str, Field(description="What it does now, or why it failed.")]
    cancel_requested: bool
    queue: str
    priority: int
    publish: Annotated[bool, Field(description="Whether its plans are published as they are found, not drafted.")]
    parts: Annotated[tuple[PlanPartOut, ...], Field(description="Its territories, once it was split into them.")]
    result: RunResult | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
