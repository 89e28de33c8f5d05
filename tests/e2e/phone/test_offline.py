"""The day without a network: taps wait, survive, go in order, count once, and what was refused is told in words."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect
from sqlmodel import col, select

from api.settings import Settings
from tests.api.serving import Served
from tests.chaos.programs import program
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.phone.conftest import OpenPhone, copied
from tests.e2e.phone.looking import look, require_faultless
from tests.e2e.phone.town import TODAY, token_of
from tests.postgres import _free_port
from visits.models import Visit, VisitTransition
from visits.store import Store, open_store

pytestmark = pytest.mark.needs_browser
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


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def stops_of(service: Served, rep: str) -> list[str]:
    sign_in = {"Authorization": f"Bearer {token_of(rep)}"}
    reply = service.client.get(f"/api/v1/reps/{rep}/plans/today", headers=sign_in)
    return [stop["visit"] for stop in reply.json()["stops"]]


def states(store: Store, visits: list[str]) -> list[str]:
    with store.reading() as session:
        return [session.get_one(Visit, visit).state for visit in visits]


def moves(store: Store, visits: list[str]) -> list[list[str]]:
    """What happened to each visit since it was planned, each step once if it was counted once."""
    with store.reading() as session:
        rows = session.exec(select(VisitTransition).order_by(col(VisitTransition.id))).all()
    return [[row.action for row in rows if row.visit_id == visit and row.action != "place"] for visit in visits]


def tap_through(page: Page) -> None:
    """Arrive and finish at the first stop, call the second off; all without a network."""
    press(page, "Arrived")
    press(page, "Done")
    page.get_by_label("Note (optional)").fill("Two boxes")
    press(page, "Order placed")
    press(page, "More")
    press(page, "Cancel this visit")
    press(page, "Customer cancelled")
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def office_cancels(service: Served, visit: str) -> None:
    headers = {"Authorization": f"Bearer {token_of('office')}", "Idempotency-Key": f"office-{visit}"}
    reply = service.client.post(f"/api/v1/visits/{visit}/cancel", json={"reason": "closed"}, headers=headers)
    assert reply.status_code == 200, reply.text


def test_a_day_without_a_network(phone: OpenPhone, town: Served, rep: str) -> None:
    page = phone()
    first, second, third = stops_of(town, rep)[:3]
    page.evaluate(CONTROLLED)
    page.context.set_offline(True)
    tap_through(page)
    look(page, "offline-cancelled")
    page.reload()
    expect(page.get_by_text("3 waiting")).to_be_visible()
    expect(page.locator("ol li.done")).to_have_count(1)
    expect(page.locator("ol li.cancelled")).to_have_count(1)
    require_faultless(page, "offline-reloaded")
    press(page, "Arrived")  # at the third, which the office is calling off
    expect(page.get_by_text("4 waiting")).to_be_visible()
    office_cancels(town, third)
    assert states(town.store, [first, second]) == ["planned", "planned"]
    page.context.set_offline(False)
    expect(page.get_by_text("waiting")).to_have_count(0, timeout=3 * PATIENCE_MS)
    assert states(town.store, [first, second, third]) == ["done", "cancelled", "cancelled"]
    assert moves(town.store, [first, second]) == [["arrive", "complete"], ["cancel"]]
    with town.store.reading() as session:
        done = session.get_one(Visit, first)
        assert (done.outcome, done.note) == ("order", "Two boxes")
    press(page, "Keep this route")
    page.get_by_role("button", name="to look at").click()
    expect(page.get_by_text("It was cancelled meanwhile.")).to_be_visible()
    require_faultless(page, "offline-conflict")
    press(page, "It did take place")
    expect(page.get_by_text("Everything you tapped has reached the office.")).to_be_visible()
    assert states(town.store, [third]) == ["done"]


@contextmanager
def program_on(settings: Settings, port: int) -> Iterator[subprocess.Popen[str]]:
    with program(settings, "serve", "--port", str(port), ready="serves http") as running:
        yield running


def test_the_service_dies_in_the_middle_of_the_replay(
    phone: OpenPhone, town_sqlite: Path, roads: Path, tmp_path: Path, rep: str
) -> None:
    settings, port = copied(town_sqlite, roads, tmp_path), _free_port()
    store = open_store(settings.store_url)
    with program_on(settings, port) as first_life:
        page = phone(base_url=f"http://127.0.0.1:{port}")
        visits = visits_of(store, rep)
        page.evaluate(CONTROLLED)
        page.context.set_offline(True)
        tap_through(page)
        sent = [""]

        def kill_after_it_was_carried_out(route: Route) -> None:
            """The service has the tap, and dies before the phone hears of it."""
            sent.append(route.request.url)
            if len(sent) == 3:
                route.fetch()
                os.kill(first_life.pid, signal.SIGKILL)
                first_life.wait()
                route.abort()
            else:
                route.continue_()

        page.route("**/api/v1/visits/**", kill_after_it_was_carried_out)
        with page.expect_event("requestfailed", lambda one: one.url == sent[-1], timeout=3 * PATIENCE_MS):
            page.context.set_offline(False)
        assert states(store, visits[:2]) == ["done", "planned"]
    with program_on(settings, port):
        expect(page.get_by_text("waiting")).to_have_count(0, timeout=6 * PATIENCE_MS)
    assert states(store, visits[:2]) == ["done", "cancelled"]
    assert moves(store, visits[:2]) == [["arrive", "complete"], ["cancel"]]
    store.close()


def visits_of(store: Store, rep: str) -> list[str]:
    with store.reading() as session:
        asked = select(Visit).where(Visit.rep_id == rep, Visit.day == TODAY).order_by(col(Visit.start_s))
        rows = session.exec(asked).all()
    return [row.id for row in rows]


def test_signing_out_never_drops_a_tap_unasked(phone: OpenPhone, town: Served, rep: str) -> None:
    page = phone()
    first = stops_of(town, rep)[0]
    page.evaluate(CONTROLLED)
    page.context.set_offline(True)
    press(page, "Arrived")
    page.locator("button.profile").click()
    press(page, "Sign out")
    expect(page.get_by_role("heading", name="1 tap is not sent yet")).to_be_visible()
    require_faultless(page, "sign-out-unsent")
    page.context.set_offline(False)
    press(page, "Send first")
    expect(page.locator("form")).to_be_visible()
    assert states(town.store, [first]) == ["arrived"]
    assert page.evaluate(KEPT) == {"kept": 0, "taps": 0}
    assert page.locator("ol li").count() == 0


def test_the_week_and_what_was_before_are_on_the_phone(phone: OpenPhone) -> None:
    page = phone()
    page.evaluate(CONTROLLED)
    press(page, "Week")
    expect(page.locator("main ul button", has_text="stops")).to_have_count(1)
    press(page, "List")
    page.locator("ol li button").first.click()
    expect(page.get_by_text("All 5 visits")).to_be_visible()
    page.keyboard.press("Escape")
    page.context.set_offline(True)
    page.reload()
    press(page, "Week")
    page.locator("main ul button", has_text="stops").click()
    page.locator("ol li button").first.click()
    press(page, "All 5 visits")
    expect(page.get_by_text("Wants the new tea in spring.")).to_be_visible()
    expect(page.locator("dialog").get_by_text("Order placed")).to_have_count(4)
    page.keyboard.press("Escape")
