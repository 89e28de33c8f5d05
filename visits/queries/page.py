"""Pages of a list: an opaque cursor marks the last row seen."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pydantic_core
from sqlalchemy import tuple_
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from visits.errors import InputError

T = TypeVar("T")
LONGEST_PAGE = 200


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page is asked for: at most `limit` rows after `cursor`. Raises InputError for a limit outside 1..200."""

    limit: int = 50
    cursor: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= LONGEST_PAGE:
            raise InputError(f"limit is {self.limit}; ask for 1 to {LONGEST_PAGE}")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of a list and the cursor of the next page; None at the end."""

    items: tuple[T, ...]
    next_cursor: str | None = None


def fetch_page(
    session: Session,
    statement: SelectOfScalar[T],
    request: PageRequest,
    *,
    keys: Sequence[Any],
    key_of: Callable[[T], Sequence[str | int]],
    descending: bool = False,
) -> Page[T]:
    """One page of `statement` in the order of the columns `keys` (the last of them unique).

    `key_of` gives a row's values of these columns. Raises InputError when the cursor is not one of this list's.
    """
    order = tuple_(*keys)
    if request.cursor is not None:
        last = tuple_(*_decode(request.cursor, [int if key.type.python_type is int else str for key in keys]))
        statement = statement.where(order < last if descending else order > last)
    statement = statement.order_by(*(key.desc() if descending else key.asc() for key in keys))
    rows = list(session.exec(statement.limit(request.limit + 1)))
    items = tuple(rows[: request.limit])
    more = len(rows) > request.limit
    return Page(items, _encode(key_of(items[-1])) if more else None)


def _encode(values: Sequence[str | int]) -> str:
    return base64.urlsafe_b64encode(json.dumps(list(values)).encode()).decode().rstrip("=")


def _decode(cursor: str, kinds: list[type]) -> list[str | int]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        values = pydantic_core.from_json(text)
    except (ValueError, binascii.Error):
        values = None
    if (
        not isinstance(values, list)
        or [type(value) for value in values] != kinds
        or any("\0" in str(v) for v in values)
    ):
        raise InputError(f"cursor {cursor!r} is not one that this list gave; start again without a cursor")
    return values
