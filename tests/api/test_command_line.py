"""The `beatplan` command: quick help, one line for every fault, the exit codes of the contract."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api import cli
from api.commands.plan import require_musts
from routing.errors import BeatplanError, InputError, NoFeasiblePlan, RoadError, SolveError
from visits.models import Person
from visits.queries.holders import find_holder
from visits.queries.people import people
from visits.run_result import NotPlanned, RunResult
from visits.store import open_store

ROOT = Path(__file__).parents[2]


def beatplan(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command in its own process."""
    return subprocess.run(
        [sys.executable, "-m", "api.cli", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
    )


def one_line(text: str) -> str:
    """The only line of an error output, which begins with the program's name."""
    assert text.startswith("beatplan: "), text
    assert text.count("\n") == 1, text
    assert "Traceback" not in text
    return text


def test_help_names_every_command_and_imports_none() -> None:
    probe = (
        "import sys\nfrom api.cli import run\ncode = run(['--help'])\n"
        "heavy = {'ortools', 'numba', 'osmnx', 'sqlalchemy', 'fastapi', 'numpy', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'imports {heavy}' if heavy else code)"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    for name in cli.COMMANDS:
        assert f"  {name} " in done.stdout


@pytest.mark.parametrize("name", sorted(cli.COMMANDS))
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: beatplan {name}")
    assert "completion" not in shown


def test_help_without_arguments_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 0
    assert "Commands:" in capsys.readouterr().out
    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("beatplan ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "nothing"),
        (["serve", "--speed", "9"], "--speed"),
        (["plan"], "--from"),
        (["plan", "--from", "2026-02-30"], "2026-02-30"),
        (["plan", "--from", "20261123"], "20261123"),
        (["plan", "--from", "2026-11-23", "--days", "0"], "days"),
        (["plan", "--from", "2026-11-23", "--days", "x"], "--days"),
        (["serve", "--port", "70000"], "--port"),
        (["import"], "customers, reps"),
        (["import", "customers"], "FILE"),
        (["import", "customers", "/nowhere.csv"], "/nowhere.csv"),
        (["user", "add", "a@b.fi", "--role", "king"], "king"),
        (["roads", "info", "/nowhere"], "/nowhere"),
    ],
)
def test_bad_usage_is_one_line(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == cli.BAD_INPUT
    shown = capsys.readouterr()
    assert said in one_line(shown.err)
    assert shown.out == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("a"), 2),
        (RoadError("a"), 2),
        (NoFeasiblePlan("a"), 3),
        (SolveError("a"), 1),
        (BeatplanError("a"), 1),
        (FileNotFoundError(2, "No such file", "x.csv"), 1),
        (OSError(28, "No space left on device"), 1),
        (KeyboardInterrupt(), 130),
        (BrokenPipeError(), 0),
        (ValueError("odd"), 70),
        (SystemExit(5), 5),
    ],
)
def test_every_fault_has_its_exit_code(
    error: BaseException, code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BEATPLAN_DEBUG", raising=False)
    monkeypatch.setattr(cli, "_let_go_of_stdout", lambda: None)
    assert cli.run([], command=_raising(error)) == code
    said = capsys.readouterr().err
    assert said == "" if code in {0, 130, 5} else one_line(said)


def test_debug_shows_where_an_unforeseen_fault_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEATPLAN_DEBUG", "1")
    with pytest.raises(ValueError, match="odd"):
        cli.run([], command=_raising(ValueError("odd")))


def _raising(error: BaseException) -> Callable[..., None]:
    def command(*_: object, **__: object) -> None:
        raise error

    return command


def test_a_reader_that_leaves_early_is_no_fault() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT
    )
    assert process.stdout is not None
    process.stdout.close()
    _, said = process.communicate(timeout=300)
    assert said == b""


def test_ctrl_c_is_quiet(tmp_path: Path) -> None:
    fifo = tmp_path / "customers.csv"
    os.mkfifo(fifo)
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "import", "customers", str(fifo)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        # A shell's background jobs inherit a deaf ear for Ctrl-C; a command at a terminal does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )
    with fifo.open("wb"):  # opens once the command reads
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=300)
    assert (process.returncode, said) == (130, b"")


