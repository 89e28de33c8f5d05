"""DBOS as this project uses it: queues, priorities, and jobs carried to whichever worker is free.

Its tables live beside ours: the schema `dbos` of the same PostgreSQL database, or the file BASE-jobs.db beside the
SQLite file. They can be lost without losing a run: jobs are queued again from the rows of runs.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from croniter import croniter
from dbos import DBOS, DBOSConfig, EnqueueOptions, ScheduleInput
from sqlalchemy import URL

from visits.errors import InputError
from visits.local_day import zone_named
from visits.models import JobQueue
from visits.store import database_url

JOB_PROTOCOL = "1"
"""Raised by hand when jobs change so that workers of the version before must not take them."""
INTERACTIVE, BATCH, SYNC = JobQueue.INTERACTIVE.value, JobQueue.BATCH.value, "sync"
SYNC_SLOTS = 4
OVER = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})
PLAN_TERRITORY, DELIVER, ON_TERRITORIES = "plan_territory", "deliver_webhook", "work_on_territories"
Job = Callable[[str], str]


def jobs_url(store_url: str) -> URL:
    """Where the engine keeps its tables, from the address of our database. Raises InputError."""
    url = database_url(store_url)
    if url.get_backend_name() != "sqlite":
        return url.set(drivername="postgresql+psycopg")
    file = Path(str(url.database).removeprefix("file:"))
    return url.set(database=str(file.with_name(f"{file.stem}-jobs.db")), query={})


class Engine:
    """A launched DBOS, one per process, named as the worker: nobody else ever continues its jobs under its name."""

    def __init__(self, store_url: str, worker_id: str, slots: int, jobs: Mapping[str, Job]) -> None:
        url = jobs_url(store_url)
        if url.get_backend_name() == "sqlite":
            with closing(sqlite3.connect(str(url.database))) as file:
                file.execute("PRAGMA journal_mode=WAL")
        config: DBOSConfig = {
            "name": "beatplan",
            "system_database_url": url.render_as_string(hide_password=False),
            "application_version": JOB_PROTOCOL,
            "executor_id": worker_id,
            "log_level": "ERROR",
            "use_listen_notify": False,
            "scheduler_polling_interval_sec": 5.0,
        }
        logging.getLogger("dbos").propagate = False
        self._slots = slots
        self._schedules: list[ScheduleInput] = []
        self._ended: list[str] = []
        DBOS(config=config)
        for name, job in jobs.items():
            DBOS.workflow(name=name)(_as_workflow(name, job))

    def start(self) -> None:
        """Make the engine's tables where they are missing and begin to take jobs."""
        DBOS.listen_queues([INTERACTIVE, BATCH, SYNC])
        DBOS.launch()
        for name, slots, look_s in (
            (INTERACTIVE, 1, 0.25),
            (BATCH, self._slots, 0.5),
            (SYNC, SYNC_SLOTS, 1.0),
        ):
            DBOS.register_queue(
                name, worker_concurrency=slots, polling_interval_sec=look_s, on_conflict="always_update"
            )

        for name in self._ended:
            DBOS.delete_schedule(name)
        DBOS.apply_schedules(self._schedules)

    def schedule(self, name: str, cron: str, zone: str, job: Callable[[datetime], None]) -> None:
        """Do a job at the moments of a cron line, once among all workers; `off` ends it. Call it before `start`.

        Raises InputError for a line that is no cron line and a zone that nobody knows.
        """
        zone_named(zone)
        if cron not in {"", "off"} and not croniter.is_valid(cron):
            raise InputError(f"the schedule {name} is {cron!r}, no cron line; write such as `0 2 * * *`")

        def fire(scheduled_at: datetime, _context: object) -> None:
            job(scheduled_at)

        fire.__name__ = fire.__qualname__ = name
        work = DBOS.workflow(name=name)(fire)
        if cron == "off":
            self._ended.append(name)
        elif cron:
            self._schedules.append(
                {
                    "schedule_name": name,
                    "workflow_fn": work,
                    "schedule": cron,
                    "cron_timezone": zone,
                    "queue_name": SYNC,
                }
            )

    def enqueue(self, job: str, argument: str, *, queue: str, job_id: str, priority: int) -> None:
        """Queue a job under its id; one that is known already stays as it is."""
        options: EnqueueOptions = {
            "workflow_name": job,
            "queue_name": queue,
            "workflow_id": job_id,
            "priority": priority,
        }
        DBOS.enqueue_workflow_with_options(options, argument)

    def over(self, job_ids: Sequence[str]) -> set[str]:
        """Which of these jobs are over, in whatever way."""
        if not job_ids:
            return set()
        found = DBOS.list_workflows(workflow_ids=list(job_ids), load_input=False, load_output=False)
        return {one.workflow_id for one in found if one.status in OVER}

    def take_over(self, worker_id: str) -> int:
        """Queue again what a dead worker had taken; how many jobs these were."""
        found = DBOS.list_workflows(status="PENDING", executor_id=worker_id, load_input=False, load_output=False)
        by_queue: dict[str, list[str]] = {}
        for one in found:
            by_queue.setdefault(one.queue_name or BATCH, []).append(one.workflow_id)
        for queue, ids in by_queue.items():
            DBOS.resume_workflows(ids, queue_name=queue)
        return len(found)

    def forget(self, completed_before: str, most: int = 500) -> int:
        """Delete jobs that were over by a moment (ISO 8601); how many."""
        found = DBOS.list_workflows(
            completed_before=completed_before, status=sorted(OVER), limit=most, load_input=False, load_output=False
        )
        if found:
            DBOS.delete_workflows([one.workflow_id for one in found])
        return len(found)

    def stop(self) -> None:
        """Take no more jobs and let go of the database; jobs under way are not waited for."""
        DBOS.destroy(workflow_completion_timeout_sec=0)


def _as_workflow(name: str, job: Job) -> Job:
    def work(argument: str) -> str:
        return job(argument)

    work.__name__ = work.__qualname__ = name
    return work
