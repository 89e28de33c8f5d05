"""Random events on field instances: how fast a repair is, and how good against a long re-solve of the same state.

    python scripts/bench_repair.py ../shared/bench/field/r1_d5_n150_s1.json --events 100 --reference-seconds 30

For every event the day is repaired with the default effort; the reference repairs the same state for
`--reference-seconds`, days after included. Times are CPU seconds of this process, in a warm process; the wall clock is
printed beside them. Quality is the objective less the price of changes, over that of the reference; the worst and the
5 % quantile are told. `--references N` limits the (slow) references to the first N events.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from routing.documents import from_values, write_text
from routing.events import EventList
from routing.plan import Plan, read_plan
from routing.problem import Problem, read_problem
from routing.repair import repair
from routing.solve.engines import solve
from routing.solve.options import SolveOptions

KINDS = ("cancel", "cancel", "cancel", "no_show", "late", "insert", "absent")


@dataclass(frozen=True, slots=True)
class Sample:
    """One event repaired."""

    kind: str
    cpu_s: float
    wall_s: float
    changed: int
    of_other_reps: int
    quality: float | None


def base_plan(problem: Problem, path: Path, seconds: float) -> Plan:
    """A well solved plan to disturb, kept beside the instance's name in the scratch folder."""
    if path.exists():
        return read_plan(path)
    plan = solve(problem, SolveOptions(engine="search", seconds=seconds))
    write_text(path, plan.to_json())
    return plan


def random_event(problem: Problem, plan: Plan, kinds: tuple[str, ...], chance: random.Random) -> EventList | None:
    """An event at a random time of the first day; None where nothing is left to happen to."""
    day = min(shift.day for shift in problem.shifts)
    routes = [route for route in plan.routes if problem.shifts[problem.shift_index[route.shift]].day == day]
    now_s = chance.randrange(28_800, 57_600)
    ahead = [(route, stop) for route in routes for stop in route.stops if stop.arrival_s > now_s]
    if not ahead:
        return None
    route, stop = chance.choice(ahead)
    kind = chance.choice(kinds)
    if kind in {"cancel", "no_show"}:
        event = {"type": kind, "visit": stop.visit}
    elif kind == "late":
        event = {"type": kind, "shift": route.shift, "delay_s": chance.choice([600, 1200, 1800, 3600])}
    elif kind == "insert":
        near = chance.choice(problem.visits)
        visit = {"id": "urgent", "location": near.location, "service_s": 1200, "value_s": 7200, "windows": []}
        visit["windows"] = [{"day": str(day), "start_s": now_s, "end_s": min(now_s + 14_400, 61_200)}]
        event = {"type": kind, "visit": visit}
    else:
        rep = problem.shifts[problem.shift_index[route.shift]].rep
        event = {"type": kind, "rep": rep, "from_s": now_s}
    return from_values(EventList, {"day": str(day), "now_s": now_s, "events": [event]}, "the event")


def changes(problem: Problem, events: EventList, repaired: Plan) -> tuple[int, int]:
    """Stops that changed rep or day or were dropped beside those called off; and those of them of other reps."""
    assert repaired.diff is not None
    shifts = problem.shift_index
    touched = {shift.rep for shift in problem.shifts if shift.rep in events.absent_from()}
    touched |= {problem.shifts[shifts[name]].rep for name in events.delays()}
    gone = [change for change in repaired.diff.removed if change.visit in events.gone]
    touched |= {problem.shifts[shifts[change.shift]].rep for change in gone}
    sources = [move.source.shift for move in repaired.diff.moved]
    sources += [change.shift for change in repaired.diff.removed if change.visit not in events.gone]
    others = sum(problem.shifts[shifts[name]].rep not in touched for name in sources)
    return len(sources), others


def score(problem: Problem, events: EventList, repaired: Plan) -> int:
    """What a repair maximises, in seconds."""
    return repaired.objective_s - events.change_price_s * changes(problem, events, repaired)[0]


def quantile(values: list[float], part: float) -> float:
    """The value below which that part of the values lies."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def main() -> None:
    """Runs the events and prints one line per kind and one for all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("problems", nargs="+", type=Path)
    parser.add_argument("--events", type=int, default=100)
    parser.add_argument("--kinds", nargs="+", choices=sorted(set(KINDS)), default=list(KINDS))
    parser.add_argument("--references", type=int, default=10)
    parser.add_argument("--reference-seconds", type=float, default=30.0)
    parser.add_argument("--plan-seconds", type=float, default=30.0)
    parser.add_argument("--iterations", type=int, default=None, help="effort of the repair, instead of the default")
    parser.add_argument("--scratch", type=Path, default=Path(), help="where solved plans are kept")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for path in options.problems:
        bench(path, options)


def bench(path: Path, options: argparse.Namespace) -> None:
    """All events on one instance."""
    problem = read_problem(path)
    plan = base_plan(problem, options.scratch / f"{path.stem}.plan.json", options.plan_seconds)
    chance = random.Random(options.seed)
    samples: list[Sample] = []
    warm = random_event(problem, plan, ("cancel",), chance)
    if warm is not None:
        repair(problem, plan, warm, iterations=options.iterations)
    for _ in range(20 * options.events):
        if len(samples) == options.events:
            break
        events = random_event(problem, plan, tuple(options.kinds), chance)
        if events is not None:
            samples.append(measured(problem, plan, events, options, with_reference=len(samples) < options.references))
    print(f"{path.stem}: {len(plan.routes)} routes, {sum(len(route.stops) for route in plan.routes)} stops")
    counts = Counter(sample.kind for sample in samples)
    for kind in (*sorted(counts), "all"):
        report(kind, [sample for sample in samples if kind in {"all", sample.kind}])


def measured(
    problem: Problem, plan: Plan, events: EventList, options: argparse.Namespace, *, with_reference: bool
) -> Sample:
    """One event, repaired and compared."""
    cpu, wall = time.process_time(), time.perf_counter()
    repaired = repair(problem, plan, events, iterations=options.iterations)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    quality = None
    if with_reference:
        reference = repair(problem, plan, events, seconds=options.reference_seconds)
        quality = score(problem, events, repaired) / max(1, score(problem, events, reference))
    changed, others = changes(problem, events, repaired)
    return Sample(events.events[0].type, cpu, wall, changed, others, quality)


def report(kind: str, samples: list[Sample]) -> None:
    """One line of figures."""
    cpu = [1000 * sample.cpu_s for sample in samples]
    wall = [1000 * sample.wall_s for sample in samples]
    quality = [sample.quality for sample in samples if sample.quality is not None]
    good = f", quality min {min(quality):.4f} p05 {quantile(quality, 0.05):.4f} of {len(quality)}" if quality else ""
    print(
        f"  {kind:8} {len(samples):4}: CPU p50 {quantile(cpu, 0.5):.0f} ms, p95 {quantile(cpu, 0.95):.0f} ms"
        f" (wall p50 {quantile(wall, 0.5):.0f}, p95 {quantile(wall, 0.95):.0f}); changed at most "
        f"{max(sample.changed for sample in samples)} stops, "
        f"{max(sample.of_other_reps for sample in samples)} of other "
        f"reps{good}"
    )


if __name__ == "__main__":
    main()
