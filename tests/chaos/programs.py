"""Real `beatplan` processes on a database, and what is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlmodel import select

from api.settings import Settings
from tests.api.processes import children_named
from tests.api.test_command_line import ROOT
from visits.models import Event, Plan, PlanPart, PlanRun, PlanVersion
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.store import Store

PATIENCE_S = 300.0
"""A busy machine may take long to start and end processes; a hang still ends the test."""
POLL_S = 0.25
"""Looking at all processes costs what the service needs on a small machine."""


def environment(settings: Settings) -> dict[str, str]:
    given = {
        "DATA_DIR": settings.data_dir,
        "DATABASE_URL": settings.database_url,
        "ROADS_DIR": settings.roads_dir,
        "LEASE_SECONDS": settings.lease_seconds,
        "REPAIR_PROCESSES": 0,
        "WORKER": "false",
    }
    return {**os.environ, **{f"BEATPLAN_{name}": str(value) for name, value in given.items()}}


@contextmanager
def program(settings: Settings, *arguments: str, ready: str) -> Iterator[subprocess.Popen[str]]:
    """A running `beatplan` command that has said that it is ready; killed at the end with all that it started."""
    running = subprocess.Popen(
        [sys.executable, "-m", "api.cli", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(settings),
        start_new_session=True,
    )
    assert running.stderr is not None
    try:
        for line in running.stderr:
            if ready in line:
                break
        else:
            raise AssertionError(f"{arguments} ended with {running.wait()}")
        yield running
    finally:
        for pid in family(running):
            send(pid, signal.SIGCONT)
        running.kill()
        running.communicate()


def worker(settings: Settings):
    return program(settings, "worker", ready="works as")


def family(running: subprocess.Popen[str]) -> list[int]:
    return [one.pid for one in children_named("", running.pid)]


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def until(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(POLL_S)


def alive(pids: list[int]) -> list[int]:
    """Those of the processes that still run; one that only waits to be counted does not."""
    return [pid for pid in pids if _state(pid) not in {"", "Z"}]


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def queue_run(store: Store, **changes) -> str:
    with store.session() as session:
        return add_run(session, SYSTEM, PlanRun(**changes)).id


def solving(running: subprocess.Popen[str]) -> bool:
    return bool(children_named("--dies-with-parent", running.pid))


def run_of(store: Store, run_id: str) -> PlanRun:
    with store.reading() as session:
        return session.get_one(PlanRun, run_id)


def is_over(store: Store, run_id: str) -> bool:
    return run_of(store, run_id).status not in {"queued", "running"}


def require_ended_once(store: Store, run_id: str, rep_days: int) -> None:
    """The run is done, said so once, and stored one version of each of its rep-days."""
    with store.reading() as session:
        run = session.get_one(PlanRun, run_id)
        assert run.status == "done", run.message
        kinds = session.exec(select(Event.kind).where(Event.subject == run_id)).all()
        assert kinds.count("run.done") == 1
        assert {part.status for part in session.exec(select(PlanPart).where(PlanPart.run_id == run_id))} == {"done"}
        stored = session.exec(select(PlanVersion.plan_id).where(PlanVersion.run_id == run_id)).all()
        assert len(stored) == len(set(stored)) == rep_days
        assert all(session.get_one(Plan, plan_id).number >= 1 for plan_id in stored)
