"""A worker: takes jobs from the queues until it is told to stop. `python -m api.jobs.worker` is that of `serve`.

Several may share one database, on one machine or many. Run as a module it reads its settings as one JSON line from
stdin, then one line for every time that something was queued; it ends when stdin does, that is with the service.
"""

from __future__ import annotations

import logging
import logging.config
import os
import signal
import sys
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from api.jobs.carrying import Carrier
from api.jobs.dispatcher import Dispatcher
from api.jobs.engine import DELIVER, ON_TERRITORIES, PLAN_TERRITORY, Engine
from api.jobs.planner import read_line
from api.jobs.territory_carrying import TerritoryCarrier
from api.logs import logging_config
from api.settings import Settings
from api.webhooks.delivery import Deliverer
from routing.errors import BeatplanError
from visits.errors import ConflictError
from visits.leases import Lease
from visits.models import JobQueue, PlanRun
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.store import Store, open_store
from visits.territories.tasks import LEARN, add_task

log = logging.getLogger("beatplan.jobs")
LAST_S = 3.0
"""A worker that was told to stop is gone after so many seconds; its lease then runs out by itself."""


class Worker:
    """Everything a worker holds open. `start` once, `stop` once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._stopping = threading.Event()
        self._store = open_store(settings.store_url)
        self.lease = Lease(self._store, settings.lease_seconds)
        carrier = Carrier(self._store, settings, self.lease.worker_id, self._stopping)
        territories = TerritoryCarrier(self._store, settings, self.lease.worker_id, self._stopping)
        jobs = {
            PLAN_TERRITORY: carrier.plan_territory,
            ON_TERRITORIES: territories.work_on_territories,
            DELIVER: Deliverer(self._store, settings).deliver,
        }
        self._engine = Engine(settings.store_url, self.lease.worker_id, slots_of(settings), jobs)
        self._engine.schedule("nightly", settings.nightly, settings.nightly_zone, self._plan_nightly)
        self._dispatcher = Dispatcher(self._store, self._engine, settings.lease_seconds)

    def start(self) -> None:
        """Take the lease and begin to work. Raises StoreError, InputError."""
        self.lease.start()  # before the first job is taken: the others must know whose it was
        self._engine.start()
        self._dispatcher.start()
        log.info("worker %s takes jobs, %d territories at a time", self.lease.worker_id, slots_of(self._settings))

    def wake(self) -> None:
        """Something was queued: look now."""
        self._dispatcher.wake()

    def stop(self) -> None:
        """Kill what is being planned and give it back for others to do. Raises StoreError."""
        self._stopping.set()
        self._dispatcher.stop()
        self._engine.stop()
        self.lease.stop()
        self._store.close()

    def _plan_nightly(self, scheduled_at: datetime) -> None:
        queue_nightly(self._store, self._settings, scheduled_at)
        queue_learning(self._store, scheduled_at)


def queue_nightly(store: Store, settings: Settings, scheduled_at: datetime) -> None:
    """Queue the planning of the days that follow, once for each moment of the schedule."""
    first_day = scheduled_at.astimezone(ZoneInfo(settings.nightly_zone)).date() + timedelta(days=1)
    run = PlanRun(
        first_day=first_day,
        days=settings.nightly_days,
        seconds=settings.solve_seconds,
        queue=JobQueue.BATCH.value,
        priority=9,
        schedule_key=f"nightly/{scheduled_at.isoformat()}",
    )
    try:
        with store.session() as session:
            add_run(session, SYSTEM, run)
    except ConflictError:
        log.info("the nightly planning of %s is queued already", scheduled_at)


def queue_learning(store: Store, scheduled_at: datetime) -> None:
    """Queue the nightly fit of the workload's factors, once for each moment of the schedule."""
    try:
        with store.session() as session:
            add_task(session, LEARN, schedule_key=f"learn/{scheduled_at.isoformat()}")
    except ConflictError:
        log.info("the fit of %s is queued already", scheduled_at)


def slots_of(settings: Settings) -> int:
    """How many territories a worker plans at a time, beside one that somebody waits for."""
    return settings.worker_slots or max(1, (os.cpu_count() or 1) - 1)


def work_until(worker: Worker, stopping: threading.Event) -> None:
    """Works until the event is set, then ends in time whatever still runs."""
    worker.start()
    stopping.wait()
    last = threading.Timer(LAST_S, os._exit, (0,))
    last.daemon = True
    last.start()
    worker.stop()
    last.cancel()


def stop_on_signals(stopping: threading.Event) -> None:
    """SIGTERM and Ctrl-C set the event."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())


def _listen(worker: Worker, stopping: threading.Event) -> None:
    while read_line():
        worker.wake()
    stopping.set()


def main() -> int:
    """The worker of a service: settings and news come on stdin, and its end ends the worker."""
    settings = Settings.model_validate_json(read_line())
    logging.config.dictConfig(logging_config(settings.log_format))
    stopping = threading.Event()
    stop_on_signals(stopping)
    try:
        worker = Worker(settings)
        threading.Thread(target=_listen, args=(worker, stopping), daemon=True).start()
        work_until(worker, stopping)
    except BeatplanError as error:
        log.error("this service's worker cannot work: %s", error)  # noqa: TRY400 - its sentence says it all
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
