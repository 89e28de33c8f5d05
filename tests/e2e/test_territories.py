"""The manager's territories in a real browser: 5,000 customers, 12 territories, from the question to the way back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from api.tools import make_tools
from routing.territories.search import Effort
from tests.api.browser import PASSWORD, give_password
from tests.api.conftest import settings_for
from tests.api.serving import Served, served
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.field import NAMES, seed_field, town_places
from tests.e2e.phone.looking import AXE, look
from visits.store import open_store
from visits.territories.tasks import take_task, waiting_tasks
from visits.territories.working import carry_out

pytestmark = pytest.mark.needs_browser
CUSTOMERS = 5_000
TRIALS = 300_000
TODAY = datetime.now(UTC).date()
SIZES = {"en-GB": (1440, 900), "zh-CN": (1024, 768)}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OpenPage = Callable[..., Page]


@pytest.fixture(scope="module")
def service(migrated_sqlite: Path, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A running service with the field, whose tasks a test does itself."""
    folder = tmp_path_factory.mktemp("field")
    shutil.copy(migrated_sqlite, folder / "beatplan.db")
    settings = settings_for(f"sqlite:///{folder / 'beatplan.db'}", roads, folder)
    store = open_store(settings.store_url)
    seed_field(store, town_places(CUSTOMERS), TODAY)
    store.close()
    with served(settings.model_copy(update={"max_body_bytes": 2_000_000})) as running:
        give_password(running, "manager", "dispatcher")
        yield running


@pytest.fixture
def open_page(browser: Browser, service: Served) -> Iterator[OpenPage]:
    """Opens the page, signed in."""
    contexts: list[BrowserContext] = []

    def opened(person: str = "manager", language: str = "en-GB") -> Page:
        width, height = SIZES[language]
        context = browser.new_context(viewport={"width": width, "height": height}, locale=language)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: require_home(service, request.url))
        page.goto(f"{service.base_url}/territories")
        page.locator("form input[type=email]").fill(f"{person}@example.com")
        page.locator("form input[type=password]").fill(PASSWORD)
        page.locator("form button[type=submit]").click()
        return page

    yield opened
    for context in contexts:
        context.close()


