"""Carrying out one job: a part of a run is taken, planned in its own process, and its end is written down."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from api.jobs.planner import SOLVER_FAILED, STORE_AWAY
from api.jobs.planner_process import Ended, run_planner
from api.logs import RUN_ID
from api.settings import Settings
from visits.errors import ConflictError, StoreError
from visits.models import RunState
from visits.part_watch import still_wanted
from visits.run_keeping import Claim, ClaimLostError, claim_part, end_part, give_back
from visits.store import Store

T = TypeVar("T")
log = logging.getLogger("beatplan.jobs")
LONGEST_PAUSE_S = 5.0
FIRST_PAUSE_S = 0.25


class Stopped(Exception):  # noqa: N818 - it is no error: this worker ends
    """The worker ends; what it was about is left to the others."""


class Carrier:
    """Carries out parts of runs for one worker, several at a time from several threads."""

    def __init__(self, store: Store, settings: Settings, worker_id: str, stopping: threading.Event) -> None:
        self._store, self._settings, self._worker_id, self._stopping = store, settings, worker_id, stopping

    def plan_territory(self, part_id: str) -> str:
        """Takes a part where it still waits and sees it through; what came of it in a word."""
        RUN_ID.set(None)
        try:
            claim = self._patiently(
                lambda: claim_part(self._store, part_id, self._worker_id, self._settings.job_attempts)
            )
            if claim is None:
                return "not wanted"
            RUN_ID.set(claim.run_id)
            log.info("territory job %s begins", claim.part_id)
            ended = run_planner(self._settings, claim, lambda: self._stopping.is_set() or not self._wanted(claim))
            word = self._patiently(lambda: self._settle(claim, ended))
        except Stopped:
            return "left to others"  # the lease is given back at the end, and all parts with it
        log.info("territory job %s: %s", claim.part_id, word)
        return word

    def _wanted(self, claim: Claim) -> bool:
        try:
            return still_wanted(self._store, claim)
        except StoreError:
            return True  # a database that is away has cancelled nothing

    def _settle(self, claim: Claim, ended: Ended) -> str:
        """Writes what the planning process could not write itself; a part that is over stays as it is."""
        if ended.code == 0:
            return "over"
        if self._stopping.is_set() and ended.code is None:
            raise Stopped
        if ended.code is None or not still_wanted(self._store, claim):
            try:
                with self._store.session() as session:
                    end_part(session, claim, RunState.CANCELLED, "cancelled")
            except ClaimLostError:
                return "over, or with another worker"
            return "cancelled"
        known = ended.code in {SOLVER_FAILED, STORE_AWAY} and ended.last_line
        give_back(self._store, claim, ended.last_line if known else _obituary(ended))
        return f"to be tried again: {_obituary(ended)}"

    def _patiently(self, work: Callable[[], T]) -> T:
        return patiently(self._stopping, work)


def patiently(stopping: threading.Event, work: Callable[[], T]) -> T:
    """The work's result, tried until the database answers. Raises Stopped when this worker ends before."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return work()
        except (StoreError, ConflictError) as error:
            log.warning("a job waits: %s", error)
        if stopping.wait(pause_s):
            raise Stopped
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _obituary(ended: Ended) -> str:
    said = f": {ended.last_line}" if ended.last_line else ""
    return f"the planning process ended with code {ended.code}{said}"
