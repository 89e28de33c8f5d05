# ruff: noqa: PLC0415 -- what a cell does not need is not imported before its clock starts
"""beatplan beside raw OR-Tools, PyVRP and VROOM on field-sales problems and team orienteering, one thread each.

Every plan is judged by `routing.evaluate` (field) or by its sum of scores after the same check (TOPTW). The peers are
no dependencies: `--peers DIR` makes an environment there and installs them. `--split development` is what settings may
be chosen on; `holdout` is for looking at afterwards.

Field problems go to the peers as `solve_peers.py` puts them. A TOPTW tour is a shift; a score is worth so many seconds
that no travel outweighs it, and results are compared by score alone. Field cases with names in `_first` count worth
a hundredfold, as a solver of priorities does; with every second visit alone (`_half`) all can be served, so that what
is left to compare is travel at equal value.
beatplan and PyVRP are stopped by processor time, so that a busy machine is fair to both; VROOM and OR-Tools know only
the wall clock. Cells already in the file of `--out` are not run again.
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from routing.evaluate import evaluate  # noqa: E402
from routing.plan import Unserved  # noqa: E402
from routing.problem import Location, Problem, Shift, TimeWindow, TravelMatrix, Visit, read_problem  # noqa: E402
from routing.solve.schedule import Scheduler, routes_to_plan  # noqa: E402
from scripts.solve_peers import by_ortools, by_pyvrp, by_vroom  # noqa: E402

BENCH = Path(os.environ.get("BEATPLAN_BENCH_DIR", ROOT.parent / "shared" / "bench"))
DAY = "2026-01-01"
SPLIT = {
    "development": {
        "toptw": ["c104_m2", "r108_m3", "r104_m2", "pr05_m2", "c103_m3", "r112_m2", "rc104_m2", "pr04_m2", "pr10_m4"],
        "field": [
            "r1_d1_n30_s1",
            "r1_d5_n80_s1",
            "r1_d5_n150_s1",
            "r1_d5_n150_s1_nobreak",
            "r10_d5_n600_s1",
            "r10_d5_n600_s1_nobreak",
        ],
        "long": ["pr04_wide_m1", "rc104_long_m1"],
    },
    "holdout": {
        "toptw": ["r110_m2", "rc106_m2", "pr03_m2", "pr08_m3", "rc108_m3", "pr07_m1", "pr09_m2"],
        "field": ["r1_d1_n30_s2", "r1_d5_n80_s2", "r4_d5_n240_s1", "r4_d5_n240_s1_nobreak"],
        "long": ["pr08_wide_m1", "rc102_long_m1"],
    },
}
"""Cases by split and set; `long` are single tours made of other cases: windows twice as wide, or a longer horizon."""
SATURATED = ["r4_d5_n240_s1_half_first", "r10_d5_n600_s1_half_first"]
"""Field cases in which all value can be had: travel tells who is better."""
PUBLISHED = ["c104_m2", "r108_m3", "r104_m2", "r110_m2", "rc106_m2", "pr03_m2", "pr05_m2", "pr08_m3"]
"""TOPTW cases whose mean gap is reported, from both halves of the split."""
VALUE_FIRST = 100
LARGEST_WORTH_S = 10_000_000


def toptw(name: str) -> tuple[Problem, int]:
    """A TOPTW case such as `pr03_m2`, `pr08_wide_m1` or `rc102_long_m1`, and the seconds one point is worth."""
    file, *how, tours = name.split("_")
    many = int(tours[1:])
    rows = [line.split() for line in (BENCH / "toptw" / f"{file}.txt").read_text().splitlines() if line.strip()]
    unit = 100 if file.startswith("pr") else 10
    points = [[float(word) for word in row] for row in rows[2:]]
    drives = [[math.floor(math.hypot(a[1] - b[1], a[2] - b[2]) * unit + 1e-9) for b in points] for a in points]
    end = round(points[0][-1] * unit)
    windows = [(round(p[-2] * unit), round(p[-1] * unit)) for p in points[1:]]
    if "wide" in how:
        windows = [(max(0, a - (b - a) // 2), min(end, b + (b - a) // 2)) for a, b in windows]
    if "long" in how:
        windows = [(4 * a, 4 * a + 2 * (b - a)) for a, b in windows]
        end *= 4
    worth = min(many * end + 1, LARGEST_WORTH_S // max(int(p[4]) for p in points))
    matrix = TravelMatrix.model_validate({"duration_s": drives, "distance_m": drives})
    problem = Problem(
        version=1,
        locations=tuple(Location(id=str(i)) for i in range(len(points))),
        matrix=matrix,
        shifts=tuple(
            Shift(id=f"t{k}", rep=f"t{k}", day=DAY, start="0", end="0", start_s=0, end_s=end)  # type: ignore[arg-type]
            for k in range(many)
        ),
        visits=tuple(
            Visit(
                id=str(i),
                location=str(i),
                service_s=round(p[3] * unit),
                value_s=int(p[4]) * worth,
                windows=(TimeWindow(day=DAY, start_s=a, end_s=b),),  # type: ignore[arg-type]
            )
            for i, (p, (a, b)) in enumerate(zip(points[1:], windows, strict=True), start=1)
        ),
    )
    return problem, worth


def case(name: str) -> tuple[Problem, int]:
    """A problem and the divisor that turns worth into what is compared."""
    if name.startswith("r") and "_d" in name:
        if name.endswith("_first"):
            problem, _ = case(name.removesuffix("_first"))
            visits = [v.model_copy(update={"value_s": v.value_s * VALUE_FIRST}) for v in problem.visits]
            return problem.with_parts(shifts=problem.shifts, visits=visits), 1
        if name.endswith("_half"):
            problem, _ = case(name.removesuffix("_half"))
            return problem.with_parts(shifts=problem.shifts, visits=problem.visits[::2]), 1
        path = BENCH / "field" / f"{name}.json"
        if path.exists() or not name.endswith("_nobreak"):
            return read_problem(path), 1
        problem = read_problem(path.with_name(f"{name.removesuffix('_nobreak')}.json"))
        shifts = tuple(shift.model_copy(update={"breaks": ()}) for shift in problem.shifts)
        values = {field: getattr(problem, field) for field in Problem.model_fields} | {"shifts": shifts}
        return Problem(**values), 1
    return toptw(name)


def literature() -> dict[str, int]:
    """Best values of bks.csv by case."""
    with (BENCH / "toptw" / "bks.csv").open() as file:
        rows = list(csv.reader(file))[1:]
    return {f"{row[0]}_m{row[1]}": max(int(word) for word in row[2:4] if word) for row in rows}


def judge(problem: Problem, worth: int, sequences: list[list[int]]) -> dict[str, Any]:
    """Objective, worth and travel of routes, by the evaluator; None where they break a rule."""
    try:
        plan = routes_to_plan(problem, sequences, seed=0, iterations=0, engine="search", scheduler=Scheduler(problem))
    except ValueError as error:
        return {"result": None, "why": str(error)}
    served = {stop.visit for route in plan.routes for stop in route.stops}
    rest = tuple(Unserved(visit=v.id, reason="value") for v in problem.visits if v.id not in served)
    verdict = evaluate(problem, plan.model_copy(update={"unserved": rest}))
    faults = [fault.detail for fault in verdict.violations if fault.kind != "unserved"]
    result = plan.objective_s if worth == 1 else plan.value_s // worth
    answer = {"value": plan.value_s // worth, "travel": plan.travel_s, "objective": plan.objective_s}
    return answer | ({"result": None, "why": faults[0]} if faults else {"result": result})


def by_beatplan(problem: Problem, seconds: float, seed: int) -> list[list[int]]:
    from routing.solve.options import SolveOptions
    from routing.solve.search import search

    found = search(problem, SolveOptions(seconds=seconds, seed=seed), clock=time.process_time)
    return [list(route) for route in found.sequences]


def by_two_lanes(problem: Problem, seconds: float, seed: int) -> list[list[int]]:
    """Two lanes, each with so many seconds of processor time; what they do together counts for both."""
    from routing.solve.options import SolveOptions
    from routing.solve.search import search

    options = SolveOptions(seconds=seconds, seed=seed, processes=2)
    return [list(route) for route in search(problem, options, clock=lambda: time.process_time() / 2).sequences]


OWN = {"beatplan": by_beatplan, "two-lanes": by_two_lanes}
PEERS = {"ortools": by_ortools, "pyvrp": by_pyvrp, "vroom": by_vroom}
SOLVERS = OWN | PEERS


def run_one(solver: str, name: str, seconds: float, seed: int) -> dict[str, Any]:
    """One cell, in this process."""
    problem, worth = case(name)
    if solver in OWN:
        from routing.solve.warm import warm

        warm()
        importlib.import_module("ortools.sat.python.cp_model")
    began, used = time.monotonic(), time.process_time()
    try:
        sequences = SOLVERS[solver](problem, seconds, seed)
    except (ValueError, RuntimeError, TypeError, AttributeError) as error:
        return {"result": None, "why": f"{type(error).__name__}: {error}"}
    spent = {"wall_s": round(time.monotonic() - began, 2), "cpu_s": round(time.process_time() - used, 2)}
    return judge(problem, worth, sequences) | spent


def make_peers(folder: Path) -> Path:
    """An environment with the peers; made once."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "pyvrp", "pyvroom"], check=True)
        site = next((folder / "lib").glob("python*/site-packages"))
        own = [path for path in sys.path if path.endswith("site-packages")]
        (site / "beatplan_bench.pth").write_text("\n".join(own) + "\n")
    return python


