"""The phone page on a slow phone and a thin line: how soon the day's list stands, how much is sent, and where to.

    python scripts/bench_pages.py [--runs 5] [--data ./.bench-pages]

Starts `beatplan demo` in a process of its own and opens a rep's day in a real Chromium (`chromium`, or the one that
BEATPLAN_CHROMIUM names) as a phone of 390 x 844 with a processor slowed four times, over 1.6 Mbit/s with 150 ms to and
fro. Told are the median and the slowest of the runs from the navigation to the first stop in the list: on the first
visit, with nothing kept, and on the second, from what the page keeps. Scripts are weighed as the page loads them before
a map, packed by gzip, with what stands in the page itself. Exits 1 when a size is over its bound or a request went
elsewhere; times depend on the machine.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Response, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
SLOWER = 4
BYTES_PER_S = 1_600_000 / 8
ROUND_TRIP_MS = 150
MOST_SCRIPT, MOST_PLAN = 40_000, 30_000
PATIENCE_MS = 60_000
WATCH = """
new MutationObserver((_, watch) => {
  if (!document.querySelector('ol li button')) return;
  watch.disconnect();
  requestAnimationFrame(() => { window.listStands = performance.now(); });
}).observe(document, { childList: true, subtree: true });
"""
STANDS = """() => new Promise(done => {
  const look = () => window.listStands ? done(window.listStands) : setTimeout(look, 10);
  look();
})"""
CONTROLLED = """() => new Promise(done => {
  if (navigator.serviceWorker.controller) done();
  else navigator.serviceWorker.addEventListener('controllerchange', () => done());
})"""


@dataclass
class Weighed:
    """What one first visit loaded: packed bytes of each script, bytes of each plan, requests that went elsewhere.

    `before` are the bytes of scripts that were there when the list stood.
    """

    scripts: dict[str, int] = field(default_factory=dict)
    before: int = 0
    plans: list[int] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)


def slow(page: Page) -> None:
    """Makes a page's processor and line those of a poor phone."""
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    session.send("Network.enable")
    line = {"offline": False, "latency": ROUND_TRIP_MS}
    speed = {"downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S / 2}
    session.send("Network.emulateNetworkConditions", {**line, **speed})


def visit(browser: Browser, address: str, token: str) -> tuple[float, float, Weighed]:
    """Milliseconds to the list on the first and on the second visit, and what the first one loaded."""
    base_url, weighed = address.rpartition("/")[0], Weighed({"today.html": own_script()})
    phone = {"width": 390, "height": 844}
    context = browser.new_context(viewport=phone, has_touch=True, is_mobile=True, locale="en-GB")
    context.set_default_timeout(PATIENCE_MS)
    context.add_cookies([{"name": "beatplan", "value": token, "url": base_url}])
    page = context.new_page()
    page.add_init_script(WATCH)
    page.on("response", lambda response: weigh(response, base_url, weighed))
    slow(page)
    page.goto(address)
    first = float(page.evaluate(STANDS))
    weighed.before = sum(weighed.scripts.values())
    page.evaluate(CONTROLLED)
    page.wait_for_timeout(2_000)  # what the page does for later is done
    page.goto("about:blank")
    page.goto(address)
    second = float(page.evaluate(STANDS))
    context.close()
    return first, second, weighed


def own_script() -> int:
    """Packed bytes of the script that stands in the page itself."""
    page = (ROOT / "api" / "pages" / "today.html").read_text("utf-8")
    return len(gzip.compress("".join(re.findall("<script>(.*?)</script>", page, re.DOTALL)).encode(), 9))


def weigh(response: Response, base_url: str, into: Weighed) -> None:
    url = response.url
    if not url.startswith(base_url):
        into.elsewhere.append(url)
    name = url.rpartition("/")[2]
    if "/assets/" in url and name.endswith(".js") and not name.startswith("DayMap"):
        packed = ROOT / "api" / "pages" / "assets" / f"{name}.gz"
        plain = packed.with_suffix("")
        into.scripts[name] = (packed if packed.is_file() else plain).stat().st_size
    elif "/plans/" in url and url.rpartition("/")[0].endswith("/plans") and response.status == 200:
        into.plans.append(len(response.body()))


def report(times: list[tuple[float, float]], weighed: Weighed) -> int:
    for name, values in zip(("first visit", "second visit"), zip(*times, strict=True), strict=True):
        print(f"{name}: list after {statistics.median(values):.0f} ms (median), {max(values):.0f} ms (slowest)")
    script, plan = sum(weighed.scripts.values()), max(weighed.plans, default=0)
    print(f"scripts before the list: {weighed.before / 1000:.1f} kB packed; before a map: {script / 1000:.1f} kB")
    print(f"plan: {plan / 1000:.1f} kB")
    print(f"requests elsewhere: {len(weighed.elsewhere)}")
    faults = [
        f"scripts weigh {script}, over {MOST_SCRIPT}" if script > MOST_SCRIPT else "",
        f"the plan weighs {plan}, over {MOST_PLAN}" if plan > MOST_PLAN else "",
        f"asked elsewhere: {weighed.elsewhere[:3]}" if weighed.elsewhere else "",
    ]
    for fault in filter(None, faults):
        print(f"wrong: {fault}", file=sys.stderr)
    return 1 if any(faults) else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--data", type=Path, default=Path(".bench-pages"), help="directory of the demo's data")
    options = parser.parse_args()
    chromium = os.environ.get("BEATPLAN_CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        print("Chromium not found: apt-get install chromium, or name it in BEATPLAN_CHROMIUM", file=sys.stderr)
        return 2
    command = [sys.executable, "-m", "api.cli", "demo", "--json", "--port", "0", "--data", str(options.data)]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert demo.stdout is not None
        told = json.loads(demo.stdout.readline())
        rep = next(user for user in told["users"] if user["role"] == "rep")
        address = f"{told['base_url']}/today?date={told['date']}"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            visits = [visit(browser, address, rep["token"]) for _ in range(options.runs)]
            browser.close()
    finally:
        demo.send_signal(signal.SIGTERM)
        demo.wait(30)
        shutil.rmtree(options.data, ignore_errors=True)
    return report([(first, second) for first, second, _ in visits], visits[0][2])


if __name__ == "__main__":
    sys.exit(main())
