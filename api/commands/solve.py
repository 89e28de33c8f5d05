"""`beatplan solve` and `beatplan evaluate`: a plan for a problem file, and the verdict on one."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from routing.documents import read_bytes
from routing.errors import InputError, NoFeasiblePlan
from routing.evaluate import evaluate as judge
from routing.files import write_text
from routing.plan import Plan, plan_from_json
from routing.problem import Problem, problem_from_json
from routing.solve.options import DEFAULT_SECONDS, Progress, SolveOptions

STANDARD = Path("-")
LEAST_SEARCH_S = 0.1
"""Time that is kept for the search though starting and reading took longer than was asked for."""
END_S = 0.15
"""Time kept for writing the plan and for the end of the interpreter."""
SHOWN_EVERY_S = 0.2


RoadsOption = Annotated[
    str | None,
    typer.Option(
        metavar="DIR", help="Road network, or address of an OSRM server, for travel in place of the problem's own."
    ),
]


def register(app: typer.Typer) -> None:
    """Adds both commands."""
    app.command(name="solve")(solve)
    app.command(name="evaluate")(evaluate)


def solve(
    problem: Annotated[Path, typer.Argument(metavar="PROBLEM.json", help="Problem to solve; - reads standard input.")],
    *,
    out: Annotated[Path, typer.Option(metavar="PLAN.json", help="Plan to write; - is standard output.")] = STANDARD,
    roads: RoadsOption = None,
    seconds: Annotated[
        float | None,
        typer.Option(help=f"Time to take, start and reading included; {DEFAULT_SECONDS:.0f} without --iterations."),
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(help="Iterations to search; without --seconds the plan is the same on every run.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random choices.")] = 1,
    engine: Annotated[str, typer.Option(help="search or ortools.")] = "search",
) -> None:
    """Plan the visits of a problem file.

    Exit code 3: a visit that must be served cannot be; the best plan without it is written all the same.
    """
    options = SolveOptions(engine=engine, seconds=seconds, iterations=iterations, seed=seed)  # type: ignore[arg-type]
    if out != STANDARD and not out.parent.is_dir():
        raise InputError(f"{out} cannot be written: {out.parent} is not a directory; create it or choose another")
    wanted = read_problem(problem)
    if roads is not None:
        wanted = on_roads(wanted, roads)
    wanted.require_travel()
    plan = _solve(wanted, options)
    write_file(out, plan.to_json(indent=2))
    require_musts(wanted, plan)


def evaluate(
    problem: Annotated[Path, typer.Argument(metavar="PROBLEM.json", help="The problem; - reads standard input.")],
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="The plan to judge; - reads standard input.")],
    *,
    roads: RoadsOption = None,
) -> None:
    """Print a plan's timing, objective and violations as JSON; exit code 1 when there are violations."""
    if problem == plan == STANDARD:
        raise InputError("only one of PROBLEM.json and PLAN.json can be -; give the other as a file")
    wanted = read_problem(problem)
    given = plan_from_json(read_file(plan), file_name(plan))
    if roads is not None:
        wanted = on_roads(wanted, roads)
    verdict = judge(wanted, given)
    write_file(STANDARD, verdict.to_json(indent=2))
    if not verdict.valid:
        count = len(verdict.violations)
        more = f" (and {count - 1} more)" if count > 1 else ""
        typer.echo(f"{file_name(plan)} breaks a rule: {verdict.violations[0].detail}{more}", err=True)
        raise typer.Exit(1)


def _solve(problem: Problem, options: SolveOptions) -> Plan:
    from routing.solve.engines import solve as run  # noqa: PLC0415 - bad input need not wait for it

    if options.seconds is not None:
        left = max(min(LEAST_SEARCH_S, options.seconds), options.seconds - _process_age_s() - END_S)
        options = SolveOptions(engine=options.engine, seconds=left, iterations=options.iterations, seed=options.seed)
    with _interruptible() as interrupted, _shown_progress() as show:
        return run(problem, options, on_progress=show, should_stop=interrupted)


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl-C ends the search with its best plan; a second Ctrl-C ends the program."""
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            signal.default_int_handler(number, frame)
        pressed = True

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _shown_progress() -> Iterator[Callable[[Progress], None] | None]:
    """Progress on standard error where that is a terminal, one line that is overwritten."""
    if not sys.stderr.isatty():
        yield None
        return
    shown_at = 0.0

    def show(progress: Progress) -> None:
        nonlocal shown_at
        now = time.monotonic()
        if now - shown_at < SHOWN_EVERY_S:
            return
        shown_at = now
        worth = "" if progress.objective_s is None else f", objective {progress.objective_s:,} s"
        typer.echo(f"\r{progress.elapsed_s:6.1f} s{worth}, {progress.served} visits\x1b[K", err=True, nl=False)

    try:
        yield show
    finally:
        if shown_at:
            typer.echo("\r\x1b[K", err=True, nl=False)


def require_musts(problem: Problem, plan: Plan) -> None:
    """Raises NoFeasiblePlan naming the visit that must be served and is not, and why."""
    missing = [entry for entry in plan.unserved if problem.visits[problem.visit_index[entry.visit]].must]
    if missing:
        said = "; ".join(f"visit {entry.visit!r} must be served but cannot be: {entry.detail}" for entry in missing[:3])
        more = f"; and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise NoFeasiblePlan(f"no feasible plan: {said}{more}; the best plan without is written")


def on_roads(problem: Problem, roads: str) -> Problem:
    """The problem with the travel times of a road network. Raises RoadError."""
    from routing.roads.attach import with_roads  # noqa: PLC0415 - map libraries that a matrix makes needless
    from routing.roads.sources import roads_at  # noqa: PLC0415

    return with_roads(problem, roads_at(roads))


def read_problem(path: Path) -> Problem:
    """A problem from a file or standard input. Raises InputError."""
    return problem_from_json(read_file(path), file_name(path))


def read_file(path: Path) -> bytes:
    """A file, or standard input for -. Raises InputError."""
    return sys.stdin.buffer.read() if path == STANDARD else read_bytes(path)


def file_name(path: Path) -> str:
    """What errors call the file."""
    return "standard input" if path == STANDARD else str(path)


def write_file(path: Path, text: str) -> None:
    """Writes a file whole, or to standard output for -. Raises InputError."""
    if path != STANDARD:
        write_text(path, text + "\n")
        return
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as error:
        raise InputError(f"standard output cannot be written: {error.strerror or error}; give --out FILE") from None


def _process_age_s() -> float:
    """Seconds since this process was started, where the system tells; else 0."""
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return max(0.0, float(Path("/proc/uptime").read_text(encoding="ascii").split()[0]) - started)
    except (OSError, ValueError, IndexError):
        return 0.0
