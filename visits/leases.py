"""Leases: a worker lives as long as it says so. What a dead one held waits again.

All moments are the database's own, so that clocks of several machines need not agree.
"""

from __future__ import annotations

import logging
import os
import secrets
import socket
import threading
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from sqlalchemy import ColumnElement, delete, or_, text, update
from sqlmodel import Session, col, select

from visits.errors import BeatplanError
from visits.models import JobQueue, PlanPart, PlanRun, RunState, TerritoryTask, Worker, utc_now
from visits.run_keeping import OPEN_RUN, adopt, locked_run, requeue, show_progress
from visits.store import Store
from visits.territories.tasks import give_back_tasks

log = logging.getLogger("beatplan.jobs")
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
BEATS = 5
"""Signs of life in the time of a lease."""
SPLIT_BY = timedelta(minutes=1)
"""A command that lives has split its run by then."""


class Lease:
    """Keeps this process known as a living worker: `start` once, `stop` once, or use it as a context manager."""

    def __init__(self, store: Store, lease_s: float) -> None:
        host = socket.gethostname()
        self.worker_id = f"{host}-{os.getpid()}-{secrets.token_hex(4)}"
        self._store, self._lease_s, self._host = store, lease_s, host
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def start(self) -> None:
        """Take the lease and keep it. Raises StoreError."""
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Give all parts of runs back at once. The lease itself ends as that of a dead worker. Raises StoreError."""
        self._stopping.set()
        self._thread.join()
        with self._store.session() as session:
            session.exec(update(Worker).where(col(Worker.id) == self.worker_id).values(seen_at=LONG_AGO))
            _give_back(session, self.worker_id, counts=False)

    def _keep(self) -> None:
        while not self._stopping.wait(self._lease_s / BEATS):
            try:
                self._beat()
            except BeatplanError as error:
                log.warning("the lease of this worker could not be kept: %s", error)

    def _beat(self) -> None:
        with self._store.session() as session:
            now = moment(session)
            mine = col(Worker.id) == self.worker_id
            if not session.exec(update(Worker).where(mine).values(seen_at=now)).rowcount:
                session.add(Worker(id=self.worker_id, host=self._host, pid=os.getpid(), seen_at=now))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def moment(session: Session) -> datetime:
    """The database's present moment."""
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return utc_now()
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now


def living_workers(session: Session, lease_s: float) -> int:
    """How many workers have shown a sign of life within their lease."""
    since = moment(session) - timedelta(seconds=lease_s)
    return len(session.exec(select(Worker.id).where(col(Worker.seen_at) >= since)).all())


def dead_workers(store: Store, lease_s: float) -> tuple[str, ...]:
    """Workers whose lease has run out, and those that hold a part without any lease."""
    with store.reading() as session:
        cutoff = moment(session) - timedelta(seconds=lease_s)
        expired = session.exec(select(Worker.id).where(col(Worker.seen_at) < cutoff)).all()
        unknown = select(PlanPart.worker_id).where(
            PlanPart.status == RunState.RUNNING,
            col(PlanPart.started_at) < cutoff,
            col(PlanPart.worker_id).not_in(select(Worker.id)),
        )
        strange = select(TerritoryTask.worker_id).where(
            TerritoryTask.status == RunState.RUNNING,
            col(TerritoryTask.started_at) < cutoff,
            col(TerritoryTask.worker_id).not_in(select(Worker.id)),
        )
        held = (*session.exec(unknown), *session.exec(strange))
        return tuple(sorted({*expired, *(name for name in held if name)}))


def bury(store: Store, worker_id: str, lease_s: float) -> int:
    """End a lease that has run out and let the worker's parts wait again; how many these were.

    A worker that showed a sign of life meanwhile keeps everything.
    """
    with store.session() as session:
        mine: ColumnElement[bool] = col(Worker.id) == worker_id
        alive = col(Worker.seen_at) >= moment(session) - timedelta(seconds=lease_s)
        if session.exec(select(Worker.id).where(mine, alive).with_for_update()).first() is not None:
            return 0
        session.exec(delete(Worker).where(mine))
        return _give_back(session, worker_id, counts=True)


def runs_to_split(store: Store) -> tuple[str, ...]:
    """Open runs without a single part, the urgent first; those of a command only when it must have died."""
    none_yet = col(PlanRun.id).not_in(select(PlanPart.run_id))
    left = or_(col(PlanRun.queue) != JobQueue.LOCAL, col(PlanRun.created_at) < utc_now() - SPLIT_BY)
    statement = select(PlanRun.id).where(col(PlanRun.status).in_(OPEN_RUN), none_yet, left)
    with store.reading() as session:
        return tuple(session.exec(statement.order_by(col(PlanRun.priority), col(PlanRun.created_at))))


def _give_back(session: Session, worker_id: str, *, counts: bool) -> int:
    """Let a worker's parts wait for the others; `counts` says whether its takings were attempts."""
    holds = (col(PlanPart.worker_id) == worker_id) & (col(PlanPart.status) == RunState.RUNNING)
    run_ids = session.exec(select(PlanPart.run_id).where(holds).distinct()).all()
    found = give_back_tasks(session, worker_id, counts=counts)
    for run_id in sorted(run_ids):
        run = locked_run(session, run_id)
        adopt(run)
        held = select(PlanPart).where(holds, PlanPart.run_id == run_id).execution_options(populate_existing=True)
        for part in session.exec(held):
            requeue(part, "its worker ended", counts=counts)
            session.add(part)
            found += 1
        session.flush()
        show_progress(session, run)
    return found
