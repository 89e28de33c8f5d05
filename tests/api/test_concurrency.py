"""Many hands at once: requests sent twice, lists in the order of time, limits of every kind."""

from __future__ import annotations

import socket
import threading
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.settings import Settings
from tests.api.conftest import MONDAY
from tests.api.serving import Served, served
from tests.api.test_problems import problem_of
from visits.models import PlanRun

HOME = {"lon": 24.95, "lat": 60.17}
CREATIONS = [
    ("/customers", {"name": "Kiosk", "location": HOME, "external_id": "K-1"}),
    ("/reps", {"name": "Cy", "home": HOME, "timezone": "Europe/Helsinki", "weekly_hours": "Mo-Fr 08:00-16:00"}),
    ("/territories", {"name": "West"}),
    ("/plan-runs", {"from": "2027-03-01", "days": 1}),
]


def test_a_creation_sent_again_makes_one_thing(service: Served) -> None:
    for path, body in CREATIONS:
        replies: list[httpx.Response] = []

        def send(path: str = path, body: dict = body, replies: list = replies) -> None:
            replies.append(service.send("admin", "POST", path, json=body, headers={"Idempotency-Key": f"one {path}"}))

        threads = [threading.Thread(target=send) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        send()
        assert {reply.status_code for reply in replies} <= {201, 202}, [reply.text for reply in replies]
        assert len({reply.json()["id"] for reply in replies}) == 1, path
        assert len({reply.headers["location"] for reply in replies}) == 1
        other = {**body, "name": "Another"} if "name" in body else {**body, "days": 2}
        reused = service.send("admin", "POST", path, json=other, headers={"Idempotency-Key": f"one {path}"})
        assert "already used" in problem_of(reused, 409).detail
        mine = service.send("everywhere", "POST", path, json=body, headers={"Idempotency-Key": f"one {path}"})
        assert mine.status_code in {201, 202, 404, 409}
        assert mine.status_code >= 400 or mine.json()["id"] != replies[0].json()["id"]
    names = [one["name"] for one in service.get("admin", "/customers?text=kiosk").json()["items"]]
    assert names == ["Kiosk"]


def test_keys_that_are_none(on_sqlite: Served) -> None:
    for key in ("", "x" * 201):
        reply = on_sqlite.send("admin", "POST", "/territories", json={"name": "W"}, headers={"Idempotency-Key": key})
        problem_of(reply, 422)


def test_planning_runs_come_newest_first_page_by_page(service: Served) -> None:
    with service.store.session() as session:
        for hour in (3, 1, 2, 2, 5):
            at = datetime(2026, 1, 1, hour, tzinfo=UTC) + timedelta(microseconds=hour)
            session.add(PlanRun(first_day=MONDAY, days=1, status="done", created_at=at, seed=hour))
    seen, cursor = [], None
    while True:
        page = service.get("admin", "/plan-runs", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert [run["seed"] for run in seen] == [5, 3, 2, 2, 1]
    assert len({run["id"] for run in seen}) == 5
    for wrong in ("WyIyMDI2LTAxLTAxIiwieCJd", "WyJub3ciLCJ4Il0", "WzEsMl0"):
        problem_of(service.get("admin", f"/plan-runs?cursor={wrong}"), 422)


def test_every_list_is_paged(on_sqlite: Served) -> None:
    for path in (
        "people",
        "sessions",
        "api-keys",
        "consents",
        "customers",
        "reps",
        "territories",
        "visits",
        "plan-runs",
    ):
        whole = on_sqlite.get("admin", f"/{path}?limit=200").json()["items"]
        seen, cursor = [], ""
        while cursor is not None:
            page = on_sqlite.get("admin", f"/{path}?limit=3{cursor and '&cursor=' + cursor}").json()
            seen, cursor = seen + page["items"], page["next_cursor"]
            assert len(page["items"]) <= 3
        assert seen == whole, path


def test_a_body_that_dribbles_is_ended(sqlite_settings: Settings) -> None:
    with served(sqlite_settings.model_copy(update={"body_seconds": 0.3})) as service:
        host, port = service.base_url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=60) as raw:
            raw.sendall(b"POST /api/v1/territories HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            answer = b"".join(iter(lambda: raw.recv(4000), b""))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"urn:beatplan:problem:too-slow" in answer


def test_a_caller_who_calls_too_often_waits_and_others_do_not(sqlite_settings: Settings) -> None:
    with served(sqlite_settings.model_copy(update={"requests_per_minute": 5})) as service:
        statuses = [service.get("ana", "/me").status_code for _ in range(11)]
        assert statuses[:5] == [200] * 5
        assert 429 in statuses
        refused = next(reply for reply in iter(lambda: service.get("ana", "/me"), None) if reply.status_code == 429)
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        assert service.get("bo", "/me").status_code == 200


@pytest.mark.parametrize("stale", ['"7"', "7", 'W/"7"', '"x"', "*", '"1", "2"', "", "-1", "१"])
def test_versions_that_are_not_the_one(on_sqlite: Served, stale: str) -> None:
    headers = {"If-Match": stale.encode("utf-8")}
    reply = on_sqlite.send("admin", "PATCH", "/territories/north", json={"name": "N"}, headers=headers)
    problem_of(reply, 412)
    if "7" in stale:
        assert reply.headers["etag"] == '"1"'
