"""Random events on field instances: how fast a repair is, and how good against a long re-solve of the same state.

    python scripts/bench_repair.py ../shared/bench/field/r1_d5_n150_s1.json --events 200 --references 10
    python scripts/bench_repair.py --made-reps 20 --kinds absent --events 40

Every event (or several at once) strikes at a random time of the first day. It is repaired with the default effort, in a
warm process; the reference repairs the same state for `--reference-seconds`, all shifts and days included. Times are
CPU seconds of this process, the wall clock beside them. The score is the objective less the price of changes; quality
is one less what is lost against the reference's score, as a part of its objective; regret is that loss in minutes.
`--references N` gives the (slow) reference to N of the events, evenly spread over the kinds. `--json FILE` writes all
samples.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from routing.documents import from_values
from routing.events import EventList
from routing.files import write_text
from routing.plan import Plan, Route, Stop, read_plan
from routing.problem import Problem, read_problem
from routing.repair import repair
from routing.solve.engines import solve
from routing.solve.options import SolveOptions

KINDS = ("cancel", "no_show", "late", "urgent", "appointment", "absent", "hours", "several")
DAY_S = (28_800, 57_600)
"""Span of the times at which events strike."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One list of events, repaired."""

    problem: str
    kind: str
    cpu_s: float
    wall_s: float
    changed: int
    of_other_reps: int
    score_s: int
    reference_score_s: int | None
    reference_objective_s: int | None

    @property
    def quality(self) -> float | None:
        if self.reference_score_s is None or self.reference_objective_s is None:
            return None
        lost = self.reference_score_s - self.score_s
        return 1.0 - lost / max(1, self.reference_objective_s) if lost else 1.0

    @property
    def regret_min(self) -> float | None:
        return None if self.reference_score_s is None else (self.reference_score_s - self.score_s) / 60


def base_plan(problem: Problem, path: Path, seconds: float) -> Plan:
    """A well solved plan to disturb, kept in the scratch folder from run to run."""
    if path.exists():
        return read_plan(path)
    plan = solve(problem, SolveOptions(engine="search", seconds=seconds))
    write_text(path, plan.to_json())
    return plan


class Fate:
    """Makes events for one plan, the same for the same seed."""

    def __init__(self, problem: Problem, plan: Plan, seed: int) -> None:
        self.problem = problem
        self.chance = random.Random(seed)
        self.day = str(min(shift.day for shift in problem.shifts))
        self.routes = [route for route in plan.routes if str(self.shift(route).day) == self.day]

    def shift(self, route: Route) -> Any:
        return self.problem.shifts[self.problem.shift_index[route.shift]]

    def events(self, kind: str) -> EventList:
        """Events of one kind, at a time when they can still happen."""
        while True:
            now_s = self.chance.randrange(*DAY_S)
            ahead = [(route, stop) for route in self.routes for stop in route.stops if stop.arrival_s > now_s]
            if ahead:
                break
        if kind == "several":
            kinds = self.chance.sample(("cancel", "late", "urgent", "hours"), self.chance.randint(2, 3))
            made = [self._event(one, now_s, ahead) for one in kinds]
            names = [one["visit"] for one in made if isinstance(one.get("visit"), str)]
            if len(set(names)) < len(names):
                return self.events(kind)
        else:
            made = [self._event(kind, now_s, ahead)]
        if any(one["type"] == "hours" and one["visit"] in self._driven_to(now_s) for one in made):
            return self.events(kind)
        return from_values(EventList, {"day": self.day, "now_s": now_s, "events": made}, "the events")

    def _driven_to(self, now_s: int) -> set[str]:
        """The next stop of each rep who has left home: nothing but a cancellation reaches it any more."""
        nexts = [
            next((s.visit for s in r.stops if s.departure_s > now_s), "") for r in self.routes if r.start_s <= now_s
        ]
        return set(nexts)

    def _event(self, kind: str, now_s: int, ahead: list[tuple[Route, Stop]]) -> dict[str, Any]:
        route, stop = self.chance.choice(ahead)
        if kind in {"cancel", "no_show"}:
            return {"type": kind, "visit": stop.visit}
        if kind == "late":
            return {"type": kind, "shift": route.shift, "delay_s": self.chance.choice([600, 1200, 1800, 3600])}
        if kind == "absent":
            return {"type": kind, "rep": self.shift(route).rep, "from_s": now_s}
        if kind == "hours":
            first = self.chance.randrange(now_s, 60_000)
            window = {"day": self.day, "start_s": first, "end_s": min(first + 7_200, 61_200)}
            return {"type": kind, "visit": stop.visit, "windows": [window]}
        near = self.chance.choice(self.problem.visits)
        visit: dict[str, Any] = {"id": "new", "location": near.location, "service_s": 1_200, "value_s": 7_200}
        if kind == "urgent":
            visit["windows"] = [{"day": self.day, "start_s": now_s, "end_s": min(now_s + 14_400, 61_200)}]
        else:
            first = min(now_s + self.chance.randrange(1_800, 14_400), 60_000)
            visit |= {"mandatory": True, "windows": [{"day": self.day, "start_s": first, "end_s": first + 1_800}]}
        return {"type": "insert", "visit": visit}


