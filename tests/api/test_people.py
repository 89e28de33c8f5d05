"""Administrators manage people and the keys of other systems."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from api.auth.policies import SCOPES
from tests.api.browser import PASSWORD, password_sign_in
from tests.api.serving import Served
from tests.api.test_problems import problem_of
from tests.api.test_sign_in import bearer
from visits.models import ApiKey


def test_somebody_new_signs_in_is_changed_and_goes(service: Served) -> None:
    body = {"email": " Eva@Example.com", "name": "Eva", "role": "dispatcher", "territory_ids": ["north"]}
    made = service.send("admin", "POST", "/people", json={**body, "password": PASSWORD})
    assert made.status_code == 201, made.text
    eva = made.json()
    assert (eva["email"], eva["has_password"], eva["version"]) == ("eva@example.com", True, 1)
    assert "$argon2" not in made.text
    token = password_sign_in(service.client, "eva").json()["token"]
    assert service.client.get("/api/v1/me", headers=bearer(token)).json()["territory_ids"] == ["north"]
    problem_of(service.send("admin", "POST", "/people", json=body), 409)
    path = f"/people/{eva['id']}"
    assert service.get("admin", path).headers["etag"] == '"1"'
    problem_of(service.send("admin", "PATCH", path, json={"role": "manager"}), 428)
    change = service.send("admin", "PATCH", path, json={"role": "manager"}, headers={"If-Match": '"1"'})
    assert change.json()["role"] == "manager"
    assert service.client.get("/api/v1/me", headers=bearer(token)).json()["role"] == "manager"
    stale = service.send("admin", "PATCH", path, json={"name": "E"}, headers={"If-Match": '"1"'})
    problem_of(stale, 412)
    assert stale.headers["etag"] == '"2"'
    gone = service.send("admin", "PATCH", path, json={"active": False}, headers={"If-Match": '"2"'})
    assert gone.status_code == 200
    problem_of(service.client.get("/api/v1/me", headers=bearer(token)), 401)
    problem_of(password_sign_in(service.client, "eva"), 401)
    assert service.get("admin", f"{path}/sessions").json()["items"] == []
    assert [one["name"] for one in service.get("admin", "/people?text=EVA@").json()["items"]] == ["Eva"]


def test_what_makes_no_sense_is_named(on_sqlite: Served) -> None:
    good = {"email": "eva@example.com", "name": "Eva", "role": "dispatcher"}
    for wrong in (
        {"email": "eva"},
        {"email": "e va@example.com"},
        {"role": "king"},
        {"role": "rep"},
        {"rep_id": "ana"},
        {"role": "rep", "rep_id": "nobody"},
        {"territory_ids": ["nowhere"]},
        {"password": "short"},
        {"password": 7},
        {"token_hash": "x"},
    ):
        problem_of(on_sqlite.send("admin", "POST", "/people", json={**good, **wrong}), 422)
    taken = on_sqlite.send("admin", "POST", "/people", json={**good, "email": "ANA@example.com"})
    problem_of(taken, 409)


def test_somebody_who_manages_people_always_remains(service: Served) -> None:
    for change in ({"active": False}, {"role": "manager"}):
        reply = service.send("admin", "PATCH", "/people/person-admin", json=change, headers={"If-Match": '"1"'})
        assert "nobody would be left" in problem_of(reply, 409).detail
    assert service.get("admin", "/people").status_code == 200


def test_a_key_opens_its_scopes_and_territories_until_it_is_revoked(service: Served) -> None:
    body = {"name": "CRM", "scopes": ["data:read"], "territory_ids": ["north"]}
    made = service.send("admin", "POST", "/api-keys", json=body)
    assert made.status_code == 201, made.text
    key = bearer(made.json()["secret"])
    assert made.json()["secret"] not in service.get("admin", "/api-keys").text

    def get(path: str) -> int:
        return service.client.get(f"/api/v1{path}", headers=key).status_code

    assert get("/customers/c0-0") == 200
    assert get("/customers/c9-0") == 404
    assert get("/visits") == 404
    assert get("/people") == 404
    assert get("/sessions") == 404
    me = service.client.get("/api/v1/me", headers=key).json()
    assert (me["id"], me["role"], me["territory_ids"]) == (made.json()["id"], "dispatcher", ["north"])
    create = service.client.post("/api/v1/customers", json={}, headers=key)
    problem_of(create, 404)
    assert service.send("admin", "DELETE", f"/api-keys/{made.json()['id']}").status_code == 204
    assert get("/customers/c0-0") == 401
    problem_of(service.send("admin", "DELETE", f"/api-keys/{made.json()['id']}"), 404)


def test_keys_that_make_no_sense_and_keys_that_are_over(on_sqlite: Served) -> None:
    good = {"name": "CRM", "scopes": ["data:read"]}
    past = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    for wrong in (
        {"scopes": []},
        {"scopes": ["everything"]},
        {"role": "rep"},
        {"role": "admin", "territory_ids": ["north"]},
        {"territory_ids": ["nowhere"]},
        {"expires_at": past},
        {"expires_at": "2030-01-01T00:00:00"},
    ):
        problem_of(on_sqlite.send("admin", "POST", "/api-keys", json={**good, **wrong}), 422)
    made = on_sqlite.send("admin", "POST", "/api-keys", json={**good, "scopes": sorted(SCOPES)}).json()
    assert on_sqlite.client.get("/api/v1/me", headers=bearer(made["secret"])).status_code == 200
    with on_sqlite.store.session() as session:
        row = session.get_one(ApiKey, made["id"])
        row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
        session.add(row)
    problem_of(on_sqlite.client.get("/api/v1/me", headers=bearer(made["secret"])), 401)


def test_contacts_are_hidden_from_whom_they_do_not_concern(service: Served) -> None:
    contact = {"phone": "+358 40 1234567", "email": "anna.maki@example.com"}
    for customer in ("c0-0", "c9-0"):
        reply = service.send("admin", "PATCH", f"/customers/{customer}", json=contact, headers={"If-Match": '"1"'})
        assert reply.json()["phone"] == contact["phone"]
    shown = service.get("ana", "/customers/c0-0").json()
    assert (shown["phone"], shown["email"]) == (contact["phone"], contact["email"])
    hidden = service.get("manager", "/customers/c9-0").json()
    assert (hidden["phone"], hidden["email"]) == ("•••67", "a•••@example.com")
    listed = service.get("manager", "/customers?limit=200").text
    assert contact["phone"] not in listed
    assert contact["email"] not in listed
    secret = service.send("admin", "POST", "/api-keys", json={"name": "k", "scopes": ["data:read"]}).json()["secret"]
    got = service.client.get("/api/v1/customers/c0-0", headers=bearer(secret)).json()
    assert got["phone"] == "•••67"
    body = {"name": "k", "scopes": ["data:read", "contacts"]}
    secret = service.send("admin", "POST", "/api-keys", json=body).json()["secret"]
    got = service.client.get("/api/v1/customers/c0-0", headers=bearer(secret)).json()
    assert got["phone"] == contact["phone"]
