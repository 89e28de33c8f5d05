"""Finds what waits and gives it to the engine; finds workers that died and gives their work to the others.

Every worker runs one. All of them may do the same at the same time: a run is split once, a job is queued once, and a
dead worker's parts are given back once, because the rows decide.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, select

from api.jobs.engine import BATCH, DELIVER, ON_TERRITORIES, PLAN_TERRITORY, SYNC, Engine
from routing.errors import BeatplanError
from visits.leases import bury, dead_workers, runs_to_split
from visits.models import JobQueue, PlanPart, PlanRun, RunState, TerritoryTask
from visits.run_keeping import split_run
from visits.store import Store
from visits.territories.publishing import take_effect_when_due
from visits.territories.tasks import waiting_tasks
from visits.webhooks import due_deliveries, note_attempt, put_on_their_way

log = logging.getLogger("beatplan.jobs")
LOOK_S = 0.5
DOUBT_S = 20.0
"""How often it is made sure that what was given to the engine is still known there."""
FORGET_S = 600.0
EFFECT_S = 60.0
"""How often it is looked whether a scheduled proposal's day has come."""
KEEP_DAYS = 7


class Dispatcher:
    """One thread that looks twice a second, and at once when it is woken. `start` once, `stop` once."""

    def __init__(self, store: Store, engine: Engine, lease_s: float) -> None:
        self._store, self._engine, self._lease_s = store, engine, lease_s
        self._given: set[str] = set()
        self._told: set[str] = set()
        self._handed: set[str] = set()
        self._news, self._stopping = threading.Event(), threading.Event()
        self._due = dict.fromkeys(("reap", "doubt", "forget", "effect"), 0.0)
        self._thread = threading.Thread(target=self._work, name="dispatcher", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def wake(self) -> None:
        """Something was queued: look now."""
        self._news.set()

    def stop(self) -> None:
        """End the thread."""
        self._stopping.set()
        self._news.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            self._news.clear()
            for task in (
                self._reap,
                self._split,
                self._give,
                self._hand,
                self._tell,
                self._take_effect,
                self._doubt,
                self._forget,
            ):
                with self._at_the_edge():
                    task()
            self._news.wait(LOOK_S)

    @contextmanager
    def _at_the_edge(self) -> Iterator[None]:
        """Whatever goes wrong in one look is logged; the next look tries again."""
        try:
            yield
        except BeatplanError as error:
            log.warning("jobs wait: %s", error)
        except Exception:
            log.exception("a look at the jobs failed")

    def _is_due(self, task: str, every_s: float) -> bool:
        if time.monotonic() < self._due[task]:
            return False
        self._due[task] = time.monotonic() + every_s
        return True

    def _reap(self) -> None:
        if not self._is_due("reap", self._lease_s / 5):
            return
        for worker_id in dead_workers(self._store, self._lease_s):
            jobs = self._engine.take_over(worker_id)
            parts = bury(self._store, worker_id, self._lease_s)
            log.warning("worker %s is gone; %d of its jobs and %d territories are taken over", worker_id, jobs, parts)

    def _split(self) -> None:
        for run_id in runs_to_split(self._store):
            split_run(self._store, run_id, adopting=True)

    def _waiting(self) -> list[tuple[str, int, str, int]]:
        statement = (
            select(PlanPart.id, PlanPart.claim, PlanRun.queue, PlanRun.priority)
            .join(PlanRun)
            .where(PlanPart.status == RunState.QUEUED, PlanRun.queue != JobQueue.LOCAL)
            .order_by(col(PlanRun.priority), col(PlanRun.created_at), col(PlanPart.position))
        )
        with self._store.reading() as session:
            return list(session.exec(statement))

    def _give(self) -> None:
        waiting = {job_id(part_id, claim): (part_id, queue, prio) for part_id, claim, queue, prio in self._waiting()}
        self._given &= waiting.keys()
        for name, (part_id, queue, priority) in waiting.items():
            if name not in self._given:
                self._engine.enqueue(PLAN_TERRITORY, part_id, queue=queue, job_id=name, priority=priority)
                self._given.add(name)

    def _waiting_tasks(self) -> dict[str, str]:
        with self._store.reading() as session:
            return {job_id(task_id, claim): task_id for task_id, claim in waiting_tasks(session)}

    def _hand(self) -> None:
        waiting = self._waiting_tasks()
        self._handed &= waiting.keys()
        for name, task_id in waiting.items():
            if name not in self._handed:
                self._engine.enqueue(ON_TERRITORIES, task_id, queue=BATCH, job_id=name, priority=4)
                self._handed.add(name)

    def _take_effect(self) -> None:
        if self._is_due("effect", EFFECT_S):
            count = take_effect_when_due(self._store, datetime.now(UTC).date())
            if count:
                log.info("%d territory proposals took effect", count)

    def _tell(self) -> None:
        put_on_their_way(self._store)
        with self._store.reading() as session:
            due = {job_id(delivery_id, attempts): delivery_id for delivery_id, attempts in due_deliveries(session)}
        self._told &= due.keys()
        for name, delivery_id in due.items():
            if name not in self._told:
                self._engine.enqueue(DELIVER, delivery_id, queue=SYNC, job_id=name, priority=5)
                self._told.add(name)

    def _doubt(self) -> None:
        """What waits although its job is over gets a new job: a part a new claim number, a message a new attempt."""
        if not self._is_due("doubt", DOUBT_S):
            return
        waiting = {job_id(part_id, claim): (part_id, claim) for part_id, claim, _, _ in self._waiting()}
        for name in self._engine.over(sorted(waiting)):
            part_id, claim = waiting[name]
            still = (col(PlanPart.id) == part_id) & (col(PlanPart.claim) == claim)
            with self._store.session() as session:
                waits = still & (col(PlanPart.status) == RunState.QUEUED)
                session.exec(update(PlanPart).where(waits).values(claim=claim + 1))
        self._given.clear()
        tasks = self._waiting_tasks()
        for name in self._engine.over(sorted(tasks)):
            mine = (col(TerritoryTask.id) == tasks[name]) & (col(TerritoryTask.status) == RunState.QUEUED)
            with self._store.session() as session:
                session.exec(update(TerritoryTask).where(mine).values(claim=TerritoryTask.claim + 1))
        self._handed.clear()
        with self._store.reading() as session:
            tried = {job_id(one, attempts): (one, attempts) for one, attempts in due_deliveries(session)}
        for name in self._engine.over(sorted(tried)):
            with self._store.session() as session:
                note_attempt(session, *tried[name], sent=False, answer="interrupted")
        self._told.clear()

    def _forget(self) -> None:
        if self._is_due("forget", FORGET_S):
            self._engine.forget((datetime.now(UTC) - timedelta(days=KEEP_DAYS)).isoformat())


def job_id(thing_id: str, number: int) -> str:
    """The name of a job: a part that waits again under a new claim, or a message at its next attempt, is a new job."""
    return f"{thing_id}-{number}"
