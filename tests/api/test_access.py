"""Who may do what: every operation of the published description, with every role, at things of both territories."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlmodel import col, select

from api.app import PREFIX, create_app
from api.auth.policies import POLICIES, SCOPES, permits
from api.errors import not_found
from api.openapi import operations
from api.settings import Settings
from tests.api.conftest import MONDAY
from tests.api.seed import PEOPLE
from tests.api.serving import Served
from tests.api.test_problems import problem_of
from visits.models import ApiKey, Person, Role, Visit
from visits.queries.api_keys import add_key
from visits.scope import SYSTEM, Viewer

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
REP_OF = {"north": "ana", "south": "bo"}
UNSCOPED = (
    "{run_id}",
    "{z}",
    "{proposal_id}",
    "{plan_id}",
    "{hold_id}",
    "{person_id}",
    "{session_id}",
    "{key_id}",
    "{webhook_id}",
)
"""Not part of a thing's address: their rights have tests of their own, here and in test_proposals."""
ENDLESS = {"stream_events"}
"""Answers that do not end; see test_events."""
QUERIES = {"explain_customer": f"?date={MONDAY.isoformat()}"}
BODIES = {"report_late": {"minutes": 5}, "take_fill_in": {"visit": "vis_none"}}
ONE_THING = [entry for entry in CLOSED if "{" in entry.values[0] and not any(u in entry.values[0] for u in UNSCOPED)]
OF_VISITS = [entry for entry in ONE_THING if "{visit_id}" in entry.values[0] or entry.values[2] in BODIES]
TAPS = [entry for entry in OF_VISITS if entry.values[1] == "post"]
OF_TERRITORIES = {entry.values[:2] for entry in ONE_THING if entry not in OF_VISITS}
KEY_ROLES = (Role.DISPATCHER, Role.MANAGER, Role.ADMIN)


def address(path: str, territory: str, visit: str = "vis_none") -> str:
    """A path with the ids of one territory's things in it."""
    ids = {"visit_id": visit, "run_id": "run_none", "session_id": "sin_none", "key_id": "key_none"}
    others = {
        "alternative": "balanced",
        "proposal_id": "prp_none",
        "plan_id": "pln_none",
        "hold_id": "hld_none",
        "webhook_id": "whk_none",
    }
    person = {"person_id": f"person-{REP_OF[territory]}"}
    return path.format(**THINGS[territory], **ids, **others, **person, date=MONDAY.isoformat(), z=1, x=0, y=0)


def may_call(person: str, operation: str) -> bool:
    roles = POLICIES[operation].roles
    return roles is None or PEOPLE[person][0] in roles


def visits_by_rep(service: Served) -> dict[str, list[str]]:
    """The planned visits of each rep on the Monday, in driving order."""
    with service.store.reading() as session:
        found = session.exec(select(Visit).where(Visit.day == MONDAY).order_by(col(Visit.start_s))).all()
    return {rep: [visit.id for visit in found if visit.rep_id == rep] for rep in REP_OF.values()}


@pytest.mark.parametrize(("path", "method", "operation"), CLOSED)
def test_nobody_comes_in_without_a_token(shared: Served, path: str, method: str, operation: str) -> None:
    del operation
    problem_of(shared.send(None, method, address(path, "north")), 401)
    guess = {"Authorization": "Bearer bp_guess"}
    problem_of(shared.send(None, method, address(path, "north"), headers=guess), 401)


@pytest.mark.parametrize(("path", "method", "operation"), CLOSED)
def test_roles_without_the_operation_see_nothing_there(shared: Served, path: str, method: str, operation: str) -> None:
    for person in PEOPLE:
        if not may_call(person, operation):
            problem_of(shared.send(person, method, address(path, "north"), json={}), 404)


@pytest.mark.parametrize(("path", "method", "operation"), [entry for entry in ONE_THING if entry not in TAPS])
def test_what_is_not_yours_is_not_there(shared: Served, path: str, method: str, operation: str) -> None:
    visits = visits_by_rep(shared)
    for person in (person for person in PEOPLE if may_call(person, operation)):
        for territory in THINGS:
            filled = address(path, territory, visits[REP_OF[territory]][0]) + QUERIES.get(operation, "")
            reply = shared.send(person, method, filled, json={"name": "New"}, headers={"If-Match": "999"})
            if territory in OWN[person]:
                assert reply.status_code in {200, 201, 412}, (person, territory, reply.text)
            else:
                problem_of(reply, 404)


@pytest.mark.parametrize("role", KEY_ROLES)
def test_a_key_opens_what_its_role_and_scopes_say_and_nothing_else(role: Role) -> None:
    for operation, policy in POLICIES.items():
        opened_by = {scope for scope, opened in SCOPES.items() if operation in opened}
        for scope in SCOPES:
            viewer = Viewer("key_1", "key", role, scopes=frozenset({scope}))
            by_scope = scope in opened_by or operation == "get_me"
            assert permits(operation, viewer) == (policy.roles is None or (by_scope and role in policy.roles))


