"""What tests of the service share: a made-up town, a small organisation, running services on both databases."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from api.settings import Settings
from api.tools import make_tools
from routing.roads.store import build_roads
from tests.api.seed import seed
from tests.api.serving import Served, served
from tests.api.streets import write_extract
from tests.postgres import PostgresServer
from visits.copying import move
from visits.models import PlanRun
from visits.planning import run_planning
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.store import open_store

BOTH = ("sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres))
MONDAY = date(2027, 3, 1)
"""The planned week lies ahead, so that nothing of it has begun."""


@pytest.fixture(scope="session")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The road network of the made-up town; made once for all folders."""
    folder = tmp_path_factory.getbasetemp() / "town"
    if not folder.exists():
        folder.mkdir()
        write_extract(folder / "town.osm")
        build_roads(folder / "town.osm", folder / "roads")
    return folder / "roads"


def settings_for(url: str, roads: Path, folder: Path) -> Settings:
    return Settings(
        worker=False,
        lease_seconds=2.0,
        data_dir=folder,
        database_url=url,
        roads_dir=roads,
        port=0,
        solve_seconds=1.0,
        repair_seconds=0.2,
        max_body_bytes=50_000,
    )


def fill(settings: Settings) -> None:
    """The small organisation into an empty database."""
    store = open_store(settings.store_url)
    seed(store)
    store.close()


def plan_two_days(settings: Settings) -> None:
    """Plans of both reps on two days."""
    store = open_store(settings.store_url)
    run = PlanRun(first_day=MONDAY, days=2, seconds=2.0)
    with store.session() as session:
        add_run(session, SYSTEM, run)
    run_planning(store, run.id, make_tools(settings), now=datetime.now(UTC))
    store.close()


@pytest.fixture(scope="session")
def planned_sqlite(migrated_sqlite: Path, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the small organisation and its two days planned, to copy; made once for all folders."""
    folder = tmp_path_factory.getbasetemp() / "planned"
    if not folder.exists():
        folder.mkdir()
        shutil.copy(migrated_sqlite, folder / "beatplan.db")
        found = settings_for(f"sqlite:///{folder / 'beatplan.db'}", roads, folder)
        fill(found)
        plan_two_days(found)
    return folder / "beatplan.db"


@pytest.fixture(scope="session")
def planned_postgres(postgres: PostgresServer, planned_sqlite: Path) -> str:
    """The name of a PostgreSQL database with the same in it, to copy; made once for all folders."""
    named = planned_sqlite.with_name("postgres")
    if not named.exists():
        name = f"template_planned_{secrets.token_hex(4)}"
        postgres.run(f"CREATE DATABASE {name}")
        source = open_store(f"sqlite:///{planned_sqlite}")
        move(source, postgres.url(name))
        source.close()
        named.write_text(name, "utf-8")
    return named.read_text("utf-8")


def planned_url(request: pytest.FixtureRequest, folder: Path) -> str:
    """The address of a fresh copy of the planned organisation, on the database that the test is run for."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("planned_sqlite"), folder / "beatplan.db")
        return f"sqlite:///{folder / 'beatplan.db'}"
    server, name = request.getfixturevalue("postgres"), f"planned_{secrets.token_hex(6)}"
    server.run(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('planned_postgres')}")
    return str(server.url(name))


@pytest.fixture
def settings(store_url: str, roads: Path, tmp_path: Path) -> Settings:
    """Settings of a service on a database of its own, with the small organisation in it."""
    found = settings_for(store_url, roads, tmp_path)
    fill(found)
    return found


@pytest.fixture
def sqlite_settings(migrated_sqlite: Path, roads: Path, tmp_path: Path) -> Settings:
    """The same on SQLite alone, for what does not depend on the kind of database."""
    shutil.copy(migrated_sqlite, tmp_path / "beatplan.db")
    found = settings_for(f"sqlite:///{tmp_path / 'beatplan.db'}", roads, tmp_path)
    fill(found)
    return found


@pytest.fixture
def working(settings: Settings) -> Iterator[Served]:
    """A running service with a worker, on a database of its own."""
    with served(settings.model_copy(update={"worker": True})) as running:
        yield running


@pytest.fixture
def working_on_sqlite(sqlite_settings: Settings) -> Iterator[Served]:
    """A running service with a worker, on SQLite alone."""
    with served(sqlite_settings.model_copy(update={"worker": True})) as running:
        yield running


@pytest.fixture
def on_sqlite(sqlite_settings: Settings) -> Iterator[Served]:
    """A running service on SQLite alone."""
    with served(sqlite_settings) as running:
        yield running


@pytest.fixture
def service(settings: Settings) -> Iterator[Served]:
    """A running service on a database of its own."""
    with served(settings) as running:
        yield running


@pytest.fixture(params=BOTH)
def planned(request: pytest.FixtureRequest, roads: Path, tmp_path: Path) -> Iterator[Served]:
    """A running service on a database of its own, with two days planned."""
    with served(settings_for(planned_url(request, tmp_path), roads, tmp_path)) as running:
        yield running


@pytest.fixture(scope="module", params=BOTH)
def shared(request: pytest.FixtureRequest, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running service with two days planned, shared by a module's tests, which change nothing of it."""
    folder = tmp_path_factory.mktemp("shared")
    with served(settings_for(planned_url(request, folder), roads, folder)) as running:
        yield running
