"""Looking at a page as people do who see little, hold it in one hand, or only hear it."""

from __future__ import annotations

import os
from pathlib import Path

from playwright.sync_api import BrowserContext, Page

from tests.e2e.phone.town import NAMES

AXE = (Path(__file__).parents[3] / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text
SMALLEST_TARGET = 48
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {"color-contrast-enhanced": {"enabled": True}},
}


def leaving(context: BrowserContext, base_url: str, into: list[str]) -> None:
    """Notes every request that goes anywhere but to the service."""
    home = (base_url, "data:", "blob:")
    context.on("request", lambda sent: None if sent.url.startswith(home) else into.append(sent.url))


def faults(page: Page) -> list[str]:
    """What axe-core finds wrong (contrast from 7:1 among it), what is too small for a thumb, what scrolls sideways."""
    page.evaluate(AXE("utf-8"))
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    small = page.evaluate(
        """least => [...document.querySelectorAll('button, a, input, select, textarea, summary')]
            .filter(one => !one.closest('.maplibregl-ctrl-attrib') && one.checkVisibility())
            .map(one => [one.textContent.trim() || one.ariaLabel, one.getBoundingClientRect()])
            .filter(([, box]) => box.width < least - 0.5 || box.height < least - 0.5)
            .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)""",
        SMALLEST_TARGET,
    )
    wide = page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)")
    told = [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
    return told + [f"too small: {one}" for one in small] + ([f"scrolls sideways by {wide} px"] if wide else [])


def absent(page: Page) -> str:
    """A customer of the rep who is not in the day that the page shows."""
    shown = page.locator("ol").inner_text()
    return next(name for name in NAMES if name not in shown)


def look(page: Page, name: str) -> None:
    """Keeps a picture where the tester wants to see them."""
    folder = os.environ.get("BEATPLAN_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png")


def require_faultless(page: Page, name: str) -> None:
    """Keeps a picture and fails with what is wrong with the page as it stands."""
    look(page, name)
    assert faults(page) == []
