"""Territories."""

from __future__ import annotations

from sqlmodel import Session, col, select

from visits.errors import NotFoundError
from visits.models import Territory
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer, visible_territories


def list_territories(
    session: Session, viewer: Viewer, request: PageRequest, *, active: bool | None = True
) -> Page[Territory]:
    """Territories by name. Raises InputError for a bad cursor."""
    statement = visible_territories(select(Territory), viewer)
    if active is not None:
        statement = statement.where(col(Territory.active).is_(active))
    return fetch_page(
        session,
        statement,
        request,
        keys=(col(Territory.name), col(Territory.id)),
        key_of=lambda territory: (territory.name, territory.id),
    )


def get_territory(session: Session, viewer: Viewer, territory_id: str) -> Territory:
    """One territory. Raises NotFoundError when there is none or the viewer may not see it."""
    statement = select(Territory).where(Territory.id == territory_id)
    found = session.exec(visible_territories(statement, viewer)).first()
    if found is None:
        raise NotFoundError(f"there is no territory {territory_id!r}; check the id")
    return found
