"""Visits."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from visits.errors import NotFoundError
from visits.models import Visit, VisitTransition
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer, visible_visits


def get_visit(session: Session, viewer: Viewer, visit_id: str) -> Visit:
    """One visit. Raises NotFoundError when there is none or the viewer may not see it."""
    found = session.exec(visible_visits(select(Visit).where(Visit.id == visit_id), viewer)).first()
    if found is None:
        raise NotFoundError(f"there is no visit {visit_id!r}; check the id")
    return found


def get_own_visit(session: Session, viewer: Viewer, visit_id: str) -> Visit:
    """One visit that the viewer may see or, for a rep, may have gone to: one that once stood in their plan.

    Raises NotFoundError.
    """
    if viewer.rep_id is not None:
        once = select(VisitTransition.id).where(
            VisitTransition.visit_id == visit_id, VisitTransition.rep_id == viewer.rep_id
        )
        if session.exec(once.limit(1)).first() is not None:
            return session.get_one(Visit, visit_id)
    return get_visit(session, viewer, visit_id)


def history_of(session: Session, viewer: Viewer, visit_id: str) -> tuple[VisitTransition, ...]:
    """All that was said of a visit, in the order in which it was learned. Raises NotFoundError."""
    get_own_visit(session, viewer, visit_id)
    statement = select(VisitTransition).where(VisitTransition.visit_id == visit_id)
    return tuple(session.exec(statement.order_by(col(VisitTransition.id))))


def list_visits(
    session: Session,
    viewer: Viewer,
    request: PageRequest,
    *,
    customer_id: str | None = None,
    rep_id: str | None = None,
    day: date | None = None,
    state: str | None = None,
) -> Page[Visit]:
    """Visits by id, narrowed to a customer, rep, day or state where asked. Raises InputError for a bad cursor."""
    statement = visible_visits(select(Visit), viewer)
    for column, value in (
        (col(Visit.customer_id), customer_id),
        (col(Visit.rep_id), rep_id),
        (col(Visit.day), day),
        (col(Visit.state), state),
    ):
        if value is not None:
            statement = statement.where(column == value)
    return fetch_page(session, statement, request, keys=(col(Visit.id),), key_of=lambda visit: (visit.id,))
