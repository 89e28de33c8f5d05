"""Every screen of the phone page, in both languages: nothing for axe to find, no target too small, nothing sideways."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Page, expect

from tests.api.serving import Served
from tests.e2e.phone.conftest import OpenPhone
from tests.e2e.phone.looking import absent, faults, look, require_faultless
from tests.e2e.phone.town import token_of

pytestmark = pytest.mark.needs_browser
WORDS = {
    "en-GB": {
        "more": "More",
        "cancel": "Cancel this visit",
        "why": "Why this stop?",
        "late": "Running late",
        "another": "See another customer today",
        "week": "Week",
        "map": "Map",
        "list": "List",
        "arrived": "Arrived",
        "done": "Done",
        "calendar": "Make an address",
        "phone": "Sign in another phone",
        "mapped": "Map of the day",
    },
    "zh-CN": {
        "more": "更多",
        "cancel": "取消这次拜访",
        "why": "为什么安排这一站？",
        "late": "会迟到",
        "another": "今天想拜访其他客户",
        "week": "本周",
        "map": "地图",
        "list": "列表",
        "arrived": "已到达",
        "done": "完成",
        "calendar": "生成地址",
        "phone": "登录另一部手机",
        "mapped": "当天地图",
    },
}
SCREENS = [("en-GB", 390, 844), ("zh-CN", 360, 640)]
if os.environ.get("BEATPLAN_PICTURES"):
    SCREENS += [("zh-CN", 390, 844), ("en-GB", 360, 640)]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def settled(page: Page) -> None:
    """Waits until nothing on the page is still being worked out."""
    expect(page.locator("dialog [role=status]", has_text="…")).to_have_count(0)


@pytest.mark.parametrize(("language", "width", "height"), SCREENS)
def test_every_screen_is_whole(phone: OpenPhone, language: str, width: int, height: int) -> None:
    words, name = WORDS[language], f"{language[:2]}-{width}"
    page = phone(language, width, height)
    assert page.evaluate("document.documentElement.lang") == {"en-GB": "en", "zh-CN": "zh-Hans"}[language]
    require_faultless(page, f"{name}-day")
    page.locator(".bar button").first.click()
    require_faultless(page, f"{name}-navigate")
    page.keyboard.press("Escape")
    press(page, words["more"])
    require_faultless(page, f"{name}-more")
    press(page, words["late"])
    look(page, f"{name}-late")
    page.keyboard.press("Escape")
    press(page, words["more"])
    press(page, words["cancel"])
    require_faultless(page, f"{name}-reasons")
    page.keyboard.press("Escape")
    page.locator("ol li button").first.click()
    settled(page)
    look(page, f"{name}-stop")
    press(page, words["why"])
    settled(page)
    require_faultless(page, f"{name}-stop-why")
    page.keyboard.press("Escape")
    wanted = absent(page)
    press(page, words["more"])
    press(page, words["another"])
    page.get_by_role("searchbox").fill(wanted)
    page.keyboard.press("Enter")
    page.locator("dialog").get_by_role("button", name=wanted).click()
    settled(page)
    require_faultless(page, f"{name}-another")
    page.keyboard.press("Escape")
    press(page, words["week"])
    expect(page.locator("main ul button")).to_have_count(7)
    require_faultless(page, f"{name}-week")
    press(page, words["map"])
    expect(page.locator(".pin").first).to_be_visible()
    require_faultless(page, f"{name}-map")
    press(page, words["list"])
    page.locator("button.profile").click()
    look(page, f"{name}-profile")
    press(page, words["calendar"])
    press(page, words["phone"])
    expect(page.locator("dialog img")).to_be_visible()
    require_faultless(page, f"{name}-profile-open")
    page.locator("dialog").evaluate("one => one.scrollTo(0, one.scrollHeight)")
    look(page, f"{name}-profile-end")
    page.keyboard.press("Escape")
    press(page, words["arrived"])
    press(page, words["done"])
    require_faultless(page, f"{name}-outcome")


def test_signing_in(phone: OpenPhone) -> None:
    page = phone(signed_in=False)
    expect(page.locator("form input[type=email]")).to_be_visible()
    require_faultless(page, "en-390-sign-in")
    press(page, "I have a link")
    require_faultless(page, "en-390-sign-in-link")


@pytest.mark.parametrize(("language", "button"), [("en-GB", "Sign this device in"), ("zh-CN", "登录这台设备")])
def test_signing_in_by_the_link_of_a_code(phone: OpenPhone, town: Served, rep: str, language: str, button: str) -> None:
    office = {"Authorization": f"Bearer {token_of('office')}"}
    link = town.client.post(f"/api/v1/reps/{rep}/sign-in-links", headers=office).json()["url"]
    page = phone(language, signed_in=False, path=link.removeprefix(town.base_url))
    require_faultless(page, f"{language[:2]}-390-link")
    press(page, button)
    expect(page.locator("ol li button").first).to_be_visible()
    assert page.url == f"{town.base_url}/today"


@pytest.mark.parametrize(
    ("name", "width", "height", "zoom"),
    [("zoomed", 390, 844, 2.0), ("narrow", 320, 568, 1.0), ("landscape", 844, 390, 1.0)],
)
def test_large_print_and_a_turned_phone(phone: OpenPhone, name: str, width: int, height: int, zoom: float) -> None:
    page = phone(width=width, height=height)
    page.evaluate("zoom => { document.documentElement.style.fontSize = `${100 * zoom}%`; }", zoom)
    require_faultless(page, f"en-{name}-day")
    bar = page.locator("footer").bounding_box()
    assert bar is not None
    assert bar["y"] + bar["height"] <= height + 1, "the bar is out of reach"
    assert bar["height"] < 0.45 * height, "the bar hides the day"
    page.locator("ol li button").first.click()
    settled(page)
    assert faults(page) == []
    look(page, f"en-{name}-stop")
