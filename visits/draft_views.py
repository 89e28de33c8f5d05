"""Drafts of a planning run as they are served, asked to be published, and answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from routing.documents import Count, Day, Document, Id
from visits.proposal_views import PromiseAtRisk
from visits.run_comparison import DaySums, ReplacedDay

Stale = Literal["over", "plan", "gone_on", "visit", "customer", "away"]
"""Why a draft can no longer be published: its day is over; the plan changed; the rep has gone on; a visit changed; a
customer left or has another visit by now; the rep is away or left."""


class DraftDay(ReplacedDay):
    """A rep-day as the run would make it. `version` is that of the plan which it would replace, 0 for none.

    `changed` counts stops that come, leave or shift by a minute or more. `stale` says why it can no longer be
    published; `goes_with` are rep-days (shift ids) that must be published with it, because visits move between them.
    """

    shift: Id
    version: Count
    changed: Count
    stale: Stale | None = None
    goes_with: tuple[Id, ...] = ()


class RunDrafts(Document):
    """What waits to be published of a run, as far as the caller may see it, against the plans as they are now.

    `moved` counts stops that would change rep or day, `dropped` those that would leave the plans.
    """

    run: Id
    actor: str
    made_at: AwareDatetime
    before: DaySums
    after: DaySums
    moved: Count
    added: Count
    dropped: Count
    promises_at_risk: tuple[PromiseAtRisk, ...] = ()
    days: tuple[DraftDay, ...] = ()


class DraftedRun(Document):
    """A run of which something waits to be published, and how many rep-days of it the caller may see."""

    run: Id
    actor: str
    first_day: Day
    last_day: Day
    rep_days: Count
    made_at: AwareDatetime


class DraftedRuns(Document):
    """Runs of which something waits to be published, the newest first."""

    items: tuple[DraftedRun, ...] = ()


class RepDay(Document):
    """A rep-day by its rep and date."""

    rep: Id
    date: Day


class PublishRequest(Document):
    """Which rep-days of a run to publish; null for all that the caller may see."""

    days: Annotated[tuple[RepDay, ...] | None, Field(min_length=1, max_length=20_000)] = None


class PublishedDay(Document):
    """A plan that was published and its version now."""

    plan: Id
    rep: Id
    rep_name: str
    date: Day
    version: Count


class PublishAnswer(Document):
    """What was published; `change` is what an undo of one of the plans takes back. `left` rep-days still wait."""

    run: Id
    change: Id
    plans: tuple[PublishedDay, ...]
    left: Count = 0
