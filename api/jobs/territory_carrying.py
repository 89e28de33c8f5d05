"""Carrying out a task on territories: taken, done in its own process, its end written down."""

from __future__ import annotations

import logging
import threading

from api.jobs.carrying import Stopped, patiently
from api.jobs.planner import SOLVER_FAILED, STORE_AWAY
from api.jobs.planner_process import run_process
from api.settings import Settings
from visits.store import Store
from visits.territories.tasks import return_task, take_task

log = logging.getLogger("beatplan.jobs")
LEFT = "left to others"
"""The lease is given back at the end, and all tasks with it."""


class TerritoryCarrier:
    """Carries out tasks on territories for one worker."""

    def __init__(self, store: Store, settings: Settings, worker_id: str, stopping: threading.Event) -> None:
        self._store, self._settings, self._worker_id, self._stopping = store, settings, worker_id, stopping

    def work_on_territories(self, task_id: str) -> str:
        """Takes a task where it still waits and sees it through; what came of it in a word."""
        try:
            return self._see_through(task_id)
        except Stopped:
            return LEFT

    def _see_through(self, task_id: str) -> str:
        claim = patiently(
            self._stopping,
            lambda: take_task(self._store, task_id, self._worker_id, self._settings.job_attempts),
        )
        if claim is None:
            return "not wanted"
        log.info("task %s on territories begins", claim.task_id)
        arguments = (claim.task_id, str(claim.number))
        ended = run_process(self._settings, "api.jobs.territory_work", arguments, self._stopping.is_set)
        if ended.code == 0:
            return "over"
        if ended.code is None:
            return LEFT
        known = ended.code in {SOLVER_FAILED, STORE_AWAY} and ended.last_line
        said = f": {ended.last_line}" if ended.last_line else ""
        message = ended.last_line if known else f"the process ended with code {ended.code}{said}"
        patiently(self._stopping, lambda: return_task(self._store, claim, message))
        return "to be tried again"
