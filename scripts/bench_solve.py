# ruff: noqa: PLC0415 -- what a cell does not need is not imported before its clock starts
"""beatplan beside raw OR-Tools, PyVRP and VROOM on field-sales problems and team orienteering, one thread each.

Every plan is judged by `routing.evaluate` (field) or by its sum of scores after the same check (TOPTW). The peers are
no dependencies: `--peers DIR` makes an environment there and installs them. `--split development` is what settings may
be chosen on; `holdout` is for looking at afterwards.

Field problems go to the peers as they can take them: VROOM by priorities (worth in steps of a hundredth of the most),
PyVRP by prizes, one client per visit and window, grouped, and only where shifts have no breaks. A TOPTW tour is a
shift; a score is worth so many seconds that no travel outweighs it, and results are compared by score alone.
beatplan and PyVRP are stopped by processor time, so that a busy machine is fair to both; VROOM and OR-Tools know only
the wall clock.
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
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from routing.evaluate import evaluate  # noqa: E402
from routing.plan import Unserved  # noqa: E402
from routing.problem import Location, Problem, Shift, TimeWindow, TravelMatrix, Visit, read_problem  # noqa: E402
from routing.solve.schedule import Scheduler, routes_to_plan  # noqa: E402

BENCH = Path(os.environ.get("BEATPLAN_BENCH_DIR", ROOT.parent / "shared" / "bench"))
DAY = "2026-01-01"
SPLIT = {
    "development": {
        "toptw": ["c104_m2", "r108_m3", "r104_m2", "pr05_m2", "c103_m3", "r112_m2", "rc104_m2", "pr04_m2", "pr10_m4"],
        "field": ["r1_d1_n30_s1", "r1_d5_n80_s1", "r1_d5_n150_s1", "r1_d5_n150_s1_nobreak", "r10_d5_n600_s1"],
        "long": ["pr04_wide_m1", "rc104_long_m1"],
    },
    "holdout": {
        "toptw": ["r110_m2", "rc106_m2", "pr03_m2", "pr08_m3", "rc108_m3", "pr07_m1", "pr09_m2"],
        "field": ["r1_d1_n30_s2", "r1_d5_n80_s2", "r4_d5_n240_s1"],
        "long": ["pr08_wide_m1", "rc102_long_m1"],
    },
}
"""Cases by split and set; `long` are single tours made of other cases: windows twice as wide, or a longer horizon."""
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
        return read_problem(BENCH / "field" / f"{name}.json"), 1
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


def by_ortools(problem: Problem, seconds: float, seed: int) -> list[list[int]]:
    from routing.solve.engines import solve
    from routing.solve.options import SolveOptions

    plan = solve(problem, SolveOptions(engine="ortools", seconds=seconds, seed=seed))
    routes: list[list[int]] = [[] for _ in problem.shifts]
    for route in plan.routes:
        routes[problem.shift_index[route.shift]] = [problem.visit_index[stop.visit] for stop in route.stops]
    return routes


def day_starts(problem: Problem) -> dict[Any, int]:
    """A clock on which days follow each other without overlap, for peers that know one clock only."""
    days = sorted({shift.day for shift in problem.shifts})
    longest = max(shift.end_s for shift in problem.shifts) + 1
    return {day: i * longest for i, day in enumerate(days)}


def spans_on(problem: Problem, visit: Visit, offset: dict[Any, int]) -> list[tuple[int, int]]:
    """Start windows on that clock, clipped to the day's shifts."""
    spans = []
    for day, at in offset.items():
        first = min(shift.start_s for shift in problem.shifts if shift.day == day)
        last = max(shift.end_s for shift in problem.shifts if shift.day == day)
        windows = [(w.start_s, w.end_s) for w in visit.windows if w.day == day] if visit.windows else [(first, last)]
        spans += [(at + max(a, first), at + min(b, last)) for a, b in windows if a <= last and b >= first]
    return sorted(spans)


