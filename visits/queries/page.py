"""Pages of a list: an opaque cursor marks the last row seen."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

import pydantic_core
from sqlalchemy import Integer, literal, tuple_
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar
from sqlmodel.sql.sqltypes import UTCDateTime

from visits.errors import InputError

T = TypeVar("T")
Key = str | int | datetime
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
    key_of: Callable[[T], Sequence[Key]],
    descending: bool = False,
) -> Page[T]:
    """One page of `statement` in the order of the columns `keys` (the last of them unique).

    `key_of` gives a row's values of these columns. Raises InputError when the cursor is not one of this list's.
    """
    order = tuple_(*keys)
    if request.cursor is not None:
        values = _decode(request.cursor, [_kind(key.type) for key in keys])
        last = tuple_(*(literal(value, key.type) for value, key in zip(values, keys, strict=True)))
        statement = statement.where(order < last if descending else order > last)
    statement = statement.order_by(*(key.desc() if descending else key.asc() for key in keys))
    rows = list(session.exec(statement.limit(request.limit + 1)))
    items = tuple(rows[: request.limit])
    more = len(rows) > request.limit
    return Page(items, _encode(key_of(items[-1])) if more else None)


def _kind(column_type: Any) -> type:
    """What a column of the cursor holds: whole numbers, moments, or text."""
    if isinstance(column_type, UTCDateTime):
        return datetime
    return int if isinstance(column_type, Integer) else str


def _encode(values: Sequence[Key]) -> str:
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _decode(cursor: str, kinds: list[type]) -> list[Key]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        values = pydantic_core.from_json(text)
        if not isinstance(values, list):
            raise ValueError  # noqa: TRY004, TRY301 - one sentence for every cursor that is none
        return [_value(value, kind) for value, kind in zip(values, kinds, strict=True)]
    except (ValueError, binascii.Error):
        raise InputError(f"cursor {cursor!r} is not one that this list gave; start again without a cursor") from None


def _value(value: object, kind: type) -> Key:
    """A cursor's value as its column's kind. Raises ValueError."""
    if kind is int and type(value) is int and abs(value) < 2**63:
        return value
    if kind is str and isinstance(value, str) and "\0" not in value:
        return value
    if kind is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment
    raise ValueError
