"""Counting tries in the database, one statement each, whatever kind of database and however many processes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import col, select

from visits.models import RateCount
from visits.store import Store


@dataclass(frozen=True, slots=True)
class Tries:
    """How many tries a window has seen, and when it ends."""

    count: int
    ends_at: datetime


def count_tries(store: Store, name: str, window: timedelta, now: datetime, tries: int = 1) -> Tries:
    """Count tries under a name, in the window that runs or in a fresh one from now on. Raises StoreError."""
    insert = sqlite_insert if store.is_local else postgresql_insert
    over = col(RateCount.ends_at) <= now
    with store.session() as session:
        statement = insert(RateCount).values(key=_key(name), tries=tries, ends_at=now + window)
        counted = statement.on_conflict_do_update(
            index_elements=[col(RateCount.key)],
            set_={
                "tries": case((over, tries), else_=col(RateCount.tries) + tries),
                "ends_at": case((over, now + window), else_=col(RateCount.ends_at)),
            },
        ).returning(col(RateCount.tries), col(RateCount.ends_at))
        count, ends_at = session.execute(counted).one()
        return Tries(count, ends_at)


def known_tries(store: Store, name: str, now: datetime) -> Tries:
    """The tries of the window that runs; none, ending now, where none runs. Raises StoreError."""
    with store.reading() as session:
        row = session.exec(select(RateCount).where(RateCount.key == _key(name), col(RateCount.ends_at) > now)).first()
        return Tries(0, now) if row is None else Tries(row.tries, row.ends_at)


def forget_tries(store: Store, name: str) -> None:
    """Begin anew with the next try. Raises StoreError."""
    with store.session() as session:
        session.execute(delete(RateCount).where(col(RateCount.key) == _key(name)))


def _key(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
