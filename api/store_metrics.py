"""What the database tells a monitoring system: queues, runs, plans, workers. Asked for when somebody looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from prometheus_client.core import GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector
from sqlmodel import Session, col, func, select

from visits.leases import living_workers, moment
from visits.models import DeliveryState, JobQueue, Plan, PlanPart, PlanRun, PlanVersion, RunState, WebhookDelivery
from visits.run_result import RunResult
from visits.store import Store

DAY = timedelta(days=1)


class StoreMetrics(Collector):
    """Reads the figures from the database, in one transaction, each time that it is asked."""

    def __init__(self, store: Store, lease_s: float) -> None:
        self._store, self._lease_s = store, lease_s

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: a registry would otherwise ask the database when it is made."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The figures. Raises StoreError."""
        with self._store.reading() as session:
            now = moment(session)
            yield from _queues(session, now)
            yield from _runs(session, now)
            yield from _plans(session, now)
            yield GaugeMetricFamily("beatplan_workers", "Workers alive.", value=living_workers(session, self._lease_s))
            waiting = select(func.count()).where(WebhookDelivery.state == DeliveryState.WAITING)
            yield GaugeMetricFamily(
                "beatplan_webhook_messages_waiting",
                "Messages to webhooks not yet taken.",
                value=session.exec(waiting).one(),
            )


def _queues(session: Session, now: datetime) -> Iterable[Metric]:
    oldest = GaugeMetricFamily("beatplan_queue_age_seconds", "How long the oldest territory waits.", labels=("queue",))
    length = GaugeMetricFamily("beatplan_queue_length", "Territories that wait to be planned.", labels=("queue",))
    waits = (
        select(PlanRun.queue, func.count(), func.min(PlanPart.created_at))
        .join(PlanPart)
        .where(PlanPart.status == RunState.QUEUED)
        .group_by(col(PlanRun.queue))
    )
    found = {queue: (count, since) for queue, count, since in session.exec(waits)}
    for queue in JobQueue:
        count, since = found.get(queue.value, (0, now))
        oldest.add_metric((queue.value,), max(0.0, (now - since).total_seconds()))
        length.add_metric((queue.value,), count)
    return oldest, length


def _runs(session: Session, now: datetime) -> Iterable[Metric]:
    recent = select(PlanRun).where(col(PlanRun.finished_at) >= now - DAY).order_by(col(PlanRun.finished_at))
    runs = [run for run in session.exec(recent) if run.started_at is not None and run.finished_at is not None]
    seconds = SummaryMetricFamily("beatplan_plan_run_seconds", "Planning runs of the last day.", labels=("status",))
    counted = Counter(run.status for run in runs)
    for status in (RunState.DONE, RunState.FAILED, RunState.CANCELLED):
        took = sum(
            (run.finished_at - run.started_at).total_seconds()
            for run in runs
            if run.status == status and run.finished_at and run.started_at
        )
        seconds.add_metric((status.value,), count_value=counted[status.value], sum_value=took)
    gap = GaugeMetricFamily("beatplan_gap_ratio", "How far the last run is below what none can exceed, at most.")
    results = [RunResult.model_validate(run.result) for run in runs if run.status == RunState.DONE and run.result]
    bounded = [result for result in results if result.bound_s]
    if bounded and bounded[-1].bound_s:
        gap.add_metric((), (bounded[-1].bound_s - bounded[-1].objective_s) / abs(bounded[-1].bound_s))
    return seconds, gap


def _plans(session: Session, now: datetime) -> Iterable[Metric]:
    """How old the plans of today and later are."""
    is_current = (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number)
    statement = select(func.min(PlanVersion.created_at)).join(Plan, is_current).where(col(Plan.day) >= now.date())
    since = session.exec(statement).one()
    age = GaugeMetricFamily("beatplan_plan_age_seconds", "Age of the oldest plan of today or later.")
    if since is not None:
        age.add_metric((), max(0.0, (now - since).total_seconds()))
    return (age,)
