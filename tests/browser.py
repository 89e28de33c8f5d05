"""A real Chromium for the tests of the pages; a skip by name, or under BEATPLAN_STRICT=1 a failure, without one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

from api.page_files import are_built

MISSING = "Chromium not found: apt-get install chromium, or name it in BEATPLAN_CHROMIUM"
NOT_BUILT = "the web pages are not built: python scripts/build_pages.py"


def require(there: bool, sentence: str) -> None:
    """Skips the test, or fails it under --strict, where a component is missing."""
    if there:
        return
    if os.environ.get("BEATPLAN_STRICT") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence)


@contextmanager
def running_browser() -> Iterator[Browser]:
    """A headless Chromium for one test module."""
    found = os.environ.get("BEATPLAN_CHROMIUM") or shutil.which("chromium")
    require(found is not None, MISSING)
    require(are_built(), NOT_BUILT)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()
