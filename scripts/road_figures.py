"""What bench_roads.py measures with, and the targets it holds its figures against."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from routing.roads.roadmap import RoadMap

T = TypeVar("T")
Figures = dict[str, float]

TARGETS = (
    ("OSRM CH against this engine, 1,000 customers, CPU time of durations", "osrm_1000", "at least", 4.0, "x"),
    ("OSRM CH against this engine, 3,000 customers", "osrm_3000", "at least", 6.0, "x"),
    ("seconds and metres against seconds alone (they come together)", "with_metres", "at most", 1.3, "x"),
    ("SciPy against this engine, 1,000 customers", "scipy_1000", "at least", 150.0, "x"),
    ("extract to an open network, CPU", "ready_cpu_s", "at most", 4.0, " s"),
    ("peak memory of that", "peak_mb", "at most", 400.0, " MB"),
    ("resident with one profile, per node", "resident_bytes", "at most", 600.0, " bytes"),
    ("a new speed profile, CPU", "profile_cpu_s", "at most", 0.3, " s"),
    ("snapping 10,000 points, CPU", "snap_cpu_s", "at most", 0.5, " s"),
    ("1,000 customers on a map nine times as large", "growth_1000", "at most", 3.0, "x"),
    ("durations against OSRM's, median difference", "median_percent", "at most", 0.6, " %"),
    ("durations against OSRM's, 95th percentile", "p95_percent", "at most", 2.5, " %"),
)


def heading(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def measured(work: Callable[[], T], repeats: int = 1) -> tuple[T, float, float]:
    """The answer, and the least CPU and wall seconds of some repeats."""
    best_cpu = best_wall = float("inf")
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        answer = work()
        best_cpu, best_wall = min(best_cpu, time.process_time() - cpu), min(best_wall, time.perf_counter() - wall)
    return answer, best_cpu, best_wall


def customers(road_map: RoadMap, count: int) -> np.ndarray:
    """Places a few metres off public streets, spread over the map."""
    rng = np.random.default_rng(5)
    public = np.flatnonzero((road_map.graph.flags & 3) == 0)
    segment = rng.choice(public, count, replace=len(public) < count)
    first = road_map.graph.shape_first
    middle = (first[segment] + first[segment + 1]) // 2
    return road_map.graph.shape[middle] / 1e7 + rng.normal(0, 2e-4, (count, 2))


def print_targets(figures: Figures) -> None:
    for text, name, kind, limit, unit in TARGETS:
        if name not in figures:
            print(f"   -   {text}: not measured in this run")
            continue
        value = figures[name]
        met = value >= limit if kind == "at least" else value <= limit
        print(f"{'met' if met else 'MISSED':>6} {text}: {value:.4g}{unit}, {kind} {limit:g}{unit} wanted")
