"""What a planning run changed, against the plans that it replaced."""

from __future__ import annotations

from sqlmodel import Session, col, select

from routing.documents import Count, Day, Document, Id
from visits.day_plan import DayPlan
from visits.models import Plan, PlanVersion
from visits.queries.runs import get_run
from visits.scope import Viewer, visible_plans


class DaySums(Document):
    """Sums over some rep-days."""

    plans: Count = 0
    stops: Count = 0
    travel_s: Count = 0
    distance_m: Count = 0
    waiting_s: Count = 0
    overtime_s: Count = 0
    value_s: int = 0


class ReplacedDay(Document):
    """A rep-day that the run planned: the former plan's sums (of none: zeros) and the new one's."""

    rep: Id
    rep_name: str
    date: Day
    before: DaySums
    after: DaySums


class RunComparison(Document):
    """The run's rep-days and their sums before and after."""

    run: Id
    before: DaySums
    after: DaySums
    days: tuple[ReplacedDay, ...] = ()


def compare_run(session: Session, viewer: Viewer, run_id: str) -> RunComparison:
    """A run's plans against those before them. Raises NotFoundError for a run the viewer may not see."""
    get_run(session, viewer, run_id)
    statement = (
        select(PlanVersion)
        .join(Plan, col(Plan.id) == PlanVersion.plan_id)
        .where(PlanVersion.run_id == run_id)
        .order_by(col(Plan.day), col(Plan.rep_id))
    )
    written = session.exec(visible_plans(statement, viewer)).all()
    former = {
        (one.plan_id, one.number): one.document
        for one in session.exec(
            select(PlanVersion).where(col(PlanVersion.plan_id).in_([version.plan_id for version in written]))
        )
        if any(version.plan_id == one.plan_id and version.parent == one.number for version in written)
    }
    days = []
    for version in written:
        plan = DayPlan.model_validate_json(version.document)
        text = former.get((version.plan_id, version.parent or 0))
        before = DaySums() if text is None else day_sums(DayPlan.model_validate_json(text))
        days.append(
            ReplacedDay(rep=plan.rep, rep_name=plan.rep_name, date=plan.date, before=before, after=day_sums(plan))
        )
    return RunComparison(
        run=run_id,
        before=added_up([day.before for day in days]),
        after=added_up([day.after for day in days]),
        days=tuple(days),
    )


def day_sums(plan: DayPlan) -> DaySums:
    """A rep-day in sums."""
    totals = plan.totals
    return DaySums(
        plans=1,
        stops=totals.stops,
        travel_s=totals.travel_s,
        distance_m=totals.distance_m,
        waiting_s=totals.waiting_s,
        overtime_s=max(0, totals.end_s - plan.shift.end_s),
        value_s=totals.value_s,
    )


def added_up(parts: list[DaySums]) -> DaySums:
    """Sums over some rep-days."""
    return DaySums(**{name: sum(getattr(part, name) for part in parts) for name in DaySums.model_fields})
