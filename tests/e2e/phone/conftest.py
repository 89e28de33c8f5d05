"""What the tests of the phone page share: one town on one running service, and for each test a rep nobody else is."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.settings import Settings
from tests.api.conftest import settings_for
from tests.api.serving import Served, served
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.phone.looking import leaving
from tests.e2e.phone.town import ZONE, fill_town, token_of

REPS = 40


@pytest.fixture(scope="session")
def town_sqlite(migrated_sqlite: Path, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the town's reps and their planned days, to copy."""
    folder = tmp_path_factory.mktemp("town_day")
    shutil.copy(migrated_sqlite, folder / "beatplan.db")
    fill_town(settings_for(f"sqlite:///{folder / 'beatplan.db'}", roads, folder), REPS)
    return folder / "beatplan.db"


@pytest.fixture(scope="session")
def town(town_sqlite: Path, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The running service of the town."""
    folder = tmp_path_factory.mktemp("town_service")
    with served(copied(town_sqlite, roads, folder)) as running:
        yield running


def copied(database: Path, roads: Path, folder: Path) -> Settings:
    """Settings of a service on a copy of a database."""
    shutil.copy(database, folder / "beatplan.db")
    return settings_for(f"sqlite:///{folder / 'beatplan.db'}", roads, folder)


_numbers = count()


@pytest.fixture
def rep() -> str:
    """A rep whose day nobody has touched."""
    number = next(_numbers)
    assert number < REPS, "more tests than reps in the town: raise REPS"
    return f"r{number:02}"


OpenPhone = Callable[..., Page]


@pytest.fixture
def phone(browser: Browser, town: Served, rep: str) -> Iterator[OpenPhone]:
    """Opens the phone page, signed in as the test's rep unless told otherwise. Fails when a request left the origin."""
    contexts: list[BrowserContext] = []
    outside: list[str] = []

    def open_phone(
        language: str = "en-GB",
        width: int = 390,
        height: int = 844,
        *,
        base_url: str = town.base_url,
        signed_in: bool = True,
        path: str = "/today",
        **more: object,
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale=language,
            timezone_id=str(ZONE),
            has_touch=True,
            is_mobile=True,
            **more,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        leaving(context, base_url, outside)
        if signed_in:
            context.add_cookies([{"name": "beatplan", "value": token_of(rep), "url": base_url}])
        page = context.new_page()
        page.goto(base_url + path)
        if signed_in:
            expect(page.locator("ol li button").first).to_be_visible()
        return page

    yield open_phone
    for context in contexts:
        context.close()
    assert outside == [], "requests left the origin"