@pytest.mark.parametrize("role", KEY_ROLES)
def test_keys_at_every_operation(shared: Served, role: Role) -> None:
    territories = None if role is Role.ADMIN else ["north"]
    for path, method, operation in (entry.values for entry in CLOSED):
        opening = [scope for scope in SCOPES if operation in SCOPES[scope]]
        with_it, without = (
            key_headers(shared, ApiKey(name="test", role=role, scopes=scopes, territory_ids=territories))
            for scopes in (opening, [scope for scope in SCOPES if scope not in opening])
        )
        if operation != "get_me":
            shut = shared.send(None, method, address(path, "north"), headers=without, json={})
            assert problem_of(shut, 404).detail == not_found().detail, operation
        if not opening or role not in POLICIES[operation].roles or operation in ENDLESS:
            continue
        asked = QUERIES.get(operation, "")
        reply = shared.send(
            None, method, address(path, "north") + asked, headers=with_it, json=BODIES.get(operation, {})
        )
        assert reply.status_code != 401, operation
        if "{" not in path and operation != "get_map":
            assert reply.status_code in {200, 202, 422}, (operation, reply.text)
        if (path, method) in OF_TERRITORIES:
            assert reply.status_code in {200, 412}, (operation, reply.text)
            beyond = shared.send(None, method, address(path, "south") + asked, headers=with_it, json={})
            assert beyond.status_code == (404 if territories else reply.status_code), operation


def key_headers(service: Served, key: ApiKey) -> dict[str, str]:
    with service.store.session() as session:
        return {"Authorization": f"Bearer {add_key(session, SYSTEM, key)}", "If-Match": '"999"'}


@pytest.mark.parametrize(("path", "method", "operation"), TAPS)
def test_taps_for_others_reach_nothing(planned: Served, path: str, method: str, operation: str) -> None:
    visits = visits_by_rep(planned)
    own = {territory: iter(visits[rep]) for territory, rep in REP_OF.items()}
    for person in (person for person in PEOPLE if may_call(person, operation)):
        for territory in THINGS:
            visit = next(own[territory])
            headers = {"Idempotency-Key": f"{operation}-{person}-{territory}"}
            reply = planned.send(
                person, method, address(path, territory, visit), json=BODIES.get(operation, {}), headers=headers
            )
            if territory in OWN[person]:
                assert reply.status_code in {200, 409}, (person, territory, reply.text)
            else:
                problem_of(reply, 404)


def test_planning_runs_are_seen_by_who_asked_and_by_those_who_see_all(service: Served) -> None:
    made = service.send("dispatcher", "POST", "/plan-runs", json={"from": MONDAY.isoformat(), "days": 1})
    assert made.status_code == 202, made.text
    assert made.json()["territories"] == ["north"]
    path = made.headers["location"].removeprefix("/api/v1")
    for person, status in (("dispatcher", 200), ("everywhere", 200), ("admin", 200), ("manager", 404), ("ana", 404)):
        assert service.get(person, path).status_code == status, person
    problem_of(service.send("manager", "DELETE", path), 404)
    beyond = {"from": MONDAY.isoformat(), "territories": ["south"]}
    problem_of(service.send("dispatcher", "POST", "/plan-runs", json=beyond), 422)


def test_lists_hold_only_what_is_yours(shared: Served) -> None:
    for person, territories in OWN.items():
        own_rep = PEOPLE[person][1]
        for noun, key in (("territories", "id"), ("customers", "territory_id"), ("reps", "territory_id")):
            items = shared.get(person, f"/{noun}?limit=200").json()["items"]
            assert {item[key] for item in items} == territories, (person, noun)
        reps = {REP_OF[territory] for territory in territories}
        assert {item["id"] for item in shared.get(person, "/reps").json()["items"]} == reps
        plans = shared.get(person, "/plans", params={"date": MONDAY.isoformat()}).json()["items"]
        assert {plan["rep"] for plan in plans} == reps, person
        visits = shared.get(person, "/visits?limit=200").json()["items"]
        assert {visit["rep_id"] for visit in visits} - {None} == reps, person
        assert own_rep is None or {visit["rep_id"] for visit in visits} == {own_rep}


def test_an_ended_sign_in_ends_at_once(service: Served) -> None:
    with service.store.session() as session:
        person = session.get(Person, "person-ana")
        assert person is not None
        person.active = False
        session.add(person)
    problem_of(service.get("ana", "/me"), 401)


def test_me(shared: Served) -> None:
    assert shared.get("ana", "/me").json() == {
        "id": "person-ana",
        "name": "Ana",
        "role": "rep",
        "rep_id": "ana",
        "territory_ids": ["north"],
    }
    assert shared.get("admin", "/me").json()["territory_ids"] is None
    assert shared.get("dispatcher", "/me").json()["territory_ids"] == ["north"]