def by_vroom(problem: Problem, seconds: float, seed: int) -> list[list[int]]:  # noqa: ARG001 -- VROOM has no seed
    import vroom

    offset = day_starts(problem)
    model = vroom.Input()
    model.set_durations_matrix("car", problem.matrix.duration_s.astype("uint32"))  # type: ignore[union-attr]
    places = problem.location_index
    names = sorted({skill for visit in problem.visits for skill in visit.skills})
    for k, shift in enumerate(problem.shifts):
        at = offset[shift.day]
        breaks = [
            vroom.Break(i + 1, [vroom.TimeWindow(at + b.earliest_s, at + b.latest_s)], b.duration_s)
            for i, b in enumerate(shift.breaks)
        ]
        model.add_vehicle(
            vroom.Vehicle(
                k + 1,
                start=places[shift.start],
                end=places[shift.end],
                time_window=vroom.TimeWindow(at + shift.start_s, at + shift.end_s),
                skills={names.index(s) + 1 for s in shift.skills if s in names},
                breaks=breaks,
            )
        )
    most = max(visit.value_s for visit in problem.visits if not visit.must)
    for j, visit in enumerate(problem.visits):
        spans = spans_on(problem, visit, offset)
        if not spans:
            continue
        model.add_job(
            vroom.Job(
                j + 1,
                location=places[visit.location],
                default_service=visit.service_s,
                priority=100 if visit.must else max(0, min(99, round(99 * visit.value_s / most))),
                skills={names.index(s) + 1 for s in visit.skills},
                time_windows=[vroom.TimeWindow(a, b) for a, b in spans],
            )
        )
    answer = model.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=seconds))
    routes: list[list[int]] = [[] for _ in problem.shifts]
    for row in answer.routes.itertuples():
        if row.type == "job":
            routes[int(row.vehicle_id) - 1].append(int(row.id) - 1)
    return routes


def by_pyvrp(problem: Problem, seconds: float, seed: int) -> list[list[int]]:
    import pyvrp

    if any(shift.breaks for shift in problem.shifts):
        raise ValueError("PyVRP knows no breaks")
    offset = day_starts(problem)
    places = problem.location_index
    model = pyvrp.Model()
    names = sorted({skill for visit in problem.visits for skill in visit.skills})
    ends = sorted({shift.start for shift in problem.shifts})
    spots = [model.add_location(0, 0) for _ in problem.locations]
    depots = {name: model.add_depot(spots[places[name]]) for name in ends}
    clients: list[int] = []
    for j, visit in enumerate(problem.visits):
        spans = spans_on(problem, visit, offset)
        if not spans:
            continue
        group = model.add_client_group(required=visit.must) if len(spans) > 1 else None
        load = [int(name in visit.skills) for name in names] or [0]
        for a, b in spans:
            model.add_client(
                spots[places[visit.location]],
                delivery=load,
                service_duration=visit.service_s,
                tw_early=a,
                tw_late=b,
                prize=visit.value_s,
                required=visit.must and group is None,
                group=group,
            )
            clients.append(j)
    for shift in problem.shifts:
        at = offset[shift.day]
        model.add_vehicle_type(
            1,
            capacity=[10_000 if name in shift.skills else 0 for name in names] or [0],
            start_depot=depots[shift.start],
            end_depot=depots[shift.end],
            tw_early=at + shift.start_s,
            tw_late=at + shift.end_s,
            unit_distance_cost=1,
        )
    drives = problem.matrix.duration_s.tolist()  # type: ignore[union-attr]
    for i, a in enumerate(spots):
        for j, b in enumerate(spots):
            if i != j:
                model.add_edge(a, b, distance=drives[i][j], duration=drives[i][j])
    ends_at = time.process_time() + seconds
    answer = model.solve(lambda _: time.process_time() >= ends_at, seed=seed, display=False)
    routes: list[list[int]] = [[] for _ in problem.shifts]
    for route in answer.best.routes():
        routes[route.vehicle_type()] = [clients[int(str(stop)[1:])] for stop in route if str(stop).startswith("C")]
    return routes


