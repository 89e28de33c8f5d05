"""Reading what planning needs of a territory, in a handful of queries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, func, select

from visits.day_plan import DayPlan
from visits.hours import shift_id
from visits.local_day import LocalDay, zone_named
from visits.models import (
    OPEN_STATES,
    Absence,
    Customer,
    Plan,
    PlanVersion,
    Rep,
    Territory,
    Visit,
    VisitState,
)
from visits.needs import CustomerHistory
from visits.problem_building import TerritoryData
from visits.progress import DayProgress, progress_of
from visits.queries.policies import value_policy
from visits.queries.reps import absences_between

_AROUND = timedelta(days=2)
_COUNT_AS_MADE = (VisitState.PLANNED, VisitState.PROMISED, VisitState.EN_ROUTE, VisitState.ARRIVED, VisitState.DONE)
_REFUSED = (VisitState.CANCELLED, VisitState.NO_SHOW, VisitState.SKIPPED)
R = TypeVar("R", Rep, Customer)


def territories_to_plan(session: Session, territory_ids: Sequence[str] | None) -> list[str | None]:
    """The territories that have reps, of those asked for; None stands for reps without a territory."""
    statement = select(Rep.territory_id).where(col(Rep.active)).distinct()
    if territory_ids is not None:
        statement = statement.where(col(Rep.territory_id).in_(territory_ids))
    return sorted(session.exec(statement), key=lambda name: (name is None, name or ""))


def load_territory(
    session: Session,
    territory_id: str | None,
    horizon: tuple[date, date],
    now: datetime,
    *,
    with_customers: bool = True,
) -> TerritoryData:
    """What is stored of a territory for planning the days from the first to the last of `horizon`.

    Without customers only its reps, their absences and their plans.
    """
    territory = session.get(Territory, territory_id) if territory_id else None
    reps = _active_in(session, Rep, territory_id)
    plans = current_documents(session, reps, horizon)
    visits = visits_by_id(session, (stop.visit for plan in plans for stop in plan.stops))
    progress = {
        shift_id(plan.rep, plan.date): progress_of(plan, visits, LocalDay(plan.date, zone_named(plan.timezone)), now)
        for plan in plans
    }
    customers = _active_in(session, Customer, territory_id) if with_customers else ()
    made = [(plan.date, progress[shift_id(plan.rep, plan.date)]) for plan in plans]
    return TerritoryData(
        territory_id=territory_id,
        name=territory.name if territory else "without territory",
        horizon=horizon,
        reps=reps,
        customers=customers,
        absences=_absences(session, reps, horizon),
        visits=visits,
        histories=_histories(session, customers, {rep.id for rep in reps}, horizon, made),
        progress={name: state for name, state in progress.items() if state.begun},
        documents={shift_id(plan.rep, plan.date): plan for plan in plans},
        policy=value_policy(session),
    )


def _absences(session: Session, reps: Sequence[Rep], horizon: tuple[date, date]) -> tuple[Absence, ...]:
    begin, end = (datetime.combine(day, time(), UTC) for day in horizon)
    return absences_between(session, [rep.id for rep in reps], begin - _AROUND, end + _AROUND)


def current_documents(session: Session, reps: Iterable[Rep], horizon: tuple[date, date]) -> list[DayPlan]:
    """The current plans of these reps from the first to the last day of `horizon`."""
    statement = (
        select(PlanVersion.document)
        .join(Plan, (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number))
        .where(col(Plan.rep_id).in_([rep.id for rep in reps]), col(Plan.day).between(*horizon))
        .order_by(col(Plan.rep_id), col(Plan.day))
    )
    return [DayPlan.model_validate_json(document) for document in session.exec(statement)]


def visits_by_id(session: Session, ids: Iterable[str]) -> dict[str, Visit]:
    """Stored visits by id."""
    found: dict[str, Visit] = {}
    for part in _chunks(sorted(set(ids))):
        found.update({visit.id: visit for visit in session.exec(select(Visit).where(col(Visit.id).in_(part)))})
    return found


def _active_in(session: Session, kind: type[R], territory_id: str | None) -> tuple[R, ...]:
    """Active reps or customers of a territory, by id."""
    statement = select(kind).where(col(kind.active), _territory_is(col(kind.territory_id), territory_id))
    return tuple(session.exec(statement.order_by(col(kind.id))))


def _territory_is(column: Any, territory_id: str | None) -> ColumnElement[bool]:
    is_it: ColumnElement[bool] = column.is_(None) if territory_id is None else column == territory_id
    return is_it


def _histories(
    session: Session,
    customers: Sequence[Customer],
    reps: Collection[str],
    horizon: tuple[date, date],
    progress: Iterable[tuple[date, DayProgress]],
) -> dict[str, CustomerHistory]:
    """What is known of each customer's visits.

    A visit counts as made when it is planned before the horizon, executed, or planned for a rep of another territory.
    """
    ids = [customer.id for customer in customers]
    made: dict[str, date | None] = {customer.id: customer.last_visit for customer in customers}
    executed: set[str] = set()
    for day, state in progress:
        for stop in state.locked:
            executed.add(stop.visit)
            if stop.state != VisitState.NO_SHOW and stop.customer in made:
                made[stop.customer] = _later(made[stop.customer], day)
    so_far: Counter[str] = Counter()
    open_visits: dict[str, list[Visit]] = defaultdict(list)
    refused: dict[str, set[date]] = defaultdict(set)
    for part in _chunks(ids):
        of_part = col(Visit.customer_id).in_(part)
        counted = select(Visit.customer_id, func.count()).where(of_part).group_by(col(Visit.customer_id))
        so_far.update(dict(session.exec(counted).all()))
        before = (
            select(Visit.customer_id, func.max(Visit.day))
            .where(of_part, col(Visit.day) < horizon[0], col(Visit.state).in_(_COUNT_AS_MADE))
            .group_by(col(Visit.customer_id))
        )
        for customer_id, last_day in session.exec(before):
            made[customer_id] = _later(made[customer_id], last_day)
        still_open = select(Visit).where(of_part, col(Visit.state).in_(OPEN_STATES))
        for visit in session.exec(still_open.order_by(col(Visit.id))):
            if visit.rep_id is not None and visit.rep_id not in reps:
                made[visit.customer_id] = _later(made[visit.customer_id], visit.day)
            elif visit.id not in executed and (visit.day is None or visit.day >= horizon[0]):
                open_visits[visit.customer_id].append(visit)
        refusals = select(Visit).where(of_part, col(Visit.state).in_(_REFUSED), col(Visit.day).between(*horizon))
        for visit in session.exec(refusals):
            if visit.day is not None:
                refused[visit.customer_id].add(visit.day)
    return {
        name: CustomerHistory(tuple(open_visits[name]), so_far[name], made[name], frozenset(refused[name]))
        for name in ids
    }


def _later(first: date | None, second: date | None) -> date | None:
    return max((day for day in (first, second) if day is not None), default=None)


def _chunks(ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    """Ids in portions that every database takes in one statement."""
    return (ids[i : i + size] for i in range(0, len(ids), size))
