"""A simulated national sales force, planned by several workers on PostgreSQL: rep-days per core-hour, memory, size.

    python scripts/bench_scale.py [--extract city.osm.pbf] [--territories 2] [--reps 5] [--customers 250] [--workers 2]
    python scripts/bench_scale.py --extract ../shared/osm/porto_r5.osm.pbf --territories 40 --reps 25 --customers 2500

The first form is a small one that ends in minutes; the second is the whole: 1,000 reps and 100,000 customers, of which
`--planned 8` plans a fifth. Every
territory has its own customers, drawn from the road crossings of the extract (default: the embedded demo's). The
database is a fresh PostgreSQL server, or the empty one at `--database-url`. CPU is what the kernel counted for the
workers and all that they started; at the end the figures are carried over to 10,000 reps.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from sqlalchemy import text
from sqlmodel import select

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from routing.roads.store import build_roads, open_roads, read_report
from tests.postgres import find_binaries, running_server
from visits.demo_loading import DEMO_DATA
from visits.models import Customer, JobQueue, PlanPart, PlanRun, Rep, RunState, Territory
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.store import Store, migrate, open_store

ROOT = Path(__file__).resolve().parents[1]
DAYS = 5
MONDAY = date(2027, 3, 1)
MUCH = 10_000
NEAR_M = 100.0


def places(roads: Path, count: int, chance: random.Random) -> list[tuple[float, float]]:
    """So many places beside roads of the mainland, anywhere on the map, as lon and lat."""
    network, bounds = open_roads(roads), read_report(roads).bounds
    found: list[tuple[float, float]] = []
    while len(found) < count:
        west, south, east, north = bounds
        points = np.array([(chance.uniform(west, east), chance.uniform(south, north)) for _ in range(count)])
        snapped = network.snap(points)
        good = (snapped.off_road_m < NEAR_M) & ~np.asarray(snapped.island, bool)
        found += [(float(lon), float(lat)) for lon, lat in points[good]]
    return found[:count]


def fill(store: Store, roads: Path, options: argparse.Namespace) -> None:
    """Territories, reps and customers; a customer is due every two to eight weeks and was seen some time ago."""
    chance = random.Random(options.seed)
    for number in range(options.territories):
        at = iter(places(roads, options.reps + options.customers, chance))
        with store.session() as session:
            territory = Territory(id=f"t{number:03}", name=f"Territory {number}")
            session.add(territory)
            session.flush()
            session.add_all(_rep(number, rep, next(at)) for rep in range(options.reps))
            session.add_all(_customer(number, one, next(at), chance) for one in range(options.customers))


def _rep(territory: int, number: int, home: tuple[float, float]) -> Rep:
    return Rep(
        id=f"r{territory:03}-{number:03}",
        name=f"Rep {territory}-{number}",
        home_lon=home[0],
        home_lat=home[1],
        timezone="Europe/Lisbon",
        weekly_hours="Mo-Fr 08:00-17:00",
        lunch="11:30-13:30/45",
        territory_id=f"t{territory:03}",
    )


def _customer(territory: int, number: int, place: tuple[float, float], chance: random.Random) -> Customer:
    cadence = chance.choice((14, 28, 56))
    return Customer(
        id=f"c{territory:03}-{number:05}",
        name=f"Customer {territory}-{number}",
        lon=place[0],
        lat=place[1],
        tier=chance.choice("ABC"),
        cadence_days=cadence,
        service_minutes=chance.choice((20, 30, 45)),
        opening_hours=chance.choice(("", "Mo-Fr 09:00-18:00", "Mo-Sa 10:00-16:00")),
        last_visit=MONDAY - timedelta(days=chance.randrange(1, 2 * cadence)),
        territory_id=f"t{territory:03}",
    )


def start_worker(url: str, roads: Path, data: Path) -> subprocess.Popen[bytes]:
    environment = {
        "BEATPLAN_DATABASE_URL": url,
        "BEATPLAN_ROADS_DIR": str(roads),
        "BEATPLAN_DATA_DIR": str(data),
        "BEATPLAN_WORKER_SLOTS": "1",
    }
    command = [sys.executable, "-m", "api.cli", "worker"]
    return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)


def plan(store: Store, options: argparse.Namespace, url: str, roads: Path, data: Path) -> PlanRun:
    """Queues one run over everything and lets the workers do it."""
    run = PlanRun(
        first_day=MONDAY,
        days=DAYS,
        seconds=options.seconds,
        queue=JobQueue.BATCH.value,
        territory_ids=[f"t{number:03}" for number in range(planned(options))],
    )
    with store.session() as session:
        add_run(session, SYSTEM, run)
    workers = [start_worker(url, roads, data) for _ in range(options.workers)]
    try:
        shown = -1
        while True:
            with store.reading() as session:
                found = session.get_one(PlanRun, run.id)
            if found.percent != shown:
                shown = found.percent
                print(f"\r{found.status} {found.percent:>3} % {found.message:<60}", end="", file=sys.stderr, flush=True)
            if found.status not in {"queued", "running"}:
                print(file=sys.stderr)
                return found
            time.sleep(0.5)
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait()


def database_bytes(store: Store) -> int:
    with store.reading() as session:
        found = session.connection().execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    return int(found)


def planned(options: argparse.Namespace) -> int:
    """How many of the territories are planned; the others are there and wait."""
    return min(options.planned or options.territories, options.territories)


def tell(store: Store, run: PlanRun, options: argparse.Namespace, cpu_s: float, before_bytes: int) -> None:
    print(f"run {run.status}: {run.message}")
    size = database_bytes(store)
    with store.reading() as session:
        parts = session.exec(select(PlanPart).where(PlanPart.run_id == run.id)).all()
    done = sum(part.status == RunState.DONE for part in parts)
    rep_days = done * options.reps * DAYS
    if not rep_days:
        return
    core_hours = cpu_s / 3600
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    per_hour = rep_days / core_hours
    print(
        f"  {done} of {options.territories} territories planned ({planned(options)} asked for), {rep_days} rep-days; "
        f"{options.customers * options.territories} customers in the database"
    )
    print(f"  {cpu_s:.0f} CPU s by {options.workers} workers, {per_hour:.0f} rep-days per core-hour")
    each = (size - before_bytes) / rep_days
    print(
        f"  largest process {largest:.0f} MB; database {size / 2**20:.0f} MB, of which {before_bytes / 2**20:.0f} MB "
        f"customers and reps, {each / 1024:.0f} kB per rep-day planned"
    )
    print(f"  territories done by each worker: {_shares(parts)}")
    need = MUCH * DAYS / per_hour
    print(
        f"  on paper, {MUCH} reps x {DAYS} days: {need:.0f} core-hours a night "
        f"({need / 6:.0f} cores for six hours), {MUCH * DAYS * each / 2**30:.1f} GB a week before purging"
    )


def _shares(parts: list[PlanPart]) -> str:
    names = sorted({part.worker_id or "" for part in parts})
    return ", ".join(str(sum(part.worker_id == name for part in parts)) for name in names)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--extract", type=Path, default=DEMO_DATA / "helsinki.osm.pbf")
    parser.add_argument("--territories", type=int, default=2)
    parser.add_argument("--reps", type=int, default=5, help="per territory")
    parser.add_argument("--customers", type=int, default=250, help="per territory")
    parser.add_argument("--planned", type=int, default=0, help="plan only so many of the territories, as a sample")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=5.0, help="of search per territory")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database-url", default="", help="an empty PostgreSQL database; default a fresh server")
    options = parser.parse_args()
    with contextlib.ExitStack() as opened:
        data = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        roads = data / "roads"
        build_roads(options.extract, roads)
        url = options.database_url
        if not url:
            binaries = find_binaries()
            if binaries is None:
                parser.error("no PostgreSQL server found; install one or give --database-url")
            server = opened.enter_context(running_server(binaries))
            server.run("CREATE DATABASE beatplan")
            url = server.url("beatplan")
        migrate(url)
        store = open_store(url)
        opened.callback(store.close)
        fill(store, roads, options)
        filled_bytes = database_bytes(store)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = plan(store, options, url, roads, data)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        tell(store, run, options, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, filled_bytes)
    return 0 if run.status == "done" else 1


if __name__ == "__main__":
    sys.exit(main())
