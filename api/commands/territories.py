"""`beatplan territories`: customers shared out among territories, five ways."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.solve import STANDARD, RoadsOption, file_name, read_file, write_file
from routing.documents import from_json
from routing.errors import InputError, NoFeasiblePlan
from routing.territories.document import TerritoryAnswer, TerritoryProblem


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command(name="territories")(territories)


def territories(
    problem: Annotated[Path, typer.Argument(metavar="PROBLEM.json", help="Customers and territories; - reads stdin.")],
    *,
    out: Annotated[Path, typer.Option(metavar="T.json", help="Answer to write; - is standard output.")] = STANDARD,
    roads: RoadsOption = None,
    proposal: Annotated[
        list[str] | None, typer.Option(help="Only this proposal; may be given several times. All five without it.")
    ] = None,
    iterations: Annotated[int | None, typer.Option(help="Trials of the search on each start.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the random choices.")] = 1,
) -> None:
    """Share customers out among territories: even in hours, connected on roads, with a proof of how near to the best.

    Exit code 3: no proposal could meet its tolerance; the nearest possible is written all the same.
    """
    from routing.territories.alternatives import AS_NOW, NAMES  # noqa: PLC0415 - bad input need not wait for OR-Tools
    from routing.territories.assembling import answer, assemble  # noqa: PLC0415
    from routing.territories.search import Effort  # noqa: PLC0415

    names = tuple(proposal) if proposal else NAMES
    for name in names:
        if name not in NAMES:
            raise InputError(f"--proposal is {name!r}; write one of {', '.join(NAMES)}")
    if iterations is not None and iterations < 1:
        raise InputError(f"--iterations is {iterations}; write 1 or more")
    if out != STANDARD and not out.parent.is_dir():
        raise InputError(f"{out} cannot be written: {out.parent} is not a directory; create it or choose another")
    wanted = from_json(TerritoryProblem, read_file(problem), file_name(problem))
    network = None
    if roads is not None:
        from routing.roads.sources import roads_at  # noqa: PLC0415 - map libraries

        network = roads_at(roads)
    found = answer(wanted, assemble(wanted, network), names, Effort(iterations, seed))
    write_file(out, found.to_json(indent=2))
    _require_met([one for one in names if one != AS_NOW], found)


def _require_met(names: list[str], found: TerritoryAnswer) -> None:
    """Raises NoFeasiblePlan where every proposal that was sought has something that it could not meet."""
    sought = [one for one in found.proposals if one.name in names]
    if sought and all(one.notes for one in sought):
        raise NoFeasiblePlan(f"no feasible plan: {sought[0].notes[0]}; the nearest possible is written")
