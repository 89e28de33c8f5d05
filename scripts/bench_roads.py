"""Measures the road engine beside SciPy, NetworkX and OSRM in one run, and holds its answers against OSRM's.

    python scripts/bench_roads.py [--extract FILE.osm.pbf] [--work DIR] [--osrm-python PYTHON] [--no-osrm] [--no-tiles]

CPU seconds are of one thread unless said otherwise; on a machine with other work they, not the wall, compare engines.
OSRM comes as the PyPI wheel `osrm-bindings`, which wants Python 3.12 or later: an environment for it is made in the
work directory, and its files are kept there for the next run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import networkx as nx
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from routing.roads.engine import CchRoadNetwork, take_places
from routing.roads.graph import RoadGraph
from routing.roads.metric import make_metric
from routing.roads.network import RoadMatrix, Snapped
from routing.roads.osm import read_extract
from routing.roads.profiles import DEFAULT_PROFILE, slowness
from routing.roads.roadmap import RoadMap, build_map, read_map
from routing.roads.segments import cut_segments
from routing.roads.store import build_roads, open_roads
from routing.roads.weights import ENTRY_MS

T = TypeVar("T")
SIZES = (100, 500, 1000, 3000)
COMPARED = 300
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
    built = report_build(options.extract, work)
    network = open_roads(work / "roads")
    plain = CchRoadNetwork(network.map, network._metric)  # noqa: SLF001  # the same costs, without the matrix cache
    lonlat = customers(network.map, max(SIZES))

    heading("Matrices (seconds and metres), customers spread over the whole map")
    ours = report_matrices(plain, lonlat)
    baselines = report_baselines(plain)
    if not options.no_osrm:
        report_osrm(options, work, lonlat, plain, ours)
    print_ratios(ours, baselines)
    report_threads(plain, lonlat)
    report_resident(work, lonlat, built["nodes"])
    if not options.no_tiles:
        heading("A map nine times as large: copies of this one side by side, joined by roads (synthetic)")
        report_tiles(options.extract, ours)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--extract", type=Path, default=DEFAULT_EXTRACT)
    parser.add_argument("--work", type=Path, help="directory for files that are kept between runs")
    parser.add_argument("--osrm-python", help="a Python >= 3.12, by default the first found on PATH or under pyenv")
    parser.add_argument("--no-osrm", action="store_true")
    parser.add_argument("--no-tiles", action="store_true")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not options.extract.is_file():
        parser.error(f"{options.extract} does not exist; name an .osm.pbf with --extract")
    return options


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}")


def measured(work: Callable[[], T], repeats: int = 1) -> tuple[T, float, float]:
    """The answer, and the least CPU and wall seconds of some repeats."""
    best_cpu = best_wall = float("inf")
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        answer = work()
        best_cpu, best_wall = min(best_cpu, time.process_time() - cpu), min(best_wall, time.perf_counter() - wall)
    return answer, best_cpu, best_wall


# Building


def build_in_this_process(extract: Path, out: Path) -> dict[str, float]:
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
        "cpu_s": cpu_s + metric_cpu_s,
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


def report_build(extract: Path, work: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--extract", str(extract), "--child", str(work)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    built: dict[str, float] = json.loads(answer.stdout)
    print(f"extract to ready      {built['cpu_s']:.2f} CPU-s ({built['wall_s']:.2f} s wall), warm kernels")
    print(f"and stored            {built['store_cpu_s']:.2f} CPU-s")
    print(f"a new speed profile   {built['profile_cpu_s']:.3f} CPU-s")
    print(f"peak memory           {built['peak_mb']:.0f} MB ({built['loaded_mb']:.0f} MB of it Python and libraries)")
    print(f"size                  {built['nodes']:,} nodes, {built['states']:,} states, {built['arcs']:,} arcs")
    return built


def report_resident(work: Path, lonlat: np.ndarray, nodes: float) -> None:
    """Pages of the network's files that are in memory in a fresh process after snapping, matrices and routes."""
    code = (
        "import sys, numpy as np\n"
        "from pathlib import Path\n"
        "from routing.roads.engine import CchRoadNetwork, take_places\n"
        "from routing.roads.store import open_roads\n"
        "stored = open_roads(Path(sys.argv[1]))\n"
        "network = CchRoadNetwork(stored.map, stored._metric)\n"
        "places = network.snap(np.load(sys.argv[2]))\n"
        "network.matrix(places)\n"
        "for k in range(100):\n"
        "    network.route(take_places(places, np.array([k])), take_places(places, np.array([k + 1])))\n"
        "held, mine = 0, False\n"
        "for line in open('/proc/self/smaps'):\n"
        "    words = line.split()\n"
        "    if '-' in words[0] and len(words[0]) > 20: mine = line.rstrip().endswith('.npy')\n"
        "    elif mine and words[0] == 'Rss:': held += int(words[1])\n"
        "print(held * 1024)\n"
    )
    np.save(work / "resident.npy", lonlat[:1000])
    answer = subprocess.run(
        [sys.executable, "-c", code, str(work / "roads"), str(work / "resident.npy")],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    per_node = int(answer.stdout) / nodes
    print(f"resident after snapping, a matrix of 1,000 and 100 routes: {per_node:.0f} bytes per node, one profile")


# Matrices


def customers(road_map: RoadMap, count: int) -> np.ndarray:
    """Places a few metres off public streets, spread over the map."""
    rng = np.random.default_rng(5)
    segment = rng.choice(np.flatnonzero((road_map.graph.flags & 3) == 0), count, replace=False)
    first = road_map.graph.shape_first
    middle = (first[segment] + first[segment + 1]) // 2
    return road_map.graph.shape[middle] / 1e7 + rng.normal(0, 2e-4, (count, 2))


def report_matrices(network: CchRoadNetwork, lonlat: np.ndarray) -> dict[int, float]:
    _, cpu_s, _ = measured(lambda: network.snap(np.tile(lonlat, (4, 1))[:10_000]), repeats=2)
    print(f"snapping 10,000 points: {cpu_s:.3f} CPU-s")
    times = {}
    for size in SIZES:
        _, cpu_s, wall_s = measured(lambda n=size: network.matrix(network.snap(lonlat[:n])), repeats=3)
        times[size] = cpu_s
        print(f"this engine    N={size:<5} {cpu_s:8.4f} CPU-s {wall_s:8.4f} s wall, snapping included")
    return times


def report_baselines(network: CchRoadNetwork) -> dict[str, float]:
    """CPU seconds per source of plain Dijkstra searches."""
    graph, turns = network.map.graph, network.map.turns
    cost = network._metric.state_ms[turns.head] + turns.delay_ms + turns.entry * ENTRY_MS  # noqa: SLF001
    order = np.lexsort((cost, turns.head, turns.tail))
    tail, head, cost = turns.tail[order], turns.head[order], cost[order]
    least = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0))
    links = sparse.csr_matrix((cost[least].astype(float), (tail[least], head[least])), shape=(len(turns),) * 2)
    _, cpu_s, _ = measured(lambda: csgraph.dijkstra(links, indices=np.arange(5) * 1000 % len(turns)))
    roads = nx.DiGraph()
    for begin, end, length, speeds in zip(graph.tail, graph.head, graph.length_dm, graph.speed, strict=True):
        for here, there, speed in ((begin, end, speeds[0]), (end, begin, speeds[1])):
            if speed:
                roads.add_edge(int(here), int(there), seconds=float(length) / float(speed))
    start = next(iter(roads))
    _, nx_cpu_s, _ = measured(lambda: nx.single_source_dijkstra_path_length(roads, start, weight="seconds"))
    print(f"SciPy Dijkstra on the same turn-expanded graph: {cpu_s / 5:.4f} CPU-s per source")
    print(f"NetworkX Dijkstra on the plain graph:           {nx_cpu_s:.4f} CPU-s per source")
    return {"SciPy": cpu_s / 5, "NetworkX": nx_cpu_s}


