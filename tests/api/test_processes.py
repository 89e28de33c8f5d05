"""The service and the demo as processes: ready, told to stop, gone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest

from api import cli
from api.page_files import are_built
from api.settings import Settings
from tests.api.processes import children_named, running_with
from tests.api.seed import TOKENS
from tests.api.test_command_line import ROOT, one_line

PATIENCE_S = 300.0
"""A busy machine may take long to start and end processes; a hang still ends the test."""
POLL_S = 0.25
"""Looking at all processes costs what the service needs on a small machine."""


@contextmanager
def process(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A running `beatplan` command, killed at the end where it still runs."""
    running = subprocess.Popen(
        [sys.executable, "-m", "api.cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def serving(settings: Settings) -> dict[str, str]:
    return {
        "BEATPLAN_DATA_DIR": str(settings.data_dir),
        "BEATPLAN_ROADS_DIR": str(settings.roads_path),
        "BEATPLAN_REPAIR_PROCESSES": "1",
        "BEATPLAN_LEASE_SECONDS": "4",
    }


def address(running: subprocess.Popen[str]) -> str:
    """Where a service says that it serves."""
    assert running.stderr is not None
    for line in running.stderr:
        if "serves http" in line:
            return line.split("serves ")[1].split()[0]
    raise AssertionError(f"the service ended with {running.wait()}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_service_ends_in_time_and_leaves_nothing(sqlite_settings: Settings, number: signal.Signals) -> None:
    with process("serve", "--port", "0", **serving(sqlite_settings)) as running:
        base = address(running)
        assert httpx.get(f"{base}/healthz").json()["status"] == "ok"
        assert httpx.get(f"{base}/readyz").json()["status"] == "ready"
        week = {"from": "2027-03-01", "days": 7, "seconds": 60}
        sign_in = {"Authorization": f"Bearer {TOKENS['admin']}"}
        made = httpx.post(f"{base}/api/v1/plan-runs", json=week, headers=sign_in)
        assert made.status_code == 202
        while not children_named("api.jobs.planner", running.pid):
            time.sleep(POLL_S)
        family = [one.pid for one in children_named("", running.pid)]
        assert len(family) >= 2
        running.send_signal(number)
        assert running.wait(timeout=PATIENCE_S) == 0
        deadline = time.monotonic() + PATIENCE_S
        while alive := [pid for pid in family if pid != running.pid and Path(f"/proc/{pid}/cmdline").exists()]:
            assert time.monotonic() < deadline, alive
            time.sleep(POLL_S)


def test_a_service_that_is_killed_leaves_nothing_and_its_run_is_resumed(sqlite_settings: Settings) -> None:
    sign_in = {"Authorization": f"Bearer {TOKENS['admin']}"}
    with process("serve", "--port", "0", **serving(sqlite_settings)) as running:
        base = address(running)
        week = {"from": "2027-03-01", "days": 1, "iterations": 1}
        made = httpx.post(f"{base}/api/v1/plan-runs", json=week, headers=sign_in).json()
        while not children_named("api.jobs.planner", running.pid):
            time.sleep(POLL_S)
        family = [one.pid for one in children_named("", running.pid)]
        running.kill()
        running.wait()
        deadline = time.monotonic() + PATIENCE_S
        while alive := [pid for pid in family if pid in running_with("routing.child") + running_with("api.jobs")]:
            assert time.monotonic() < deadline, alive
            time.sleep(POLL_S)
    with process("serve", "--port", "0", **serving(sqlite_settings)) as running:
        base = address(running)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            run = httpx.get(f"{base}/api/v1/plan-runs/{made['id']}", headers=sign_in).json()
            if run["status"] == "done":
                break
            assert run["status"] in {"queued", "running"}, run
            assert time.monotonic() < deadline, run
            time.sleep(POLL_S)


def test_a_port_in_use_is_one_clear_line(sqlite_settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    data = str(sqlite_settings.data_dir)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert cli.run(["serve", "--port", str(port), "--data", data]) == cli.BAD_INPUT
        assert f"port {port}" in one_line(capsys.readouterr().err)
        assert cli.run(["demo", "--port", str(port), "--data", data + "/demo"]) == cli.BAD_INPUT
        assert "--port" in one_line(capsys.readouterr().err)
    assert cli.run(["serve", "--host", "192.0.2.1", "--port", "0", "--data", data]) == cli.BAD_INPUT
    assert "192.0.2.1" in one_line(capsys.readouterr().err)


def test_the_demo(tmp_path: Path) -> None:
    """From nothing, with --json; then again with --check, which uses what is there."""
    data = tmp_path / "demo data"
    with process("demo", "--json", "--port", "0", "--data", str(data)) as running:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
        assert list(told) == ["base_url", "date", "users", "pages"]
        assert set(told["pages"]) == ({"phone", "board", "territories"} if are_built() else set())
        assert all(httpx.get(page).status_code == 200 for page in told["pages"].values())
        assert date.fromisoformat(told["date"]) > datetime.now(ZoneInfo("Europe/Helsinki")).date()
        for user in told["users"]:
            assert list(user) == ["role", "email", "password", "token", "rep_id"]
            with httpx.Client(
                base_url=told["base_url"], headers={"Authorization": f"Bearer {user['token']}"}
            ) as client:
                me = client.get("/api/v1/me").json()
                assert (me["role"], me["rep_id"]) == (user["role"], user["rep_id"])
                if user["rep_id"] is not None:
                    plan = client.get(f"/api/v1/reps/{user['rep_id']}/plans/{told['date']}")
                    assert plan.status_code == 200
                    assert plan.json()["stops"]
        assert {user["role"] for user in told["users"]} == {"rep", "dispatcher", "manager", "admin"}
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=PATIENCE_S) == 0
        assert running.stdout.read() == ""
    again = subprocess.run(
        [sys.executable, "-m", "api.cli", "demo", "--check", "--port", "0", "--data", str(data)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        cwd=ROOT,
    )
    assert again.returncode == 0, again.stderr
    assert "planning" not in again.stderr
    assert "building" not in again.stderr
    before, after, repaired = again.stdout.splitlines()[-3:]
    assert before.startswith("before ")
    assert "(version 1)" in before
    assert after.startswith("after ")
    assert "(version 2)" in after
    assert repaired.startswith("repaired in ")


def test_a_demo_whose_directory_cannot_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert cli.run(["demo", "--port", "0", "--data", str(tmp_path / "file" / "x")]) == cli.BAD_INPUT
    assert "--data" in one_line(capsys.readouterr().err)


def test_planning_from_the_command_line(sqlite_settings: Settings) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "api.cli", "plan", "--from", "2027-03-01", "--days", "1", "--iterations", "20"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        cwd=ROOT,
        env={**os.environ, **serving(sqlite_settings)},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    *days, total = done.stdout.splitlines()
    assert [line.split(":")[0] for line in days] == ["2027-03-01 Ana", "2027-03-01 Bo"]
    assert total.startswith("2 rep-days")


def test_planning_one_territory_by_its_name(
    sqlite_settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in serving(sqlite_settings).items():
        monkeypatch.setenv(name, value)
    assert cli.run(["plan", "--from", "2027-03-01", "--days", "1", "--iterations", "5", "--territory", "South"]) == 0
    assert "Bo" in (shown := capsys.readouterr().out)
    assert "Ana" not in shown
    assert cli.run(["plan", "--from", "2027-03-01", "--territory", "Atlantis"]) == cli.BAD_INPUT
    assert "Atlantis" in one_line(capsys.readouterr().err)
