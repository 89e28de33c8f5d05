"""Planning runs over HTTP: asked for, watched, cancelled, failing, and resumed after a service died."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from api.settings import Settings
from api.tools import WarmSolvers
from tests.api.conftest import MONDAY
from tests.api.processes import children_named
from tests.api.serving import Served, served
from tests.api.test_problems import problem_of
from visits.models import Event, PlanRun, PlanVersion, RunState
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.store import open_store

WEEK = {"from": MONDAY.isoformat(), "days": 2, "seconds": 0.3}

PATIENCE_S = 300.0
"""A busy machine may take long to start processes; a hang still ends the test."""


def watch(service: Served, path: str, until: set[str], patience_s: float = PATIENCE_S) -> dict:
    """The run as soon as its status is one of these."""
    deadline = time.monotonic() + patience_s
    while True:
        run = service.get("admin", path).json()
        if run["status"] in until:
            return run
        assert time.monotonic() < deadline, run
        time.sleep(0.05)


def ask(service: Served, **more: object) -> str:
    reply = service.send("admin", "POST", "/plan-runs", json={**WEEK, **more})
    assert reply.status_code == 202, reply.text
    assert reply.json()["status"] == "queued"
    return reply.headers["location"].removeprefix("/api/v1")


def test_a_run_plans_the_days(working: Served) -> None:
    path = ask(working)
    run = watch(working, path, {"done", "failed"})
    assert run["status"] == "done", run
    assert run["percent"] == 100
    assert run["result"]["plans"] == 4
    assert run["result"]["stops"] > 0
    assert run["from"] == MONDAY.isoformat()
    assert run["started_at"] <= run["finished_at"]
    plans = working.get("admin", "/plans", params={"date": MONDAY.isoformat()}).json()["items"]
    assert {plan["rep"] for plan in plans} == {"ana", "bo"}
    assert run["id"] in {item["id"] for item in working.get("admin", "/plan-runs").json()["items"]}
    problem_of(working.send("admin", "DELETE", path), 409)


def test_one_territory_alone(working_on_sqlite: Served) -> None:
    path = ask(working_on_sqlite, territories=["south"])
    assert watch(working_on_sqlite, path, {"done", "failed"})["status"] == "done"
    plans = working_on_sqlite.get("admin", "/plans", params={"date": MONDAY.isoformat()}).json()["items"]
    assert {plan["rep"] for plan in plans} == {"bo"}


def test_runs_wait_for_each_other_and_can_be_cancelled(working: Served) -> None:
    first, second = ask(working, seconds=60), ask(working)
    watch(working, first, {"running"})
    waiting = working.send("admin", "DELETE", second)
    assert (waiting.status_code, waiting.json()["status"]) == (202, "cancelled")
    assert working.send("admin", "DELETE", first).status_code == 202
    assert watch(working, first, {"cancelled", "done", "failed"})["status"] == "cancelled"
    third = ask(working)
    assert watch(working, third, {"done", "failed"})["status"] == "done"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"from": "2027-02-29"}, "from"),
        ({"from": 20270301}, "from"),
        ({"from": None}, "from"),
        ({"days": 0}, "days"),
        ({"days": 29}, "days"),
        ({"days": "7"}, "days"),
        ({"days": 1.5}, "days"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": 1e9}, "seconds"),
        ({"seed": -1}, "seed"),
        ({"engine": "magic"}, "engine"),
        ({"territories": []}, "territories"),
        ({"territories": ["nowhere"]}, "territory_id"),
        ({"territories": "north"}, "territories"),
        ({"first_day": "2027-03-01", "colour": 1}, "colour"),
    ],
)
def test_runs_that_make_no_sense(shared: Served, change: dict, field: str) -> None:
    before = len(shared.get("admin", "/plan-runs").json()["items"])
    problem = problem_of(shared.send("admin", "POST", "/plan-runs", json={**WEEK, **change}), 422)
    assert field in {fault.field for fault in problem.errors}
    assert len(shared.get("admin", "/plan-runs").json()["items"]) == before


def test_a_run_without_roads_says_so(sqlite_settings: Settings, solvers: WarmSolvers, tmp_path: Path) -> None:
    with served(sqlite_settings.model_copy(update={"roads_dir": tmp_path / "none"}), solvers) as service:
        run = watch(service, ask(service), {"done", "failed"})
        assert run["status"] == "failed"
        assert "beatplan roads build" in run["message"]
        assert service.get("admin", "/me").status_code == 200


def test_a_run_that_a_dead_service_left_is_resumed(settings: Settings, solvers: WarmSolvers) -> None:
    store = open_store(settings.store_url)
    run = PlanRun(first_day=MONDAY, days=1, seconds=0.2, status=RunState.RUNNING, started_at=datetime.now(UTC))
    given_up = PlanRun(first_day=MONDAY, days=1, seconds=0.2, status=RunState.RUNNING, cancel_requested=True)
    with store.session() as session:
        add_run(session, SYSTEM, run)
        add_run(session, SYSTEM, given_up)
    store.close()
    with served(settings, solvers) as service:
        assert watch(service, f"/plan-runs/{run.id}", {"done", "failed"})["status"] == "done"
        assert service.get("admin", f"/plan-runs/{given_up.id}").json()["status"] == "cancelled"
        with service.store.reading() as session:
            assert len(session.exec(select(PlanVersion).where(PlanVersion.run_id == run.id)).all()) == 2
            assert session.exec(select(Event).where(Event.kind == "run.done")).one().subject == run.id


def test_a_planning_process_that_dies_is_reported(on_sqlite: Served) -> None:
    path = ask(on_sqlite, seconds=60)
    watch(on_sqlite, path, {"running"})
    (planner,) = children_named("api.jobs.planner")
    planner.kill()
    run = watch(on_sqlite, path, {"failed", "done"})
    assert run["status"] == "failed"
    assert "code -9" in run["message"]


def test_a_service_that_stops_leaves_no_process(sqlite_settings: Settings, solvers: WarmSolvers) -> None:
    with served(sqlite_settings, solvers) as service:
        path = ask(service, seconds=60)
        watch(service, path, {"running"})
        run_id = path.rpartition("/")[2]
    assert children_named("api.jobs.planner") == []
    store = open_store(sqlite_settings.store_url)
    with store.session() as session:
        left = session.get_one(PlanRun, run_id)
        assert left.status == RunState.RUNNING
        left.seconds = 0.2
        session.add(left)
    store.close()
    with served(sqlite_settings, solvers) as service:
        assert watch(service, path, {"done", "failed"})["status"] == "done"
