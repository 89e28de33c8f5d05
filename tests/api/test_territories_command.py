"""`beatplan territories` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from api.commands.territories import register
from routing.errors import InputError, NoFeasiblePlan
from tests.routing.territories.test_neighbours import problem


def run(*arguments: str) -> Result:
    app = typer.Typer()
    app.callback()(lambda: None)
    register(app)
    return CliRunner().invoke(app, ["territories", *arguments])


def test_an_answer_is_written_and_the_same_again(tmp_path: Path) -> None:
    file, out = tmp_path / "t.json", tmp_path / "a.json"
    file.write_text(json.dumps(problem()))
    ended = run(str(file), "--out", str(out), "--iterations", "20000")
    assert ended.exit_code == 0, ended.output
    first = out.read_text()
    assert len(json.loads(first)["proposals"]) == 5
    run(str(file), "--out", str(out), "--iterations", "20000")
    assert out.read_text() == first


def test_what_cannot_be_met_is_written_all_the_same(tmp_path: Path) -> None:
    asked = problem()
    for one in asked["customers"]:
        one["pinned"] = "a" if one["id"] != "c6-8" else "b"
    file, out = tmp_path / "t.json", tmp_path / "a.json"
    file.write_text(json.dumps(asked))
    ended = run(str(file), "--out", str(out), "--proposal", "balanced", "--iterations", "1000")
    assert isinstance(ended.exception, NoFeasiblePlan)
    assert "nearest possible" in str(ended.exception)
    assert json.loads(out.read_text())["proposals"][0]["worst"] > 0.05


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--proposal", "best"], "--proposal is 'best'"), (["--iterations", "0"], "--iterations is 0")],
)
def test_bad_options_are_named(tmp_path: Path, arguments: list[str], said: str) -> None:
    file = tmp_path / "t.json"
    file.write_text(json.dumps(problem()))
    ended = run(str(file), *arguments)
    assert isinstance(ended.exception, InputError)
    assert said in str(ended.exception)


@pytest.mark.parametrize(
    ("list_name", "number", "change", "said"),
    [
        ("territories", 0, {"bases": []}, "has no base; add where its rep's day starts"),
        ("customers", 3, {"skills": ["welding"]}, "nobody may serve the customer 'c1-4'"),
    ],
)
def test_bad_problems_are_named(tmp_path: Path, list_name: str, number: int, change: dict, said: str) -> None:
    asked, file, out = problem(), tmp_path / "t.json", tmp_path / "a.json"
    asked[list_name][number] |= change
    file.write_text(json.dumps(asked))
    ended = run(str(file), "--out", str(out))
    assert isinstance(ended.exception, InputError)
    assert said in str(ended.exception)
    assert not out.exists()


def test_capacities_and_islands_that_cannot_be_met_are_named(tmp_path: Path) -> None:
    asked, file, out = problem(), tmp_path / "t.json", tmp_path / "a.json"
    for one, hours in zip(asked["territories"], (10, 27), strict=True):
        one["capacity_s"] = hours * 3600
    asked["customers"][-1] |= {"pinned": "a"}
    file.write_text(json.dumps(asked))
    ended = run(str(file), "--out", str(out), "--proposal", "fairest", "--iterations", "50000")
    assert isinstance(ended.exception, NoFeasiblePlan)
    assert "does not fit the capacity of 37" in str(ended.exception)
    assert any("held there by a pin" in note for note in json.loads(out.read_text())["proposals"][0]["notes"])