SOLVERS = {"beatplan": by_beatplan, "ortools": by_ortools, "pyvrp": by_pyvrp, "vroom": by_vroom}


def run_one(solver: str, name: str, seconds: float, seed: int) -> dict[str, Any]:
    """One cell, in this process."""
    problem, worth = case(name)
    if solver == "beatplan":
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
    parser.add_argument("--set", choices=["toptw", "field", "long"], nargs="*", default=["toptw", "field"])
    parser.add_argument("--seconds", type=float, nargs="*", default=[1, 5, 30])
    parser.add_argument("--seeds", type=int, nargs="*", default=[1, 2, 3])
    parser.add_argument("--solvers", nargs="*", choices=list(SOLVERS), default=list(SOLVERS))
    parser.add_argument("--peers", type=Path, default=ROOT / ".bench-peers")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--one", nargs=4, metavar=("SOLVER", "CASE", "SECONDS", "SEED"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(run_one(args.one[0], args.one[1], float(args.one[2]), int(args.one[3]))))
        return
    splits = list(SPLIT) if args.split == "all" else [args.split]
    names = args.cases or [name for split in splits for kind in args.set for name in SPLIT[split][kind]]
    known = literature()
    peers = make_peers(args.peers) if set(args.solvers) & {"pyvrp", "vroom"} else Path(sys.executable)
    rows = []
    for seconds in args.seconds:
        for name in names:
            for solver in args.solvers:
                cells = []
                for seed in args.seeds[:1] if solver in {"vroom", "ortools"} else args.seeds:
                    python = peers if solver in {"pyvrp", "vroom"} else Path(sys.executable)
                    command = [str(python), __file__, "--one", solver, name, str(seconds), str(seed)]
                    done = subprocess.run(command, capture_output=True, text=True, check=False)
                    line = done.stdout.strip().splitlines()[-1:] or ["{}"]
                    cell = json.loads(line[0]) if done.returncode == 0 else {"result": None, "why": done.stderr[-200:]}
                    cells.append(cell | {"seed": seed})
                rows.append(
                    {"case": name, "solver": solver, "seconds": seconds, "best": known.get(name), "cells": cells}
                )
                print(line_of(rows[-1]), flush=True)
    summary(rows)
    if args.out:
        args.out.write_text(json.dumps(rows, indent=1))


def line_of(row: dict[str, Any]) -> str:
    """A row of the table."""
    results = [cell["result"] for cell in row["cells"] if cell.get("result") is not None]
    if not results:
        return f"{row['seconds']:>4g} s {row['case']:24} {row['solver']:9} none: {row['cells'][0].get('why', '')[:80]}"
    mean = sum(results) / len(results)
    gap = f" gap {100 * (1 - mean / row['best']):5.2f} %" if row["best"] else ""
    travel = sum(cell["travel"] for cell in row["cells"] if cell.get("result") is not None) / len(results)
    value = sum(cell["value"] for cell in row["cells"] if cell.get("result") is not None) / len(results)
    wall = max(cell["wall_s"] for cell in row["cells"] if "wall_s" in cell)
    detail = f" value {value:.0f} travel {travel:.0f} wall {wall}"
    return (
        f"{row['seconds']:>4g} s {row['case']:24} {row['solver']:9} mean {mean:.1f} worst {min(results)}{gap}{detail}"
    )


def summary(rows: list[dict[str, Any]]) -> None:
    """Mean gap to the literature by solver and seconds."""
    gaps: dict[tuple[float, str], list[float]] = {}
    for row in rows:
        results = [cell["result"] for cell in row["cells"] if cell.get("result") is not None]
        if row["best"] and results:
            gap = 100 * (1 - sum(results) / len(results) / row["best"])
            gaps.setdefault((row["seconds"], row["solver"]), []).append(gap)
    for (seconds, solver), values in sorted(gaps.items()):
        print(f"{seconds:>4g} s {solver:9} mean gap {sum(values) / len(values):.2f} % over {len(values)} cases")


if __name__ == "__main__":
    main()
