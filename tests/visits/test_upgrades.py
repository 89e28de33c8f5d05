"""Upgrades: a database of every version there was, with rows in it, is brought to the newest with its rows."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from visits.models import Table
from visits.schema import revisions, upgrade
from visits.store import connect, database_url, migrate, open_store

OLDER = revisions()[:-1]
PLAIN = {int: 1, float: 1.5, str: "x", bool: True, bytes: b"x", date: date(2026, 11, 23)}


def value_for(column: sa.Column) -> Any:
    if isinstance(column.type, sa.JSON):
        return ["x"]
    kind = column.type.python_type
    return datetime(2026, 11, 23, 9, tzinfo=UTC) if kind is datetime else PLAIN.get(kind, "x")


def fill_every_table(connection: sa.Connection) -> dict[str, dict[str, Any]]:
    """A row in every table of whatever form the database has, each pointing at those before."""
    metadata = sa.MetaData()
    metadata.reflect(connection)
    rows: dict[str, dict[str, Any]] = {}
    for table in metadata.sorted_tables:
        if table.name == "alembic_version":
            continue
        row = {}
        for column in table.columns:
            target = next((key.column for key in column.foreign_keys), None)
            known = target is not None and target.table.name in rows
            row[column.name] = rows[target.table.name][target.name] if known else value_for(column)
            if target is not None and not known:
                row[column.name] = None
        connection.execute(table.insert().values(**row))
        rows[table.name] = row
    return rows


@pytest.mark.parametrize("version", OLDER)
def test_a_filled_database_of_every_version_is_upgraded(empty_url: str, version: str) -> None:
    engine = connect(database_url(empty_url))
    with engine.begin() as connection:
        upgrade(connection, version)
    with engine.begin() as connection:
        rows = fill_every_table(connection)
    engine.dispose()
    migrate(empty_url)
    store = open_store(empty_url)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Table.metadata) == []
        for name, row in rows.items():
            table = Table.metadata.tables.get(name)
            if table is None:
                continue
            kept = connection.execute(sa.select(table)).mappings().one()
            for column in set(row) & set(kept) & {"id", "name", "day", "kind", "version", "payload"}:
                assert kept[column] == row[column], (name, column)
    store.close()


def test_upgrading_twice_changes_nothing(empty_url: str) -> None:
    assert migrate(empty_url) == migrate(empty_url) == revisions()[-1]
