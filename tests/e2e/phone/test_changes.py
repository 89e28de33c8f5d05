"""A day that changes: called off and taken back, repaired and filled, nobody there, another customer, the office."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, expect

from tests.api.serving import Served
from tests.e2e.phone.conftest import OpenPhone
from tests.e2e.phone.looking import absent, look, require_faultless
from tests.e2e.phone.test_offline import office_cancels, press, states, stops_of

pytestmark = pytest.mark.needs_browser


def cancel_first(page: Page) -> None:
    press(page, "More")
    press(page, "Cancel this visit")
    press(page, "Closed")


def test_a_cancelled_visit_can_be_taken_back_and_else_repairs_the_day(phone: OpenPhone, town: Served, rep: str) -> None:
    page = phone()
    before = stops_of(town, rep)
    cancel_first(page)
    press(page, "Undo")
    expect(page.locator("ol li.cancelled")).to_have_count(0)
    cancel_first(page)
    expect(page.get_by_role("heading", name="Your new route")).to_be_visible()
    require_faultless(page, "repaired")
    assert states(town.store, before[:1]) == ["cancelled"]
    assert set(stops_of(town, rep)) == set(before[1:]), "freed time was filled unasked"
    page.get_by_role("button", name="Add", exact=True).first.click()
    expect(page.get_by_text("In your route")).to_be_visible()
    look(page, "repaired-added")
    assert len(stops_of(town, rep)) == len(before)
    press(page, "Take out")
    expect(page.get_by_text("In your route")).to_have_count(0)
    assert set(stops_of(town, rep)) == set(before[1:])
    press(page, "Keep this route")
    expect(page.locator("ol li button")).to_have_count(len(before) - 1)


def test_where_nobody_was_there_the_day_is_repaired(phone: OpenPhone, town: Served, rep: str) -> None:
    page = phone()
    first = stops_of(town, rep)[0]
    press(page, "Arrived")
    expect(page.get_by_text("You are here")).to_be_visible()
    press(page, "More")
    press(page, "Nobody there")
    expect(page.get_by_role("heading", name="Your new route")).to_be_visible()
    require_faultless(page, "nobody-there")
    press(page, "Keep this route")
    assert states(town.store, [first]) == ["no_show"]
    expect(page.locator("ol li.no_show")).to_have_count(1)


def test_another_customer_today_has_a_price_first(phone: OpenPhone, town: Served, rep: str) -> None:
    page = phone()
    before = stops_of(town, rep)
    wanted = absent(page)
    press(page, "More")
    press(page, "See another customer today")
    page.get_by_role("searchbox").fill(wanted)
    page.keyboard.press("Enter")
    page.locator("dialog").get_by_role("button", name=wanted).click()
    expect(page.get_by_text("of your day")).to_be_visible()
    assert stops_of(town, rep) == before, "asking for the price changed the day"
    press(page, "Why not?")
    expect(page.locator("dialog p[lang]")).not_to_be_empty()
    look(page, "why-not")
    page.get_by_role("button", name="Put it in").click()
    expect(page.locator("ol li button", has_text=wanted)).to_be_visible()
    assert len(stops_of(town, rep)) == len(before) + 1


def test_what_the_office_changes_is_told(phone: OpenPhone, town: Served, rep: str) -> None:
    page = phone()
    open_now: set[Request] = set()
    at_once: list[int] = []

    def begins(sent: Request) -> None:
        if sent.url.endswith("/api/v1/events"):
            open_now.add(sent)
            at_once.append(len(open_now))

    page.context.on("request", begins)
    for over in ("requestfinished", "requestfailed"):
        page.context.on(over, lambda sent: open_now.discard(sent))  # a page that goes hands the stream to the next
    with page.expect_request("**/api/v1/events"):
        page.reload()
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.locator("ol li button").first).to_be_visible()
    page.bring_to_front()
    gone = stops_of(town, rep)[1]
    office_cancels(town, gone)
    for one in (page, other):
        expect(one.get_by_role("heading", name="The office changed your day")).to_be_visible()
    require_faultless(page, "office-changed")
    assert max(at_once) == 1, "each page of a browser has a stream of its own"
    press(page, "Understood")
    expect(page.get_by_role("heading", name="The office changed your day")).to_have_count(0)
