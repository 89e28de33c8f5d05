"""What tests of the board share: a service with a team's planned day, and boards open on it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.tools import make_tools
from scripts.team_data import add_team
from tests.api.browser import HASH
from tests.api.conftest import MONDAY, settings_for
from tests.api.seed import place
from tests.api.serving import Served, served
from tests.e2e.conftest import PATIENCE_MS
from tests.visits.world import solve_by_insertion
from visits.models import Customer, Person, PlanRun
from visits.planning import run_planning
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.store import open_store

REPS, STOPS, TERRITORIES = 20, 5, 4
PLACES = [place(column, row) for column in range(1, 10) for row in range(1, 10)]
DAY = MONDAY.isoformat()
OpenBoard = Callable[..., Page]


@dataclass(frozen=True)
class Team:
    """A running service and the tokens of its people."""

    service: Served
    tokens: dict[str, str]

    def get(self, path: str, person: str = "dana"):
        reply = self.send("GET", path, person)
        assert reply.status_code == 200, reply.text
        return reply.json()

    def send(self, method: str, path: str, person: str = "dana", **more):
        headers = {"Authorization": f"Bearer {self.tokens[person]}", **more.pop("headers", {})}
        return self.service.client.request(method, f"/api/v1{path}", headers=headers, **more)

    def stops(self) -> dict[str, list[str]]:
        """The visits of every rep's current plan, in driving order, as the service has them."""
        plans = self.get(f"/plans?date={DAY}&limit=200")["items"]
        return {plan["rep"]: [stop["visit"] for stop in plan["stops"]] for plan in plans if plan["stops"]}


@pytest.fixture(scope="module")
def team(migrated_sqlite: Path, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Twenty reps in four territories with a planned Monday; tests of a module share it and its changes."""
    folder = tmp_path_factory.mktemp("team")
    shutil.copy(migrated_sqlite, folder / "beatplan.db")
    settings = settings_for(f"sqlite:///{folder / 'beatplan.db'}", roads, folder)
    store = open_store(settings.store_url)
    made = add_team(
        store, reps=REPS, per_rep=STOPS, territories=TERRITORIES, day=MONDAY, places=PLACES, spare=1.2, seed=3
    )
    with store.session() as session:
        for name in made.tokens:
            person = session.get_one(Person, f"person-{name}")
            person.password_hash = HASH
            session.add(person)
    run = PlanRun(first_day=MONDAY, days=1, seconds=1.0)
    with store.session() as session:
        add_run(session, SYSTEM, run)
    run_planning(store, run.id, make_tools(settings, solve_by_insertion), now=datetime.now(UTC))
    with store.session() as session:
        session.add_all(late_comer(number) for number in range(8))
    store.close()
    with served(settings.model_copy(update={"worker": True})) as running:
        yield Team(running, made.tokens)


def late_comer(number: int) -> Customer:
    """A due customer who came after the plan was made."""
    lon, lat = PLACES[7 * number % len(PLACES)]
    return Customer(
        id=f"new{number}",
        name=f"New Shop {number}",
        lon=lon,
        lat=lat,
        tier="A",
        cadence_days=14,
        service_minutes=20,
        territory_id=f"t{number % TERRITORIES}",
    )


@pytest.fixture
def open_board(browser: Browser, team: Team) -> Iterator[OpenBoard]:
    """Opens the board on the planned day for a dispatcher, in a browser profile of its own."""
    contexts: list[BrowserContext] = []

    def opened(person: str = "dana", language: str = "en-GB", width: int = 1440, height: int = 900) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(f"sessionStorage.setItem('token', {json.dumps(team.tokens[person])})")
        page.goto(f"{team.service.base_url}/board?date={DAY}")
        expect(page.locator("[data-visit]").first).to_be_visible()
        return page

    yield opened
    for context in contexts:
        context.close()


def shown_stops(page: Page) -> dict[str, list[str]]:
    """The visits of every row, as this board shows them."""
    found: dict[str, list[str]] = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('[data-drop]')].map(row =>
            [row.dataset.drop, [...row.querySelectorAll('[data-visit]')].map(stop => stop.dataset.visit)]))"""
    )
    return found


def agree(team: Team, *pages: Page) -> dict[str, list[str]]:
    """Waits until all boards show what the service has, and gives it. Fails after the patience of a page."""
    for _ in range(PATIENCE_MS // 200):
        wanted = team.stops()
        if all({rep: stops for rep, stops in shown_stops(page).items() if stops} == wanted for page in pages):
            return wanted
        pages[0].wait_for_timeout(200)
    pytest.fail("the boards do not show what the service has")


def stop(page: Page, visit: str):
    return page.locator(f"[data-visit='{visit}']")


def commit(page: Page) -> None:
    """Commits the proposal that is shown and waits until the board tells so."""
    page.locator(".decide .primary:enabled").click()
    expect(page.locator(".decide")).to_have_count(0)
    expect(page.locator(".toast")).to_contain_text("Committed")
