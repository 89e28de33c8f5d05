"""Measures territories on a real map beside METIS, gerrychain, spopt and plain min-cost flow, and on 2DU instances.

    python scripts/bench_territories.py [--roads DIR | --extract FILE] [--sizes 500/10 2000/40] [--peers PYTHON]
                                        [--instances N] [--seconds S] [--service]

Customers are drawn at junctions of the map, bases one per part of a METIS partition, so that reps live where work is.
The present owners are last year's balance, since drifted by a fifth, and one exception in thirty. The price of a move
is what the mean customer is from its base. `--peers` names a Python that has gerrychain, spopt and geopandas. Times are
CPU seconds of one thread; peers know neither bases nor present owners: their parts go to the reps that suit best.
`--service` asks a running service: what sliders take over HTTP, and predicted hours beside those of a planned month.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pymetis
from scipy.optimize import linear_sum_assignment

from routing.roads.engine import CchRoadNetwork, take_places
from routing.roads.graph import DEGREE
from routing.roads.store import build_roads, open_roads
from routing.territories.alternatives import usual_price
from routing.territories.case import Case, Neighbours, Owners, Wish
from routing.territories.centres import design
from routing.territories.figures import figures
from routing.territories.neighbours import road_parts
from routing.territories.search import Effort, search
from routing.territories.transport import flow
from routing.territories.warm import warm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from scripts.territory_service import measure_service

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared"
EXTRACT = Path(os.environ.get("BEATPLAN_OSM_DIR", SHARED / "osm")) / "porto_r5.osm.pbf"
INSTANCES = Path(os.environ.get("BEATPLAN_BENCH_DIR", SHARED / "bench")) / "territory" / "2du"
TRIALS_PER_CUSTOMER = {500: 20_000, 2_000: 5_000, 20_000: 5_000}
PEER_SECONDS = 120


def main() -> None:
    options = parse()
    warm()
    if options.sizes:
        network = open_network(options)
        heading()
        for size in options.sizes:
            n, k = (int(part) for part in size.split("/"))
            measure(made_case(network, n, k), options.peers)
    if options.service:
        open_network(options)
        measure_service(options.roads)
    if options.instances:
        published(options.instances, options.seconds)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roads", type=Path, help="a built road network")
    parser.add_argument("--extract", type=Path, default=EXTRACT, help="what to build one from otherwise")
    parser.add_argument("--sizes", nargs="*", default=["500/10", "2000/40", "20000/400"], help="customers/reps")
    parser.add_argument("--peers", type=Path, help="Python with gerrychain, spopt and geopandas")
    parser.add_argument("--instances", type=int, default=40, help="2DU instances, 0 for none")
    parser.add_argument("--service", action="store_true", help="measure sliders and a planned month too")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each instance")
    return parser.parse_args()


def open_network(options: argparse.Namespace) -> CchRoadNetwork:
    if options.roads is None:
        options.roads = Path(tempfile.mkdtemp(prefix="bench-territories-")) / "roads"
        build_roads(options.extract, options.roads)
    return open_roads(options.roads)


def made_case(network: CchRoadNetwork, n: int, k: int, seed: int = 1) -> Case:
    rng = np.random.default_rng(seed)
    graph = network.map.graph
    junctions = np.empty((len(graph.node_osm), 2))
    junctions[graph.tail] = graph.shape[graph.shape_first[:-1]] / DEGREE
    junctions[graph.head] = graph.shape[graph.shape_first[1:] - 1] / DEGREE
    lonlat = junctions[rng.choice(len(junctions), n, replace=len(junctions) < n)] + rng.normal(0, 3e-4, (n, 2))
    places = network.snap(lonlat)
    parts, near_s = road_parts(network, places)
    tier = rng.choice(3, n, p=[0.15, 0.35, 0.5])
    service_s = np.array([60, 45, 30])[tier] * rng.uniform(0.7, 1.3, n) * 60
    work = np.array([4, 2, 1])[tier] * (service_s + 1.43 * near_s)
    part = np.array(_metis(parts.neighbours, work, k, seed))
    bases = np.array([int(rng.choice(np.flatnonzero(part == j))) for j in range(k)])
    drive = network.matrix(take_places(places, bases), places).duration_s.T.astype(np.float32)
    drive[drive < 0] = np.inf
    case = Case(
        drive_s=np.ascontiguousarray(drive),
        work=work[:, None],
        haul=np.zeros(n),
        weight=work / work.mean(),
        dearness=np.ones(n),
        present=np.full(n, -1),
        capacity=rng.choice([1.0, 1.0, 1.0, 1.0, 0.8, 0.5], (k, 1)),
        neighbours=parts.neighbours,
    )
    drifted = case.capacity[:, 0] * np.exp(rng.normal(0, 0.2, k))
    present = flow(case, Wish(0.005, 0.0), drifted / drifted.sum() * work.sum()).owner
    stray = rng.random(n) < 1 / 30
    present[stray] = np.argsort(drive[stray], axis=1)[np.arange(stray.sum()), rng.integers(0, 4, stray.sum())]
    return replace(case, present=present)


def heading() -> None:
    print("| customers/reps | method | worst off | spread | minutes to base | breaks | moved | gap at most | CPU s |")
    print("|---|---|---|---|---|---|---|---|---|")


def row(case: Case, name: str, owner: Owners, cpu_s: float, gap: float | None = None) -> None:
    told = figures(case, owner)
    proof = "" if gap is None else f"{100 * gap:.1f} %"
    print(
        f"| {case.n:,}/{case.k} | {name} | {100 * told.worst:.1f} % | {100 * told.spread:.1f} % | "
        f"{told.base_s / 60:.2f} | {told.kept_apart.breaks} | {100 * told.moved / case.n:.1f} % | {proof} | "
        f"{cpu_s:.1f} |",
        flush=True,
    )


def measure(case: Case, peers: Path | None) -> None:
    usual = usual_price(case)
    row(case, "as it is", case.present, 0.0)
    wish = Wish(0.05, usual)
    found, cpu_s = timed(lambda: flow(case, wish, case.targets(case.present)[:, 0]))
    row(case, "min-cost flow alone", found.owner, cpu_s)
    effort = Effort(case.n * TRIALS_PER_CUSTOMER.get(case.n, 5_000), both_starts=False)
    for name, price in (("beatplan", usual), ("beatplan, moves free", 0.0)):
        asked = Wish(0.05, price)
        best, cpu_s = timed(lambda asked=asked: search(case, asked, effort))
        row(case, name, best.owner, cpu_s, best.gap)
    part, cpu_s = timed(lambda: np.array(_metis(case.neighbours, case.work[:, 0], case.k, 1)))
    row(case, "METIS k-way", matched(case, part), cpu_s)
    if peers is None:
        return
    for name in ("gerrychain", "spopt"):
        told = ask_peer(peers, name, case)
        if isinstance(told, str):
            print(f"| {case.n:,}/{case.k} | {name} | {told} | | | | | | |", flush=True)
        else:
            row(case, name, matched(case, told[0]), told[1])


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    found = work()
    return found, time.process_time() - began


def matched(case: Case, part: npt.NDArray[np.int64]) -> Owners:
    """Parts given to reps so that drive, moves and hours suit best."""
    cost = np.zeros((case.k, case.k))
    drive = np.where(np.isfinite(case.drive_s), case.drive_s, 1e6)
    for number in range(case.k):
        mine = np.flatnonzero(part == number)
        cost[number] = (case.weight[mine, None] * drive[mine]).sum(axis=0)
    parts, reps = linear_sum_assignment(cost)
    of = np.empty(case.k, np.int64)
    of[parts] = reps
    return of[part]


def _metis(neighbours: Neighbours, work: npt.NDArray[np.float64], k: int, seed: int) -> list[int]:
    adjacency = [neighbours[u].tolist() for u in range(len(work))]
    weights = np.maximum(1, np.rint(work / work.mean() * 100)).astype(int).tolist()
    options = pymetis.Options(seed=seed, contig=1)
    found: list[int] = pymetis.part_graph(
        k, adjacency=adjacency, vweights=weights, options=options, recursive=False
    ).vertex_part
    return found


def ask_peer(python: Path, name: str, case: Case) -> tuple[npt.NDArray[np.int64], float] | str:
    """A peer's parts and CPU seconds, from its own environment; a word where it takes too long or fails."""
    question = {"pairs": case.neighbours.pairs.tolist(), "work": case.work[:, 0].tolist(), "k": case.k}
    try:
        ended = subprocess.run(
            [str(python), str(HERE / "territory_peers.py"), name],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            timeout=PEER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {PEER_SECONDS} s"
    if ended.returncode:
        return f"failed: {ended.stderr.strip().splitlines()[-1] if ended.stderr.strip() else ended.returncode}"
    told = json.loads(ended.stdout)
    return np.array(told["part"], np.int64), float(told["cpu_s"])


def published(count: int, seconds: float) -> None:
    """Commercial territory design (2DU) beside the objectives of a published ALNS."""
    print("\n| instance | beatplan | published | difference | worst deviation beyond | breaks | CPU s |")
    print("|---|---|---|---|---|---|---|")
    with (INSTANCES / "published.csv").open() as file:
        known = {line["instance"]: float(line["published_alns_objective"]) for line in csv.DictReader(file)}
    names = sorted(known)[:: max(1, len(known) // count)]
    ratios, better, infeasible = [], 0, 0
    for name in names:
        places, work, pairs, k, tolerance = read_instance(INSTANCES / f"{name}.dat")
        between = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)).astype(np.float32)
        neighbours = Neighbours.of_pairs(pairs, len(places))
        found, cpu_s = timed(
            lambda between=between, work=work, neighbours=neighbours, k=k, tolerance=tolerance: design(
                between, work, neighbours, k, Wish(tolerance, 0.0), seconds=seconds
            )
        )
        ratios.append(found.cost / known[name] - 1)
        better += found.cost < known[name] * (1 - 1e-6)
        infeasible += bool(found.breaks or found.excess > 1e-9)
        print(
            f"| {name} | {found.cost:.2f} | {known[name]:.2f} | {100 * ratios[-1]:+.2f} % | "
            f"{100 * found.excess:.2f} % | {found.breaks} | {cpu_s:.1f} |",
            flush=True,
        )
    print(
        f"\n{len(names)} instances, {infeasible} not feasible, mean difference {100 * np.mean(ratios):+.2f} %, "
        f"better in {better}, worst {100 * max(ratios):+.2f} %"
    )


def read_instance(
    path: Path,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64], int, float]:
    lines = [line.split() for line in path.read_text().splitlines()]
    n = int(lines[0][0])
    units = np.array([[float(value) for value in line] for line in lines[1 : n + 1]])
    m = int(lines[n + 1][0])
    pairs = np.array([[int(value) for value in line[:2]] for line in lines[n + 2 : n + 2 + m]])
    last = lines[n + 2 + m]
    return units[:, 1:3], units[:, 3:6], pairs, int(last[0]), float(last[2])


if __name__ == "__main__":
    main()
