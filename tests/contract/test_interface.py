"""The whole interface as its description says, asked by schemathesis on seeded data: no fault, nothing undocumented."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_schema_conformance,
    status_code_conformance,
)
from sqlmodel import select

from api.app import create_app
from api.auth.policies import POLICIES
from api.settings import Settings
from tests.api.conftest import MONDAY, planned_sqlite, roads, settings_for
from tests.api.seed import TOKENS
from tests.api.serving import Served, served
from visits.models import Role, Visit

__all__ = ["planned_sqlite", "roads"]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 6
LEFT_OUT = ["end_current_session", "start_provider_sign_in", "finish_provider_sign_in", "stream_events"]
"""Signing out would end the test's own token, live events never end, and the provider is somebody else's."""
AT_RANDOM = schemathesis.Config.from_dict({"phases": {"coverage": {"enabled": False}}})
"""Requests are drawn; every boundary of every field in turn would take minutes more."""
schema = schemathesis.openapi.from_dict(
    create_app(Settings(data_dir=Path("/nowhere"))).openapi(), config=AT_RANDOM
).exclude(operation_id=LEFT_OUT)


@pytest.fixture(scope="module")
def service(planned_sqlite: Path, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service of its own with two days planned; planning runs that are asked for stay queued."""
    folder = tmp_path_factory.mktemp("asked")
    shutil.copy(planned_sqlite, folder / "beatplan.db")
    settings_here = settings_for(f"sqlite:///{folder / 'beatplan.db'}", roads, folder)
    patience = settings_here.model_copy(update={"sign_in_attempts": 10_000, "worker": False})
    with served(patience) as running:
        yield running


def known_ids(service: Served) -> dict[str, list[str]]:
    """What is really there, by the names that addresses give it."""
    with service.store.reading() as session:
        visits = session.exec(select(Visit.id).order_by(Visit.id)).all()
    return {
        "rep_id": ["ana", "bo"],
        "customer_id": ["c0-0", "c9-1"],
        "territory_id": ["north"],
        "person_id": ["person-bo", "person-manager"],
        "visit_id": list(visits),
        "date": [MONDAY.isoformat(), "today"],
    }


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_those_described(case: schemathesis.Case, service: Served) -> None:
    known = known_ids(service)
    for name in set(case.path_parameters or ()) & set(known):
        if secrets.randbelow(4):
            case.path_parameters[name] = secrets.choice(known[name])
    roles = POLICIES[case.operation.definition.raw["operationId"]].roles
    person = "ana" if roles == frozenset({Role.REP}) else "admin"
    case.call_and_validate(
        base_url=service.base_url,
        headers={"Authorization": f"Bearer {TOKENS[person]}", "Idempotency-Key": secrets.token_hex(8)},
        checks=CHECKS,
        allow_redirects=False,
        timeout=60,
    )


def test_it_still_works(service: Served) -> None:
    assert requests.get(f"{service.base_url}/readyz", timeout=60).status_code == 200
    assert service.get("admin", "/customers").status_code == 200
