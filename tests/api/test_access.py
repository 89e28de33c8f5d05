"""Who may do what: every operation of the published description, with every role, at things of both territories."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.app import PREFIX, create_app
from api.auth.policies import POLICIES
from api.openapi import operations
from api.settings import Settings
from tests.api.seed import PEOPLE
from tests.api.serving import Served
from tests.api.test_problems import problem_of

DOCUMENT = create_app(Settings(data_dir=Path("/nowhere"))).openapi()
CLOSED = [
    pytest.param(path.removeprefix(PREFIX), method, operation["operationId"], id=operation["operationId"])
    for path, method, operation in operations(DOCUMENT)
    if POLICIES[operation["operationId"]].roles is not None
]
OWN = {
    "ana": {"north"},
    "bo": {"south"},
    "dispatcher": {"north"},
    "everywhere": {"north", "south"},
    "manager": {"south"},
    "admin": {"north", "south"},
}
THINGS = {
    "north": {"rep_id": "ana", "customer_id": "c0-0", "territory_id": "north"},
    "south": {"rep_id": "bo", "customer_id": "c9-0", "territory_id": "south"},
}
ONE_THING = [entry for entry in CLOSED if "{" in entry.values[0] and "run_id" not in entry.values[0]]


def address(path: str, territory: str) -> str:
    names = {**THINGS[territory], "date": "2026-11-23", "visit_id": f"visit-{territory}"}
    return path.format(**names)


@pytest.mark.parametrize(("path", "method", "operation"), CLOSED)
def test_nobody_comes_in_without_a_token(service: Served, path: str, method: str, operation: str) -> None:
    del operation
    filled = address(path, "north") if "run_id" not in path else "/plan-runs/x"
    problem_of(service.send(None, method, filled), 401)
    problem_of(service.send(None, method, filled, headers={"Authorization": "Bearer bp_guess"}), 401)


@pytest.mark.parametrize(("path", "method", "operation"), CLOSED)
def test_roles_without_the_operation_see_nothing_there(
    service: Served, path: str, method: str, operation: str
) -> None:
    roles = POLICIES[operation].roles
    filled = address(path, "north") if "run_id" not in path else "/plan-runs/x"
    for person, (role, _, _) in PEOPLE.items():
        if roles is not None and role not in roles:
            problem_of(service.send(person, method, filled, json={}), 404)


@pytest.mark.parametrize(("path", "method", "operation"), ONE_THING)
def test_what_is_not_yours_is_not_there(
    planned: Served, path: str, method: str, operation: str
) -> None:
    roles = POLICIES[operation].roles
    for person, (role, _, _) in PEOPLE.items():
        if roles is None or role not in roles:
            continue
        for territory in THINGS:
            headers = {"If-Match": "999", "Idempotency-Key": f"{operation}-{person}-{territory}"}
            reply = planned.send(person, method, address(path, territory), json={}, headers=headers)
            if territory in OWN[person]:
                assert reply.status_code != 404, (person, territory, reply.text)
            else:
                problem_of(reply, 404)


def test_lists_hold_only_what_is_yours(planned: Served) -> None:
    for person, territories in OWN.items():
        for noun, key in (("territories", "id"), ("customers", "territory_id"), ("reps", "territory_id")):
            items = planned.get(person, f"/{noun}?limit=200").json()["items"]
            assert {item[key] for item in items} == territories, (person, noun)
        reps = {item["id"] for item in planned.get(person, "/reps").json()["items"]}
        plans = planned.get(person, "/plans", params={"date": "2026-11-23"}).json()["items"]
        assert {plan["rep"] for plan in plans} == reps, person


def test_an_ended_sign_in_ends_at_once(service: Served) -> None:
    with service.store.session() as session:
        session.connection().exec_driver_sql("UPDATE person SET active = false WHERE id = 'person-ana'")
    problem_of(service.get("ana", "/me"), 401)


def test_me(service: Served) -> None:
    assert service.get("ana", "/me").json() == {
        "id": "person-ana",
        "name": "Ana",
        "role": "rep",
        "rep_id": "ana",
        "territory_ids": ["north"],
    }
    assert service.get("admin", "/me").json()["territory_ids"] is None
    assert service.get("dispatcher", "/me").json()["territory_ids"] == ["north"]
