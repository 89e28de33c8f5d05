"""Carrying a task out: whichever kind it is, under its claim."""

from __future__ import annotations

from datetime import date

from routing.territories.search import Effort
from visits.models import TerritoryTask
from visits.solving import Tools
from visits.store import Store
from visits.territories.learning import learn
from visits.territories.proposing import work_out
from visits.territories.simulating import validate
from visits.territories.tasks import LEARN, PROPOSE, VALIDATE, TaskClaim, fail_task, hold_task


def carry_out(store: Store, claim: TaskClaim, tools: Tools, today: date, effort: Effort | None = None) -> None:
    """Does a task. Raises InputError, RoadError, SolveError; TaskLostError when another worker has taken it."""
    with store.reading() as session:
        task = session.get_one(TerritoryTask, claim.task_id)
    if task.kind == PROPOSE and task.proposal_id is not None:
        work_out(store, claim, task.proposal_id, tools.travel, effort or Effort())
    elif task.kind == VALIDATE and task.proposal_id is not None:
        validate(store, claim, task.proposal_id, task.argument, tools)
    elif task.kind == LEARN:
        learn(store, claim, tools.travel, today)


def give_up(store: Store, claim: TaskClaim, message: str) -> None:
    """End a task that failed for a reason that trying again will not mend. Raises TaskLostError."""
    with store.session() as session:
        fail_task(session, hold_task(session, claim), message)
