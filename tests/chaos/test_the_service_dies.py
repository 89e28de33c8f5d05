"""The service killed in mid-request and PostgreSQL crashed under load: every accepted tap and run is there, once."""

from __future__ import annotations

import secrets
import shutil
import time
from pathlib import Path

import httpx
import pytest
from sqlmodel import col, select

from api.settings import Settings
from tests.api.conftest import BOTH, MONDAY, settings_for
from tests.api.seed import TOKENS
from tests.api.serving import served
from tests.chaos.programs import is_over, program, require_ended_once, until, worker
from tests.chaos.taps import Tapper, require_every_tap
from tests.postgres import PostgresServer, _free_port
from visits.models import Visit
from visits.store import Store, open_store


@pytest.fixture(params=BOTH)
def planned_settings(request: pytest.FixtureRequest, roads: Path, tmp_path: Path) -> Settings:
    """Settings of a service on a fresh copy of the planned organisation."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("planned_sqlite"), tmp_path / "beatplan.db")
        return settings_for(f"sqlite:///{tmp_path / 'beatplan.db'}", roads, tmp_path)
    return on_postgres(request, roads, tmp_path)


def on_postgres(request: pytest.FixtureRequest, roads: Path, folder: Path) -> Settings:
    server, name = request.getfixturevalue("postgres"), f"planned_{secrets.token_hex(6)}"
    server.run(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('planned_postgres')}")
    server.run("CHECKPOINT")  # PostgreSQL 15 would count a fresh copy's numbers from the template's again after a crash
    return settings_for(server.url(name), roads, folder)


def planned_visits(store: Store) -> list[str]:
    with store.reading() as session:
        statement = select(Visit.id).where(Visit.day == MONDAY, col(Visit.state).in_(["planned", "promised"]))
        return list(session.exec(statement.order_by(col(Visit.rep_id), col(Visit.start_s))))


def test_a_service_killed_in_mid_request(planned_settings: Settings) -> None:
    store = open_store(planned_settings.store_url)
    visit_ids = planned_visits(store)
    assert len(visit_ids) > 8
    port = str(_free_port())
    tapper = Tapper(f"http://127.0.0.1:{port}", visit_ids)
    with program(planned_settings, "serve", "--port", port, ready="serves http") as first:
        tapper.start()
        until(lambda: len(tapper.answered) > 5, "some taps")
        sign_in = {"Authorization": f"Bearer {TOKENS['admin']}"}
        asked = {"from": MONDAY.isoformat(), "days": 1, "seconds": 0.3}
        httpx.post(f"http://127.0.0.1:{port}/api/v1/plan-runs", json=asked, headers=sign_in)
        first.kill()
    with program(planned_settings, "serve", "--port", port, ready="serves http"):
        tapper.join(300)
    assert tapper.repeats > 0
    require_every_tap(store, tapper, visit_ids)
    store.close()


@pytest.mark.needs_postgres
def test_a_database_that_crashes_under_load(
    request: pytest.FixtureRequest, postgres: PostgresServer, roads: Path, tmp_path: Path
) -> None:
    settings = on_postgres(request, roads, tmp_path)
    with served(settings) as service, worker(settings):
        visit_ids = planned_visits(service.store)
        asked = {"from": "2027-03-08", "days": 1, "seconds": 4}
        run_id = service.send("admin", "POST", "/plan-runs", json=asked).json()["id"]
        tapper = Tapper(service.base_url, visit_ids, pause_s=0.2)
        until(lambda: service.get("admin", f"/plan-runs/{run_id}").json()["status"] == "running", "a running plan")
        tapper.start()
        until(lambda: len(tapper.answered) > 3, "some taps")
        postgres.crash()
        time.sleep(1.0)
        postgres.start()
        tapper.join(300)
        until(lambda: is_over(service.store, run_id), "the end of the run")
        assert tapper.repeats > 0
        require_every_tap(service.store, tapper, visit_ids)
        require_ended_once(service.store, run_id, rep_days=2)
