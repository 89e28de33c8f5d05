"""The whole database into another one, of either kind, with a checksum of every table on both sides."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Integer, Row, String, func, insert, select, text
from sqlalchemy import Table as SqlTable

from visits.errors import InputError, StoreError
from visits.models import Table
from visits.store import Store, database_url, migrate, open_store, shown

AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class CopiedTable:
    """A table that was copied: its rows and the SHA-256 of their contents, the same on both sides."""

    name: str
    rows: int
    sha256: str


def move(source: Store, target_url: str) -> tuple[CopiedTable, ...]:
    """Copy a database into an empty one, which is migrated first; nobody can write to the source meanwhile.

    All of it arrives or nothing. Raises InputError when the target is not empty, StoreError when a checksum differs.
    """
    if database_url(target_url) == source.url:
        raise InputError(f"{shown(source.url)} is the database itself; name another one")
    migrate(target_url)
    target = open_store(target_url)
    try:
        with source.session() as reading:
            return _copy(reading.connection(), target)
    finally:
        target.close()


def back_up(source: Store, file: Path) -> tuple[CopiedTable, ...]:
    """One state of a database, of either kind, as a SQLite file, while others go on working with it.

    The file appears whole or not at all. Raises InputError when it cannot be made, StoreError.
    """
    with _beside(file) as fresh:
        url = f"sqlite:///{fresh}"
        migrate(url)
        target = open_store(url)
        try:
            with source.reading() as reading:
                copied = _copy(reading.connection(), target)
            with target.engine.connect() as connection:
                connection.exec_driver_sql("COMMIT")
                connection.exec_driver_sql("PRAGMA journal_mode=DELETE")
        finally:
            target.close()
        fresh.replace(file)
    return copied


def restore(file: Path, target_url: str) -> tuple[CopiedTable, ...]:
    """A backup into an empty database; a backup of an older version is brought to this one's form on the way.

    Raises InputError when there is no such backup or the target is not empty, StoreError.
    """
    if not file.is_file():
        raise InputError(f"{file} does not exist; name a file that beatplan backup wrote")
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "backup.db"
        fresh.write_bytes(file.read_bytes())
        url = f"sqlite:///{fresh}"
        migrate(url)
        with closing(open_store(url)) as source:
            return move(source, target_url)


def _copy(reading: Connection, target: Store) -> tuple[CopiedTable, ...]:
    tables = Table.metadata.sorted_tables
    with target.session() as session:
        writing = session.connection()
        for table in tables:
            if writing.execute(select(func.count()).select_from(table)).scalar_one():
                raise InputError(
                    f"the database {shown(target.url)} already holds rows of {table.name}; name an empty one"
                )
        found = []
        for table in tables:
            given = _digest(table, _insert(writing, table, _rows(reading, table)))
            arrived = _digest(table, _rows(writing, table))
            if given != arrived:
                raise StoreError(
                    f"{table.name} arrived with {arrived.rows} of {given.rows} rows or other contents; nothing was "
                    f"kept in {shown(target.url)}: try again"
                )
            found.append(arrived)
            _go_on_counting(writing, table)
    return tuple(found)


def _rows(connection: Connection, table: SqlTable) -> Iterator[Row[Any]]:
    plain = connection.dialect.name == "postgresql"  # text in the order of its bytes, as SQLite has it
    keys = [key.collate("C") if plain and isinstance(key.type, String) else key for key in table.primary_key.columns]
    yield from connection.execute(select(table).order_by(*keys), execution_options={"yield_per": AT_ONCE})


def _insert(connection: Connection, table: SqlTable, rows: Iterable[Row[Any]]) -> Iterator[Row[Any]]:
    waiting: list[Row[Any]] = []
    for row in rows:
        waiting.append(row)
        if len(waiting) == AT_ONCE:
            _insert_now(connection, table, waiting)
            waiting.clear()
        yield row
    _insert_now(connection, table, waiting)


def _insert_now(connection: Connection, table: SqlTable, rows: Sequence[Row[Any]]) -> None:
    if rows:
        connection.execute(insert(table), [dict(row._mapping) for row in rows])  # noqa: SLF001 - SQLAlchemy's public name


def _digest(table: SqlTable, rows: Iterable[Row[Any]]) -> CopiedTable:
    digest, count = hashlib.sha256(), 0
    for row in rows:
        digest.update(json.dumps(list(row), sort_keys=True, default=_plain).encode() + b"\n")
        count += 1
    return CopiedTable(table.name, count, digest.hexdigest())


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    raise TypeError(type(value).__name__)


def _go_on_counting(connection: Connection, table: SqlTable) -> None:
    """PostgreSQL counts its numbered rows beside the table; it goes on after those that were copied."""
    keys = list(table.primary_key.columns)
    if connection.dialect.name != "postgresql" or len(keys) != 1 or not isinstance(keys[0].type, Integer):
        return
    last = connection.execute(select(func.max(keys[0]))).scalar_one()
    if last is not None:
        sequence = text("SELECT setval(pg_get_serial_sequence(:table, :key), :last)")
        connection.execute(sequence, {"table": table.name, "key": keys[0].name, "last": last})


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A name for a file to be made beside another, gone at the end where it was not moved."""
    try:
        folder = tempfile.mkdtemp(prefix=f".{file.name}.", dir=file.absolute().parent)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror or error}; choose another place") from None
    fresh = Path(folder) / "beatplan.db"
    try:
        yield fresh
    finally:
        for left in Path(folder).iterdir():
            left.unlink()
        Path(folder).rmdir()
