"""What creating and changing a row have in common: its version, its territory, its names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlmodel import Session, col, select

from api.conditional import etag_of
from api.errors import ApiError, FieldFault, bad_field, not_found
from visits.errors import InputError, NotFoundError, StaleError
from visits.idempotency import keep_answer, stored_answer
from visits.models import Customer, Rep, Territory
from visits.models.base import Versioned
from visits.queries.territories import get_territory
from visits.scope import Viewer
from visits.store import Store

Row = TypeVar("Row", bound=Versioned)
Named = TypeVar("Named", Customer, Rep, Territory)
Answer = TypeVar("Answer", bound=BaseModel)
ATTEMPTS = 3
"""Two requests with the same key at the same moment: the slower looks again and finds the answer of the faster."""


def require_version(row: Versioned, expected: int) -> None:
    """Raises ApiError 412 unless the row still has the version that the caller saw."""
    if row.version != expected:
        raise ApiError(
            412,
            f"It has version {row.version} and you saw {expected}: somebody changed it meanwhile; load it again.",
            headers={"ETag": etag_of(row.version)},
        )


def require_all(viewer: Viewer) -> None:
    """Raises ApiError 404 for a viewer of some territories alone: what is asked for is the whole organisation's."""
    if not viewer.sees_all:
        raise not_found()


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


def require_free_external_id(session: Session, table: type[Named], external_id: str | None, own_id: str = "") -> None:
    """Raises ApiError 409 when another row of the table has this external id."""
    if external_id is None:
        return
    statement = select(table.id).where(col(table.external_id) == external_id, col(table.id) != own_id)
    if session.exec(statement).first() is not None:
        raise ApiError(409, f"external_id {external_id!r} is already used; choose another, or change that one.")


def once(
    store: Store,
    viewer: Viewer,
    key: str | None,
    operation: str,
    body: BaseModel,
    make: Callable[[Session], Answer],
    kind: type[Answer],
) -> Answer:
    """What `make` answers, in one transaction; sent again under the same key, the first answer and nothing more.

    Raises InputError for a key that is none, ConflictError when it was used for another request.
    """
    request = {"operation": operation, **body.model_dump(mode="json")}
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with store.session() as session:
                known = None if key is None else stored_answer(session, viewer, key, request, kind)
                if known is not None:
                    return known
                answer = make(session)
                if key is not None:
                    keep_answer(session, viewer, key, request, answer)
                return answer
        except StaleError:
            if key is None or attempt == ATTEMPTS:
                raise
    raise AssertionError  # the loop returns or raises


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