def require_home(service: Served, url: str) -> None:
    """Nothing leaves the origin."""
    assert url.startswith((service.base_url, "blob:", "data:")), url


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong."""
    page.evaluate(AXE("utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{one['id']}: {node['html'][:120]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def work(service: Served) -> None:
    """What a worker would do, in this process."""
    end = time.monotonic() + PATIENCE_MS / 1000
    waiting: list[tuple[str, int]] = []
    while not waiting and time.monotonic() < end:  # the page's question is on its way
        with service.store.reading() as session:
            waiting = waiting_tasks(session)
        time.sleep(0.05)
    for task_id, _ in waiting:
        claim = take_task(service.store, task_id, "test")
        assert claim is not None
        carry_out(service.store, claim, make_tools(service.settings), TODAY, Effort(trials=TRIALS))


def settled(page: Page) -> None:
    """Waits until nothing is being worked out."""
    expect(page.locator("header [role=status]")).to_be_empty()


def owner(service: Served, customer: int) -> str:
    return str(service.get("admin", f"/customers/c{customer}").json()["territory_id"])


def column(page: Page, name: str) -> Locator:
    return page.locator("thead").get_by_role("button", name=name, exact=True)


def find(page: Page, customer: int) -> None:
    """Opens a customer by keyboard alone; the map then has it in its middle."""
    page.keyboard.press("/")
    page.keyboard.type(f" {customer}")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article", name="Customer")).to_contain_text(f" {customer}")


def territory_in(page: Page) -> str:
    """Where the opened customer is in the version shown."""
    return str(page.locator("article .way b").inner_text())


def other_than(name: str) -> int:
    return next(place for place, one in enumerate(sorted(NAMES)) if one != name)


def test_a_quarter_of_a_manager(open_page: OpenPage, service: Served) -> None:
    page = open_page()
    page.get_by_role("button", name="Propose").wait_for()
    look(page, "territories-ask")
    assert faults(page) == []
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("Working out proposals").first).to_be_visible()
    work(service)
    expect(column(page, "Balanced")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-drawn=true]")).to_be_visible(timeout=3 * PATIENCE_MS)
    expect(page.locator("tbody tr").last).to_contain_text("At most")
    look(page, "territories-proposed")
    assert faults(page) == []

    # compare
    page.get_by_role("button", name="Compare with Compact").click()
    expect(page.locator(".sides")).to_contain_text("customers differ")
    look(page, "territories-compared")
    assert faults(page) == []
    page.get_by_role("button", name="End comparison").click()

    # the first of three by a drag from the map onto a territory
    before = {customer: owner(service, customer) for customer in (7, 8, 9)}
    find(page, 7)
    target = other_than(territory_in(page))
    box = page.locator(".map[data-drawn]").bounding_box()
    row = page.locator(f"[data-territory='{target}'] .row").bounding_box()
    assert box is not None
    assert row is not None
    page.wait_for_timeout(500)  # the map has to draw what it is to be pressed on
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(row["x"] + 60, row["y"] + 20, steps=6)
    page.mouse.up()
    expect(column(page, "Your version")).to_have_attribute("aria-pressed", "true")
    settled(page)
    # the second by keyboard alone
    page.keyboard.press("Escape")
    find(page, 8)
    here = territory_in(page)
    page.locator("article").get_by_role("button", name="Move to…").focus()
    page.keyboard.press("Enter")
    page.locator("dialog li button:enabled").first.focus()
    assert faults(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("article .way b")).not_to_have_text(here)
    settled(page)
    # the third is kept where it is today, whatever was proposed
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Hand-overs").click()
    expect(page.locator("aside li .keep").first).to_be_visible()
    look(page, "territories-hand-overs")
    assert faults(page) == []
    moved = page.locator("tbody tr").nth(3).locator("td").last
    count = moved.inner_text()
    page.locator("aside li .keep:enabled").first.click()
    settled(page)
    expect(moved).not_to_have_text(count)
    # back and forth
    page.keyboard.press("Control+z")
    settled(page)
    expect(moved).to_have_text(count)
    page.keyboard.press("Control+Shift+z")
    expect(moved).not_to_have_text(count)

    # publish from today on, then roll back
    page.get_by_role("button", name="Publish…").click()
    page.locator("dialog input[type=date]").fill(TODAY.isoformat())
    look(page, "territories-publish")
    assert faults(page) == []
    page.locator("dialog").get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("is in effect since")).to_be_visible()
    look(page, "territories-published")
    assert faults(page) == []
    names = {f"territory-{place}": name for place, name in enumerate(NAMES)}
    assert names[owner(service, 7)] == sorted(NAMES)[target]
    page.get_by_role("button", name="Roll back…").click()
    page.locator("dialog").get_by_role("button", name="Roll back", exact=True).click()
    expect(page.get_by_text("was rolled back")).to_be_visible()
    assert {customer: owner(service, customer) for customer in before} == before


def test_many_at_once_and_what_if(open_page: OpenPage, service: Served) -> None:
    asked = service.send("manager", "POST", "/territory-proposals", json={"name": "秋季"})
    assert asked.status_code == 202, asked.text
    work(service)
    page = open_page(language="zh-CN")
    expect(page.locator("thead .shown button.name")).to_have_text("均衡")
    expect(page.locator("[data-drawn=true]")).to_be_visible(timeout=3 * PATIENCE_MS)
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways"
    look(page, "territories-zh")
    assert faults(page) == []
    # a line around the middle of the map
    page.get_by_role("button", name="套索").click()
    box = page.locator(".map[data-drawn]").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 80, y - 80)
    page.mouse.down()
    for dx, dy in ((80, -80), (80, 80), (-80, 80), (-80, -80)):
        page.mouse.move(x + dx, y + dy, steps=3)
    page.mouse.up()
    expect(page.locator(".bar b")).to_contain_text("已选")
    page.locator(".bar").get_by_role("button", name="固定").click()
    settled(page)
    look(page, "territories-zh-lasso")
    assert faults(page) == []
    # sliders keep what is pinned
    page.get_by_role("tab", name="假设").click()
    page.locator("input[type=range]").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("aside output").first).to_have_text("7.5%")
    settled(page)
    look(page, "territories-zh-what-if")
    assert faults(page) == []
    page.get_by_role("tab", name="空白").click()
    expect(page.locator("aside ol li").first).to_be_visible()
    page.get_by_role("button", name="在地图上显示").click()
    settled(page)
    look(page, "territories-zh-white-space")
    assert faults(page) == []


def test_only_managers_see_it(open_page: OpenPage) -> None:
    page = open_page("dispatcher")
    expect(page.get_by_role("heading")).to_contain_text("for managers")
    assert faults(page) == []
