"""What a rep chooses: a calendar of their own, where they are, another phone, the home screen, the app to drive by."""

from __future__ import annotations

import re

import pytest
from icalendar import Calendar
from playwright.sync_api import expect
from sqlmodel import select

from tests.api.browser import PASSWORD
from tests.api.serving import Served
from tests.e2e.conftest import sign_in
from tests.e2e.phone.conftest import OpenPhone
from tests.e2e.phone.looking import look
from tests.e2e.phone.test_offline import press, states, stops_of
from tests.e2e.phone.town import token_of
from visits.models import Position

pytestmark = pytest.mark.needs_browser
OFFER = """() => {
  const offer = new Event('beforeinstallprompt');
  offer.prompt = async () => { document.title = 'asked'; };
  dispatchEvent(offer);
}"""


def positions(service: Served, rep: str) -> list[str]:
    with service.store.reading() as session:
        return list(session.exec(select(Position.kind).where(Position.rep_id == rep)).all())


def test_a_calendar_of_ones_own(phone: OpenPhone, town: Served, rep: str) -> None:
    page = phone()
    page.locator("button.profile").click()
    press(page, "Make an address")
    url = page.get_by_label("Address for your calendar").input_value()
    events = Calendar.from_ical(town.client.get(url).content).walk("VEVENT")
    assert {f"{visit}@beatplan" for visit in stops_of(town, rep)} <= {str(one["uid"]) for one in events}
    press(page, "End it")
    expect(page.get_by_role("button", name="Make an address")).to_be_visible()
    assert town.client.get(url).status_code == 404


def test_where_the_rep_is_is_read_with_a_tap_and_only_if_allowed(phone: OpenPhone, town: Served, rep: str) -> None:
    page = phone(geolocation={"longitude": 24.95, "latitude": 60.17}, permissions=["geolocation"])
    asked = page.evaluate_handle(
        """() => {
          const asked = [], real = navigator.geolocation.getCurrentPosition.bind(navigator.geolocation);
          navigator.geolocation.getCurrentPosition = (...more) => { asked.push(1); real(...more); };
          return asked;
        }"""
    )
    press(page, "Arrived")
    expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    assert asked.json_value() == []
    page.locator("button.profile").click()
    switch = page.get_by_role("switch", name="Say where I am with Arrived and Done")
    expect(page.get_by_text("Kept for the mileage report.")).to_be_visible()
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    look(page, "position")
    page.keyboard.press("Escape")
    with page.expect_request(re.compile("/complete$")) as sent:
        press(page, "Done")
        press(page, "Order placed")
    place = sent.value.post_data_json["position"]
    assert (place["lon"], place["lat"]) == (24.95, 60.17)
    expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    page.locator("button.profile").click()
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    page.keyboard.press("Escape")
    with page.expect_request(re.compile("/arrive$")) as sent:
        press(page, "Arrived")
    assert sent.value.post_data_json["position"] is None
    assert positions(town, rep) == []


def test_a_second_phone_by_link_and_a_wrong_password(phone: OpenPhone, town: Served, rep: str) -> None:
    page = phone(signed_in=False)
    page.locator("form input[type=email]").fill(f"{rep}@example.com")
    page.locator("form input[type=password]").fill("not my password")
    page.locator("form button[type=submit]").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not work")
    sign_in(page, rep)
    expect(page.locator("ol li button").first).to_be_visible()
    page.locator("button.profile").click()
    press(page, "Sign in another phone")
    link = page.get_by_label("Link").input_value()
    other = phone(signed_in=False)
    for outcome in ("in", "used"):
        press(other, "I have a link")
        other.get_by_label("Link").fill(link)
        other.locator("form button[type=submit]").click()
        if outcome == "in":
            expect(other.locator("ol li button").first).to_be_visible()
            other.locator("button.profile").click()
            press(other, "Sign out")
        else:
            expect(other.get_by_role("alert")).to_contain_text("Ask for a new one")
    assert PASSWORD not in page.content()
    assert states(town.store, stops_of(town, rep)[:1]) == ["planned"]


def test_the_office_is_told_where_it_belongs(phone: OpenPhone, town: Served) -> None:
    page = phone(signed_in=False)
    page.context.add_cookies([{"name": "beatplan", "value": token_of("office"), "url": town.base_url}])
    page.reload()
    expect(page.get_by_text("This page is for reps.")).to_be_visible()


def test_the_home_screen_is_offered_once(phone: OpenPhone) -> None:
    page = phone()
    page.evaluate(OFFER)
    install = page.get_by_role("button", name="Install on this phone")
    expect(install).to_have_count(0)
    press(page, "Arrived")
    press(page, "Done")
    press(page, "Order placed")
    expect(install).to_be_visible()
    look(page, "install")
    install.click()
    expect(page).to_have_title("asked")
    expect(install).to_have_count(0)


def test_the_app_to_drive_by_is_remembered(phone: OpenPhone) -> None:
    page = phone()
    press(page, "Navigate")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Amap").evaluate("link => { link.href = '/icons/beatplan.svg'; link.click(); }")
    opened.value.close()
    page.reload()
    assert "uri.amap.com" in str(page.get_by_role("link", name="Navigate").get_attribute("href"))
    page.locator("button.profile").click()
    large = page.get_by_role("switch", name="Large text")
    large.click()
    expect(page.locator("html")).to_have_css("font-size", "20px")
    page.reload()
    expect(page.locator("html")).to_have_css("font-size", "20px")
