"""What creating and changing a row have in common: its version, its territory, its names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from api.conditional import etag_of
from api.errors import ApiError, FieldFault, bad_field
from visits.errors import InputError, NotFoundError
from visits.models import Customer, Rep, Territory
from visits.models.base import Versioned
from visits.queries.territories import get_territory
from visits.scope import Viewer

Row = TypeVar("Row", Customer, Rep, Territory)


def require_version(row: Versioned, expected: int) -> None:
    """Raises ApiError 412 unless the row still has the version that the caller saw."""
    if row.version != expected:
        raise ApiError(
            412,
            f"It has version {row.version} and you saw {expected}: somebody changed it meanwhile; load it again.",
            headers={"ETag": etag_of(row.version)},
        )


def require_territory(session: Session, viewer: Viewer, territory_id: str | None) -> None:
    """Raises ApiError 422 unless the viewer may put something into this territory (None: into none)."""
    if territory_id is None:
        if not viewer.sees_all:
            raise bad_field("territory_id", "is missing; name one of your territories")
        return
    try:
        get_territory(session, viewer, territory_id)
    except NotFoundError:
        raise bad_field("territory_id", f"is {territory_id!r}, which is not there; correct it") from None


def require_free_external_id(session: Session, table: type[Row], external_id: str | None, own_id: str = "") -> None:
    """Raises ApiError 409 when another row of the table has this external id."""
    if external_id is None:
        return
    statement = select(table.id).where(col(table.external_id) == external_id, col(table.id) != own_id)
    if session.exec(statement).first() is not None:
        raise ApiError(409, f"external_id {external_id!r} is already used; choose another, or change that one.")


@contextmanager
def naming(field: str) -> Iterator[None]:
    """Turns bad input found inside the block into a 422 that names this field."""
    try:
        yield
    except InputError as error:
        raise ApiError(422, str(error), errors=(FieldFault(field=field, detail=str(error)),)) from None


def apply(row: Row, values: dict[str, Any]) -> None:
    """Sets these fields of a row."""
    for name, value in values.items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