def print_ratios(ours: dict[int, float], baselines: dict[str, float]) -> None:
    for name, per_source in baselines.items():
        text = ", ".join(f"N={size} {size * per_source / ours[size]:,.0f}x" for size in SIZES)
        print(f"times quicker than {name} (its one-source time x N): {text}")


def report_threads(network: CchRoadNetwork, lonlat: np.ndarray) -> None:
    size = max(SIZES)
    places = network.snap(lonlat[:size])
    _, _, one = measured(lambda: network.matrix(places), repeats=3)
    network.threads = 2
    _, cpu_s, two = measured(lambda: network.matrix(places), repeats=3)
    network.threads = 1
    print(
        f"two threads, N={size}: {one:.3f} s wall with one, {two:.3f} s with two = {one / two:.2f}x "
        f"({cpu_s:.3f} CPU-s; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores)"
    )


# OSRM


def find_python(named: str | None) -> str | None:
    names = [named] if named else [f"python3.{minor}" for minor in range(12, 16)]
    for name in names:
        found = shutil.which(name)
        if found and works(found):
            return found
    under_pyenv = sorted(Path.home().glob(".pyenv/versions/3.1[2-9].*/bin/python"))
    return next((str(path) for path in under_pyenv if not named and works(str(path))), None)


def works(python: str) -> bool:
    code = "import sys, venv; sys.exit(sys.version_info < (3, 12))"
    return subprocess.run([python, "-c", code], check=False, capture_output=True).returncode == 0


