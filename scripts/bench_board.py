"""The dispatcher's board in a real Chromium: 50 reps with 12 stops each on the demo's roads.

    python scripts/bench_board.py [--reps 50] [--stops 12] [--rounds 5] [--shots DIR] [--data DIR]

Told are medians over rounds: from asking for the page until every row and route is drawn (and until the map is), from a
movement of the pointer with a visit in hand until the screen shows it, and from the service's answer to a commit until
the rows show it. The service runs in a process of its own, the browser draws without a GPU. `--shots` keeps screenshots
in both languages at both widths. It ends what it started, and removes the data unless `--data` names where to keep it.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from api.settings import Settings
from api.tools import make_tools
from routing.roads.store import build_roads
from routing.roads.tiles import build_tiles
from scripts.team_data import Place, add_team
from tests.visits.world import solve_by_insertion
from visits.demo_loading import DEMO_DATA
from visits.models import PlanRun
from visits.planning import run_planning
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.store import migrate, open_store

EXTRACT = DEMO_DATA / "helsinki.osm.pbf"
ZONE = ZoneInfo("Europe/Helsinki")
SIZES = {1440: 900, 1024: 768}
LANGUAGES = {"en": "en-GB", "zh": "zh-CN"}
PATIENCE_MS = 60_000
STOPS_AT_LEAST = 0.85
"""A day of so many wanted stops counts as full."""

WATCH = """
(token) => {
  if (token) sessionStorage.setItem("token", token);
  window.seen = {};
  const painted = (name) => requestAnimationFrame(() => setTimeout(() => { window.seen[name] = performance.now(); }));
  new PerformanceObserver((list) => {
    for (const { name } of list.getEntries()) {
      if (name === "board-drawn" && document.querySelector("[data-visit]")) {
        if (!window.seen.asked) painted("ready");
        window.seen.asked = true;
        painted(name);
      }
      if (name === "map-drawn") painted(name);
    }
  }).observe({ type: "mark" });
}
"""
LAST_OPEN = """
() => [...document.querySelectorAll(".stop.open")]
  .sort((a, b) => parseFloat(b.style.left) - parseFloat(a.style.left))[0].dataset.visit
