"""Territories over HTTP: what sliders take at 2,000 customers, and how true the predicted hours are to a planned month.

Called by `bench_territories.py --service`. The service runs in this process, on SQLite in a temporary folder, on a
built road network; CPU seconds are those of the process while it answers.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from api.settings import Settings
from api.tools import make_tools
from routing.roads.graph import DEGREE
from routing.roads.store import open_roads
from routing.territories.search import Effort
from tests.api.seed import TOKENS
from tests.api.serving import Served, served
from visits.models import Customer, Person, Rep, Role, SignInKind, Territory
from visits.queries.sign_ins import sign_in
from visits.store import migrate, open_store
from visits.territories.tasks import take_task, waiting_tasks
from visits.territories.working import carry_out

Places = npt.NDArray[np.float64]
SLIDERS = [{"tolerance": tolerance, "compactness": much} for tolerance in (0.03, 0.05, 0.1) for much in (0.5, 1.0, 2.0)]
CADENCE, SHARES = {"A": 14, "B": 28, "C": 56}, [0.15, 0.35, 0.5]
TRIALS = 2_000_000


def measure_service(roads: Path) -> None:
    """Prints what sliders take, and predicted beside simulated hours."""
    with tempfile.TemporaryDirectory() as folder:
        measure_sliders(roads, Path(folder), 2_000, 40)
    with tempfile.TemporaryDirectory() as folder:
        measure_month(roads, Path(folder), 480, 6)


def measure_sliders(roads: Path, folder: Path, customers: int, reps: int) -> None:
    with served(filled(roads, folder, customers, reps)) as service:
        path = proposed(service)
        body = {**SLIDERS[0], "from_draft": False}
        service.send("admin", "POST", f"{path}/what-if", json=body)  # the first reads the study
        clock, processor = [], []
        for sliders in SLIDERS:
            began, worked = time.perf_counter(), time.process_time()
            answer = service.send("admin", "POST", f"{path}/what-if", json=sliders)
            clock.append(time.perf_counter() - began)
            processor.append(time.process_time() - worked)
            answer.raise_for_status()
    print(
        f"\nsliders over HTTP at {customers:,}/{reps}, {len(clock)} questions: CPU median "
        f"{statistics.median(processor):.2f} s, most {max(processor):.2f} s; by the clock median "
        f"{statistics.median(clock):.2f} s, most {max(clock):.2f} s",
        flush=True,
    )


def measure_month(roads: Path, folder: Path, customers: int, reps: int) -> None:
    with served(filled(roads, folder, customers, reps)) as service:
        path = proposed(service)
        service.send("admin", "POST", f"{path}/alternatives/balanced/validation").raise_for_status()
        work(service)
        told = service.get("admin", f"{path}/alternatives/balanced").json()["validation"]
    print("\n| territory | predicted h | simulated h | error | visits | unserved |\n|---|---|---|---|---|---|")
    for one in told["territories"]:
        print(
            f"| {one['name']} | {one['predicted_s'] / 3600:.1f} | {one['simulated_s'] / 3600:.1f} | "
            f"{100 * one['error']:+.1f} % | {one['visits']} | {one['unserved']} |"
        )
    print(
        f"\na month of {customers} customers: mean error {100 * told['error']:.1f} %, worst {100 * told['worst']:.1f} %"
    )


def filled(roads: Path, folder: Path, customers: int, reps: int) -> Settings:
    """Settings of a service whose database holds so many customers and reps at junctions of the map."""
    settings = Settings(worker=False, data_dir=folder, database_url=f"sqlite:///{folder / 'b.db'}", roads_dir=roads)
    settings = settings.model_copy(update={"port": 0})
    migrate(settings.store_url)
    store = open_store(settings.store_url)
    rng = np.random.default_rng(1)
    places = junctions(roads, rng, customers + reps)
    homes, places = places[:reps], places[reps:]
    far = np.hypot(*(places[:, None] - homes[None]).transpose(2, 0, 1)) * rng.lognormal(0, 0.15, (1, reps))
    tiers = rng.choice(sorted(CADENCE), customers, p=SHARES).tolist()
    with store.session() as session:
        session.add_all(Territory(id=f"t{j}", name=f"Territory {j}") for j in range(reps))
        session.flush()
        session.add_all(
            Rep(
                id=f"r{j}",
                name=f"Rep {j}",
                home_lon=lon,
                home_lat=lat,
                timezone="Europe/Lisbon",
                weekly_hours="Mo-Fr 08:00-17:00",
                territory_id=f"t{j}",
            )
            for j, (lon, lat) in enumerate(homes.tolist())
        )
        session.add_all(
            Customer(
                id=f"c{u}",
                name=f"Customer {u}",
                lon=lon,
                lat=lat,
                tier=tiers[u],
                cadence_days=CADENCE[tiers[u]],
                service_minutes=int(rng.integers(20, 60)),
                territory_id=f"t{int(far[u].argmin())}",
            )
            for u, (lon, lat) in enumerate(places.tolist())
        )
        person = Person(id="person-admin", email="admin@example.com", name="Admin", role=Role.ADMIN.value)
        session.add(person)
        session.flush()
        sign_in(session, person, SignInKind.TOKEN, token=TOKENS["admin"])
    store.close()
    return settings


def junctions(roads: Path, rng: np.random.Generator, count: int) -> Places:
    """Places of so many junctions of the mainland, float64 [count, 2]."""
    network = open_roads(roads)
    graph = network.map.graph
    found = graph.shape[graph.shape_first[:-1]][rng.choice(len(graph.tail), 2 * count, replace=False)] / DEGREE
    good: Places = found[~np.asarray(network.snap(found).island, bool)][:count]
    return good


def proposed(service: Served) -> str:
    """Path of a proposal that has been worked out."""
    made = service.send("admin", "POST", "/territory-proposals", json={"name": "Bench"})
    made.raise_for_status()
    work(service)
    return made.headers["location"].removeprefix("/api/v1")


def work(service: Served) -> None:
    """What a worker would do, in this process."""
    today: date = datetime.now(UTC).date()
    with service.store.reading() as session:
        waiting = waiting_tasks(session)
    for task_id, _ in waiting:
        claim = take_task(service.store, task_id, "bench")
        if claim is not None:
            carry_out(service.store, claim, make_tools(service.settings), today, Effort(trials=TRIALS))
