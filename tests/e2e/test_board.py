"""The dispatcher's board in a real browser: both languages and widths, every act, by pointer and by keyboard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.api.browser import PASSWORD
from tests.e2e.board import (
    DAY,
    TERRITORIES,
    OpenBoard,
    Team,
    agree,
    commit,
    late_comer,
    open_board,
    shown_stops,
    stop,
    team,
)

__all__ = ["open_board", "team"]
pytestmark = pytest.mark.needs_browser
AXE = Path(__file__).parents[2] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
PLANNED_MS = 180_000
"""A busy machine may take long to start processes; a hang still ends the test."""
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


def look(page: Page, name: str) -> None:
    """Keeps a picture where the tester wants to see them."""
    folder = os.environ.get("BEATPLAN_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def open_stops(team: Team, rep: str) -> list[dict]:
    """The stops of a rep that can still be moved, and are not promised."""
    stops = team.get(f"/reps/{rep}/plans/{DAY}")["stops"]
    return [one for one in stops if one["state"] == "planned" and not one["locked"] and not one["promise"]]


@pytest.mark.parametrize("width", [1440, 1024])
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_the_day_can_be_read_and_used_by_everybody(
    team: Team, open_board: OpenBoard, language: str, width: int
) -> None:
    page = open_board("dana", language, width)
    outside = [
        one for one in page.evaluate("performance.getEntriesByType('resource').map(e => e.name)") if "://" in one
    ]
    assert all(one.startswith(team.service.base_url) for one in outside)
    assert page.evaluate("document.documentElement.lang") == {"en-GB": "en", "zh-CN": "zh-Hans"}[language]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways"
    assert faults(page) == []
    page.locator("[data-visit].planned").first.click()
    expect(page.locator("aside dl")).to_be_visible()
    expect(page.locator("aside li").first).to_be_visible()
    look(page, f"board-{language}-{width}-stop")
    assert faults(page) == []
    page.locator(".zoom button").last.click()
    expect(page.locator("td button").first).to_be_visible()
    assert faults(page) == []


def test_signing_in_by_password(team: Team, open_board: OpenBoard) -> None:
    page = open_board()
    page.evaluate("sessionStorage.clear()")
    fresh = page.context.browser.new_context()
    try:
        page = fresh.new_page()
        page.goto(f"{team.service.base_url}/board?date={DAY}")
        page.locator("form input[type=email]").fill("emil@example.com")
        page.locator("form input[type=password]").fill(PASSWORD)
        page.locator("form button[type=submit]").click()
        expect(page.locator("[data-visit]").first).to_be_visible()
        expect(page.get_by_text("Live")).to_be_visible()
    finally:
        fresh.close()


def test_a_visit_is_dragged_to_a_colleague_looked_at_committed_and_taken_back(
    team: Team, open_board: OpenBoard
) -> None:
    page = open_board()
    before = agree(team, page)
    moved = open_stops(team, "rep00")[0]["visit"]
    target = page.locator("[data-drop='rep01'] [data-track]").bounding_box()
    source = stop(page, moved).bounding_box()
    page.mouse.move(source["x"] + 8, source["y"] + 8)
    page.mouse.down()
    page.mouse.move(source["x"] + 30, source["y"] + 20)
    page.mouse.move(target["x"] + target["width"] * 0.7, target["y"] + 10, steps=4)
    expect(page.locator(".carried")).to_be_visible()
    page.mouse.up()
    expect(page.locator("aside table")).to_be_visible()
    expect(page.locator("[data-drop='rep01'] .ghost").first).to_be_visible()
    expect(page.locator(f"[data-visit='{moved}'].leaving")).to_be_visible()
    look(page, "board-dragged")
    assert faults(page) == []
    assert team.stops() == before, "looking changes nothing"
    confirm = page.get_by_label("Do it all the same")
    if confirm.is_visible():
        confirm.check()
    commit(page)
    after = agree(team, page)
    assert moved in after["rep01"]
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("Taken back")
    assert agree(team, page) == before


def test_the_whole_flow_by_keyboard(team: Team, open_board: OpenBoard) -> None:
    page = open_board()
    before = agree(team, page)
    visit = open_stops(team, "rep02")[0]["visit"]
    page.locator("[data-cell][tabindex='0']").focus()
    for _ in range(list(shown_stops(page)).index("rep02")):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Home")
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        if page.evaluate("document.activeElement.dataset.visit") == visit:
            break
    assert page.evaluate("document.activeElement.dataset.visit") == visit
    page.keyboard.press("m")
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("li button").first).to_be_visible()
    expect(sheet.locator("li button")).to_have_count(4)
    look(page, "board-move-to")
    assert faults(page) == []
    sheet.locator("li button").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("aside table")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("aside")).to_have_count(0)
    stop(page, visit).focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Unsent proposal").focus()
    page.keyboard.press("Enter")
    confirm = page.get_by_label("Do it all the same")
    if confirm.is_visible():
        confirm.focus()
        page.keyboard.press("Space")
    page.locator(".decide .primary:enabled").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Committed")
    after = agree(team, page)
    assert visit not in after.get("rep02", [])
    assert {one for stops in after.values() for one in stops} == {one for stops in before.values() for one in stops}


def test_a_promise_a_lock_a_slot_and_a_selection(team: Team, open_board: OpenBoard) -> None:
    page = open_board()
    whole = next(found for rep in team.stops() if len(found := open_stops(team, rep)) > 3)
    first, second, third = (one["visit"] for one in whole[:3])
    stop(page, first).click()
    page.get_by_role("button", name="Promise a time").click()
    page.locator("[role=group] button.figures").nth(1).click()
    expect(page.locator("aside").get_by_text("promised", exact=False).first).to_be_visible()
    assert team.get(f"/visits/{first}")["state"] == "promised"
    stop(page, second).focus()
    page.keyboard.press("l")
    commit(page)
    assert team.get(f"/visits/{second}")["locked"]
    stop(page, third).click(modifiers=["Control"])
    stop(page, second).click(modifiers=["Control"])
    expect(page.get_by_role("heading", name="2 visits chosen")).to_be_visible()
    page.get_by_role("button", name="Cancel 2 visits").click()
    expect(page.locator("aside").get_by_text("Goes out")).to_be_visible()
    page.get_by_role("button", name="Discard").click()
    due = page.locator("section[aria-labelledby=tray] li button").first
    due.click()
    page.locator("aside .stack li button").first.click()
    expect(page.get_by_text("is held until")).to_be_visible()
    expect(page.locator(".hold")).to_have_count(1)
    look(page, "board-held")
    assert faults(page) == []
    page.get_by_role("button", name="Book it").click()
    expect(page.locator(".toast")).to_contain_text("Committed")
    agree(team, page)


def test_search_finds_a_customer_in_pinyin_and_traditional(open_board: OpenBoard) -> None:
    page = open_board()
    page.keyboard.press("/")
    for typed in ("cqxmg", "重慶小麵"):
        page.locator("[data-search]").fill(typed)
        expect(page.locator(".search li").first).to_contain_text("重庆小面馆")
    assert faults(page) == []
    page.keyboard.press("Enter")
    expect(page.locator("aside h2")).to_contain_text("重庆小面馆")


def test_a_selection_by_lasso_and_a_day_on_paper_and_as_a_file(team: Team, open_board: OpenBoard) -> None:
    page = open_board()
    expect(page.locator(".maplibregl-canvas")).to_be_visible()
    expect(page.locator(".map svg[role=img]")).to_have_count(0)
    page.get_by_role("button", name="Lasso").click()
    box = page.locator("section.map").bounding_box()
    corners = [(0.01, 0.97), (0.97, 0.97), (0.97, 0.01), (0.01, 0.01), (0.01, 0.97)]
    points = [(box["x"] + box["width"] * x, box["y"] + box["height"] * y) for x, y in corners]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()
    count = sum(len(stops) for stops in shown_stops(page).values())
    expect(page.get_by_role("heading", name=f"{count} visits chosen")).to_be_visible()
    look(page, "board-lasso")
    page.get_by_role("button", name="Choose none").click()
    page.locator("[data-drop='rep03'] .rep").click()
    for kind in ("CSV", "GPX"):
        with page.expect_download() as told:
            page.get_by_role("button", name=kind).click()
        assert told.value.suggested_filename == f"rep03-{DAY}.{kind.lower()}"
    page.evaluate("window.print = () => { window.printed = document.querySelectorAll('article tbody tr').length; }")
    page.get_by_role("button", name="Print").click()
    assert page.evaluate("window.printed") == len(team.stops()["rep03"])


def test_planning_is_watched_and_goes_to_the_phones_when_it_is_published(team: Team, open_board: OpenBoard) -> None:
    page = open_board()
    before = agree(team, page)
    with team.service.store.session() as session:
        session.add_all(late_comer(number) for number in range(10, 26) if number % TERRITORIES in {2, 3})
    page.get_by_role("button", name="Plan days").click()
    page.get_by_label("Days", exact=True).fill("1")
    page.get_by_label("Search for").fill("1")
    for district in ("District 3", "District 4"):
        page.get_by_role("checkbox", name=district).check()
    page.get_by_role("button", name="Plan a draft").click()
    expect(page.locator("progress")).to_be_visible()
    look(page, "board-run")
    page.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("Last run")).to_be_visible(timeout=PLANNED_MS)
    page.get_by_role("button", name="Plan a draft").click()
    expect(page.get_by_text("Not on the phones yet")).to_be_visible(timeout=PLANNED_MS)
    expect(page.locator(".ghost").first).to_be_visible()
    look(page, "board-draft")
    assert faults(page) == []
    assert team.stops() == before, "nobody sees a draft"

    (waiting,) = team.get("/plan-drafts")["items"]
    drafts = team.get(f"/plan-runs/{waiting['run']}/drafts")
    days = {one["rep"]: one for one in drafts["days"]}
    homes = {one["id"]: one["territory"] for one in team.get(f"/board?date={DAY}")["reps"]}
    rep = next(
        name for name, one in days.items() if homes[name] == "t3" and one["after"]["stops"] > one["before"]["stops"]
    )
    stale = next(name for name, one in days.items() if homes[name] == "t2" and one["after"]["stops"])
    drafted = team.get(f"/plan-runs/{waiting['run']}/drafts/plans?date={DAY}")
    planned = next(plan["stops"] for plan in drafted if plan["rep"] == rep)
    comes = next(one["name"] for one in planned if one["visit"] not in before.get(rep, ()))
    phone = phone_of(page.context.browser, team, rep)
    expect(phone.locator("ol li, ul li").first).to_be_visible()
    expect(phone.get_by_text(comes)).to_have_count(0)

    # another rep is away that day, as a colleague writes down: it is named, and the rest can still be published
    away = {"rep_id": stale, "starts_at": f"{DAY}T06:00:00+02:00", "ends_at": f"{DAY}T20:00:00+02:00"}
    assert team.send("POST", "/absences", "emil", json=away).status_code == 201
    expect(page.get_by_text("changed meanwhile. Publish the rest, or plan again.")).to_be_visible()
    look(page, "board-draft-stale")
    page.get_by_role("button", name="Publish to phones").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Published")
    expect(phone.get_by_text(comes).first).to_be_visible()
    look(page, "board-published")
    now = agree(team, page)
    assert now[rep] != before.get(rep)
    assert now.get(stale) == before.get(stale)
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("button", name="Plan a draft")).to_be_visible()
    assert team.get("/plan-drafts")["items"] == []
    phone.context.close()


def phone_of(browser: Browser, team: Team, rep: str) -> Page:
    """The phone page of a rep, on the planned day."""
    phone = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB", has_touch=True, is_mobile=True)
    page = phone.new_page()
    page.goto(f"{team.service.base_url}/today?date={DAY}")
    page.locator("form input[type=email]").fill(f"{rep}@example.com")
    page.locator("form input[type=password]").fill(PASSWORD)
    page.locator("form button[type=submit]").click()
    expect(page.get_by_role("button", name="Arrived", exact=True)).to_be_visible()
    return page
