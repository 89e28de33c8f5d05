"""Measures the road engine beside SciPy, NetworkX and OSRM in one run, and holds its answers against OSRM's.

    python scripts/bench_roads.py [--extract FILE.osm.pbf] [--work DIR] [--osrm-python PYTHON] [--no-osrm] [--no-growth]

CPU seconds are of one thread unless said otherwise; on a machine with other work they, not the wall, compare engines.
OSRM comes as the PyPI wheel `osrm-bindings`, which wants Python 3.12 or later: an environment for it is made in the
work directory, and its files are kept there for the next run.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import numpy as np
from road_figures import Figures, customers, heading, measured, print_targets
from road_growth import tiled
from road_outliers import compare_with_osrm
from road_peers import baselines, osrm_tables

from routing.roads import sweep
from routing.roads.engine import CchRoadNetwork, take_places
from routing.roads.metric import make_metric
from routing.roads.osm import read_extract
from routing.roads.profiles import DEFAULT_PROFILE, slowness
from routing.roads.roadmap import build_map, read_map
from routing.roads.segments import cut_segments
from routing.roads.store import build_roads, open_roads

SIZES = (100, 500, 1000, 3000)
HERE = Path(__file__).resolve().parent
DEFAULT_EXTRACT = Path(os.environ.get("BEATPLAN_OSM_DIR", HERE.parents[1] / "shared" / "osm")) / "porto_r5.osm.pbf"


def main() -> None:
    options = parse()
    if options.child:
        print(json.dumps(build_in_this_process(options.extract, Path(options.child))))
        return
    work = options.work or Path(tempfile.mkdtemp(prefix="bench-roads-"))
    work.mkdir(parents=True, exist_ok=True)
    print(f"{options.extract.name} on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, files in {work}")

    heading("From the extract to an open road network")
    figures = report_build(options.extract, work)
    stored = open_roads(work / "roads")
    network = CchRoadNetwork(stored.map, stored._metric)  # noqa: SLF001  # the same costs, without the matrix cache
    lonlat = customers(network.map, max(SIZES))
    figures |= report_resident(work, lonlat, figures["nodes"])

    heading("Matrices (seconds and metres), customers spread over the whole map")
    ours, snapping = report_matrices(network, lonlat)
    figures |= snapping
    figures |= baselines(network, ours)
    report_threads(network, lonlat)
    if not options.no_osrm:
        tables = osrm_tables(options, work, lonlat, SIZES)
        if tables is not None:
            figures |= tables.report(ours)
            figures |= compare_with_osrm(network, lonlat, tables, work)
    if not options.no_growth:
        heading("A map nine times as large: copies of this one side by side, joined by roads (synthetic)")
        figures |= report_growth(options.extract, ours)
    heading("Targets")
    print_targets(figures)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--extract", type=Path, default=DEFAULT_EXTRACT)
    parser.add_argument("--work", type=Path, help="directory for files that are kept between runs")
    parser.add_argument("--osrm-python", help="a Python >= 3.12, by default the first found on PATH or under pyenv")
    parser.add_argument("--no-osrm", action="store_true")
    parser.add_argument("--no-growth", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.extract.is_file():
        parser.error(f"{options.extract} does not exist; name an .osm.pbf with --extract")
    return options


def build_in_this_process(extract: Path, out: Path) -> Figures:
    loaded_mb = peak_mb()
    road_map, cpu_s, wall_s = measured(lambda: read_map(extract))
    metric, metric_cpu_s, _ = measured(lambda: make_metric(road_map.graph, road_map.turns, road_map.hierarchy))
    ready_mb = peak_mb()
    slower = slowness(DEFAULT_PROFILE, road_map.graph, "peak")
    _, profile_cpu_s, _ = measured(
        lambda: make_metric(road_map.graph, road_map.turns, road_map.hierarchy, slower), repeats=3
    )
    del metric
    _, store_cpu_s, _ = measured(lambda: build_roads(extract, out / "roads"))
    return {
        "ready_cpu_s": cpu_s + metric_cpu_s,
        "wall_s": wall_s,
        "profile_cpu_s": profile_cpu_s,
        "store_cpu_s": store_cpu_s,
        "loaded_mb": loaded_mb,
        "peak_mb": ready_mb,
        "nodes": len(road_map.graph.node_osm),
        "states": len(road_map.turns),
        "arcs": len(road_map.hierarchy.upper),
    }


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report_build(extract: Path, work: Path) -> Figures:
    command = [sys.executable, __file__, "--extract", str(extract), "--child", str(work)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    built: Figures = json.loads(answer.stdout)
    print(f"extract to ready      {built['ready_cpu_s']:.2f} CPU-s ({built['wall_s']:.2f} s wall), warm kernels")
    print(f"and stored            {built['store_cpu_s']:.2f} CPU-s")
    print(f"a new speed profile   {built['profile_cpu_s']:.3f} CPU-s")
    print(f"peak memory           {built['peak_mb']:.0f} MB ({built['loaded_mb']:.0f} MB of it Python and libraries)")
    print(f"size                  {built['nodes']:,} nodes, {built['states']:,} states, {built['arcs']:,} arcs")
    return built


RESIDENT = """
import sys, numpy as np
from pathlib import Path
from routing.roads.engine import CchRoadNetwork, take_places
from routing.roads.store import open_roads
stored = open_roads(Path(sys.argv[1]))
network = CchRoadNetwork(stored.map, stored._metric)
places = network.snap(np.load(sys.argv[2]))
network.matrix(places)
for k in range(100):
    network.route(take_places(places, np.array([k])), take_places(places, np.array([k + 1])))
