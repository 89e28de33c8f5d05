"""Planning runs over HTTP: asked for, watched, cancelled, failing, and resumed after a service died."""

from __future__ import annotations

import os
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from api.jobs.worker import queue_nightly
from api.settings import Settings
from tests.api.conftest import MONDAY
from tests.api.processes import children_named
from tests.api.serving import Served, served
from tests.api.test_command_line import ROOT
from tests.api.test_problems import problem_of
from visits.models import Event, PlanPart, PlanRun, PlanVersion, RunState
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


def test_a_run_without_roads_says_so(sqlite_settings: Settings, tmp_path: Path) -> None:
    with served(working_with(sqlite_settings, roads_dir=tmp_path / "none")) as service:
        run = watch(service, ask(service), {"done", "failed"})
        assert run["status"] == "failed"
        assert "beatplan roads build" in run["message"]
        assert [part["attempts"] for part in run["parts"]] == [1, 1]
        assert service.get("admin", "/me").status_code == 200


def working_with(settings: Settings, **more: object) -> Settings:
    return settings.model_copy(update={"worker": True, **more})


def test_a_run_that_a_dead_service_left_is_resumed(settings: Settings) -> None:
    store = open_store(settings.store_url)
    run = PlanRun(first_day=MONDAY, days=1, seconds=0.2, status=RunState.RUNNING, started_at=datetime.now(UTC))
    given_up = PlanRun(first_day=MONDAY, days=1, seconds=0.2, status=RunState.RUNNING, cancel_requested=True)
    with store.session() as session:
        add_run(session, SYSTEM, run)
        add_run(session, SYSTEM, given_up)
    store.close()
    with served(working_with(settings)) as service:
        assert watch(service, f"/plan-runs/{run.id}", {"done", "failed"})["status"] == "done"
        assert watch(service, f"/plan-runs/{given_up.id}", {"done", "failed", "cancelled"})["status"] == "cancelled"
        with service.store.reading() as session:
            assert len(session.exec(select(PlanVersion).where(PlanVersion.run_id == run.id)).all()) == 2
            assert session.exec(select(Event).where(Event.kind == "run.done")).one().subject == run.id


def test_a_territory_that_kills_its_planner_is_given_up_and_the_others_are_planned(
    working_on_sqlite: Served, poison: Path
) -> None:
    service = working_on_sqlite
    poison.touch()
    run = watch(service, ask(service, days=1), {"failed", "done"})
    assert run["status"] == "failed"
    parts = {part["label"]: part for part in run["parts"]}
    assert parts["South"]["status"] == "done"
    assert (parts["North"]["status"], parts["North"]["attempts"]) == ("failed", 3)
    assert "given up after 3 attempts" in run["message"]
    assert "code -9" in run["message"]
    assert run["result"]["plans"] == 1


@pytest.fixture
def poison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """While this file is there, whoever plans the territory North is killed as by a lack of memory."""
    flag = tmp_path / "poison"
    (tmp_path / "sitecustomize.py").write_text(POISON.format(flag=str(flag)), "utf-8")
    paths = [str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep), str(ROOT)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in paths if path))
    return flag


POISON = """
import os, signal, sys
if "api.jobs.planner" in sys.orig_argv:
    def watch(event, arguments):
        if event == "import" and arguments[0] == "visits.planning" and os.path.exists({flag!r}):
            import sqlite3
            from pathlib import Path
            with sqlite3.connect(Path({flag!r}).with_name("beatplan.db")) as database:
                label, = database.execute("SELECT label FROM plan_part WHERE id = ?", (sys.argv[1],)).fetchone()
            if label == "North":
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(watch)
"""


def test_cancelling_ends_the_solvers_within_a_second_and_keeps_what_was_stored(working: Served) -> None:
    path = ask(working, seconds=120)
    while not children_named("--dies-with-parent"):
        time.sleep(0.05)
    solving = {one.pid for one in children_named("--dies-with-parent")}
    working.send("admin", "DELETE", path)
    run = watch(working, path, {"cancelled", "done", "failed"})
    assert run["status"] == "cancelled"
    assert {one.pid for one in children_named("--dies-with-parent")} & solving == set()
    assert {part["status"] for part in run["parts"]} == {"cancelled"}


def test_a_batch_does_not_hold_up_who_waits_and_the_urgent_goes_first(working: Served) -> None:
    night = ask(working, queue="batch", seconds=60)
    late = ask(working, queue="batch", priority=9, days=1, territories=["north"])
    early = ask(working, queue="batch", priority=1, days=1, territories=["south"])
    watch(working, night, {"running"})
    assert watch(working, ask(working, days=1), {"done", "failed"})["status"] == "done"
    assert working.get("admin", night).json()["status"] == "running"
    working.send("admin", "DELETE", night)
    watch(working, night, {"cancelled"})
    first, second = (watch(working, path, {"done"})["started_at"] for path in (early, late))
    assert first < second


def test_a_service_that_stops_leaves_no_process(sqlite_settings: Settings) -> None:
    settings = working_with(sqlite_settings)
    with served(settings) as service:
        path = ask(service, seconds=60)
        watch(service, path, {"running"})
        run_id = path.rpartition("/")[2]
    assert children_named("api.jobs") == []
    store = open_store(settings.store_url)
    with store.session() as session:
        left = session.get_one(PlanRun, run_id)
        assert left.status == RunState.RUNNING
        assert {(part.status, part.attempts) for part in session.exec(select(PlanPart))} == {("queued", 0)}
        left.seconds = 0.2
        session.add(left)
    store.close()
    with served(settings) as service:
        assert watch(service, path, {"done", "failed"})["status"] == "done"


def test_the_nightly_planning_is_queued_once_for_each_night(settings: Settings) -> None:
    store = open_store(settings.store_url)
    with_zone = settings.model_copy(update={"nightly_zone": "Pacific/Auckland", "nightly_days": 3})
    night = datetime(2027, 2, 27, 13, tzinfo=UTC)
    for moment in (night, night, night + timedelta(days=1)):
        queue_nightly(store, with_zone, moment)
    with store.reading() as session:
        runs = session.exec(select(PlanRun).order_by(PlanRun.first_day)).all()
    store.close()
    assert [(run.first_day, run.days, run.queue) for run in runs] == [
        (date(2027, 3, 1), 3, "batch"),
        (date(2027, 3, 2), 3, "batch"),
    ]
