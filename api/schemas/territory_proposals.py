"""Proposals of territories on the wire; questions, steps and figures are the domain's own documents."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import Field

from api.schemas.base import Given, ShortText, Shown, Text
from visits.territories.hand_overs import HandOverView
from visits.territories.simulating import Validation
from visits.territories.views import AlternativeView


class AlternativeSummary(Shown):
    """An alternative in a proposal's list: its figures without who gets whom."""

    version: Annotated[int, Field(description="Goes back as If-Match when the draft is changed.")]
    figures: AlternativeView
    steps: Annotated[int, Field(description="Steps by hand that can be taken back.")]
    validation: Validation | None


class AlternativeOut(AlternativeSummary):
    """An alternative with who gets whom.

    `owners` has a number for every customer of the proposal's list, its place in `figures.territories`.
    """

    owners: tuple[int, ...]
    pins: Annotated[dict[str, str], Field(description="Territory that a customer is pinned to by hand, by customer.")]


class ApprovalOut(Shown):
    """Somebody's yes to an alternative; `current` unless it was changed since."""

    person_id: str
    alternative: str
    comment: str
    created_at: datetime
    current: bool


class TerritoryProposalOut(Shown):
    """A question about territories and how it stands."""

    id: str
    name: str
    state: Annotated[str, Field(description="queued, ready, failed, scheduled, published, rolled_back or discarded.")]
    message: Annotated[str, Field(description="Why it failed.")]
    version: Annotated[int, Field(description="Goes back as If-Match when it is published or rolled back.")]
    territory_ids: tuple[str, ...]
    approvals_needed: int
    alternative: Annotated[str | None, Field(description="What was published.")]
    effective_from: date | None
    created_at: datetime
    published_at: datetime | None
    rolled_back_at: datetime | None
    actor: str


class TerritoryProposalDetail(TerritoryProposalOut):
    """A proposal with its alternatives, once it is ready."""

    travel: Annotated[str | None, Field(description="roads, or beeline where the service has no roads.")]
    customers: int
    left_out: Annotated[int, Field(description="Customers on no road, who stay where they are.")]
    notes: tuple[str, ...]
    alternatives: tuple[AlternativeSummary, ...]
    approvals: tuple[ApprovalOut, ...]
    tasks: Annotated[tuple[TaskOut, ...], Field(description="Work that is under way or went wrong.")]


class TaskOut(Shown):
    """A task of a worker."""

    id: str
    kind: Annotated[str, Field(description="propose, validate or learn.")]
    argument: str
    status: Annotated[str, Field(description="queued, running, done or failed.")]
    message: str
    created_at: datetime
    finished_at: datetime | None


class ProposalCustomer(Shown):
    """A customer of a proposal; `work_s` a month without the way out, `present` its place among the territories."""

    id: str
    name: str
    tier: str
    lon: float
    lat: float
    visits: float
    work_s: int
    value_s: int
    years: float | None
    key: bool
    present: int | None


class ProposalTerritory(Shown):
    """A territory of a proposal, its bases as lon and lat."""

    id: str
    name: str
    is_new: bool
    reps: tuple[str, ...]
    bases: tuple[tuple[float, float], ...]
    capacity_s: int


class ProposalCustomers(Shown):
    """All customers of a proposal in the order of `owners`, and the territories in the order of its numbers."""

    territories: tuple[ProposalTerritory, ...]
    customers: tuple[ProposalCustomer, ...]


class HandOverPage(Shown):
    """A piece of the list of hand-overs, those that save most first."""

    items: tuple[HandOverView, ...]
    total: int
    next_cursor: str | None


class WhatIfOut(Shown):
    """What the sliders lead to; `version` is that of the stored alternative where it was kept."""

    figures: AlternativeView
    owners: tuple[int, ...]
    version: int | None


class DraftIn(Given):
    """The alternative to go on with by hand."""

    source: Annotated[ShortText, Field(alias="from", description="Name of an alternative.")]


class ApprovalIn(Given):
    """A yes to an alternative as it is now."""

    alternative: ShortText
    comment: Text = ""


class Difference(Shown):
    """A customer that two alternatives give to different territories, by their places."""

    customer: str
    a: int
    b: int


class Comparison(Shown):
    """Two alternatives side by side; `differences` are the customers they do not agree on."""

    a: AlternativeView
    b: AlternativeView
    differences: tuple[Difference, ...]


class WorkloadOut(Shown):
    """The factors of the monthly work: fitted on `days` solved days, 0 where the usual ones stand.

    `error` is the mean absolute share by which groups of days that were left out of the fit are missed.
    """

    local: float
    haul: float
    visits_per_day: float
    days: int
    error: float | None
    worst: float | None
    fitted_at: datetime | None


TerritoryProposalDetail.model_rebuild()
