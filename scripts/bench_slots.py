"""A caller's slots over HTTP: 10 reps on 5 planned days, asked for customers and for places that are no customers yet.

    python scripts/bench_slots.py [--reps 10] [--stops 40] [--asked 60] [--data DIR]

Makes a territory on the demo's roads, plans its next working week, serves it, and asks `POST /slots` again and again:
every second time for a customer of the territory, else for a place. Told are the CPU time of the service for each
answer, read from the database each time, and quantiles as the client sees them. It ends what it started, and removes
the data unless `--data` names where to keep it.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from sqlmodel import select

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from api.settings import Settings
from api.tools import make_tools
from routing.roads.store import build_roads
from scripts.bench_board import EXTRACT, ZONE, customer_places, serving
from scripts.bench_cancel import cpu_s
from scripts.team_data import add_team
from visits.models import Customer, PlanRun
from visits.planning import run_planning
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.store import migrate, open_store

DAYS = 5
SERVICES_S = (900, 1800, 3600)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reps", type=int, default=10)
    parser.add_argument("--stops", type=int, default=40, help="due customers of each rep")
    parser.add_argument("--asked", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=5.0, help="of search for the plan")
    parser.add_argument("--data", type=Path, help="keep the data here, and use it again")
    options = parser.parse_args()
    folder = options.data or Path(tempfile.mkdtemp(prefix="bench-slots-"))
    try:
        first = _next_monday()
        bodies = _prepared(folder, first, options)
        with serving(folder) as process:
            _ask(process, (folder / "token").read_text(), bodies)
    finally:
        if options.data is None:
            shutil.rmtree(folder, ignore_errors=True)


def _next_monday() -> date:
    today = datetime.now(ZONE).date()
    return today + timedelta(days=7 - today.weekday())


def _prepared(folder: Path, first: date, options: argparse.Namespace) -> list[dict[str, Any]]:
    """What is asked, of a planned week in `folder`."""
    settings, chance = Settings(data_dir=folder, worker=False), random.Random(1)
    fresh = not (folder / "token").is_file()
    folder.mkdir(parents=True, exist_ok=True)
    if fresh:
        build_roads(EXTRACT, settings.roads_path)
        migrate(settings.store_url)
    store = open_store(settings.store_url)
    places = customer_places()
    if fresh:
        team = add_team(
            store, reps=options.reps, per_rep=options.stops, territories=1, day=first, places=places, seed=1
        )
        run = PlanRun(first_day=first, days=DAYS, seconds=options.seconds)
        with store.session() as session:
            add_run(session, SYSTEM, run)
        result = run_planning(store, run.id, make_tools(settings), now=datetime.now(ZONE))
        print(f"planned {result.stops} stops on {DAYS} days of {options.reps} reps")
        (folder / "token").write_text(team.tokens["dana"])
    with store.reading() as session:
        customers = list(session.exec(select(Customer.id).order_by(Customer.id)))
    store.close()
    span = {"from": first.isoformat(), "to": (first + timedelta(days=DAYS - 1)).isoformat()}
    bodies: list[dict[str, Any]] = []
    for number in range(options.asked):
        body = {**span, "service_s": chance.choice(SERVICES_S)}
        if number % 2:
            lon, lat = chance.choice(places)
            bodies.append({**body, "location": {"lon": lon, "lat": lat}, "territory": "t0"})
        else:
            bodies.append({**body, "customer": chance.choice(customers)})
    return bodies


def _ask(served: tuple[str, int], token: str, bodies: list[dict[str, Any]]) -> None:
    base_url, pid = served
    took, found = [], 0
    signed = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{base_url}/api/v1", headers=signed, timeout=60.0, trust_env=False) as client:
        for body in bodies[:4]:  # loads the kernels
            client.post("/slots", json=body).raise_for_status()
        began_s = cpu_s(pid)
        for body in bodies:
            began = time.perf_counter()
            answer = client.post("/slots", json=body).raise_for_status().json()
            took.append(1000 * (time.perf_counter() - began))
            found += bool(answer["slots"])
        spent_s = cpu_s(pid) - began_s
        days = answer["reps"] * answer["days"]
    cuts = statistics.quantiles(took, n=20)
    print(f"slots over {days} rep-days: {1000 * spent_s / len(bodies):.0f} ms CPU for each of {len(bodies)} answers")
    print(f"as the client sees it: p50 {statistics.median(took):.0f} ms, p95 {cuts[-1]:.0f} ms")
    print(f"with an offer: {found} of {len(bodies)}")


if __name__ == "__main__":
    main()
