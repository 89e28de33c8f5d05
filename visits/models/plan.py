"""A rep's plan of a day, its versions, and the problems they were solved from."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from visits.models.base import Table, Versioned, new_id, utc_now


class Plan(Versioned, table=True):
    """The plan of one rep on one day; `number` is its current version, 0 when there is none (any more)."""

    __table_args__ = (UniqueConstraint("rep_id", "day"),)

    id: str = Field(default_factory=lambda: new_id("pln"), primary_key=True)
    rep_id: str = Field(foreign_key="rep.id")
    day: date = Field(index=True)
    number: int = 0


class PlanVersion(Table, table=True):
    """One version of a plan, never changed once written.

    `document` is the JSON that a phone reads, ready to serve. `cause` is "run", "cancel", "skip", "late",
    "proposal", "booking", "promise", "fill_in", or the tap that it shows; versions of one `change_id` are taken back
    together.
    `problem_hash`, `seed`, `iterations` and `engine` replay the solve.
    """

    __tablename__ = "plan_version"
    __table_args__ = (UniqueConstraint("plan_id", "number"), UniqueConstraint("plan_id", "run_id"))

    id: str = Field(default_factory=lambda: new_id("ver"), primary_key=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    number: int
    parent: int | None = None
    cause: str
    run_id: str | None = Field(default=None, foreign_key="plan_run.id")
    change_id: str | None = Field(default=None, foreign_key="plan_change.id", index=True)
    document: str = Field(sa_type=Text)
    problem_hash: str | None = Field(default=None, foreign_key="stored_problem.hash")
    seed: int = 0
    iterations: int = 0
    engine: str = "search"
    objective_s: int = 0
    created_at: datetime = Field(default_factory=utc_now)


class StoredProblem(Table, table=True):
    """A problem as it was solved, travel times included; see `visits.problem_store`."""

    __tablename__ = "stored_problem"

    hash: str = Field(primary_key=True)
    body: bytes = Field(sa_type=LargeBinary)
    created_at: datetime = Field(default_factory=utc_now)
