"""Workers killed, killed with their group, and stopped past their lease: every run ends once, no solver is left."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest

from api.settings import Settings
from tests.api.conftest import MONDAY
from tests.chaos.programs import (
    alive,
    family,
    is_over,
    queue_run,
    require_ended_once,
    run_of,
    send,
    solving,
    until,
    worker,
)
from visits.store import open_store


def kill_process(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def kill_group(pid: int) -> None:
    os.killpg(os.getpgid(pid), signal.SIGKILL)


@pytest.mark.parametrize("kill", [kill_process, kill_group])
def test_a_worker_that_is_killed(settings: Settings, kill: Callable[[int], None]) -> None:
    store = open_store(settings.store_url)
    with worker(settings) as first:
        run_id = queue_run(store, first_day=MONDAY, days=1, seconds=3.0)
        until(lambda: solving(first), "a solver of the first worker")
        pids = family(first)
        kill(first.pid)
        until(lambda: not alive(pids), "the end of all that the killed worker had started")
    assert run_of(store, run_id).status == "running"
    with worker(settings) as second:
        until(lambda: is_over(store, run_id), "the second worker to take over and end the run")
        require_ended_once(store, run_id, rep_days=2)
        until(lambda: not solving(second), "the end of the second worker's solvers")
    store.close()


def test_a_worker_stopped_past_its_lease_and_woken_changes_nothing(settings: Settings) -> None:
    store = open_store(settings.store_url)
    with worker(settings) as first:
        run_id = queue_run(store, first_day=MONDAY, days=1, seconds=3.0, territory_ids=["south"])
        until(lambda: solving(first), "a solver of the first worker")
        pids = family(first)
        for pid in pids:
            send(pid, signal.SIGSTOP)
        with worker(settings) as second:
            until(lambda: is_over(store, run_id), "the second worker to take over and end the run")
            require_ended_once(store, run_id, rep_days=1)
            second.terminate()
            assert second.wait(60) == 0
        before = run_of(store, run_id)
        for pid in pids:
            send(pid, signal.SIGCONT)
        until(lambda: not solving(first), "the end of the woken worker's solvers")
        assert alive([first.pid])
        assert run_of(store, run_id) == before
        require_ended_once(store, run_id, rep_days=1)
        again = queue_run(store, first_day=MONDAY, days=2, seconds=0.2, territory_ids=["south"])
        until(lambda: is_over(store, again), "the woken worker to do the next run")
        assert run_of(store, again).status == "done"
    store.close()
