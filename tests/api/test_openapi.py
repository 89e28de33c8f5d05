"""The published description is whole: names, summaries, errors, policies."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI

from api.app import PREFIX, create_app
from api.auth.guard import GuardedRoute
from api.auth.policies import POLICIES, SCOPES
from api.openapi import operations
from api.settings import Settings, documented

DOCUMENT = create_app(Settings(data_dir=Path("/nowhere"))).openapi()
OPERATIONS = [pytest.param(*found, id=found[2]["operationId"]) for found in operations(DOCUMENT)]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_is_described(path: str, method: str, operation: dict) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    success = [status for status in operation["responses"] if status.startswith("2")]
    assert success or "303" in operation["responses"], "no success response"
    for status in set(success) - {"204"}:
        assert operation["responses"][status]["content"], f"{status} has no documented body"
    for status, response in operation["responses"].items():
        if status.startswith(("4", "5")):
            reference = response["content"]["application/problem+json"]["schema"]["$ref"]
            assert reference == "#/components/schemas/Problem", status
    policy = POLICIES[operation["operationId"]]
    if policy.roles is not None:
        assert {"401", "429", "503"} <= set(operation["responses"])
        assert operation["security"] == [{"token": []}, {"cookie": []}]
    if "{" in path:
        assert "404" in operation["responses"]
    if method in {"post", "patch"}:
        assert {"400", "413", "415", "422"} <= set(operation["responses"])


def test_every_policy_belongs_to_an_operation() -> None:
    known = {operation["operationId"] for _, _, operation in operations(DOCUMENT)}
    assert set(POLICIES) == known
    assert set().union(*SCOPES.values()) <= known


def test_a_route_without_a_policy_does_not_start() -> None:
    router = APIRouter(route_class=GuardedRoute)
    with pytest.raises(LookupError, match="policies"):
        router.get("/secret", operation_id="get_secret")(lambda: "secret")
    with pytest.raises(LookupError, match="operation_id None"):
        router.get("/secret")(lambda: "secret")


def test_no_route_goes_round_the_door() -> None:
    app: FastAPI = create_app(Settings(data_dir=Path("/nowhere")))

    def routes(router: object) -> list[object]:
        found = []
        for route in router.routes:  # type: ignore[attr-defined]
            inner = getattr(route, "original_router", None)
            found.extend(routes(inner) if inner is not None else [route])
        return found

    everything = routes(app)
    assert len(everything) == len(POLICIES)
    assert all(isinstance(route, GuardedRoute) for route in everything)


def test_one_shape_of_error_is_published() -> None:
    problem = DOCUMENT["components"]["schemas"]["Problem"]
    assert list(problem["properties"]) == ["type", "title", "status", "detail", "errors"]
    assert problem["required"] == ["type", "title", "status", "detail", "errors"]
    assert not [name for name in DOCUMENT["components"]["schemas"] if "ValidationError" in name]


def test_paths_of_the_contract() -> None:
    wanted = {
        ("get", "/me"),
        ("get", "/reps/{rep_id}/plans/{date}"),
        ("get", "/plans"),
        ("get", "/calendars/{token}.ics"),
        ("post", "/visits/{visit_id}/arrive"),
        ("post", "/visits/{visit_id}/complete"),
        ("post", "/visits/{visit_id}/cancel"),
        ("post", "/visits/{visit_id}/no-show"),
        ("post", "/visits/{visit_id}/late"),
        ("post", "/proposals"),
        ("post", "/proposals/{proposal_id}/commit"),
        ("post", "/plans/{plan_id}/undo"),
        ("post", "/slots"),
        ("get", "/visits/{visit_id}/explanation"),
        ("get", "/customers/{customer_id}/explanation"),
        ("post", "/plan-runs"),
        ("get", "/plan-runs/{run_id}"),
        ("delete", "/plan-runs/{run_id}"),
        *(
            (method, path)
            for noun, one in (("customers", "customer"), ("reps", "rep"), ("territories", "territory"))
            for method, path in (
                ("get", f"/{noun}"),
                ("post", f"/{noun}"),
                ("get", f"/{noun}/{{{one}_id}}"),
                ("patch", f"/{noun}/{{{one}_id}}"),
            )
        ),
    }
    served = {(method, path) for path, method, _ in operations(DOCUMENT)}
    assert {(method, PREFIX + path) for method, path in wanted} <= served
    assert {("get", "/healthz"), ("get", "/readyz"), ("get", "/metrics")} <= served


def test_every_setting_is_documented() -> None:
    assert all(text.endswith(".") for _, text in documented().values()), documented()
