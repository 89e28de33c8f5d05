"""Customers, reps and territories: lists by cursor, reading, making, changing."""

from __future__ import annotations

import pytest

from tests.api.serving import Served
from tests.api.test_problems import problem_of

NEW = {
    "customers": {"name": "Kioski", "location": {"lon": 24.95, "lat": 60.17}, "tags": ["a", "b"]},
    "reps": {
        "name": "Cy",
        "home": {"lon": 24.95, "lat": 60.17},
        "timezone": "Europe/Helsinki",
        "weekly_hours": "Mo-Fr 09:00-17:00",
    },
    "territories": {"name": "West"},
}
NOUNS = sorted(NEW)


@pytest.mark.parametrize("noun", NOUNS)
def test_pages_cover_the_list_once(shared: Served, noun: str) -> None:
    whole = shared.get("admin", f"/{noun}?limit=200").json()
    assert whole["next_cursor"] is None
    pieces, cursor = [], ""
    while True:
        page = shared.get("admin", f"/{noun}?limit=3{cursor}").json()
        assert len(page["items"]) <= 3
        pieces += page["items"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert pieces == whole["items"]
    assert len({item["id"] for item in pieces}) == len(pieces) > 1


@pytest.mark.parametrize("noun", NOUNS)
def test_make_read_change(service: Served, noun: str) -> None:
    made = service.send("admin", "POST", f"/{noun}", json={**NEW[noun], "external_id": "E1"})
    assert made.status_code == 201, made.text
    path = made.headers["location"].removeprefix("/api/v1")
    read = service.get("admin", path)
    assert read.json() == made.json()
    assert read.headers["etag"] == made.headers["etag"] == '"1"'
    changed = service.send("admin", "PATCH", path, json={"name": "Other"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert changed.json() == {**made.json(), "name": "Other", "version": 2}
    assert service.get("admin", path).json() == changed.json()
    problem_of(service.send("admin", "POST", f"/{noun}", json={**NEW[noun], "external_id": "E1"}), 409)


@pytest.mark.parametrize("noun", NOUNS)
def test_changes_build_on_the_version_that_was_seen(service: Served, noun: str) -> None:
    made = service.send("admin", "POST", f"/{noun}", json=NEW[noun])
    path = made.headers["location"].removeprefix("/api/v1")
    problem_of(service.send("admin", "PATCH", path, json={"name": "A"}), 428)
    for stale in ('"9"', "0", "abc", '"1", "2"', "*"):
        problem_of(service.send("admin", "PATCH", path, json={"name": "A"}, headers={"If-Match": stale}), 412)
    assert service.send("admin", "PATCH", path, json={"name": "A"}, headers={"If-Match": "1"}).status_code == 200
    reply = service.send("admin", "PATCH", path, json={"name": "B"}, headers={"If-Match": '"1"'})
    problem_of(reply, 412)
    assert reply.headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("path", "change", "field"),
    [
        ("/customers/c0-0", {"opening_hours": "Mo-Fr 25:00"}, "opening_hours"),
        ("/customers/c0-0", {"territory_id": "nowhere"}, "territory_id"),
        ("/customers/c0-0", {"service_minutes": 0}, "service_minutes"),
        ("/customers/c0-0", {"name": None}, "name"),
        ("/customers/c0-0", {"location": None}, "location"),
        ("/reps/ana", {"timezone": "Europe/Atlantis"}, "timezone"),
        ("/reps/ana", {"timezone": "../../etc/passwd"}, "timezone"),
        ("/reps/ana", {"weekly_hours": "off"}, "weekly_hours"),
        ("/reps/ana", {"lunch": "noon"}, "lunch"),
        ("/reps/ana", {"home": {"lon": 181, "lat": 0}}, "home.lon"),
        ("/territories/north", {"name": ""}, "name"),
    ],
)
def test_changes_that_make_no_sense(shared: Served, path: str, change: dict, field: str) -> None:
    before = shared.get("admin", path).json()
    problem = problem_of(shared.send("admin", "PATCH", path, json=change, headers={"If-Match": "1"}), 422)
    assert problem.errors[0].field == field
    assert shared.get("admin", path).json() == before


def test_null_clears_what_may_be_empty(service: Served) -> None:
    change = {"cadence_days": None, "external_id": None, "opening_hours": ""}
    reply = service.send("admin", "PATCH", "/customers/c1-0", json=change, headers={"If-Match": "1"})
    assert {name: reply.json()[name] for name in change} == change


def test_an_empty_change_changes_nothing(service: Served) -> None:
    reply = service.send("admin", "PATCH", "/customers/c1-0", json={}, headers={"If-Match": "1"})
    assert reply.status_code == 200
    assert reply.json()["name"] == "Café c1-0"


def test_customers_are_found_by_text_and_territory(shared: Served) -> None:
    found = shared.get("admin", "/customers", params={"text": "c7-"}).json()["items"]
    assert {item["id"] for item in found} == {"c7-0", "c7-1"}
    assert shared.get("admin", "/customers", params={"text": "100%_"}).json()["items"] == []
    north = shared.get("admin", "/customers", params={"territory": "north"}).json()["items"]
    assert len(north) == 10
    assert {item["territory_id"] for item in north} == {"north"}
    for typed in ("Café\u3000c7-0", "CAFÉ\u00a0c7-0", "cafe c7-0"):
        found = shared.get("admin", "/customer-search", params={"q": typed}).json()["items"]
        assert [item["customer"] for item in found] == ["c7-0"], typed


def test_the_office_works_within_its_territories(service: Served) -> None:
    body = NEW["customers"]
    assert (
        problem_of(service.send("dispatcher", "POST", "/customers", json=body), 422).errors[0].field == "territory_id"
    )
    problem_of(service.send("dispatcher", "POST", "/customers", json={**body, "territory_id": "south"}), 422)
    made = service.send("dispatcher", "POST", "/customers", json={**body, "territory_id": "north"})
    assert made.status_code == 201
    path = made.headers["location"].removeprefix("/api/v1")
    away = service.send("dispatcher", "PATCH", path, json={"territory_id": "south"}, headers={"If-Match": "1"})
    problem_of(away, 422)
