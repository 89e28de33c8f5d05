"""Carries out queued planning runs, one after the other, each in its own process.

The row of a run is the truth: this runner only looks for queued rows, starts a process for the oldest, and writes
down what the process could not write itself because it died. A run that was left running by a service that is gone
is queued again when the next service starts; what it had stored already is not repeated.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

from sqlmodel import col, select

from api.metrics import Metrics
from api.settings import Settings
from routing.errors import BeatplanError
from visits.models import PlanRun, RunState
from visits.run_keeping import end_run
from visits.store import Store

log = logging.getLogger("beatplan.runner")
LOOK_S = 1.0
"""How often queued rows are looked for when nobody wakes the runner."""
PATIENCE_S = 5.0
"""How long a cancelled process may take to end by itself before it is killed."""


class PlanRunner:
    """One thread that starts one planning process at a time. `start` once, `stop` once."""

    def __init__(self, store: Store, settings: Settings, metrics: Metrics) -> None:
        self._store = store
        self._settings = settings
        self._metrics = metrics
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="plan-runner", daemon=True)

    def start(self) -> None:
        """Queue what a dead service left running, then begin to work. Raises StoreError."""
        self._requeue()
        self._thread.start()

    def wake(self) -> None:
        """Something was queued or cancelled: look now."""
        self._news.set()

    def stop(self, seconds: float = 3.0) -> None:
        """End the running process, if any, and the thread; an unfinished run is resumed by the next service."""
        self._stopping.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _requeue(self) -> None:
        with self._store.session() as session:
            for run in session.exec(select(PlanRun).where(PlanRun.status == RunState.RUNNING)):
                log.warning("planning run %s was left running; it is resumed", run.id)
                run.status = RunState.CANCELLED if run.cancel_requested else RunState.QUEUED
                session.add(run)

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            try:
                run_id = self._oldest()
                if run_id is not None:
                    self._carry_out(run_id)
                    continue
            except BeatplanError as error:
                log.error("planning runs wait: %s", error)  # noqa: TRY400 - its sentence says it all
            self._news.wait(LOOK_S)

    def _oldest(self) -> str | None:
        statement = select(PlanRun.id).where(PlanRun.status == RunState.QUEUED)
        with self._store.reading() as session:
            return session.exec(statement.order_by(col(PlanRun.created_at), col(PlanRun.id)).limit(1)).first()

    def _carry_out(self, run_id: str) -> None:
        log.info("planning run %s begins", run_id)
        process = subprocess.Popen(
            [sys.executable, "-m", "api.jobs.planner", run_id],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        said = _Said(process)
        try:
            self._watch(run_id, process)
        except BrokenPipeError:
            process.wait(PATIENCE_S)
        finally:
            _kill_group(process)
            said.join()
        if not self._stopping.is_set():
            self._settle(run_id, process.returncode, said.last_line)

    def _watch(self, run_id: str, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:  # stays open: its end tells the process that this service is gone
            process.stdin.write(self._settings.model_dump_json().encode() + b"\n")
            process.stdin.flush()
        deadline: float | None = None
        while not self._stopping.is_set():
            try:
                process.wait(LOOK_S / 5)
            except subprocess.TimeoutExpired:
                if deadline is None and self._news.is_set():
                    self._news.clear()
                    deadline = time.monotonic() + PATIENCE_S if self._cancel_wanted(run_id) else None
                if deadline is not None and time.monotonic() > deadline:
                    return
            else:
                return

    def _cancel_wanted(self, run_id: str) -> bool:
        with self._store.reading() as session:
            run = session.get(PlanRun, run_id)
            return run is None or run.cancel_requested

    def _settle(self, run_id: str, code: int, last_line: str) -> None:
        """Writes the end of a run that its process could not write; a run that is over stays as it is."""
        now = datetime.now(UTC)
        if self._cancel_wanted(run_id):
            end_run(self._store, run_id, RunState.CANCELLED, "cancelled", now)
        message = last_line or f"the planning process ended with code {code}; start the run again"
        end_run(self._store, run_id, RunState.FAILED, message, now)
        with self._store.reading() as session:
            run = session.get(PlanRun, run_id)
        status, message = (run.status, run.message) if run is not None else ("gone", "")
        self._metrics.runs.labels(status).inc()
        log.info("planning run %s is %s %s", run_id, status, message)


class _Said:
    """Reads what a process says on stderr, so that its pipe never fills, and keeps the last line."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.last_line = ""
        self._process = process
        self._thread = threading.Thread(target=self._read, name="planner-stderr", daemon=True)
        self._thread.start()

    def _read(self) -> None:
        if self._process.stderr is None:
            return
        for line in self._process.stderr:
            text = line.decode("utf-8", "replace").strip()
            if text:
                self.last_line = text[:500]
                log.info("planner: %s", text)

    def join(self) -> None:
        """Until the pipe is closed, at most a second."""
        self._thread.join(1.0)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