def changes(problem: Problem, events: EventList, repaired: Plan) -> tuple[int, int]:
    """Stops that changed rep or day or were dropped beside those called off; and those of them of other reps."""
    assert repaired.diff is not None
    shifts = {shift.id: shift for shift in problem.shifts}
    touched = set(events.absent_from()) | {shifts[name].rep for name in events.delays()}
    homes = [move.source.shift for move in repaired.diff.moved if other(shifts, move.source.shift, move.target.shift)]
    for change in repaired.diff.removed:
        if change.visit in events.gone:
            touched.add(shifts[change.shift].rep)
        else:
            homes.append(change.shift)
    named = {event.visit for event in events.events if event.type == "hours"} | {v.id for v in events.inserted()}
    touched |= {shifts[r.shift].rep for r in repaired.routes if any(stop.visit in named for stop in r.stops)}
    return len(homes), sum(shifts[name].rep not in touched for name in homes)


def other(shifts: dict[str, Any], source: str, target: str) -> bool:
    """Whether two shifts are of different reps or days."""
    return (shifts[source].rep, shifts[source].day) != (shifts[target].rep, shifts[target].day)


def measured(
    name: str, kind: str, problem: Problem, plan: Plan, events: EventList, reference_s: float | None, repeats: int
) -> Sample:
    """One list of events, repaired and, with `reference_s`, compared; of `repeats` runs the quickest counts."""
    times = []
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        repaired = repair(problem, plan, events)
        times.append((time.process_time() - cpu, time.perf_counter() - wall))
    changed, others = changes(problem, events, repaired)
    best = objective = None
    if reference_s is not None:
        long = repair(problem, plan, events, seconds=reference_s)
        objective = long.objective_s
        best = objective - events.change_price_s * changes(problem, events, long)[0]
    score = repaired.objective_s - events.change_price_s * changed
    return Sample(name, kind, *min(times), changed, others, score, best, objective)