"""
FOLLOW_POINTER = """
() => {
  window.moves = [];
  addEventListener("pointermove", (event) => {
    const began = event.timeStamp;
    requestAnimationFrame(() => { const channel = new MessageChannel();
      channel.port1.onmessage = () => window.moves.push(performance.now() - began);
      channel.port2.postMessage(0); });
  });
}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reps", type=int, default=50)
    parser.add_argument("--stops", type=int, default=12, help="wanted stops of each rep")
    parser.add_argument("--territories", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    ahead = datetime.now(ZONE).date() + timedelta(days=1)  # nothing of it is executed, whatever the hour
    parser.add_argument("--date", type=date.fromisoformat, default=ahead)
    parser.add_argument("--shots", type=Path, help="directory for screenshots")
    parser.add_argument("--data", type=Path, help="keep the data here, and use it again")
    options = parser.parse_args()
    folder = options.data or Path(tempfile.mkdtemp(prefix="bench-board-"))
    try:
        token = prepare(folder, options)
        with serving(folder) as (base_url, _pid), sync_playwright() as playwright:
            found = os.environ.get("BEATPLAN_CHROMIUM") or shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
            address = f"{base_url}/board?date={options.date.isoformat()}"
            measure(browser, address, token, options.rounds)
            if options.shots:
                take_shots(browser, address, token, options.shots)
            browser.close()
    finally:
        if options.data is None:
            shutil.rmtree(folder, ignore_errors=True)


def prepare(folder: Path, options: argparse.Namespace) -> str:
    """A planned day in `folder`; the dispatcher's token."""
    settings = Settings(data_dir=folder, worker=False)
    mark = folder / "token"
    if mark.is_file():
        return mark.read_text()
    folder.mkdir(parents=True, exist_ok=True)
    build_roads(EXTRACT, settings.roads_path)
    build_tiles(EXTRACT, settings.tiles_path)
    migrate(settings.store_url)
    store = open_store(settings.store_url)
    team = add_team(
        store,
        reps=options.reps,
        per_rep=options.stops,
        territories=options.territories,
        day=options.date,
        places=customer_places(),
    )
    run = PlanRun(first_day=options.date, days=1, seconds=1.0)
    with store.session() as session:
        add_run(session, SYSTEM, run)
    morning = datetime.combine(options.date, time(5), ZONE)
    result = run_planning(store, run.id, make_tools(settings, solve_by_insertion), now=morning)
    store.close()
    print(f"planned {result.stops} stops of {options.reps} reps")
    assert result.stops >= STOPS_AT_LEAST * options.reps * options.stops
    token = team.tokens["dana"]
    mark.write_text(token)
    return token


def customer_places() -> list[Place]:
    """Where the demo's customers are."""
    with (DEMO_DATA / "customers.csv").open(encoding="utf-8", newline="") as file:
        return [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)]


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, int]]:
    """The address and process id of the service on a free port, in a process of its own."""
    command = [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--data", str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("beatplan serves "):
                yield line.split()[2], process.pid
                break
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def open_board(browser: Browser, address: str, token: str, width: int = 1440, locale: str = "en-GB") -> Page:
    """The board in a fresh browser profile, drawn and listening."""
    context = browser.new_context(viewport={"width": width, "height": SIZES[width]}, locale=locale)
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    page.add_init_script(f"({WATCH})({json.dumps(token)})")
    page.goto(address)
    wait_for(page, "window.seen['board-drawn'] && window.seen['map-drawn']")
    return page


def wait_for(page: Page, condition: str) -> None:
    """Asks the page again and again: its policy lets nothing be evaluated in it."""
    for _ in range(PATIENCE_MS // 50):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise TimeoutError(condition)


def measure(browser: Browser, address: str, token: str, rounds: int) -> None:
    """Prints the medians."""
    ready, mapped, drags, repaints = [], [], [], []
    for number in range(rounds + 1):
        page = open_board(browser, address, token)
        page.wait_for_timeout(1500)
        seen = page.evaluate("window.seen")
        if number:  # the first warms the service's and the browser's caches of code
            ready.append(seen["ready"])
            mapped.append(seen["map-drawn"])
            drags += drag(page)
            repaints.append(commit(page))
        page.context.close()
    print(f"ready: {statistics.median(ready):.0f} ms (the map {statistics.median(mapped):.0f} ms)")
    print(f"drag: median {statistics.median(drags):.0f} ms, 95 % {statistics.quantiles(drags, n=20)[-1]:.0f} ms")
    print(f"repaint after a commit: {statistics.median(repaints):.0f} ms, at most {max(repaints):.0f} ms")


def drag(page: Page) -> list[float]:
    """Milliseconds from each movement of the pointer to the frame that shows it, with a stop in hand."""
    page.evaluate(FOLLOW_POINTER)
    stop = page.locator(".stop.open").first
    stop.scroll_into_view_if_needed()
    box = stop.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 40):
        page.mouse.move(x + 4 * step, y + (step % 12) * 14)
        page.wait_for_timeout(25)
    page.keyboard.press("Escape")
    page.mouse.up()
    times: list[float] = page.evaluate("window.moves")
    return times


def commit(page: Page) -> float:
    """Milliseconds from the service's answer to a commit to the frame that shows the new rows."""
    page.locator(f"[data-visit='{page.evaluate(LAST_OPEN)}']").click()
    page.get_by_role("button", name="Cancel visit").click()
    page.locator(".decide .primary:enabled").click()
    wait_for(page, "performance.getEntriesByName('commit-answered').length > 0")
    wait_for(page, "window.seen['board-drawn'] > performance.getEntriesByName('commit-answered')[0].startTime")
    shown = page.evaluate(
        "performance.getEntriesByName('board-drawn').map(m => m.startTime)"
        ".find(t => t > performance.getEntriesByName('commit-answered')[0].startTime)"
        " - performance.getEntriesByName('commit-answered')[0].startTime"
    )
    page.wait_for_timeout(500)
    return float(shown)


def take_shots(browser: Browser, address: str, token: str, folder: Path) -> None:
    """Screenshots of the day, a stop with its reasons, a sick day proposed, and the week."""
    folder.mkdir(parents=True, exist_ok=True)
    for language, locale in LANGUAGES.items():
        for width in SIZES:
            page = open_board(browser, address, token, width, locale)
            page.wait_for_timeout(3000)
            name = folder / f"{language}-{width}"
            page.screenshot(path=f"{name}-day.png")
            page.locator(".stop.open").nth(5).click()
            page.wait_for_timeout(1500)
            page.screenshot(path=f"{name}-stop.png")
            page.locator(".sick").nth(2).click()
            page.locator(".decide .primary:enabled").wait_for()
            page.wait_for_timeout(1500)
            page.screenshot(path=f"{name}-proposal.png")
            page.locator(".decide button").nth(1).click()
            page.locator(".zoom button").last.click()
            page.wait_for_timeout(1000)
            page.screenshot(path=f"{name}-week.png")
            page.context.close()


if __name__ == "__main__":
    main()
