"""Plans of rep-days and their versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlmodel import Session, col, select

from visits.errors import NotFoundError
from visits.models import Plan, PlanVersion, Rep
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer, visible_plans


@dataclass(frozen=True, slots=True)
class ServedPlan:
    """A plan's current version as it goes out: `document` is the JSON text of a `visits.day_plan.DayPlan`."""

    plan_id: str
    version: int
    document: str


def plan_version_number(session: Session, viewer: Viewer, rep_id: str, day: date) -> int:
    """The current version's number of a rep's plan, for an ETag. Raises NotFoundError without a visible plan."""
    statement = visible_plans(
        select(Plan.number).where(Plan.rep_id == rep_id, Plan.day == day, Plan.number > 0), viewer
    )
    number = session.exec(statement).first()
    if number is None:
        raise _no_plan(rep_id, day)
    return number


def current_plan(session: Session, viewer: Viewer, rep_id: str, day: date) -> ServedPlan:
    """A rep's current plan of a day, ready to serve. Raises NotFoundError without a visible plan."""
    statement = (
        select(Plan.id, Plan.number, PlanVersion.document)
        .join(PlanVersion, (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number))
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
            .join(Plan, (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number))
            .where(col(Plan.id).in_([plan.id for plan in page.items]))
        ).all()
    )
    served = tuple(ServedPlan(plan.id, plan.number, documents[plan.id]) for plan in page.items)
    return Page(served, page.next_cursor)


def _no_plan(rep_id: str, day: date) -> NotFoundError:
    return NotFoundError(f"there is no plan of rep {rep_id!r} on {day.isoformat()}; run a planning for that day")