def prepare_osrm(options: argparse.Namespace, work: Path) -> dict[str, Path] | None:
    """OSRM's files for both algorithms, made once; None, with the reason said, when that cannot be."""
    python = find_python(options.osrm_python)
    if python is None:
        print("OSRM: no Python >= 3.12 found, so it is left out; name one with --osrm-python")
        return None
    home = work / "osrm"
    own = home / "venv" / "bin" / "python"
    if not own.exists():
        subprocess.run([python, "-m", "venv", home / "venv"], check=True)
    installed = subprocess.run(
        [own, "-m", "pip", "install", "-q", "--only-binary", ":all:", "osrm-bindings", "numpy"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    if installed.returncode:
        print(f"OSRM: osrm-bindings cannot be installed, so it is left out: {installed.stderr.strip()[-200:]}")
        return None
    profile = next(home.glob("venv/lib/python*/site-packages/osrm/share/profiles/car.lua"))
    digest = hashlib.sha256(options.extract.read_bytes()).hexdigest()[:12]
    bases = {}
    for algorithm, steps in (("CH", ("contract",)), ("MLD", ("partition", "customize"))):
        folder = home / f"{digest}-{algorithm}"
        base = folder / "map.osrm"
        bases[algorithm] = base
        if (folder / "done").exists():
            continue
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copyfile(options.extract, folder / "map.osm.pbf")
        for command in (
            ["extract", "-t", "1", "-p", str(profile), "map.osm.pbf"],
            *([s, "-t", "1", "map.osrm"] for s in steps),
        ):
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            subprocess.run([own, "-m", "osrm", *command], cwd=folder, check=True, capture_output=True)
            spent = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
            print(f"OSRM {algorithm} {command[0]}: {spent:.1f} CPU-s")
        (folder / "done").touch()
    return {"python": own, **bases}


def report_osrm(
    options: argparse.Namespace, work: Path, lonlat: np.ndarray, network: CchRoadNetwork, ours: dict[int, float]
) -> None:
    prepared = prepare_osrm(options, work)
    if prepared is None:
        return
    answers = work / "osrm.npz"
    np.save(work / "customers.npy", lonlat)
    for algorithm, sizes in (("MLD", (COMPARED, *SIZES)), ("CH", (COMPARED, *SIZES))):
        command = [prepared["python"], HERE / "bench_osrm_tables.py", prepared[algorithm], algorithm,
                   work / "customers.npy", ",".join(map(str, sizes)), answers]  # fmt: skip
        done = subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True)
        told = json.loads(done.stdout.strip().splitlines()[-1])
        for row in told["rows"]:
            if row["size"] in ours:
                times = row["cpu_s"] / ours[row["size"]]
                print(
                    f"OSRM {algorithm:<4} {row['kinds']:<18} N={row['size']:<5} {row['cpu_s']:8.4f} CPU-s "
                    f"{row['wall_s']:8.4f} s wall: {times:5.1f}x this engine's (which has seconds and metres)"
                )
        print(f"OSRM {algorithm} peak memory {told['peak_mb']:.0f} MB")
    heading(f"Answers beside OSRM's, {COMPARED} customers")
    compare(network, lonlat[:COMPARED], np.load(answers))


def compare(network: CchRoadNetwork, lonlat: np.ndarray, theirs: np.lib.npyio.NpzFile) -> None:
    places = network.snap(lonlat)
    ours = network.matrix(places)
    duration, distance = theirs["duration_s"], theirs["distance_m"]
    apart = np.hypot(*((places.road_lonlat - theirs["road"]) * [np.cos(np.radians(lonlat[0, 1])), 1.0]).T) * 111_195
    compared = ~np.eye(len(lonlat), dtype=bool) & (duration > 0)
    off = np.where(compared, (ours.duration_s - duration) / np.where(compared, duration, 1.0), 0.0)
    off_m = np.where(compared, (ours.distance_m - distance) / np.where(distance > 0, distance, 1.0), 0.0)
    for name, values in (("duration", off[compared]), ("distance", off_m[compared])):
        print(
            f"{name}: median {np.median(values):+.2%}, median |difference| {np.median(abs(values)):.2%}, "
            f"p95 {np.quantile(abs(values), 0.95):.2%}, largest {abs(values).max():.0%}"
        )
    print(f"customers put on the road within 2 m of where OSRM puts them: {np.mean(apart < 2):.1%}")
    outliers = np.argwhere(compared & (abs(off) > 0.1))
    print(f"pairs more than 10 % apart: {len(outliers)} of {compared.sum():,}")
    for i, j in outliers:
        print(
            f"  {i:>3} to {j:>3}: {ours.duration_s[i, j]} s / {ours.distance_m[i, j]} m here, "
            f"{duration[i, j]:.0f} s / {distance[i, j]:.0f} m OSRM: "
            f"{reason(network.map, places, ours, theirs, apart, i, j)}"
        )


def reason(
    road_map: RoadMap,
    places: Snapped,
    ours: RoadMatrix,
    theirs: np.lib.npyio.NpzFile,
    apart: np.ndarray,
    i: int,
    j: int,
) -> str:
    """Why two engines differ on one pair, from where they put its ends and what they drove."""
    for end, name in ((i, "start"), (j, "target")):
        if apart[end] >= 2:
            resident = road_map.graph.flags[places.edge[end]] & 3
            kind = "a street for residents, which OSRM leaves out" if resident else "another street"
            return f"the {name} is put on {kind} ({apart[end]:.0f} m apart)"
    longer = theirs["distance_m"][i, j] - ours.distance_m[i, j]
    seconds = abs(theirs["duration_s"][i, j] - ours.duration_s[i, j])
    if abs(longer) > 0.03 * max(ours.distance_m[i, j], 1) and longer > 0:
        return f"OSRM drives {longer:.0f} m more: it avoids narrow and service streets even where they are quicker"
    if abs(longer) > 0.03 * max(ours.distance_m[i, j], 1):
        return (
            f"OSRM drives {-longer:.0f} m less: a turn or street that one of the two does not allow or counts as slower"
        )
    return f"the same road, {seconds:.0f} s apart: signs and turns on a short trip weigh differently"


# Growth


def tiled(graph: RoadGraph, side: int = 3) -> RoadGraph:
    """Copies of a graph in a square, neighbours joined by straight two-way roads between nodes at their borders."""
    nodes, rows = len(graph.node_osm), len(graph.shape)
    low, high = graph.shape.min(axis=0), graph.shape.max(axis=0)
    step = (high - low + 20_000).astype(np.int64)
    corners = [(x, y) for y in range(side) for x in range(side)]
    place = np.zeros((nodes, 2), np.int64)
    place[graph.tail] = graph.shape[graph.shape_first[:-1]]
    place[graph.head] = graph.shape[graph.shape_first[1:] - 1]
    joints = [(a, b, axis) for a, (x, y) in enumerate(corners) for axis, (dx, dy) in enumerate(((1, 0), (0, 1)))
              if (x + dx, y + dy) in corners for b in [corners.index((x + dx, y + dy))]]  # fmt: skip
    joined = np.unique(np.concatenate((graph.tail, graph.head)))
    links = []
    for a, b, axis in joints:
        near = joined[np.argsort(-place[joined, axis])[:200:5]]
        far = joined[np.argsort(place[joined, axis])[:200:5]]
        near, far = near[np.argsort(place[near, 1 - axis])], far[np.argsort(place[far, 1 - axis])]
        links += [(a, int(u), b, int(v)) for u, v in zip(near, far, strict=True)]
    moved = [place + np.array(corner) * step for corner in corners]
    ends = np.array([[moved[a][u], moved[b][v]] for a, u, b, v in links])
    metres = np.hypot(*((ends[:, 1] - ends[:, 0]) * [0.75, 1.0]).T) / 1e7 * 111_195
    count, copies = len(links), len(corners)

    def repeat(values: np.ndarray, extra: np.ndarray, shift: int = 0) -> np.ndarray:
        moved_values = [values + np.asarray(k * shift, values.dtype) for k in range(copies)]
        return np.concatenate([*moved_values, extra.astype(values.dtype)])

    blank = np.zeros(count)
    return replace(
        graph,
        tail=repeat(graph.tail, np.array([a * nodes + u for a, u, _, _ in links]), nodes),
        head=repeat(graph.head, np.array([b * nodes + v for _, _, b, v in links]), nodes),
        way=repeat(graph.way, -1 - np.arange(count)),
        length_dm=repeat(graph.length_dm, np.maximum(metres * 10, 1)),
        speed=repeat(graph.speed, np.full((count, 2), 500)),
        road_class=repeat(graph.road_class, blank),
        flags=repeat(graph.flags, blank),
        name=repeat(graph.name, blank),
        regime=repeat(graph.regime, blank),
        shape_first=np.concatenate(
            [*(graph.shape_first[:-1] + k * rows for k in range(copies)), copies * rows + 2 * np.arange(count + 1)]
        ),
        shape=np.concatenate(
            [
                *((graph.shape + np.array(c) * step).astype(np.int32) for c in corners),
                ends.reshape(-1, 2).astype(np.int32),
            ]
        ),
        node_osm=np.arange(copies * nodes),
        node_flags=repeat(graph.node_flags, np.empty(0)),
        delay_ds=repeat(graph.delay_ds, np.empty((0, 2))),
    )


def report_tiles(extract: Path, ours: dict[int, float]) -> None:
    graph = tiled(cut_segments(read_extract(extract)))
    road_map, cpu_s, _ = measured(lambda: build_map(graph))
    metric, metric_cpu_s, _ = measured(lambda: make_metric(road_map.graph, road_map.turns, road_map.hierarchy))
    network = CchRoadNetwork(road_map, metric)
    print(f"{len(road_map.graph.node_osm):,} nodes: {cpu_s:.1f} CPU-s to contract, a profile {metric_cpu_s:.2f} CPU-s")
    lonlat = customers(road_map, max(SIZES))
    for size in SIZES:
        _, spent, wall_s = measured(lambda n=size: network.matrix(network.snap(lonlat[:n])), repeats=2)
        print(f"this engine    N={size:<5} {spent:8.4f} CPU-s {wall_s:8.4f} s wall: {spent / ours[size]:.1f}x as long")
    one_town = network.snap(lonlat)
    south_west = np.flatnonzero((one_town.road_lonlat < np.quantile(one_town.road_lonlat, 1 / 3, axis=0)).all(axis=1))
    near = take_places(one_town, south_west[:300])
    _, spent, _ = measured(lambda: network.matrix(near), repeats=2)
    print(f"{len(near)} customers of one town on it: {spent:.4f} CPU-s")


if __name__ == "__main__":
    main()
