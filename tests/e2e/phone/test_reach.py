"""The page for every hand and every phone: by keyboard, without WebGL, and small enough for a thin line."""

from __future__ import annotations

import gzip
import re

import pytest
from playwright.sync_api import Response, expect

from api.page_files import FOLDER
from tests.api.serving import Served
from tests.e2e.phone.conftest import OpenPhone
from tests.e2e.phone.looking import require_faultless
from tests.e2e.phone.test_offline import press, states, stops_of

pytestmark = pytest.mark.needs_browser
MOST_SCRIPT = 40_000
MOST_PLAN = 30_000
NO_WEBGL = "HTMLCanvasElement.prototype.getContext = () => null;"


def test_a_visit_by_keyboard(phone: OpenPhone, town: Served, rep: str) -> None:
    page = phone()
    first = stops_of(town, rep)[0]
    focused = "document.activeElement.textContent.trim()"
    for wanted in ("Arrived", "Done"):
        expect(page.get_by_role("button", name=wanted, exact=True)).to_be_visible()
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(focused) == wanted:
                break
        page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="How did it go?")).to_be_visible()
    for _ in range(9):
        page.keyboard.press("Tab")
        if page.evaluate(focused) == "Order placed":
            break
    page.keyboard.press("Enter")
    expect(page.locator("ol li.done")).to_have_count(1)
    expect(page.get_by_text("Sent", exact=True)).to_be_visible()
    assert states(town.store, [first]) == ["done"]


def test_without_webgl_the_list_is_whole_and_the_map_a_sketch(phone: OpenPhone) -> None:
    page = phone()
    page.add_init_script(NO_WEBGL)
    page.reload()
    expect(page.locator("ol li button").first).to_be_visible()
    press(page, "Map")
    expect(page.get_by_role("img", name="Map of the day")).to_be_visible()
    require_faultless(page, "no-webgl")
    press(page, "List")
    press(page, "Arrived")
    expect(page.get_by_text("You are here")).to_be_visible()


def test_the_page_and_the_plan_are_small(phone: OpenPhone) -> None:
    page = phone(service_workers="block")
    scripts, plans = {}, []

    def weigh(response: Response) -> None:
        name = response.url.rpartition("/")[2]
        if "/assets/" in response.url and name.endswith(".js"):
            scripts[name] = len(gzip.compress((FOLDER / "assets" / name).read_bytes(), 9))
        elif "/plans/today" in response.url:
            plans.append(response.url)

    page.on("response", weigh)
    own = re.findall("<script>(.*?)</script>", (FOLDER / "today.html").read_text("utf-8"))
    scripts["today.html"] = len(gzip.compress("".join(own).encode(), 9))
    page.reload()
    press(page, "Arrived")
    expect(page.get_by_text("You are here")).to_be_visible()
    assert 0 < sum(scripts.values()) <= MOST_SCRIPT, scripts
    reply = page.request.get(plans[0])
    assert reply.ok
    assert 0 < len(reply.body()) <= MOST_PLAN
