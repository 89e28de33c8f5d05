"""The rep's phone page in a real browser: a day in two languages, and the story of a day without a network."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.api.conftest import MONDAY
from tests.api.serving import Served
from tests.e2e.conftest import PATIENCE_MS, OpenPhone

pytestmark = pytest.mark.needs_browser
AXE = Path(__file__).parents[2] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
DAY = MONDAY.isoformat()
PLAN = f"/reps/ana/plans/{DAY}"
SIZES = [(390, 844), (360, 640)]
SMALLEST_TARGET = 48
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"color-contrast-enhanced": {"enabled": True}},
}


CONTROLLED = """() => new Promise(done => {
  if (navigator.serviceWorker.controller) done();
  else navigator.serviceWorker.addEventListener('controllerchange', () => done());
})"""
"""Waits until the service worker answers for the page; asked without eval, which the page's policy forbids."""
KEPT = """() => new Promise(done => {
  const opening = indexedDB.open('beatplan');
  opening.onsuccess = () => {
    const stores = opening.result.transaction(['kept', 'taps']);
    const counts = {};
    for (const name of ['kept', 'taps']) {
      const counting = stores.objectStore(name).count();
      counting.onsuccess = () => { counts[name] = counting.result; };
    }
    stores.oncomplete = () => done(counts);
  };
})"""
"""How much a phone remembers."""


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong, and every target that is too small for a thumb."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    small = page.evaluate(
        """least => [...document.querySelectorAll('button, a, input, select, textarea')]
            .filter(one => !one.closest('.maplibregl-ctrl-attrib') && one.checkVisibility())
            .map(one => [one.textContent.trim() || one.ariaLabel, one.getBoundingClientRect()])
            .filter(([, box]) => box.width < least - 0.5 || box.height < least - 0.5)
            .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)""",
        SMALLEST_TARGET,
    )
    told = [
        f"{one['id']}: {node['html'][:120]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    return told + [f"too small: {one}" for one in small]


def look(page: Page, name: str) -> None:
    """Keeps a picture where the tester wants to see them."""
    folder = os.environ.get("BEATPLAN_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def state_of(service: Served, visit: str) -> str:
    return str(service.get("admin", f"/visits/{visit}").json()["state"])


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
def test_every_screen_is_whole(phone: OpenPhone, language: str, width: int, height: int) -> None:
    words = {
        "en-GB": ("More", "Week", "Cancel this visit", "Why this stop?"),
        "zh-CN": ("更多", "本周", "取消这次拜访", "为什么安排这一站?"),
    }
    more, week, cancel, why = words[language]
    page = phone(language, width, height)
    outside = []
    page.on(
        "request",
        lambda request: (
            outside.append(request.url) if not request.url.startswith(page.url.split("/today")[0]) else None
        ),
    )
    name = f"{language[:2]}-{width}"
    assert page.evaluate("document.documentElement.lang") == {"en-GB": "en", "zh-CN": "zh-Hans"}[language]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "scrolls sideways"
    assert faults(page) == []
    look(page, f"{name}-day")
    page.locator(".bar button").first.click()
    look(page, f"{name}-navigate")
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name=more, exact=True).click()
    look(page, f"{name}-more")
    assert faults(page) == []
    page.get_by_role("button", name=cancel).click()
    look(page, f"{name}-reasons")
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.locator("ol li button").first.click()
    page.get_by_role("button", name=why).click()
    expect(page.locator("dialog [role=status]")).to_have_count(0)
    look(page, f"{name}-stop")
    assert faults(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name=week, exact=True).click()
    expect(page.locator("main ul button")).to_have_count(7)
    look(page, f"{name}-week")
    assert faults(page) == []
    page.locator("button.profile").click()
    look(page, f"{name}-profile")
    assert faults(page) == []
    assert outside == []


def test_a_day_without_a_network(phone: OpenPhone, service: Served) -> None:
    page = phone()
    stops = service.get("ana", PLAN).json()["stops"]
    first, second, third = (stop["visit"] for stop in stops[:3])
    page.evaluate(CONTROLLED)
    page.context.set_offline(True)
    page.get_by_role("button", name="Arrived", exact=True).click()
    page.get_by_role("button", name="Done", exact=True).click()
    page.get_by_role("button", name="Order placed").click()
    expect(page.get_by_text("waiting").first).to_be_visible()
    page.get_by_role("button", name="More", exact=True).click()
    page.get_by_role("button", name="Cancel this visit").click()
    page.get_by_role("button", name="Customer cancelled").click()
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    look(page, "offline-cancelled")
    page.reload()
    expect(page.get_by_text("3 waiting")).to_be_visible()
    expect(page.locator("ol li.done")).to_have_count(1)
    expect(page.locator("ol li.cancelled")).to_have_count(1)
    look(page, "offline-reloaded")
    # meanwhile the office cancels the stop that the rep arrives at next
    page.get_by_role("button", name="Arrived", exact=True).click()
    expect(page.get_by_text("4 waiting")).to_be_visible()
    service.send(
        "admin", "POST", f"/visits/{third}/cancel", json={"reason": "closed"}, headers={"Idempotency-Key": "office"}
    )
    assert [state_of(service, visit) for visit in (first, second)] != ["done", "cancelled"]
    page.context.set_offline(False)
    expect(page.get_by_text("waiting")).to_have_count(0, timeout=3 * PATIENCE_MS)
    assert [state_of(service, visit) for visit in (first, second, third)] == ["done", "cancelled", "cancelled"]
    visit = service.get("admin", f"/visits/{first}").json()
    assert visit["outcome"] == "order"
    history = service.get("admin", f"/visits/{first}/history").json()
    assert len([one for one in history["items"] if one["to_state"] == "done"]) == 1, json.dumps(history)
    page.get_by_role("button", name="Keep this route").click()
    page.get_by_role("button", name="to look at").click()
    look(page, "offline-conflict")
    assert faults(page) == []
    page.get_by_role("button", name="OK", exact=True).click()
    expect(page.get_by_text("Everything you tapped has reached the office.")).to_be_visible()


def test_a_cancelled_visit_can_be_taken_back_and_else_repairs_the_day(phone: OpenPhone, service: Served) -> None:
    page = phone()
    stops = service.get("ana", PLAN).json()["stops"]

    def cancel() -> None:
        page.get_by_role("button", name="More", exact=True).click()
        page.get_by_role("button", name="Cancel this visit").click()
        page.get_by_role("button", name="Closed").click()

    cancel()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("ol li.cancelled")).to_have_count(0)
    cancel()
    expect(page.get_by_role("heading", name="Your new route")).to_be_visible()
    look(page, "repaired")
    assert faults(page) == []
    assert state_of(service, stops[0]["visit"]) == "cancelled"
    assert service.get("ana", PLAN).json()["stops"][0]["visit"] != stops[0]["visit"]


def test_signing_out_never_drops_a_tap_unasked(phone: OpenPhone, service: Served) -> None:
    page = phone()
    first = service.get("ana", PLAN).json()["stops"][0]["visit"]
    page.evaluate(CONTROLLED)
    page.context.set_offline(True)
    page.get_by_role("button", name="Arrived", exact=True).click()
    page.locator("button.profile").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="1 tap is not sent yet")).to_be_visible()
    look(page, "sign-out-unsent")
    page.context.set_offline(False)
    page.get_by_role("button", name="Send first").click()
    expect(page.locator("form")).to_be_visible()
    assert state_of(service, first) == "arrived"
    assert page.evaluate(KEPT) == {"kept": 0, "taps": 0}
    assert page.locator("ol li").count() == 0
