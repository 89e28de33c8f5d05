"""Carrying out jobs: what a worker must write down it writes, also when the database is away for a moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlmodel import Session

from api.jobs import territory_carrying
from api.jobs.planner import SOLVER_FAILED
from api.jobs.planner_process import Ended
from api.jobs.territory_carrying import TerritoryCarrier
from api.settings import Settings
from visits.errors import StoreError
from visits.models import RunState, TerritoryTask
from visits.store import Store, connect, database_url
from visits.territories.tasks import LEARN, add_task


class ShakyStore(Store):
    """A database that is away as often as it is told."""

    away = 0

    @contextmanager
    def session(self) -> Iterator[Session]:
        if self.away:
            self.away -= 1
            raise StoreError("the database is away")
        with super().session() as session:
            yield session


def test_a_task_whose_process_died_waits_again_once_the_database_is_back(
    sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that stayed with a worker that lives would wait for ever."""
    store = ShakyStore(connect(database_url(sqlite_settings.store_url)))
    with store.session() as session:
        task = add_task(session, LEARN)

    def dies(*_: object) -> Ended:
        store.away = 2
        return Ended(SOLVER_FAILED, "the solver broke")

    monkeypatch.setattr(territory_carrying, "run_process", dies)
    store.away = 1
    carrier = TerritoryCarrier(store, sqlite_settings, "worker", threading.Event())
    assert carrier.work_on_territories(task.id) == "to be tried again"
    with store.reading() as session:
        found = session.get_one(TerritoryTask, task.id)
    store.close()
    assert (found.status, found.worker_id, found.message) == (RunState.QUEUED, None, "the solver broke")