def quantile(values: list[float], part: float) -> float:
    """The value below which that part of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def table(samples: list[Sample]) -> str:
    """One line per kind and one for all, in Markdown."""
    head = (
        "| events | n | CPU p50 / p95 / max ms | wall p95 ms | changed p95 / max | of other reps max "
        "| quality mean / p05 / min (n) | regret mean / max min |\n|---|---|---|---|---|---|---|---|"
    )
    kinds = [kind for kind in KINDS if any(sample.kind == kind for sample in samples)]
    return "\n".join(
        [head, *(_row(kind, [s for s in samples if s.kind == kind]) for kind in kinds), _row("all", samples)]
    )


def _row(kind: str, samples: list[Sample]) -> str:
    cpu = [1000 * sample.cpu_s for sample in samples]
    wall = [1000 * sample.wall_s for sample in samples]
    changed = [float(sample.changed) for sample in samples]
    quality = [sample.quality for sample in samples if sample.quality is not None]
    regret = [sample.regret_min for sample in samples if sample.regret_min is not None]
    good, lost = "", ""
    if quality:
        good = f"{statistics.mean(quality):.4f} / {quantile(quality, 0.05):.4f} / {min(quality):.4f} ({len(quality)})"
        lost = f"{statistics.mean(regret):.1f} / {max(regret):.1f}"
    return (
        f"| {kind} | {len(samples)} | {quantile(cpu, 0.5):.0f} / {quantile(cpu, 0.95):.0f} / {max(cpu):.0f} "
        f"| {quantile(wall, 0.95):.0f} | {quantile(changed, 0.95):.0f} / {max(changed):.0f} "
        f"| {max(sample.of_other_reps for sample in samples)} | {good} | {lost} |"
    )


def made_problem(reps: int, seed: int = 7) -> Problem:
    """A city of `reps` reps on two days: clustered customers, lunch breaks, closing hours, 16 visits a rep and day."""
    chance = np.random.default_rng(seed)
    count = 32 * reps
    centres = chance.uniform(0, 36_000, (reps, 2))
    places = np.concatenate(
        [
            centres + chance.normal(0, 1_500, (reps, 2)),
            centres[np.arange(count) % reps] + chance.normal(0, 5_000, (count, 2)),
        ]
    )
    metres = np.hypot(*(places[:, None] - places[None, :]).transpose(2, 0, 1)) * chance.uniform(
        1.2, 1.5, (len(places),) * 2
    )
    np.fill_diagonal(metres, 0)
    days = ("2026-11-23", "2026-11-24")
    names = [f"home{i}" for i in range(reps)] + [f"c{i}" for i in range(count)]
    lunch = {"duration_s": 2_700, "earliest_s": 41_400, "latest_s": 48_600}
    shifts = [
        {
            "id": f"r{i}/{day}",
            "rep": f"r{i}",
            "day": day,
            "start": names[i],
            "end": names[i],
            "start_s": 28_800,
            "end_s": 61_200,
            "breaks": [lunch],
        }
        for day in days
        for i in range(reps)
    ]
    visits = []
    for i in range(count):
        spans = chance.choice([0, 1, 2])
        opens = [[], [(32_400, 43_200), (50_400, 59_400)], [(30_600, 57_600)]][spans]
        visits.append(
            {
                "id": f"c{i}",
                "location": f"c{i}",
                "service_s": 60 * int(chance.integers(15, 50)),
                "value_s": 60 * int(chance.integers(30, 150)),
                "mandatory": bool(chance.random() < 0.02),
                "windows": [{"day": day, "start_s": a, "end_s": b} for day in days for a, b in opens],
                "rep_preference_s": {f"r{i % reps}": 600},
            }
        )  # fmt: skip
    matrix = {"duration_s": (metres / 9).astype(int), "distance_m": metres.astype(int)}
    values = {
        "version": 1,
        "locations": [{"id": name} for name in names],
        "matrix": matrix,
        "shifts": shifts,
        "visits": visits,
    }
    return from_values(Problem, values, "the made problem")


def bench(name: str, problem: Problem, options: argparse.Namespace) -> list[Sample]:
    """All events on one problem."""
    plan = base_plan(problem, options.scratch / f"{name}.plan.json", options.plan_seconds)
    fate = Fate(problem, plan, options.seed)
    for kind in options.kinds:
        repair(problem, plan, fate.events(kind))
    samples = []
    for number in range(options.events):
        kind = options.kinds[number % len(options.kinds)]
        seconds = options.reference_seconds if number < options.references else None
        samples.append(measured(name, kind, problem, plan, fate.events(kind), seconds, options.repeats))
    stops = sum(len(route.stops) for route in plan.routes)
    print(
        f"\n{name}: {len(plan.routes)} routes, {stops} stops, {len(problem.visits)} visits\n\n{table(samples)}",
        flush=True,
    )
    return samples


def main() -> None:
    """Runs the events and prints a table for each problem."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", nargs="*", type=Path)
    parser.add_argument("--made-reps", type=int, default=None, help="also a made problem of so many reps")
    parser.add_argument("--events", type=int, default=200)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--references", type=int, default=8)
    parser.add_argument("--reference-seconds", type=float, default=30.0)
    parser.add_argument("--plan-seconds", type=float, default=30.0)
    parser.add_argument(
        "--repeats", type=int, default=1, help="runs of each repair, the quickest counts: a busy machine"
    )
    parser.add_argument("--scratch", type=Path, default=Path(), help="where solved plans are kept")
    parser.add_argument("--json", type=Path, default=None, help="file for all samples")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    named = [(path.stem, read_problem(path)) for path in options.problems]
    if options.made_reps:
        named.append((f"made_{options.made_reps}_reps", made_problem(options.made_reps)))
    samples = [sample for name, problem in named for sample in bench(name, problem, options)]
    if options.json is not None:
        said = [asdict(sample) | {"quality": sample.quality, "regret_min": sample.regret_min} for sample in samples]
        write_text(options.json, json.dumps(said, indent=1))


if __name__ == "__main__":
    main()
