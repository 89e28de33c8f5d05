"""What the coming weeks ask of a team: visits that fall due, the hours they take, and the hours there are.

Every customer is taken to be visited when due, and again after each agreed gap; one never visited counts in the first
week. Driving is what the plans of the last weeks needed for a visit.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from routing.documents import Count, Day, Document
from visits.hours import shifts_of
from visits.models import Customer, Plan, PlanVersion, Rep
from visits.problem_building import worker_of
from visits.queries.reps import absences_between
from visits.scope import Viewer, visible_customers, visible_plans, visible_reps

MOST_WEEKS = 26
LOOK_BACK = timedelta(days=28)
TRAVEL_S = 900
"""Driving for a visit where there are no plans yet to learn it from."""


class Week(Document):
    """One week from its first day: visits due, what they need, and the working time of the reps without breaks."""

    first_day: Day
    visits: Count
    service_s: Count
    travel_s: Count
    capacity_s: Count
    overdue_before: Count = 0


class Forecast(Document):
    """The weeks, and the driving that a visit is reckoned to need; `travel_known` says whether plans told it."""

    travel_s_each: Count
    travel_known: bool
    reps: Count
    customers: Count
    weeks: tuple[Week, ...]


def forecast(
    session: Session, viewer: Viewer, first_day: date, weeks: int, territory_id: str | None = None
) -> Forecast:
    """The coming weeks of what the viewer sees, of one territory where asked.

    Raises InputError for working hours of a rep that cannot be read.
    """
    reps_asked = visible_reps(select(Rep).where(col(Rep.active)), viewer)
    customers_asked = visible_customers(
        select(Customer).where(col(Customer.active), col(Customer.cadence_days).is_not(None)), viewer
    )
    if territory_id is not None:
        reps_asked = reps_asked.where(Rep.territory_id == territory_id)
        customers_asked = customers_asked.where(Customer.territory_id == territory_id)
    reps, customers = session.exec(reps_asked).all(), session.exec(customers_asked).all()
    each_s, known = _travel_each(session, viewer, first_day)
    visits, service_s = _falling_due(customers, first_day, weeks)
    capacity_s = _capacity(session, reps, first_day, weeks)
    overdue = sum(_next_due(customer, first_day) < first_day for customer in customers if customer.last_visit)
    return Forecast(
        travel_s_each=each_s,
        travel_known=known,
        reps=len(reps),
        customers=len(customers),
        weeks=tuple(
            Week(
                first_day=first_day + timedelta(weeks=week),
                visits=visits[week],
                service_s=service_s[week],
                travel_s=visits[week] * each_s,
                capacity_s=capacity_s[week],
                overdue_before=overdue if week == 0 else 0,
            )
            for week in range(weeks)
        ),
    )


def _next_due(customer: Customer, first_day: date) -> date:
    """The day a customer's gap is over; the first day for one never visited."""
    if customer.last_visit is None or customer.cadence_days is None:
        return first_day
    return customer.last_visit + timedelta(days=customer.cadence_days)


def _falling_due(customers: Sequence[Customer], first_day: date, weeks: int) -> tuple[Counter[int], Counter[int]]:
    visits: Counter[int] = Counter()
    service_s: Counter[int] = Counter()
    for customer in customers:
        assert customer.cadence_days is not None
        due = max(_next_due(customer, first_day), first_day)
        while (week := (due - first_day).days // 7) < weeks:
            visits[week] += 1
            service_s[week] += customer.service_minutes * 60
            due += timedelta(days=customer.cadence_days)
    return visits, service_s


def _capacity(session: Session, reps: Sequence[Rep], first_day: date, weeks: int) -> Counter[int]:
    days = [first_day + timedelta(days=i) for i in range(7 * weeks)]
    found: Counter[int] = Counter()
    for rep in reps:
        worker = worker_of(rep)
        begin = datetime.combine(days[0], datetime.min.time(), worker.zone)
        away = absences_between(session, [rep.id], begin, begin + timedelta(days=len(days)))
        for shift in shifts_of(worker, days, [(one.starts_at, one.ends_at) for one in away]):
            rest_s = sum(pause.duration_s for pause in shift.breaks)
            found[(shift.day - first_day).days // 7] += max(0, shift.end_s - shift.start_s - rest_s)
    return found


def _travel_each(session: Session, viewer: Viewer, first_day: date) -> tuple[int, bool]:
    statement = (
        select(PlanVersion.document)
        .join(Plan, (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number))
        .where(col(Plan.day).between(first_day - LOOK_BACK, first_day + LOOK_BACK))
    )
    totals = [json.loads(document)["totals"] for document in session.exec(visible_plans(statement, viewer))]
    stops = sum(one["stops"] for one in totals)
    return (round(sum(one["travel_s"] for one in totals) / stops), True) if stops else (TRAVEL_S, False)
