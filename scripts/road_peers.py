"""The peers of bench_roads.py: SciPy and NetworkX on the same roads, and OSRM from its PyPI wheel."""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
from road_figures import Figures, measured
from scipy import sparse
from scipy.sparse import csgraph

from routing.roads.engine import CchRoadNetwork
from routing.roads.weights import ENTRY_MS

COMPARED = 300
"""Customers whose travel is held against OSRM's."""
HERE = Path(__file__).resolve().parent


def baselines(network: CchRoadNetwork, ours: dict[int, float]) -> Figures:
    """Plain Dijkstra searches: CPU seconds of one source, times the number of customers."""
    per_source = {"SciPy": scipy_source(network), "NetworkX": networkx_source(network)}
    for name, cpu_s in per_source.items():
        times = ", ".join(f"N={size} {size * cpu_s / spent:,.0f}x" for size, spent in ours.items())
        print(f"{name} Dijkstra: {cpu_s:.4f} CPU-s per source; N times that against this engine: {times}")
    return {"scipy_1000": 1000 * per_source["SciPy"] / ours[1000]}


def scipy_source(network: CchRoadNetwork) -> float:
    """On the same turn-expanded graph; SciPy adds parallel arcs up, so only the least of them stay."""
    turns = network.map.turns
    cost = network._metric.state_ms[turns.head] + turns.delay_ms + turns.entry * ENTRY_MS  # noqa: SLF001
    order = np.lexsort((cost, turns.head, turns.tail))
    tail, head, cost = turns.tail[order], turns.head[order], cost[order]
    least = np.append(True, (np.diff(tail) != 0) | (np.diff(head) != 0))
    links = sparse.csr_matrix((cost[least].astype(float), (tail[least], head[least])), shape=(len(turns),) * 2)
    _, cpu_s, _ = measured(lambda: csgraph.dijkstra(links, indices=np.arange(5) * 1000 % len(turns)))
    return cpu_s / 5


def networkx_source(network: CchRoadNetwork) -> float:
    """On the plain graph of junctions, without turns."""
    graph = network.map.graph
    roads = nx.DiGraph()
    for begin, end, length, speeds in zip(graph.tail, graph.head, graph.length_dm, graph.open_speed, strict=True):
        for here, there, speed in ((begin, end, speeds[0]), (end, begin, speeds[1])):
            if speed:
                roads.add_edge(int(here), int(there), seconds=float(length) / float(speed))
    start = next(iter(roads))
    _, cpu_s, _ = measured(lambda: nx.single_source_dijkstra_path_length(roads, start, weight="seconds"))
    return cpu_s


@dataclass(frozen=True)
class OsrmTables:
    """What OSRM took, by algorithm, and what it answers for the first COMPARED customers."""

    told: dict[str, Any]
    answers: Path
    ask: tuple[str, ...]
    """The command that asks OSRM for routes, but for the files of pairs and answers."""

    def report(self, ours: dict[int, float]) -> Figures:
        figures: Figures = {}
        for algorithm, told in self.told.items():
            for row in told["rows"]:
                if row["size"] not in ours:
                    continue
                times = row["cpu_s"] / ours[row["size"]]
                print(
                    f"OSRM {algorithm:<4} {row['kinds']:<18} N={row['size']:<5} {row['cpu_s']:8.4f} CPU-s "
                    f"{row['wall_s']:8.4f} s wall: {times:5.1f}x this engine's (which has seconds and metres)"
                )
                if (algorithm, row["kinds"]) == ("CH", "duration"):
                    figures[f"osrm_{row['size']}"] = times
            print(f"OSRM {algorithm} peak memory {told['peak_mb']:.0f} MB")
        return figures

    def routes(self, work: Path, asked: Sequence[tuple[int, int, list[float] | None]]) -> list[dict[str, Any]]:
        """OSRM's way between two customers, by way of a place [lon, lat] where one is given.

        `duration_s`, the `nodes` passed, and `driving_s` between each two of them, without turns.
        """
        (work / "pairs.json").write_text(json.dumps(asked))
        command = [*self.ask, str(work / "pairs.json"), str(work / "routes.json")]
        subprocess.run(command, check=True, capture_output=True)
        routes: list[dict[str, Any]] = json.loads((work / "routes.json").read_text())
        return routes


def osrm_tables(options: argparse.Namespace, work: Path, lonlat: np.ndarray, sizes: Sequence[int]) -> OsrmTables | None:
    """OSRM's tables of all sizes by both algorithms; None, with the reason said, when it cannot be had."""
    prepared = prepare_osrm(options, work)
    if prepared is None:
        return None
    answers, points = work / "osrm.npz", work / "customers.npy"
    np.save(points, lonlat)
    told = {}
    script = str(HERE / "bench_osrm.py")
    for algorithm in ("MLD", "CH"):
        command = [str(prepared["python"]), script, "tables", str(prepared[algorithm]), algorithm, str(points),
                   ",".join(map(str, (COMPARED, *sizes))), str(answers)]  # fmt: skip
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        told[algorithm] = json.loads(done.stdout.strip().splitlines()[-1])
    ask = (str(prepared["python"]), script, "routes", str(prepared["CH"]), "CH", str(points))
    return OsrmTables(told, answers, ask)


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
