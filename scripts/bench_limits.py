"""How well a solve keeps its time: limits, the first plan, a fresh process, and the hardest problems of 50 shifts.

    python scripts/bench_limits.py limits --seconds 1 5 30
    python scripts/bench_limits.py first
    python scripts/bench_limits.py fresh
    python scripts/bench_limits.py extremes

`limits` solves every field problem through the door that everybody uses and tells by how much the wall clock passed the
limit; `first` when the first plan of 50 shifts and 600 visits was there; `fresh` how long a new process takes until the
kernels have solved something; `extremes` whether each made problem of 50 shifts and 1,000 visits has a valid plan after
one second. On a busy machine the least of `--repeats` counts, or, with `--cpu`, everything is timed and limited by
processor time.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
if "--cpu" in sys.argv:  # before any clock is bound
    time.monotonic = time.process_time

from routing.documents import from_values  # noqa: E402
from routing.evaluate import evaluate  # noqa: E402
from routing.problem import Problem, read_problem  # noqa: E402
from routing.solve.engines import solve  # noqa: E402
from routing.solve.options import SolveOptions  # noqa: E402
from routing.solve.warm import warm  # noqa: E402

FIELD = Path(os.environ.get("BEATPLAN_BENCH_DIR", ROOT.parent / "shared" / "bench")) / "field"
LARGE = "r10_d5_n600_s1"
DAYS = tuple(f"2026-11-{day}" for day in range(23, 28))
REPS, VISITS = 10, 1_000
FRESH = "from routing.solve.warm import load_search; load_search()"


def made(kind: str, seed: int = 3) -> Problem:
    """A problem of 50 shifts and 1,000 visits that is extreme in one way, or, for `all`, in every way at once."""
    chance = np.random.default_rng(seed)
    count = VISITS + REPS
    at = chance.uniform(0, 30_000, (count, 2))
    metres = np.hypot(*(at[:, None] - at[None, :]).transpose(2, 0, 1)) * chance.uniform(1.1, 1.6, (count, count))
    np.fill_diagonal(metres, 0)
    drives = (metres / 10).astype(int)
    names = [f"home{i}" for i in range(REPS)] + [f"c{i}" for i in range(VISITS)]
    skills = [f"k{i}" for i in range(12)]
    rare, tight, broken, soft = (kind in {one, "all"} for one in ("skills", "windows", "breaks", "soft"))
    pauses = [(600, 32_400, 34_200), (2_700, 41_400, 45_000), (600, 50_400, 52_200)] if broken else []
    shift = {
        "start_s": 28_800,
        "end_s": 61_200,
        "breaks": [{"duration_s": a, "earliest_s": b, "latest_s": c} for a, b, c in pauses],
        "max_travel_s": 9_000 if kind in {"travel", "all"} else None,
        "max_overtime_s": 3_600 if soft else 0,
    }
    values: dict[str, Any] = {
        "version": 1,
        "locations": [{"id": name} for name in names],
        "shifts": [
            shift
            | {"id": f"r{i}/{day}", "rep": f"r{i}", "day": day, "start": f"home{i}", "end": f"home{i}"}
            | {"skills": [skills[i], skills[(i + 1) % 12]] if rare else []}
            for day in DAYS
            for i in range(REPS)
        ],
        "visits": [_visit(i, chance, skills, rare=rare, tight=tight, soft=soft) for i in range(VISITS)],
    }
    if kind in {"hours", "all"}:
        slices = [(25_200, 1.0), (28_800, 1.5), (32_400, 1.1), (57_600, 1.4), (61_200, 1.0)]
        values["matrices"] = [
            {"at_s": at_s, "duration_s": (drives * slower).astype(int), "distance_m": drives} for at_s, slower in slices
        ]
    else:
        values["matrix"] = {"duration_s": drives, "distance_m": drives}
    if kind in {"waiting", "all"}:
        values["objective"] = {"travel": 1, "waiting": 1, "lateness": 10, "overtime": 10}
    return from_values(Problem, values, "the made problem")


def _visit(i: int, chance: np.random.Generator, skills: list[str], *, rare: bool, tight: bool, soft: bool) -> Any:
    opens = [int(chance.integers(28_800, 58_000)) for _ in DAYS]
    return {
        "id": f"c{i}",
        "location": f"c{i}",
        "service_s": 60 * int(chance.integers(5, 40)),
        "value_s": 60 * int(chance.integers(20, 150)),
        "mandatory": bool(chance.random() < 0.05),
        "skills": [skills[int(chance.integers(12))]] if rare else [],
        "windows": [
            {"day": day, "start_s": first + more, "end_s": first + more + 600}
            for day, first in zip(DAYS, opens, strict=True)
            for more in (0, 1_800)
        ]
        if tight
        else [],
        "max_late_s": 1_800 if soft else 0,
    }


EXTREMES = ("plain", "windows", "skills", "breaks", "soft", "travel", "hours", "waiting", "all")


def solved(problem: Problem, seconds: float, processes: int = 1) -> tuple[float, int, str]:
    """Seconds that a solve took, visits served, and the first rule broken, if any; musts without a place are none."""
    began = time.monotonic()
    plan = solve(problem, SolveOptions(seconds=seconds, processes=processes))
    took = time.monotonic() - began
    faults = [fault.detail for fault in evaluate(problem, plan).violations if fault.kind != "mandatory"]
    return took, sum(len(route.stops) for route in plan.routes), faults[0] if faults else ""


def limits(seconds: list[float], repeats: int, processes: int) -> None:
    """A table of how long each solve took beside its limit."""
    print("| problem | " + " | ".join(f"{one:g} s" for one in seconds) + " | worst |")
    print("|---" * (len(seconds) + 2) + "|")
    for path in sorted(FIELD.glob("*.json")):
        problem = read_problem(path)
        took = [min(solved(problem, one, processes)[0] for _ in range(repeats)) for one in seconds]
        over = max(100 * (a / b - 1) for a, b in zip(took, seconds, strict=True))
        print(f"| {path.stem} | " + " | ".join(f"{one:.2f}" for one in took) + f" | {over:+.1f} % |", flush=True)


def first(repeats: int) -> None:
    """When the first plan of the large problem was told."""
    problem = read_problem(FIELD / f"{LARGE}.json")

    def once() -> float:
        used, heard = time.process_time(), []
        solve(
            problem,
            SolveOptions(seconds=1),
            on_routes=lambda _: heard.append(time.process_time() - used),
            should_stop=lambda: bool(heard),
        )
        return heard[0]

    print(f"{LARGE}: first plan after {min(once() for _ in range(repeats)):.3f} s of CPU")


def fresh(repeats: int) -> None:
    """CPU of a new process from its start to the first routes."""

    def once() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", FRESH], cwd=ROOT, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    print(f"kernels ready in a fresh process: {min(once() for _ in range(repeats)):.2f} s of CPU")


def extremes(kinds: list[str], repeats: int) -> None:
    """A table of made problems solved for a second."""
    print("| 50 shifts, 1,000 visits | took | served | broken |\n|---|---|---|---|")
    for kind in kinds:
        problem = made(kind)
        took, served, fault = min(solved(problem, 1.0) for _ in range(repeats))
        print(f"| {kind} | {took:.2f} s | {served} | {fault or 'nothing'} |", flush=True)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", choices=["limits", "first", "fresh", "extremes"], default=["limits"])
    parser.add_argument("--seconds", type=float, nargs="*", default=[1, 5, 30])
    parser.add_argument("--kinds", nargs="*", choices=EXTREMES, default=list(EXTREMES))
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1, help="lanes of the solves that `limits` times")
    parser.add_argument("--cpu", action="store_true", help="count processor time of this process for all clocks")
    args = parser.parse_args()
    warm()
    if "fresh" in args.what:
        fresh(args.repeats)
    if "first" in args.what:
        first(args.repeats)
    if "extremes" in args.what:
        extremes(args.kinds, args.repeats)
    if "limits" in args.what:
        limits(args.seconds, args.repeats, args.processes)


if __name__ == "__main__":
    main()
