"""Planning runs on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from api.schemas.base import Given, ShortText, Shown, WholeNumber
from routing.documents import Day
from routing.plan import Engine
from visits.planning import RunResult
from visits.queries.runs import MOST_DAYS


class PlanRunIn(Given):
    """What to plan: days from a first one, for some territories or for all that you may see."""

    model_config = ConfigDict(populate_by_name=True)

    first_day: Annotated[Day, Field(alias="from", description="First day, such as 2026-11-23.")]
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
    result: RunResult | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
