"""What an operator sees: figures, readiness, a name for every request, logs that tell no customer's data, settings."""

from __future__ import annotations

import json
import logging
import socket

import httpx

from api import cli
from api.logs import RUN_ID, Context, JsonLines, TextLines
from api.server import listen
from api.settings import Settings, documented
from tests.api.serving import Served
from tests.visits.world import MONDAY
from visits.models import PlanRun
from visits.queries.runs import add_run
from visits.run_keeping import split_run
from visits.schema import head_revision
from visits.scope import SYSTEM


def figures(service: Served) -> dict[str, float]:
    lines = httpx.get(f"{service.base_url}/metrics").text.splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


def test_the_figures_tell_of_queues_plans_and_workers(planned: Served) -> None:
    before = figures(planned)
    assert before['beatplan_queue_length{queue="batch"}'] == 0
    assert before["beatplan_workers"] == 0
    assert before["beatplan_plan_age_seconds"] >= 0
    assert before['beatplan_plan_run_seconds_count{status="done"}'] == 1
    assert 0 <= before.get("beatplan_gap_ratio", 0) < 1  # short searches prove no bound
    with planned.store.session() as session:
        run = add_run(session, SYSTEM, PlanRun(first_day=MONDAY, days=1, queue="batch"))
    split_run(planned.store, run.id)
    after = figures(planned)
    assert after['beatplan_queue_length{queue="batch"}'] == 2
    assert after['beatplan_queue_age_seconds{queue="batch"}'] > 0
    assert after['beatplan_queue_length{queue="interactive"}'] == 0


def test_readiness_names_the_schema_and_the_workers(service: Served) -> None:
    ready = httpx.get(f"{service.base_url}/readyz").json()
    assert ready == {"status": "ready", "roads": True, "schema_version": head_revision(), "workers": 0}


def test_small_answers_are_not_held_back(sqlite_settings: Settings) -> None:
    with listen(sqlite_settings) as bound:
        assert bound.proto == socket.IPPROTO_TCP  # what asyncio asks for before it sets TCP_NODELAY


def test_every_request_has_a_name(on_sqlite: Served) -> None:
    assert on_sqlite.get("admin", "/me", headers={"X-Request-ID": "mine-1"}).headers["x-request-id"] == "mine-1"
    for odd in ("a b", "x" * 65, '"'):
        assert on_sqlite.get("admin", "/me", headers={"X-Request-ID": odd}).headers["x-request-id"] != odd


def test_a_log_line_for_programs_is_one_json_object_with_its_run() -> None:
    token = RUN_ID.set("run_1")
    try:
        record = logging.LogRecord("beatplan.jobs", logging.INFO, "f", 1, "a line\nof %s", ("two",), None)
        Context().filter(record)
        told = json.loads(JsonLines().format(record))
    finally:
        RUN_ID.reset(token)
    assert (told["message"], told["run"], told["level"], told["logger"]) == (
        "a line\nof two",
        "run_1",
        "info",
        "beatplan.jobs",
    )


def test_a_log_line_for_people_is_one_line_whatever_others_put_into_it() -> None:
    forged = "wrong\r\n2026-11-23 INFO beatplan.api: all is well"
    record = logging.LogRecord("beatplan.api", logging.WARNING, "f", 1, "the provider said %s", (forged,), None)
    Context().filter(record)
    assert len(TextLines("%(levelname)s %(message)s").format(record).splitlines()) == 1


def test_every_setting_is_listed(capsys) -> None:
    assert cli.run(["settings"]) == 0
    shown = capsys.readouterr().out
    for name, (_, text) in documented().items():
        assert f"{name}=" in shown
        assert text in shown
