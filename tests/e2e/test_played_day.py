"""A played day: twenty reps, two dispatchers at once, three cancellations, a sick rep, two inserts, a phone offline."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from api.tools import LateRoads
from routing.evaluate import evaluate
from tests.api.browser import PASSWORD
from tests.api.conftest import MONDAY
from tests.e2e.board import DAY, TERRITORIES, OpenBoard, Team, agree, commit, open_board, stop, team
from visits.day_problem import Extra, question_of
from visits.rep_days import Scope, read_days

__all__ = ["open_board", "team"]
pytestmark = pytest.mark.needs_browser


def cancel(page: Page, visit: str) -> None:
    """Proposes to cancel a visit."""
    stop(page, visit).click()
    page.get_by_role("button", name="Cancel visit").click()
    expect(page.locator(".decide .primary:enabled")).to_be_visible()


def last_open(team: Team, rep: str) -> str:
    stops = team.get(f"/reps/{rep}/plans/{DAY}")["stops"]
    return next(one["visit"] for one in reversed(stops) if one["state"] == "planned")


def test_a_played_day(browser: Browser, team: Team, open_board: OpenBoard) -> None:
    dana, emil = open_board("dana"), open_board("emil")
    expect(dana.get_by_text("Live")).to_be_visible()
    expect(emil.get_by_text("Live")).to_be_visible()
    before = agree(team, dana, emil)

    # a rep's phone loses its network, and the rep goes on working
    phone = browser.new_context(viewport={"width": 390, "height": 844}, locale="en-GB", has_touch=True, is_mobile=True)
    rep = phone.new_page()
    rep.goto(f"{team.service.base_url}/today?date={DAY}")
    rep.locator("form input[type=email]").fill("rep00@example.com")
    rep.locator("form input[type=password]").fill(PASSWORD)
    rep.locator("form button[type=submit]").click()
    expect(rep.get_by_role("button", name="Arrived", exact=True)).to_be_visible()
    phone.set_offline(True)
    first, second = before["rep00"][:2]
    rep.get_by_role("button", name="Arrived", exact=True).click()
    rep.get_by_role("button", name="Done", exact=True).click()
    rep.get_by_role("button", name="Order placed").click()
    rep.get_by_role("button", name="Arrived", exact=True).click()
    expect(rep.get_by_text("3 waiting")).to_be_visible()

    # two cancellations by Dana; one is also looked at by Emil, who is slower
    cancelled = [last_open(team, "rep05"), last_open(team, "rep10")]
    cancel(dana, cancelled[0])
    slower = next(one for one in reversed(before["rep05"]) if one != cancelled[0])
    cancel(emil, slower)
    commit(dana)
    expect(emil.get_by_text("A day that this builds on has changed.")).to_be_visible()
    assert emil.locator(".ghost, .leaving").count() > 0, "the unsent proposal is still there"
    emil.locator(".decide .primary:enabled").click()
    expect(emil.get_by_text("Somebody was faster.")).to_be_visible()
    commit(emil)
    cancelled.append(slower)
    cancel(dana, cancelled[1])
    commit(dana)

    # a sick rep in one click, and two customers brought in, by both at the same time
    emil.locator("[data-drop='rep12'] .sick").focus()
    emil.keyboard.press("Enter")
    expect(emil.locator(".decide .primary:enabled")).to_be_visible()
    brought = []
    for page in (dana, emil):
        if page is emil:
            commit(emil)
        due = page.locator("section[aria-labelledby=tray] li button:not(.current)").nth(len(brought))
        brought.append(due.locator("b").inner_text())
        due.click()
        page.get_by_role("button", name="Bring in today").click()
        expect(page.locator(".decide .primary:enabled")).to_be_visible()
        commit(page)

    # the phone is back: every tap counts, once
    phone.set_offline(False)
    expect(rep.get_by_text("waiting")).to_have_count(0, timeout=60_000)
    assert team.get(f"/visits/{first}")["state"] == "done"
    assert team.get(f"/visits/{second}")["state"] == "arrived"
    for visit, wanted in ((first, {"arrive", "complete"}), (second, {"arrive"})):
        told = team.get(f"/visits/{visit}/history")["items"]
        assert {one["action"] for one in told} >= wanted
        assert sum(one["to_state"] == "done" for one in told) == (visit == first)
    phone.close()

    # both boards show what the service has, and it is what was agreed
    after = agree(team, dana, emil)
    expect(dana.locator(f"[data-visit='{first}'].done")).to_be_visible()
    planned = {visit for stops in after.values() for visit in stops}
    assert not planned & set(cancelled)
    assert not after.get("rep12")
    for visit in cancelled:
        assert team.get(f"/visits/{visit}")["state"] == "cancelled"
    names = {one["name"] for plan in team.get(f"/plans?date={DAY}&limit=200")["items"] for one in plan["stops"]}
    assert set(brought) <= names
    require_sound(team)


def require_sound(team: Team) -> None:
    """The end state passes the evaluator, territory by territory."""
    travel = LateRoads(team.service.settings.roads_source)
    for number in range(TERRITORIES):
        with team.service.store.reading() as session:
            days = read_days(session, Scope((f"t{number}",), MONDAY, MONDAY, plans_alone=True), datetime.now(UTC))
        question = question_of(days, travel, Extra(candidates=()))
        ahead = {name for name, one in days.by_shift.items() if not one.begun and one.shift is not None}
        found = evaluate(question.problem, question.plan)
        assert [one for one in found.violations if one.shift in ahead and one.kind != "totals"] == []