held, mine = 0, False
for line in open('/proc/self/smaps'):
    words = line.split()
    if '-' in words[0] and len(words[0]) > 20: mine = line.rstrip().endswith('.npy')
    elif mine and words[0] == 'Rss:': held += int(words[1])
print(held * 1024)
"""


def report_resident(work: Path, lonlat: np.ndarray, nodes: float) -> Figures:
    """Pages of the network's files that are in memory in a fresh process after snapping, matrices and routes."""
    np.save(work / "resident.npy", lonlat[:1000])
    command = [sys.executable, "-c", RESIDENT, str(work / "roads"), str(work / "resident.npy")]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    per_node = int(answer.stdout) / nodes
    print(f"resident after snapping, a matrix of 1,000 and 100 routes: {per_node:.0f} bytes per node, one profile")
    return {"resident_bytes": per_node}


def report_matrices(network: CchRoadNetwork, lonlat: np.ndarray) -> tuple[dict[int, float], Figures]:
    """CPU seconds by number of customers, and of snapping."""
    _, snap_cpu_s, _ = measured(lambda: network.snap(np.tile(lonlat, (4, 1))[:10_000]), repeats=2)
    print(f"snapping 10,000 points: {snap_cpu_s:.3f} CPU-s")
    times = {}
    for size in SIZES:
        _, cpu_s, wall_s = measured(lambda n=size: network.matrix(network.snap(lonlat[:n])), repeats=3)
        times[size] = cpu_s
        print(f"this engine    N={size:<5} {cpu_s:8.4f} CPU-s {wall_s:8.4f} s wall, snapping included")
    return times, {"snap_cpu_s": snap_cpu_s, "with_metres": 1.0}


class CountingExecutor(ThreadPoolExecutor):
    """Notes the CPU seconds that each thread works."""

    spent: ClassVar[Counter[int]] = Counter()

    def map(self, fn: Callable[..., Any], *iterables: Iterable[Any], **options: Any) -> Iterator[Any]:
        def timed(*values: Any) -> Any:
            before = time.thread_time()
            answer = fn(*values)
            self.spent[threading.get_ident()] += time.thread_time() - before
            return answer

        return super().map(timed, *iterables, **options)


def report_threads(network: CchRoadNetwork, lonlat: np.ndarray) -> None:
    """What a second thread gains by the wall, and by the CPU time of the busier one, which other work does not sway."""
    places = network.snap(lonlat[: max(SIZES)])
    _, one_cpu, one_wall = measured(lambda: network.matrix(places), repeats=3)
    network.threads = 2
    _, _, two_wall = measured(lambda: network.matrix(places), repeats=3)
    CountingExecutor.spent.clear()
    with mock.patch.object(sweep, "ThreadPoolExecutor", CountingExecutor):
        _, two_cpu, _ = measured(lambda: network.matrix(places))
    network.threads = 1
    spent = CountingExecutor.spent.values()
    path = two_cpu - sum(spent) + max(spent)
    print(
        f"two threads, N={len(places)}: {one_wall:.3f} s wall with one, {two_wall:.3f} s with two = "
        f"{one_wall / two_wall:.2f}x at load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; "
        f"{one_cpu:.3f} CPU-s with one, {path:.3f} on the longest path with two = {one_cpu / path:.2f}x"
    )


def report_growth(extract: Path, ours: dict[int, float]) -> Figures:
    graph = tiled(cut_segments(read_extract(extract)))
    road_map, cpu_s, _ = measured(lambda: build_map(graph))
    metric, metric_cpu_s, _ = measured(lambda: make_metric(road_map.graph, road_map.turns, road_map.hierarchy))
    network = CchRoadNetwork(road_map, metric)
    print(f"{len(road_map.graph.node_osm):,} nodes: {cpu_s:.1f} CPU-s to contract, a profile {metric_cpu_s:.2f} CPU-s")
    lonlat = customers(road_map, max(SIZES))
    times = {}
    for size in SIZES:
        _, spent, wall_s = measured(lambda n=size: network.matrix(network.snap(lonlat[:n])), repeats=2)
        times[size] = spent / ours[size]
        print(f"this engine    N={size:<5} {spent:8.4f} CPU-s {wall_s:8.4f} s wall: {times[size]:.1f}x as long")
    places = network.snap(lonlat)
    south_west = np.flatnonzero((places.road_lonlat < np.quantile(places.road_lonlat, 1 / 3, axis=0)).all(axis=1))
    near = take_places(places, south_west[:300])
    _, spent, _ = measured(lambda: network.matrix(near), repeats=2)
    print(f"{len(near)} customers of one town on it: {spent:.4f} CPU-s")
    return {"growth_1000": times[1000]}


if __name__ == "__main__":
    main()
