"""`beatplan solve` on input that contradicts itself: the exit code, who is named, and the best plan without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.cli import run

DAY = "2026-11-23"
DRIVE_S = 600
MUST = {"mandatory": True}
BOTH = pytest.mark.parametrize("engine", ["search", "ortools"])


def _opens(first_s: int, last_s: int, day: str = DAY) -> dict[str, Any]:
    return {"windows": [{"day": day, "start_s": first_s, "end_s": last_s}]}


def _problem(*visits: dict[str, Any], breaks: tuple[dict[str, int], ...] = ()) -> dict[str, Any]:
    """One rep from 8 to 10; the named visits and one more, each half an hour of service, ten minutes apart."""
    named = [*visits, {"id": "free"}]
    drives = [[DRIVE_S * (a != b) for b in range(len(named) + 1)] for a in range(len(named) + 1)]
    shift = {"id": "ana", "rep": "ana", "day": DAY, "start": "home", "end": "home", "start_s": 28_800, "end_s": 36_000}
    return {
        "version": 1,
        "locations": [{"id": "home"}, *({"id": visit["id"]} for visit in named)],
        "matrix": {"duration_s": drives, "distance_m": drives},
        "shifts": [shift | {"breaks": breaks}],
        "visits": [{"location": one["id"], "service_s": 1_800, "value_s": 3_600} | one for one in named],
    }


def _solved(problem: dict[str, Any], engine: str, folder: Path) -> tuple[int, dict[str, Any] | None]:
    path, out = folder / "problem.json", folder / "plan.json"
    path.write_text(json.dumps(problem))
    code = run(["solve", str(path), "--out", str(out), "--engine", engine, "--seconds", "0.3"])
    return code, json.loads(out.read_text()) if out.exists() else None


def _stops(plan: dict[str, Any] | None) -> list[str]:
    assert plan is not None
    return [stop["visit"] for route in plan["routes"] for stop in route["stops"]]


@BOTH
def test_must_visits_that_exclude_each_other(engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    same = [{"id": name} | MUST | _opens(30_000, 30_300) for name in ("first", "second")]
    code, plan = _solved(_problem(*same), engine, tmp_path)
    said = capsys.readouterr().err
    assert code == 3
    assert "'first'" in said
    assert "'second'" in said
    assert len(said.splitlines()) == 1
    assert "free" in _stops(plan)
    assert len({"first", "second"} & set(_stops(plan))) == 1


@BOTH
@pytest.mark.parametrize(
    "when",
    [
        _opens(50_000, 52_000) | MUST,
        _opens(29_000, 35_000, "2026-11-24") | MUST,
        {"promise": {"shift": "ana", "start_s": 50_000, "end_s": 52_000}},
    ],
    ids=["after the shift", "on another day", "promised after the shift"],
)
def test_an_appointment_outside_every_shift(
    engine: str, when: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, plan = _solved(_problem({"id": "late"} | when), engine, tmp_path)
    said = capsys.readouterr().err
    assert code == 3
    assert "'late'" in said
    assert len(said.splitlines()) == 1
    assert _stops(plan) == ["free"]


@BOTH
def test_a_break_longer_than_the_shift(engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pause = {"duration_s": 9_000, "earliest_s": 28_800, "latest_s": 30_000}
    code, plan = _solved(_problem({"id": "needed"} | MUST, breaks=(pause,)), engine, tmp_path)
    said = capsys.readouterr().err
    assert code == 2
    assert plan is None
    assert "'ana'" in said
    assert "9000 s" in said
    assert len(said.splitlines()) == 1


@BOTH
def test_a_break_that_leaves_no_time_for_any_visit(
    engine: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pause = {"duration_s": 7_000, "earliest_s": 28_800, "latest_s": 29_000}
    code, plan = _solved(_problem({"id": "needed"} | MUST, breaks=(pause,)), engine, tmp_path)
    said = capsys.readouterr().err
    assert code == 3
    assert "'needed'" in said
    assert _stops(plan) == []
