"""The `beatplan` command: finds the command family, loads only that one, and turns every fault into one line."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command as build_command

from routing.errors import BeatplanError, InputError, NoFeasiblePlan

FAILED, BAD_INPUT, NO_PLAN, INTERRUPTED, OUR_FAULT = 1, 2, 3, 130, 70
"""Exit codes: a failed check; bad input; no feasible plan; Ctrl-C; a fault of beatplan itself (as in sysexits.h)."""

COLLECT_AFTER = (100_000, 20, 50)
"""Objects after which the interpreter looks for garbage; its 700 cost every command that loads a file a tenth of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that is loaded when it is called: `member` of `module` is a Typer app, or a function that fills one."""

    help: str
    module: str
    member: str = "app"
    group: bool = False


COMMANDS = {
    "demo": Entry("Plan and serve the embedded demo: a real city, four reps, a week.", "api.commands.demo"),
    "serve": Entry("Serve the HTTP interface.", "api.commands.serve"),
    "worker": Entry("Carry out planning runs, beside the service or on other machines.", "api.commands.worker"),
    "plan": Entry("Plan days of the reps from the database and store the result.", "api.commands.plan"),
    "import": Entry("Read customers or reps from a CSV file.", "api.commands.data", "imports", group=True),
    "user": Entry("People who may sign in.", "api.commands.users", group=True),
    "privacy": Entry("What is kept about people: export, erase, purge.", "api.commands.privacy", group=True),
    "migrate": Entry("Bring the database to this version's form.", "api.commands.data", "migrations"),
    "backup": Entry("Write the database into a file while the service runs.", "api.commands.operations", "backups"),
    "restore": Entry("Bring a backup into an empty database.", "api.commands.operations", "restores"),
    "move": Entry("Copy everything into another database and compare.", "api.commands.operations", "moves"),
    "settings": Entry("List every setting and what it does.", "api.commands.operations", "settings_list"),
    "roads": Entry("Build and ask a road network.", "api.commands.roads", group=True),
    "solve": Entry("Solve a problem file.", "api.commands.solve", "register"),
    "repair": Entry("Repair a plan after the events of a day.", "api.commands.repair", "register"),
    "evaluate": Entry("Judge a plan file: timing, objective, violations.", "api.commands.solve", "register"),
}


def _load(name: str, entry: Entry) -> Any:
    family = getattr(importlib.import_module(entry.module), entry.member)
    holder = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    holder.callback()(_nothing)
    if isinstance(family, typer.Typer):
        holder.add_typer(family, name=name if entry.group else None)
    else:
        family(holder)
    holding = build_command(holder)
    assert isinstance(holding, TyperGroup)
    return holding.commands[name]


def _nothing() -> None:
    """Makes an app of one command a group, so that its command is found by name."""


class LazyCommands(TyperGroup):
    """A command group that knows its commands' names and one-line helps, and imports one when it is called."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._listing = False

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order people need them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command, loaded; for a listing only its name and help."""
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        return TyperCommand(cmd_name, help=entry.help) if self._listing else _load(cmd_name, entry)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Help without importing a single command."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


app = typer.Typer(
    cls=LazyCommands,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    invoke_without_command=True,
)


@app.callback()
def _beatplan(
    context: typer.Context,
    *,
    version: Annotated[bool, typer.Option("--version", help="Show the version and end.")] = False,
) -> None:
    """Field-sales route planning: plans every rep's visits and repairs the day when it changes."""
    if version:
        from api.version import installed_version  # noqa: PLC0415 - costs 30 ms that --help should not pay

        typer.echo(f"beatplan {installed_version()}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _usage_errors() -> type[Exception]:
    return next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ in {"ClickException", "TyperException"})


def _usage_sentence(error: Any) -> str:
    """What is wrong with a command line, and where its help is. Typer says a missing command by the whole help."""
    context: Any = getattr(error, "ctx", None)
    path = "beatplan" if context is None else context.command_path
    if type(error).__name__ == "NoArgsIsHelpError":
        names = ", ".join(context.command.list_commands(context))
        return f"{path} needs one of its commands: {names} (see `{path} --help`)"
    return f"{error.format_message()} (see `{path} --help`)"


def _complain(sentence: str) -> None:
    line = " ".join(sentence.split())
    print(f"beatplan: {line}".encode("utf-8", "backslashreplace").decode("utf-8"), file=sys.stderr)  # noqa: T201


def _let_go_of_stdout() -> None:
    """Nobody reads: what is still in the buffer goes nowhere, so that the end of the program is quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def exit_code_of(error: BeatplanError) -> int:
    """2 for bad input, 3 for a problem without a feasible plan, 1 for any other fault."""
    if isinstance(error, InputError):
        return BAD_INPUT
    return NO_PLAN if isinstance(error, NoFeasiblePlan) else FAILED


def run(arguments: Sequence[str], command: Callable[..., Any] | None = None) -> int:
    """Runs a command line and returns its exit code; whatever goes wrong is one line on stderr.

    With BEATPLAN_DEBUG=1 an unexpected fault is raised with its traceback instead.
    """
    call = command or build_command(app)
    try:
        result = call(list(arguments), prog_name="beatplan", standalone_mode=False)
        sys.stdout.flush()
    except BeatplanError as error:
        _complain(str(error))
        return exit_code_of(error)
    except _usage_errors() as error:
        _complain(_usage_sentence(error))
        return BAD_INPUT
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        _let_go_of_stdout()
        return 0
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else FAILED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        _complain(f"{place}{error.strerror or error}; free space, correct the path or its rights, and try again")
        return FAILED
    except Exception as error:
        if os.environ.get("BEATPLAN_DEBUG", "") not in {"", "0", "false"}:
            raise
        _complain(
            f"a fault of beatplan itself, {type(error).__name__}: {error}; "
            "run it again with BEATPLAN_DEBUG=1 and report what it prints to the project"
        )
        return OUR_FAULT
    return result if isinstance(result, int) else 0


def main() -> None:
    """The entry point of the installed command."""
    gc.set_threshold(*COLLECT_AFTER)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # looking for some takes longer than reading a file
    code = run(sys.argv[1:])
    gc.freeze()  # the interpreter's last collection would walk all there is, a third of a second after a solve
    sys.exit(code)


if __name__ == "__main__":
    main()
