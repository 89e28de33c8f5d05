"""What tests of the pages share: a browser, a service with a planned day, signing in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from api.tools import WarmSolvers, make_tools
from tests.api.browser import PASSWORD, give_password
from tests.api.conftest import MONDAY, fill, roads, settings_for
from tests.api.serving import Served, served
from tests.browser import running_browser
from tests.visits.world import solve_by_insertion
from visits.models import PlanRun
from visits.planning import run_planning
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.store import open_store

__all__ = ["roads"]
PATIENCE_MS = 20_000
"""How long a page may take on a busy machine before a test gives up."""
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with running_browser() as found:
        yield found


@pytest.fixture(scope="session")
def day_sqlite(migrated_sqlite: Path, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the small organisation and two days planned by insertion alone, to copy."""
    folder = tmp_path_factory.mktemp("day")
    shutil.copy(migrated_sqlite, folder / "beatplan.db")
    settings = settings_for(f"sqlite:///{folder / 'beatplan.db'}", roads, folder)
    fill(settings)
    store = open_store(settings.store_url)
    run = PlanRun(first_day=MONDAY, days=2, seconds=0.5)
    with store.session() as session:
        add_run(session, SYSTEM, run)
    run_planning(store, run.id, make_tools(settings, solve_by_insertion), now=datetime.now(UTC))
    store.close()
    return folder / "beatplan.db"


@pytest.fixture
def service(day_sqlite: Path, roads: Path, tmp_path: Path) -> Iterator[Served]:
    """A running service on a database of its own, with two days planned."""
    shutil.copy(day_sqlite, tmp_path / "beatplan.db")
    with served(settings_for(f"sqlite:///{tmp_path / 'beatplan.db'}", roads, tmp_path), WarmSolvers(0)) as running:
        give_password(running, "ana", "dispatcher")
        yield running


def sign_in(page: Page, person: str) -> None:
    """By password, as the page asks of a person who has one."""
    page.locator("form input[type=email]").fill(f"{person}@example.com")
    page.locator("form input[type=password]").fill(PASSWORD)
    page.locator("form button[type=submit]").click()
