"""`beatplan solve` and `beatplan evaluate` as a user calls them."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from api.commands.solve import register
from routing.errors import InputError, NoFeasiblePlan
from routing.evaluate import evaluate
from routing.plan import read_plan
from routing.problem import Problem
from tests.routing.solve.small import small_problem

QUICK = ("--engine", "ortools", "--iterations", "5")


@pytest.fixture
def problem_file(tmp_path: Path) -> Path:
    path = tmp_path / "problem.json"
    path.write_text(small_problem().to_json())
    return path


def _run(*arguments: str | Path, stdin: str | None = None) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, [str(argument) for argument in arguments], input=stdin)


def test_writes_a_sound_plan(problem_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    result = _run("solve", problem_file, "--out", out, *QUICK)
    assert result.exit_code == 0, result.exception
    assert evaluate(small_problem(), read_plan(out)).valid
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_dash_reads_standard_input_and_writes_standard_output(problem_file: Path) -> None:
    result = _run("solve", "-", "--out", "-", *QUICK, stdin=problem_file.read_text())
    assert result.exit_code == 0
    assert json.loads(result.stdout)["engine"] == "ortools"
    assert result.stderr == ""


def test_keeps_the_time_asked_with_one_shift(problem_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    result = _run("solve", problem_file, "--out", out, "--seconds", "0.5", "--engine", "ortools")
    assert result.exit_code == 0
    assert out.exists()


def test_evaluate_agrees_and_finds_what_is_wrong(problem_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    _run("solve", problem_file, "--out", out, *QUICK)
    verdict = _run("evaluate", problem_file, out)
    assert verdict.exit_code == 0
    said = json.loads(verdict.stdout)
    plan = json.loads(out.read_text())
    assert said["valid"] is True
    assert said["objective_s"] == plan["objective_s"]
    plan["routes"][0]["stops"][0]["start_s"] -= 5000
    out.write_text(json.dumps(plan))
    broken = _run("evaluate", problem_file, out)
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["violations"]
    assert len(broken.stderr.strip().splitlines()) == 1


def test_a_must_visit_that_cannot_be_served_is_named_and_the_rest_written(tmp_path: Path) -> None:
    problem = small_problem()
    values = {name: getattr(problem, name) for name in Problem.model_fields}
    values["visits"] = tuple(
        visit.model_copy(update={"mandatory": True, "skills": ("welding",)}) if visit.id == "c1" else visit
        for visit in problem.visits
    )
    path, out = tmp_path / "problem.json", tmp_path / "plan.json"
    path.write_text(Problem(**values).to_json())
    result = _run("solve", path, "--out", out, *QUICK)
    assert isinstance(result.exception, NoFeasiblePlan)
    assert "'c1'" in str(result.exception)
    assert "welding" in str(result.exception)
    plan = read_plan(out)
    assert plan.routes
    assert [entry.reason for entry in plan.unserved if entry.visit == "c1"] == ["skill"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--seconds", "0"), "seconds"),
        (("--seconds", "nan"), "seconds"),
        (("--seconds", "inf"), "seconds"),
        (("--iterations", "-1"), "iterations"),
        (("--engine", "magic"), "engine"),
        (("--out", "/nowhere/at/all/plan.json"), "/nowhere/at/all"),
    ],
)
def test_wrong_arguments_are_refused_in_one_sentence(problem_file: Path, arguments: tuple[str, ...], said: str) -> None:
    result = _run("solve", problem_file, *arguments)
    assert isinstance(result.exception, InputError)
    assert said in str(result.exception)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', "null"])
def test_wrong_problems_are_refused_and_nothing_is_written(tmp_path: Path, text: str) -> None:
    path, out = tmp_path / "problem.json", tmp_path / "plan.json"
    path.write_text(text)
    result = _run("solve", path, "--out", out, *QUICK)
    assert isinstance(result.exception, InputError)
    assert not out.exists()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    result = _run("solve", tmp_path / "none.json", *QUICK)
    assert isinstance(result.exception, InputError)
    assert "none.json" in str(result.exception)


@pytest.mark.skipif(sys.platform != "linux" or not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_named_and_stays_what_it_is(problem_file: Path) -> None:
    result = _run("solve", problem_file, "--out", "/dev/full", *QUICK)
    assert isinstance(result.exception, InputError)
    assert str(result.exception).startswith("/dev/full cannot be written: No space left on device; ")
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)


def test_a_file_that_grows_too_large_leaves_the_old_one(problem_file: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("old")
    command = ["beatplan", "solve", str(problem_file), "--out", str(plan), *QUICK]
    limited = f"import resource as r; r.setrlimit(r.RLIMIT_FSIZE, (64, 64)); import sys; sys.argv = {command!r}; "
    ended = subprocess.run(
        [sys.executable, "-c", limited + "from api.cli import main; main()"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"beatplan: {plan} cannot be written: File too large; ")
    assert plan.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"problem.json", "plan.json"}


def test_both_from_standard_input_is_refused() -> None:
    result = _run("evaluate", "-", "-", stdin="{}")
    assert isinstance(result.exception, InputError)
