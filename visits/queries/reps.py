"""Reps and their absences."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from visits.errors import NotFoundError
from visits.models import Absence, Rep
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer, visible_reps


def list_reps(
    session: Session,
    viewer: Viewer,
    request: PageRequest,
    *,
    territory_id: str | None = None,
    active: bool | None = True,
) -> Page[Rep]:
    """Reps by name, of one territory where asked. Raises InputError for a bad cursor."""
    statement = visible_reps(select(Rep), viewer)
    if territory_id is not None:
        statement = statement.where(col(Rep.territory_id) == territory_id)
    if active is not None:
        statement = statement.where(col(Rep.active).is_(active))
    return fetch_page(
        session, statement, request, keys=(col(Rep.name), col(Rep.id)), key_of=lambda rep: (rep.name, rep.id)
    )


def get_rep(session: Session, viewer: Viewer, rep_id: str) -> Rep:
    """One rep. Raises NotFoundError when there is none or the viewer may not see it."""
    found = session.exec(visible_reps(select(Rep).where(Rep.id == rep_id), viewer)).first()
    if found is None:
        raise NotFoundError(f"there is no rep {rep_id!r}; check the id")
    return found


def reps_beside(session: Session, rep: Rep) -> list[str]:
    """The active reps of a rep's territory, that rep included, by id."""
    same = col(Rep.territory_id).is_(None) if rep.territory_id is None else col(Rep.territory_id) == rep.territory_id
    return sorted(session.exec(select(Rep.id).where(col(Rep.active), same)))


def absences_between(session: Session, rep_ids: list[str], begin: datetime, end: datetime) -> tuple[Absence, ...]:
    """Absences of these reps that touch the span from `begin` to `end`."""
    statement = select(Absence).where(
        col(Absence.rep_id).in_(rep_ids), col(Absence.starts_at) < end, col(Absence.ends_at) > begin
    )
    return tuple(session.exec(statement.order_by(col(Absence.starts_at), col(Absence.id))))
