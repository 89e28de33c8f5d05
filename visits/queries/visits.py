"""Visits."""

from __future__ import annotations

from datetime import date

from sqlmodel import Session, col, select

from visits.errors import NotFoundError
from visits.models import Visit
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer, visible_visits


def get_visit(session: Session, viewer: Viewer, visit_id: str) -> Visit:
    """One visit. Raises NotFoundError when there is none or the viewer may not see it."""
    found = session.exec(visible_visits(select(Visit).where(Visit.id == visit_id), viewer)).first()
    if found is None:
        raise NotFoundError(f"there is no visit {visit_id!r}; check the id")
    return found


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
