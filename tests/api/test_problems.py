"""Whatever goes wrong is one problem document with one sentence; nothing inner shows."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
import threading
from http import HTTPStatus

import httpx
import pytest
from sqlalchemy.exc import IntegrityError, OperationalError

from api.errors import Problem
from api.routes import calendars
from api.settings import Settings
from tests.api.serving import Served, served
from visits import store as store_module
from visits.errors import StoreError

JSON = {"Content-Type": "application/json"}


def problem_of(reply: httpx.Response, status: int) -> Problem:
    """The problem document of a reply, its shape checked to the letter."""
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "application/problem+json"
    document = reply.json()
    assert list(document) == ["type", "title", "status", "detail", "errors"]
    assert document["type"].startswith("urn:beatplan:problem:")
    assert document["status"] == status
    assert document["detail"]
    assert "Traceback" not in reply.text
    assert 'File "' not in reply.text
    for fault in document["errors"]:
        assert list(fault) == ["field", "detail"]
    return Problem.model_validate(document)


def test_unknown_address_and_wrong_method(shared: Served) -> None:
    problem_of(shared.get("admin", "/nothing"), 404)
    problem_of(shared.get(None, "/../../healthz/"), 404)
    reply = shared.send("admin", "PUT", "/territories")
    assert "GET" in problem_of(reply, 405).detail
    assert "GET" in reply.headers["allow"]


def test_sign_in_is_asked_for(shared: Served) -> None:
    for header in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "Bearer"}, {"Authorization": "Bearer wrong"}):
        reply = shared.get(None, "/me", headers=header)
        problem_of(reply, 401)
        assert reply.headers["www-authenticate"].startswith("Bearer")


def test_sign_in_comes_before_the_body_is_judged(shared: Served) -> None:
    problem_of(shared.send(None, "POST", "/territories", content="{", headers=JSON), 401)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 422),
        ("{", 400),
        ("[1,", 400),
        ('{"name": NaN}', 400),
        ('{"name": Infinity}', 400),
        ("[" * 20_000, 400),
        ('{"a":' * 5_000, 400),
        ('{"name": "\\ud800"}', 400),
        (b'{"name": "\xff"}', 400),
        ('{"name": "a\\u0000b"}', 422),
        ("null", 422),
        ("[]", 422),
        ('"name"', 422),
        ("1e999", 422),
        ('{"name": 1}', 422),
        ('{"name": ""}', 422),
        ('{"name": "   "}', 422),
        (json.dumps({"name": "x" * 201}), 422),
        ('{"name": "a", "colour": "red"}', 422),
        ('{"name": "a", "active": "yes"}', 422),
        ('{"name": "a", "active": 1}', 422),
        ('{"name": "a", "external_id": {}}', 422),
        (json.dumps({"name": "x" * 60_000}), 413),
    ],
)
def test_bad_bodies(shared: Served, body: str | bytes, status: int) -> None:
    reply = shared.send("admin", "POST", "/territories", content=body, headers=JSON)
    problem = problem_of(reply, status)
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        assert problem.errors
    assert len(shared.get("admin", "/territories").json()["items"]) == 2


def test_each_wrong_field_is_named(shared: Served) -> None:
    body = {"name": 7, "location": {"lon": 200, "lat": "x"}, "tier": "D", "service_minutes": 1.5, "last_visit": "soon"}
    problem = problem_of(shared.send("admin", "POST", "/customers", json=body), 422)
    fields = {fault.field for fault in problem.errors}
    assert fields == {"name", "location.lon", "location.lat", "tier", "service_minutes", "last_visit"}
    assert problem.detail.endswith("(and 5 more faults)")


def test_a_body_of_another_type(shared: Served) -> None:
    for kind in ({"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}, {}):
        problem_of(shared.send("admin", "POST", "/territories", content='{"name": "a"}', headers=kind), 415)


def test_a_body_that_never_says_how_long_it_is(shared: Served) -> None:
    def endless():
        while True:
            yield b'{"name": "' + b"x" * 8_000

    with contextlib.suppress(httpx.TransportError):  # the service may close before we are done sending
        problem_of(shared.send("admin", "POST", "/territories", content=endless(), headers=JSON), 413)
    assert shared.get(None, "/me").status_code == 401


def test_odd_addresses(shared: Served) -> None:
    for path in ("/reps/%00", "/customers/a%0Ab", "/reps/%ED%A0%80", "/customers?territory=%00", "/customers?text=%0d"):
        reply = shared.get("admin", path)
        assert reply.status_code in {404, 422}, path
        problem_of(reply, reply.status_code)
    problem_of(shared.get("admin", "/reps/" + "x" * 300), 422)


@pytest.mark.parametrize(
    "day",
    ["2026-02-30", "2026-13-01", "tomorrow", "20261123", "2026-11-23T00:00", "0000-01-01", "2026-W48-1", "٢٠٢٦-١١-٢٣"],
)
def test_dates_that_are_none(shared: Served, day: str) -> None:
    problem = problem_of(shared.get("admin", f"/reps/ana/plans/{day}"), 422)
    assert problem.errors[0].field == "date"
    assert day in problem.detail
    problem_of(shared.get("admin", "/plans", params={"date": day}), 422)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_years_out_of_reach_are_a_slip(shared: Served, day: str) -> None:
    """At the ends of the calendar a time zone or the day after is no date any more."""
    for path in (
        *(f"/board{view}?date={day}" for view in ("", "/week", "/lines", "/unplanned")),
        *(f"/kpis?from={day}&to={day}", f"/forecast?from={day}", f"/customers/c0-0/explanation?date={day}"),
    ):
        assert f"is {day}; choose a year from 1900 to 2999" in problem_of(shared.get("admin", path), 422).detail, path
    far = f"{day}T12:00:00{'+' if day < '2' else '-'}23:00"
    for path, body in (
        ("/absences", {"rep_id": "ana", "starts_at": far, "ends_at": far}),
        ("/api-keys", {"name": "x", "scopes": ["slots"], "expires_at": far}),
        ("/plan-runs", {"from": day}),
        ("/customers", {"name": "x", "location": {"lon": 24.9, "lat": 60.2}, "last_visit": day}),
    ):
        refused = problem_of(shared.send("admin", "POST", path, json=body), 422)
        assert "choose a year from 1900 to 2999" in refused.detail
    for side in ("begin", "end"):
        problem_of(shared.get("admin", "/absences", params={side: far}), 422)


def test_the_number_of_no_event(shared: Served) -> None:
    for text in ("-1", "x", "0" * 20 + "9" * 30, "9" * 19):
        problem_of(shared.get("admin", "/events", headers={"Last-Event-ID": text}), 422)


def test_a_date_is_required_for_plans(shared: Served) -> None:
    assert problem_of(shared.get("admin", "/plans"), 422).errors[0].field == "date"


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=!", "cursor=e30", "cursor=WzFd", "cursor=WyJcdTAwMDAiXQ"]
)
def test_bad_pages(shared: Served, query: str) -> None:
    for noun in ("customers", "reps", "territories", "visits", "plan-runs"):
        problem_of(shared.get("admin", f"/{noun}?{query}"), 422)


def test_a_locked_database(sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_S", 0.2)
    with served(sqlite_settings) as service:
        other = sqlite3.connect(sqlite_settings.data_dir / "beatplan.db", isolation_level=None, timeout=1)
        other.execute("BEGIN EXCLUSIVE")
        try:
            reply = service.send("admin", "POST", "/territories", json={"name": "West"})
            assert "locked" in problem_of(reply, 503).detail
            assert reply.headers["retry-after"]
            assert service.get("admin", "/territories").status_code == 200
        finally:
            other.close()
        assert service.send("admin", "POST", "/territories", json={"name": "West"}).status_code == 201


def test_an_unforeseen_fault_says_nothing_inner(on_sqlite: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret is 42")

    monkeypatch.setattr("api.routes.territories.list_territories", broken)
    reply = on_sqlite.get("admin", "/territories")
    assert "42" not in problem_of(reply, 500).detail
    assert reply.headers["content-security-policy"].startswith("default-src 'none'")
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["x-request-id"]
    counted = on_sqlite.client.get("/metrics").text
    assert 'beatplan_requests_total{operation="list_territories",status="500"} 1.0' in counted


def test_neither_customers_nor_secret_addresses_are_logged(
    on_sqlite: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    said = Exception('null value in column "name"\nDETAIL:  Failing row contains (cus_1, Kaisa Karhu).')
    for error in (IntegrityError("INSERT", {"name": "Kaisa"}, said), OperationalError("SELECT", {}, said)):
        monkeypatch.setattr(calendars, "holder_of_calendar", raising(error))
        reply = on_sqlite.get(None, "/calendars/cal_secret.ics")
        assert problem_of(reply, reply.status_code).status in {409, 503}
    for error in (RuntimeError("fault"), StoreError("the database is away")):
        monkeypatch.setattr(calendars, "holder_of_calendar", raising(error))
        assert on_sqlite.get(None, "/calendars/cal_secret.ics").status_code in {500, 503}
    assert caplog.text.count("get_calendar") >= 2
    assert 'null value in column "name"' in caplog.text
    assert "Kaisa" not in caplog.text
    assert "cal_secret" not in caplog.text


def raising(error: Exception):
    def look(*_: object) -> None:
        raise error

    return look


def test_half_a_request_harms_nobody(shared: Served) -> None:
    host, port = shared.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"POST /api/v1/territories HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    with socket.create_connection((host, int(port))) as raw:
        raw.sendall(b"GARBAGE\r\n\r\n")
        assert b"400" in raw.recv(1000)
    assert shared.get("admin", "/me").status_code == 200


def test_metrics_count_what_happened(on_sqlite: Served) -> None:
    on_sqlite.get("admin", "/me")
    on_sqlite.get(None, "/me")
    text = on_sqlite.client.get("/metrics").text
    assert 'beatplan_requests_total{operation="get_me",status="200"} 1.0' in text
    assert 'beatplan_requests_total{operation="get_me",status="401"} 1.0' in text
    assert "admin" not in text


def test_many_at_once(service: Served) -> None:
    statuses: list[int] = []

    def ask(number: int) -> None:
        statuses.append(service.send("admin", "POST", "/territories", json={"name": f"T{number}"}).status_code)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 24
