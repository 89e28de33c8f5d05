"""From the database to a problem, through the solver, to stored plan versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from routing.documents import Count, Day, Document, Id
from routing.plan import Reason
from visits.scope import Viewer
from visits.solving import Progress, ShouldStop, SolveRequest, Tools
from visits.store import Store


class NotPlanned(Document):
    """A due customer that no plan of the run visits, and the checked reason."""

    visit: Id
    customer: Id
    name: str
    must: bool
    reason: Reason
    detail: str = ""


class RunResult(Document):
    """What a planning run brought: sums over all its rep-days, and who was left out."""

    plans: Count = 0
    stops: Count = 0
    value_s: int = 0
    travel_s: Count = 0
    objective_s: int = 0
    days: tuple[Day, ...] = ()
    not_planned: tuple[NotPlanned, ...] = ()
    not_planned_count: Count = 0


def run_planning(
    store: Store,
    run_id: str,
    tools: Tools,
    *,
    now: datetime,
    on_progress: Progress | None = None,
    should_stop: ShouldStop | None = None,
) -> RunResult:
    """Carry out a queued run: one problem per territory and week, stored as it is solved.

    Keeps the run's row up to date (status, percent, best objective, message, result) and looks there for a wish to
    cancel; a run started again after a crash repeats nothing that it stored. Raises what made it fail, after writing
    it down: InputError, RoadError, SolveError, NotFoundError.
    """
    ...
