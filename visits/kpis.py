"""What came of the plans of some days: visits by what became of them, promises, driving, and who is overdue."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_
from sqlmodel import Session, col, select

from routing.documents import Count, Day, Document, Id
from visits.errors import InputError
from visits.local_day import LocalDay, zone_named
from visits.models import Customer, Plan, PlanVersion, Rep, Visit, VisitState
from visits.queries.policies import value_policy
from visits.scope import Viewer, visible_customers, visible_plans, visible_reps, visible_visits
from visits.value import due_on

MOST_DAYS = 92


class Figures(Document):
    """Counts and sums. `planned` are visits that still stand in a plan; `promises` those promised to a customer."""

    planned: Count = 0
    done: Count = 0
    no_show: Count = 0
    cancelled: Count = 0
    skipped: Count = 0
    promises: Count = 0
    promises_kept: Count = 0
    rep_days: Count = 0
    stops: Count = 0
    travel_s: Count = 0
    distance_m: Count = 0
    service_s: Count = 0


class RepFigures(Document):
    """The figures of one rep."""

    rep: Id
    name: str
    figures: Figures


class Upkeep(Document):
    """How the active customers with an agreed gap stand on the last day."""

    customers: Count = 0
    due: Count = 0
    overdue: Count = 0
    never_visited: Count = 0


class Kpis(Document):
    """The figures of a span of days, all together and by rep, as far as the viewer sees."""

    first_day: Day
    last_day: Day
    total: Figures
    reps: tuple[RepFigures, ...]
    upkeep: Upkeep


@dataclass(frozen=True, slots=True)
class Span:
    """Days looked at, the last included. Raises InputError for too many, or in the wrong order."""

    first: date
    last: date
    most: int = MOST_DAYS

    def __post_init__(self) -> None:
        days = (self.last - self.first).days + 1
        if not 1 <= days <= self.most:
            raise InputError(f"from {self.first} to {self.last} is {days} days; ask for 1 to {self.most}")


def kpis(session: Session, viewer: Viewer, span: Span, territory_id: str | None = None) -> Kpis:
    """The figures of a span, of one territory's reps and customers where asked.

    A visit counts on the day it stands on, one that left its plan on the day it was called off.
    """
    statement = visible_reps(select(Rep), viewer).order_by(col(Rep.name), col(Rep.id))
    if territory_id is not None:
        statement = statement.where(Rep.territory_id == territory_id)
    reps = session.exec(statement).all()
    counted = _visits(session, viewer, span, reps)
    driven = _plans(session, viewer, span)
    by_rep = tuple(
        RepFigures(rep=rep.id, name=rep.name, figures=Figures(**(counted[rep.id] + driven.get(rep.id, Counter()))))
        for rep in reps
    )
    total: Counter[str] = Counter()
    for one in by_rep:
        total.update(one.figures.model_dump())
    return Kpis(
        first_day=span.first,
        last_day=span.last,
        total=Figures(**total),
        reps=by_rep,
        upkeep=_upkeep(session, viewer, span.last, territory_id),
    )


def _visits(session: Session, viewer: Viewer, span: Span, reps: Sequence[Rep]) -> dict[str, Counter[str]]:
    zones = {rep.id: zone_named(rep.timezone) for rep in reps}
    begin = datetime.combine(span.first, time(), UTC) - timedelta(days=1)
    end = datetime.combine(span.last, time(), UTC) + timedelta(days=2)
    on_the_days = or_(
        col(Visit.day).between(span.first, span.last),
        col(Visit.day).is_(None) & col(Visit.ended_at).between(begin, end),
    )
    found: dict[str, Counter[str]] = {rep.id: Counter() for rep in reps}
    for visit in session.exec(visible_visits(select(Visit).where(on_the_days), viewer)):
        zone = zones.get(visit.rep_id or "")
        if visit.rep_id is None or zone is None:
            continue
        day = visit.day or (visit.ended_at.astimezone(zone).date() if visit.ended_at else None)
        if day is None or not span.first <= day <= span.last:
            continue
        one = found[visit.rep_id]
        one[_KINDS.get(VisitState(visit.state), "planned")] += 1
        if visit.promise_day is not None:
            one["promises"] += 1
            one["promises_kept"] += _kept(visit, zone)
    return found


_KINDS = {
    VisitState.DONE: "done",
    VisitState.NO_SHOW: "no_show",
    VisitState.CANCELLED: "cancelled",
    VisitState.SKIPPED: "skipped",
}


def _kept(visit: Visit, zone: ZoneInfo) -> bool:
    """Whether a promised visit took place on its day, and the rep was there in time where the arrival is known.

    Who is there before the span waits for it.
    """
    if visit.state != VisitState.DONE or visit.promise_day is None or visit.promise_day != visit.day:
        return False
    if visit.arrived_at is None or visit.promise_end_s is None:
        return True
    return LocalDay(visit.promise_day, zone).since_midnight(visit.arrived_at) <= visit.promise_end_s


def _plans(session: Session, viewer: Viewer, span: Span) -> dict[str, Counter[str]]:
    statement = (
        select(Plan.rep_id, PlanVersion.document)
        .join(PlanVersion, (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number))
        .where(col(Plan.day).between(span.first, span.last))
    )
    found: dict[str, Counter[str]] = {}
    for rep_id, document in session.exec(visible_plans(statement, viewer)):
        totals = json.loads(document)["totals"]
        one = found.setdefault(rep_id, Counter())
        one["rep_days"] += 1
        for name in ("stops", "travel_s", "distance_m", "service_s"):
            one[name] += totals[name]
    return found


def _upkeep(session: Session, viewer: Viewer, day: date, territory_id: str | None) -> Upkeep:
    statement = select(Customer).where(col(Customer.active), col(Customer.cadence_days).is_not(None))
    if territory_id is not None:
        statement = statement.where(Customer.territory_id == territory_id)
    counted = _standing(session.exec(visible_customers(statement, viewer)), session, day)
    return Upkeep(
        customers=counted.total(),
        due=counted["due"],
        overdue=counted["overdue"],
        never_visited=counted["never_visited"],
    )


def _standing(customers: Iterable[Customer], session: Session, day: date) -> Counter[str]:
    policy = value_policy(session)
    stands = (due_on(customer, day, policy, customer.last_visit) for customer in customers)
    return Counter(due.status for due in stands if due is not None)
