"""No body, however broken, brings an operation down: each answers 4xx with a problem document and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.app import PREFIX, create_app
from api.auth.policies import POLICIES
from api.openapi import operations
from api.settings import Settings
from tests.api.serving import Served
from tests.api.test_access import address
from tests.api.test_problems import problem_of
from visits.models import Role

DOCUMENT = create_app(Settings(data_dir=Path("/nowhere"))).openapi()
TAKING = [
    pytest.param(path.removeprefix(PREFIX), method, operation, id=operation["operationId"])
    for path, method, operation in operations(DOCUMENT)
    if "requestBody" in operation
]
BROKEN = (
    b"{",
    b"\x00",
    b"\xff\xfe{\x00}\x00",
    '{"name": "ä"}'.encode("utf-16"),
    '{"name": "ä"}'.encode("latin-1"),
    b'{"name": NaN, "minutes": Infinity}',
    b"[" * 20_000,
    b'{"a":' * 8_000,
    b'{"name": "\\ud800"}',
    b'{"name": "a\\u0000b", "email": "a\\u0000b", "password": "a\\u0000b", "code": "\\u0000", "reason": "\\u0000"}',
    b'{"name": 1e999}',
    b'{"a": 1, "a": 2}',
    b"9" * 5_000,
    b"null null",
    b"[]",
    b'"text"',
    b'{"no such field": {}}',
    b'{"x": "' + b"x" * 60_000 + b'"}',
)


def test_every_broken_body_at_every_operation(on_sqlite: Served) -> None:
    for path, method, operation in (entry.values for entry in TAKING):
        roles = POLICIES[operation["operationId"]].roles
        person = "ana" if roles == frozenset({Role.REP}) else "admin"
        for body in BROKEN:
            headers = {"Content-Type": "application/json", "If-Match": '"1"', "Idempotency-Key": "k"}
            reply = on_sqlite.send(person, method, address(path, "north"), content=body, headers=headers)
            assert 400 <= reply.status_code < 500, (operation["operationId"], body[:40], reply.text)
            assert reply.status_code in {400, 404, 413, 422, 429}, (operation["operationId"], body[:40], reply.text)
            assert str(reply.status_code) in operation["responses"], (operation["operationId"], reply.status_code)
            problem_of(reply, reply.status_code)
    assert [one["version"] for one in on_sqlite.get("admin", "/people").json()["items"]] == [1] * 6
