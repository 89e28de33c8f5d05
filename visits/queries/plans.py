"""Plans of rep-days and their versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy
from sqlalchemy import bindparam
from sqlmodel import Session, col, select

from visits.errors import NotFoundError
from visits.glances import Glance
from visits.local_day import zone_named
from visits.models import Plan, PlanVersion, Rep
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer, sees_rep, visible_plans
from visits.store import Store

_IS_CURRENT = (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number)
_OF_REP_AND_DAY = (col(Plan.rep_id) == bindparam("rep"), col(Plan.day) == bindparam("day"))
_ZONE = Glance(sqlalchemy.select(col(Rep.timezone), col(Rep.territory_id)).where(col(Rep.id) == bindparam("rep")))
_NUMBER = Glance(
    sqlalchemy.select(col(Plan.number), col(Rep.territory_id))
    .join_from(Plan, Rep)
    .where(*_OF_REP_AND_DAY, col(Plan.number) > 0)
)
_DOCUMENT = Glance(
    sqlalchemy.select(col(Plan.number), col(Rep.territory_id), col(PlanVersion.document))
    .join_from(Plan, Rep)
    .join(PlanVersion, _IS_CURRENT)
    .where(*_OF_REP_AND_DAY)
)


@dataclass(frozen=True, slots=True)
class ServedPlan:
    """A plan's current version as it goes out: `document` is the JSON text of a `visits.day_plan.DayPlan`."""

    plan_id: str
    version: int
    document: str


@dataclass(frozen=True, slots=True)
class PlanNumber:
    """Which day's plan it is and the number of its current version: what an ETag is made of."""

    day: date
    version: int


def plan_number(store: Store, viewer: Viewer, rep_id: str, day: date | None, now: datetime) -> PlanNumber:
    """The current version of a rep's plan, of today where the rep is when `day` is None; one glance.

    Raises NotFoundError without a visible plan.
    """
    day = day or _today(store, viewer, rep_id, now)
    return PlanNumber(day, _visible(store.glance(_NUMBER, rep=rep_id, day=day), viewer, rep_id, day)[0])


def ready_plan(store: Store, viewer: Viewer, rep_id: str, day: date | None, now: datetime) -> tuple[PlanNumber, str]:
    """The same with the plan's document, the JSON text that goes out. Raises NotFoundError."""
    day = day or _today(store, viewer, rep_id, now)
    found = _visible(store.glance(_DOCUMENT, rep=rep_id, day=day), viewer, rep_id, day)
    return PlanNumber(day, found[0]), found[2]


def _today(store: Store, viewer: Viewer, rep_id: str, now: datetime) -> date:
    found = store.glance(_ZONE, rep=rep_id)
    if found is None or not sees_rep(viewer, rep_id, found[1]):
        raise NotFoundError(f"there is no rep {rep_id!r}; check the id")
    return now.astimezone(zone_named(found[0])).date()


def _visible(found: tuple[Any, ...] | None, viewer: Viewer, rep_id: str, day: date) -> tuple[Any, ...]:
    if found is None or not sees_rep(viewer, rep_id, found[1]):
        raise _no_plan(rep_id, day)
    return found


def current_plan(session: Session, viewer: Viewer, rep_id: str, day: date) -> ServedPlan:
    """A rep's current plan of a day, ready to serve. Raises NotFoundError without a visible plan."""
    statement = (
        select(Plan.id, Plan.number, PlanVersion.document)
        .join(PlanVersion, _IS_CURRENT)
        .where(Plan.rep_id == rep_id, Plan.day == day)
    )
    found = session.exec(visible_plans(statement, viewer)).first()
    if found is None:
        raise _no_plan(rep_id, day)
    return ServedPlan(*found)


def list_plans(
    session: Session, viewer: Viewer, request: PageRequest, *, day: date, territory_id: str | None = None
) -> Page[ServedPlan]:
    """Current plans of a day, of one territory's reps where asked. Raises InputError for a bad cursor."""
    statement = visible_plans(select(Plan).where(Plan.day == day, Plan.number > 0), viewer)
    if territory_id is not None:
        statement = statement.where(col(Plan.rep_id).in_(select(Rep.id).where(Rep.territory_id == territory_id)))
    page = fetch_page(session, statement, request, keys=(col(Plan.id),), key_of=lambda plan: (plan.id,))
    documents = dict(
        session.exec(
            select(PlanVersion.plan_id, PlanVersion.document)
            .join(Plan, _IS_CURRENT)
            .where(col(Plan.id).in_([plan.id for plan in page.items]))
        ).all()
    )
    served = tuple(ServedPlan(plan.id, plan.number, documents[plan.id]) for plan in page.items)
    return Page(served, page.next_cursor)


def _no_plan(rep_id: str, day: date) -> NotFoundError:
    return NotFoundError(f"there is no plan of rep {rep_id!r} on {day.isoformat()}; run a planning for that day")