def test_settings_that_make_no_sense_are_named() -> None:
    done = beatplan("user", "list", BEATPLAN_PORT="many")
    assert done.returncode == cli.BAD_INPUT
    assert "BEATPLAN_PORT" in one_line(done.stderr)
    done = beatplan("user", "list", BEATPLAN_DATABASE_URL="mysql://x")
    assert done.returncode == cli.BAD_INPUT
    assert "mysql" in one_line(done.stderr)


def test_a_database_that_is_not_there_yet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["serve"], ["plan", "--from", "2026-11-23"], ["user", "list"]):
        assert cli.run([*arguments, "--data", str(tmp_path)]) == cli.BAD_INPUT
        assert "beatplan migrate" in one_line(capsys.readouterr().err)


def test_from_nothing_to_people(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tmp_path / "new" / "deep")
    assert cli.run(["migrate", "--data", data]) == 0
    assert cli.run(["migrate", "--data", data]) == 0
    capsys.readouterr()
    assert cli.run(["user", "add", "ada@example.com", "--role", "admin", "--name", "Ada", "--data", data]) == 0
    token = capsys.readouterr().out.strip()
    store = open_store(f"sqlite:///{data}/beatplan.db")
    with store.reading() as session:
        (ada,) = people(session)
        assert isinstance(ada, Person)
    held = find_holder(store, token, datetime.now(UTC))
    assert held is not None
    assert held.viewer.person_id == ada.id
    store.close()
    assert cli.run(["user", "token", "ada@example.com", "--data", data]) == 0
    assert capsys.readouterr().out.strip() != token
    assert cli.run(["user", "list", "--data", data]) == 0
    assert "ada@example.com\tadmin\tAda" in capsys.readouterr().out
    for wrong in (
        ["user", "add", "ada@example.com", "--role", "admin"],
        ["user", "add", "no-address", "--role", "admin"],
        ["user", "add", "r@example.com", "--role", "rep"],
        ["user", "add", "r@example.com", "--role", "rep", "--rep", "nobody"],
        ["user", "add", "m@example.com", "--role", "manager", "--territory", "nowhere"],
        ["user", "token", "nobody@example.com"],
    ):
        assert cli.run([*wrong, "--data", data]) != 0
        one_line(capsys.readouterr().err)


def test_imports_tell_what_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(tmp_path)
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    header = "external_id,name,lon,lat,territory\n"
    good.write_text(header + "1,Kioski,24.94,60.17,North\n2,Baari,24.95,60.17,North\n")
    bad.write_text(header + "3,Pub,24.94,60.17,North\n4,Grilli,999,60.17,North\n")
    assert cli.run(["migrate", "--data", data]) == 0
    capsys.readouterr()
    assert cli.run(["import", "customers", str(good), "--dry-run", "--data", data]) == 0
    assert "2 new" in capsys.readouterr().out
    assert cli.run(["import", "customers", str(good), "--data", data]) == 0
    assert "2 new" in capsys.readouterr().out
    assert cli.run(["import", "customers", str(good), "--data", data]) == 0
    assert "0 new, 0 changed, 2 as before" in capsys.readouterr().out
    assert cli.run(["import", "customers", str(bad), "--data", data]) == cli.BAD_INPUT
    said = one_line(capsys.readouterr().err)
    assert "row 3" in said
    assert "999" in said
    assert cli.run(["import", "customers", str(bad), "--skip-faulty", "--data", data]) == 0
    assert "1 new" in capsys.readouterr().out


def test_a_must_without_a_place_is_named_and_ends_with_3() -> None:
    left_out = tuple(
        NotPlanned(visit=f"v{must}", customer="c", name=name, must=must, reason="window", detail="closed all week")
        for must, name in ((True, "Kioski"), (False, "Baari"))
    )
    require_musts(RunResult(not_planned=left_out[1:]))
    with pytest.raises(NoFeasiblePlan, match=r"'Kioski'.*closed all week") as found:
        require_musts(RunResult(not_planned=left_out, not_planned_count=2, must_not_planned=1))
    assert cli.exit_code_of(found.value) == cli.NO_PLAN
