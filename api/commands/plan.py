"""`beatplan plan`: plan days from the database, here and now."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from types import FrameType
from typing import Annotated

import typer
from sqlmodel import Session

from api.commands.naming import territory_id
from api.commands.opening import DataOption, opened
from api.commands.summary import day_line, span
from api.settings import Settings, search_seconds
from api.tools import make_tools
from routing.errors import NoFeasiblePlan
from routing.plan import Engine
from routing.solve.options import Progress
from visits.day_plan import DayPlan
from visits.errors import InputError
from visits.leases import Lease
from visits.local_day import usable
from visits.models import JobQueue, PlanRun
from visits.planning import run_planning
from visits.queries.page import LONGEST_PAGE, PageRequest
from visits.queries.plans import list_plans
from visits.queries.runs import add_run
from visits.run_result import RunResult
from visits.scope import SYSTEM
from visits.store import Store

app = typer.Typer()


@app.command("plan")
def plan(
    first: Annotated[str, typer.Option("--from", metavar="DATE", help="First day, such as 2026-11-23.")],
    days: Annotated[int, typer.Option(min=1, max=28, help="How many calendar days.")] = 7,
    territory: Annotated[
        list[str] | None, typer.Option(metavar="T", help="Only this one (id, external id or name); repeat.")
    ] = None,
    seconds: Annotated[
        float | None,
        typer.Option(
            min=0.1,
            max=3600,
            help="Search time per territory and week [default: a setting].",
        ),
    ] = None,
    iterations: Annotated[int | None, typer.Option(min=1, help="Stop the search after so many steps.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Same seed and iterations, same plan.")] = 1,
    engine: Annotated[Engine, typer.Option(help="Which solver.")] = "search",
    data: DataOption = None,
) -> None:
    """Plan days of the reps and store the result; prints every rep-day."""
    try:
        day = usable(datetime.strptime(first, "%Y-%m-%d").date())  # noqa: DTZ007 - a day of the calendar has no zone
    except ValueError:
        raise InputError(f"--from is {first!r}, no date within reach; write one such as 2026-11-23") from None
    with opened(data) as (settings, store):
        with store.reading() as session:
            chosen = None if not territory else sorted({territory_id(session, one) for one in territory})
        run = PlanRun(
            first_day=day,
            days=days,
            territory_ids=chosen,
            engine=engine,
            seconds=search_seconds(seconds, iterations, settings),
            iterations=iterations,
            seed=seed,
        )
        result = carry_out(settings, store, run)
        for one in stored_plans(store, day, days, chosen):
            typer.echo(day_line(one))
        typer.echo(
            f"{result.plans} rep-days, {result.stops} stops, {span(result.travel_s)} driving, "
            f"worth {span(result.value_s)}; {result.not_planned_count} due customers not planned"
        )
    require_musts(result)


def carry_out(settings: Settings, store: Store, run: PlanRun) -> RunResult:
    """Plans in this process, with a line of progress when stderr is a terminal. Ctrl-C cancels the run.

    Raises InputError, RoadError, SolveError; KeyboardInterrupt after the run is cancelled.
    """
    run.queue = JobQueue.LOCAL.value
    with store.session() as session:
        add_run(session, SYSTEM, run)
    shown = sys.stderr.isatty()

    def tell(progress: Progress) -> None:
        if shown:
            best = "" if progress.objective_s is None else f", worth {span(progress.objective_s)} after all prices"
            line = f"planning: {progress.served} visits{best}, {progress.elapsed_s:.0f} s"
            print(f"\r{line:<78}", end="", file=sys.stderr, flush=True)  # noqa: T201

    with _interrupt() as interrupted, Lease(store, settings.lease_seconds) as lease:
        result = run_planning(
            store,
            run.id,
            make_tools(settings),
            now=datetime.now(UTC),
            worker_id=lease.worker_id,
            on_progress=tell,
            should_stop=interrupted.is_set,
        )
        if shown:
            print(file=sys.stderr)  # noqa: T201
    if interrupted.is_set():
        raise KeyboardInterrupt
    return result


@contextmanager
def _interrupt() -> Iterator[threading.Event]:
    """Ctrl-C sets the event; a second one interrupts at once, as ever."""
    wished = threading.Event()

    def wish(number: int, frame: FrameType | None) -> None:
        if wished.is_set():
            signal.default_int_handler(number, frame)
        wished.set()

    former = signal.signal(signal.SIGINT, wish)
    try:
        yield wished
    finally:
        signal.signal(signal.SIGINT, former)


def stored_plans(store: Store, first: date, days: int, territories: list[str] | None = None) -> list[DayPlan]:
    """The current plans of these days, by day and rep, of some territories or all."""
    found: list[DayPlan] = []
    with store.reading() as session:
        for offset in range(days):
            for territory in territories or (None,):
                found.extend(_plans_of(session, first + timedelta(days=offset), territory))
    return sorted(found, key=lambda one: (one.date, one.rep_name, one.rep))


def _plans_of(session: Session, day: date, territory: str | None) -> Iterator[DayPlan]:
    cursor: str | None = None
    while True:
        page = list_plans(session, SYSTEM, PageRequest(LONGEST_PAGE, cursor), day=day, territory_id=territory)
        yield from (DayPlan.model_validate_json(one.document) for one in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return


def require_musts(result: RunResult) -> None:
    """Raises NoFeasiblePlan naming the first visit that must be served and has no place."""
    if result.must_not_planned:
        first = next(one for one in result.not_planned if one.must)
        more = f" (and {result.must_not_planned - 1} more)" if result.must_not_planned > 1 else ""
        raise NoFeasiblePlan(
            f"no plan serves {first.name!r}, which must be visited: {first.detail or first.reason}{more}; "
            "the best plan without is stored"
        )
