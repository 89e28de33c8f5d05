"""`beatplan repair`: a plan made good again after the events of a day."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.solve import STANDARD, RoadsOption, file_name, read_file, require_musts, write_file
from routing.errors import InputError, NoFeasiblePlan
from routing.evaluate import evaluate
from routing.events import events_from_json
from routing.plan import plan_from_json
from routing.problem import problem_from_json

if TYPE_CHECKING:
    from routing.plan import Plan
    from routing.problem import Problem


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(name="repair")(repair)


def repair(
    problem: Annotated[Path, typer.Argument(metavar="PROBLEM.json", help="The problem that the plan is of.")],
    plan: Annotated[Path, typer.Argument(metavar="PLAN.json", help="The plan that is under way.")],
    events: Annotated[Path, typer.Argument(metavar="EVENTS.json", help="What happened; - reads standard input.")],
    *,
    out: Annotated[Path, typer.Option(metavar="PLAN2.json", help="Plan to write; - is standard output.")] = STANDARD,
    problem_out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write the problem after the events, to evaluate against.")
    ] = None,
    roads: RoadsOption = None,
    seconds: Annotated[
        float | None, typer.Option(help="Time to search; without it and --iterations as much as a day's repair needs.")
    ] = None,
    iterations: Annotated[
        int | None, typer.Option(help="Iterations to search; without --seconds the plan is the same on every run.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random choices.")] = 1,
    fill: Annotated[bool, typer.Option(help="Whether freed time is filled with visits from outside the plan.")] = True,
) -> None:
    """Repair a plan after events: cancelled, nobody there, late, inserted, absent, changed hours.

    Exit code 3: a visit that must be served cannot be; the best plan without it is written all the same.
    """
    if [problem, plan, events].count(STANDARD) > 1:
        raise InputError("only one of PROBLEM.json, PLAN.json and EVENTS.json can be -; give the others as files")
    for file in (out, problem_out):
        if file is not None and file != STANDARD and not file.parent.is_dir():
            raise InputError(f"{file} cannot be written: {file.parent} is not a directory; create it or choose another")
    wanted = problem_from_json(read_file(problem), file_name(problem))
    given = plan_from_json(read_file(plan), file_name(plan))
    happened = events_from_json(read_file(events), file_name(events))
    if roads is not None:
        from api.commands.solve import on_roads  # noqa: PLC0415 - map libraries that a matrix makes needless

        wanted = on_roads(wanted, roads)
    from routing.repair import problem_after  # noqa: PLC0415 - bad input need not wait for the solver
    from routing.repair import repair as run  # noqa: PLC0415

    repaired = run(wanted, given, happened, seconds=seconds, iterations=iterations, seed=seed, fill=fill)
    after = problem_after(wanted, happened, given)
    if problem_out is not None:
        write_file(problem_out, after.to_json())
    write_file(out, repaired.to_json(indent=2))
    _require_kept(after, repaired)
    require_musts(after, repaired)


def _require_kept(problem: Problem, plan: Plan) -> None:
    """Raises NoFeasiblePlan naming what the day itself no longer allows: a locked stop too late, a shift too long."""
    faults = [fault for fault in evaluate(problem, plan).violations if fault.kind != "mandatory"]
    if faults:
        more = f"; and {len(faults) - 1} more" if len(faults) > 1 else ""
        raise NoFeasiblePlan(f"no feasible plan: {faults[0].detail}{more}; the best plan is written")
