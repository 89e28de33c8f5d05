"""The row of a planning run while it is carried out: begun, moving, over. Safe to call from one worker at a time."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select

from visits.errors import NotFoundError, StoreError
from visits.models import PlanRun, RunState
from visits.queries.events import record
from visits.scope import SYSTEM
from visits.store import Store

WRITE_EVERY_S = 1.0


def begin_run(store: Store, run_id: str, now: datetime) -> PlanRun:
    """Mark a run as running, unless it is over. Raises NotFoundError."""
    with store.session() as session:
        run = session.get(PlanRun, run_id)
        if run is None:
            raise NotFoundError(f"there is no planning run {run_id!r}; check the id")
        if run.status == RunState.QUEUED:
            run.status, run.started_at = RunState.RUNNING, now
            session.add(run)
            record(session, SYSTEM, "run.started", run.id)
        return run


def end_run(
    store: Store, run_id: str, status: RunState, message: str, now: datetime, result: dict[str, Any] | None = None
) -> None:
    """Close a run that is not over yet."""
    values: dict[str, Any] = {"status": status.value, "message": message, "finished_at": now, "result": result}
    if status is RunState.DONE:
        values["percent"] = 100
    if result is not None:
        values["best_objective_s"] = result.get("objective_s")
    with store.session() as session:
        open_run = (col(PlanRun.id) == run_id) & col(PlanRun.status).in_((RunState.QUEUED, RunState.RUNNING))
        if session.exec(update(PlanRun).where(open_run).values(**values)).rowcount:
            record(session, SYSTEM, f"run.{status.value}", run_id, {"message": message})


class RunWatch:
    """Keeps a run's progress in its row and looks there for a wish to cancel, about once a second."""

    def __init__(self, store: Store, run_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._run_id, self._clock = store, run_id, clock
        self._written_at = self._looked_at = float("-inf")
        self._cancelled = False

    def note(self, percent: int, best_objective_s: int | None, *, at_once: bool = False) -> None:
        """Write how far the run is; a database that is busy elsewhere is no reason to stop planning."""
        if not at_once and self._clock() - self._written_at < WRITE_EVERY_S:
            return
        self._written_at = self._clock()
        with contextlib.suppress(StoreError), self._store.session() as session:
            session.exec(
                update(PlanRun)
                .where(col(PlanRun.id) == self._run_id)
                .values(percent=percent, best_objective_s=best_objective_s)
            )

    def cancelled(self) -> bool:
        """Whether somebody wishes the run to stop."""
        if not self._cancelled and self._clock() - self._looked_at >= WRITE_EVERY_S:
            self._looked_at = self._clock()
            with self._store.reading() as session:
                wish = session.exec(select(PlanRun.cancel_requested).where(PlanRun.id == self._run_id)).first()
            self._cancelled = bool(wish)
        return self._cancelled
