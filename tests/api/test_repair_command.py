"""`beatplan repair` as a person runs it: files in, files out, exit codes, one line for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli import run
from routing.evaluate import evaluate
from routing.plan import read_plan
from routing.problem import read_problem
from tests.routing.repair.days import plan_of
from tests.routing.solve.small import DAYS, small_problem


@pytest.fixture
def files(tmp_path: Path) -> Path:
    problem = small_problem()
    (tmp_path / "problem.json").write_text(problem.to_json())
    (tmp_path / "plan.json").write_text(plan_of(problem).to_json())
    return tmp_path


def _run(folder: Path, *events: dict[str, Any], now_s: int = 30_000) -> int:
    values = {"version": 1, "day": DAYS[0], "now_s": now_s, "events": list(events)}
    (folder / "events.json").write_text(json.dumps(values))
    names = [str(folder / f"{name}.json") for name in ("problem", "plan", "events")]
    outs = ["--out", str(folder / "out.json"), "--problem-out", str(folder / "after.json")]
    return run(["repair", *names, *outs, "--iterations", "0"])


def test_the_written_pair_is_valid(files: Path) -> None:
    last = read_plan(files / "plan.json").routes[0].stops[-1].visit
    assert _run(files, {"type": "cancel", "visit": last}) == 0
    repaired, after = read_plan(files / "out.json"), read_problem(files / "after.json")
    assert evaluate(after, repaired).valid
    assert repaired.diff is not None
    assert repaired.suggestions is not None
    assert last not in after.visit_index


def test_bad_events_are_one_line_and_nothing_is_written(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(files, {"type": "cancel", "visit": "nobody"}) == 2
    said = capsys.readouterr().err
    assert "events[0].visit is 'nobody'" in said
    assert said.count("\n") == 1
    assert not (files / "out.json").exists()


def test_a_must_without_a_place_is_exit_3_with_the_plan_written(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    windows = [{"day": DAYS[0], "start_s": 30_000, "end_s": 30_001}]
    wish = {"id": "u", "location": "c1", "service_s": 90_000, "mandatory": True, "windows": windows}
    assert _run(files, {"type": "insert", "visit": wish}) == 3
    assert "'u'" in capsys.readouterr().err
    assert "u" in {entry.visit for entry in read_plan(files / "out.json").unserved}
