"""Fixtures that several rooms share: empty and migrated databases on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import MISSING, PostgresServer, find_binaries, running_server
from visits.store import Store, migrate, open_store

DATABASES = ("sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres))


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server for this test run; a skip by name, or under BEATPLAN_STRICT=1 a failure, without one."""
    binaries = find_binaries()
    if binaries is None:
        if os.environ.get("BEATPLAN_STRICT") == "1":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with running_server(binaries) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_postgres(postgres: PostgresServer) -> str:
    """The name of a migrated database to copy from."""
    postgres.run("CREATE DATABASE template_beatplan")
    migrate(postgres.url("template_beatplan"))
    return "template_beatplan"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("migrated") / "beatplan.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables (SQLite: not there yet), on either database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'beatplan.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield from _database(server, "")


@pytest.fixture(params=DATABASES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database without rows, on either database."""
    if request.param == "sqlite":
        path = tmp_path / "beatplan.db"
        shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
        yield f"sqlite:///{path}"
        return
    template: str = request.getfixturevalue("migrated_postgres")
    yield from _database(request.getfixturevalue("postgres"), f"TEMPLATE {template}")


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """An open store without rows, on either database."""
    opened = open_store(store_url)
    yield opened
    opened.close()


def _database(server: PostgresServer, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    server.run(f"CREATE DATABASE {name} {template}")
    yield server.url(name)
    server.run(f"DROP DATABASE {name} WITH (FORCE)")