def main() -> None:
    """Run the cells asked for, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--split", choices=[*SPLIT, "all"], default="development")
    parser.add_argument("--cases", nargs="*", help="these cases instead of a split")
    parser.add_argument(
        "--set", choices=["toptw", "field", "long", "published", "saturated"], nargs="*", default=["toptw", "field"]
    )
    parser.add_argument("--seconds", type=float, nargs="*", default=[1, 5, 30])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--solvers", nargs="*", choices=list(SOLVERS), default=["beatplan", *PEERS])
    parser.add_argument("--peers", type=Path, default=ROOT / ".bench-peers")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", nargs=4, metavar=("SOLVER", "CASE", "SECONDS", "SEED"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(run_one(args.one[0], args.one[1], float(args.one[2]), int(args.one[3]))))
        return
    splits = list(SPLIT) if args.split == "all" else [args.split]
    fixed = {"published": PUBLISHED, "saturated": SATURATED}
    groups = [fixed.get(kind) or SPLIT[split][kind] for kind in args.set for split in splits]
    names = list(dict.fromkeys(args.cases or [name for group in groups for name in group]))
    known = literature()
    peers = make_peers(args.peers) if set(args.solvers) & {"pyvrp", "vroom"} else Path(sys.executable)
    rows: list[dict[str, Any]] = json.loads(args.out.read_text()) if args.out and args.out.exists() else []
    done = {(row["solver"], row["case"], row["seconds"]) for row in rows}
    for seconds in args.seconds:
        for name in names:
            for solver in args.solvers:
                if (solver, name, seconds) in done:
                    continue
                seeds = args.seeds[:1] if solver in {"vroom", "ortools"} else args.seeds
                python = peers if solver in {"pyvrp", "vroom"} else Path(sys.executable)
                cells = [run_apart(python, solver, name, seconds, seed) for seed in seeds]
                rows.append(
                    {"case": name, "solver": solver, "seconds": seconds, "best": known.get(name), "cells": cells}
                )
                print(line_of(rows[-1]), flush=True)
                if args.out:
                    args.out.write_text(json.dumps(rows, indent=1))
    asked = [row for row in rows if row["case"] in names and row["seconds"] in args.seconds]
    table(asked)
    summary(asked)


def run_apart(python: Path, solver: str, name: str, seconds: float, seed: int) -> dict[str, Any]:
    """One cell, in a process of its own."""
    command = [str(python), __file__, "--one", solver, name, str(seconds), str(seed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    line = done.stdout.strip().splitlines()[-1:] or ["{}"]
    cell = json.loads(line[0]) if done.returncode == 0 else {"result": None, "why": done.stderr[-200:]}
    return cell | {"seed": seed}


def mean_of(row: dict[str, Any], what: str = "result") -> float | None:
    """Mean over the cells that have a result; None where none has."""
    found = [cell[what] for cell in row["cells"] if cell.get("result") is not None]
    return sum(found) / len(found) if found else None


def worst_of(row: dict[str, Any]) -> int:
    """The least result of a row that has one."""
    return min(cell["result"] for cell in row["cells"] if cell.get("result") is not None)


def line_of(row: dict[str, Any]) -> str:
    """A row as it comes."""
    said = f"{row['seconds']:>4g} s {row['case']:24} {row['solver']:9}"
    mean = mean_of(row)
    if mean is None:
        return f"{said} none: {row['cells'][0].get('why', '')[:80]}"
    gap = f" gap {100 * (1 - mean / row['best']):5.2f} %" if row["best"] else ""
    wall = max(cell["wall_s"] for cell in row["cells"] if "wall_s" in cell)
    detail = f" value {mean_of(row, 'value'):.0f} travel {mean_of(row, 'travel'):.0f} wall {wall}"
    return f"{said} mean {mean:.1f} worst {worst_of(row)}{gap}{detail}"


def table(rows: list[dict[str, Any]]) -> None:
    """Cases by solvers, mean results; a star where beatplan is behind."""
    solvers = [name for name in SOLVERS if any(row["solver"] == name for row in rows)]
    cells = {(row["seconds"], row["case"], row["solver"]): mean_of(row) for row in rows}
    print("\n| seconds | case | " + " | ".join(solvers) + " |\n|" + "---|" * (2 + len(solvers)))
    for seconds, name in dict.fromkeys((row["seconds"], row["case"]) for row in rows):
        found = [cells.get((seconds, name, solver)) for solver in solvers]
        own = cells.get((seconds, name, "beatplan"))
        behind = own is not None and any(one is not None and one > own for one in found)
        said = ["-" if one is None else f"{one:.0f}" for one in found]
        print(f"| {seconds:g} | {name}{' *' if behind else ''} | " + " | ".join(said) + " |")


def summary(rows: list[dict[str, Any]]) -> None:
    """Mean gap to the literature by solver and seconds, and the worst of any seed."""
    gaps: dict[tuple[float, str], list[tuple[float, float]]] = {}
    for row in rows:
        mean = mean_of(row)
        if row["best"] and mean is not None:
            pair = (100 * (1 - mean / row["best"]), 100 * (1 - worst_of(row) / row["best"]))
            gaps.setdefault((row["seconds"], row["solver"]), []).append(pair)
    for (seconds, solver), values in sorted(gaps.items()):
        means, worsts = zip(*values, strict=True)
        mean = sum(means) / len(means)
        print(f"{seconds:>4g} s {solver:9} mean gap {mean:.2f} %, worst {max(worsts):.2f} %, {len(values)} cases")


if __name__ == "__main__":
    main()
