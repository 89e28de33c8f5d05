"""The OpenAPI document: what FastAPI finds, with the sign-in that each operation's policy asks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.auth.policies import POLICIES, SCOPES

_METHODS = ("get", "put", "post", "patch", "delete")


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every operation of an OpenAPI document: its path, its method in lower case, its description."""
    for path, methods in document["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, method, methods[method]


def install(app: FastAPI) -> None:
    """Makes `app.openapi()` give the whole document, built once."""

    def build() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = build  # type: ignore[method-assign]  # how FastAPI documents that its document is extended


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title, version=app.version, summary=app.summary, routes=app.routes, separate_input_output_schemas=True
    )
    document.setdefault("components", {})["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of a person's sign-in, or the key of a system.",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "beatplan",
            "description": "A browser's sign-in, on requests from this service's own pages; with https its name begins "
            "with __Host-.",
        },
    }
    for _, _, operation in operations(document):
        roles = POLICIES[operation["operationId"]].roles
        operation["security"] = [] if roles is None else [{"token": []}, {"cookie": []}]
        operation["x-roles"] = ["anybody"] if roles is None else sorted(role.value for role in roles)
        scopes = sorted(scope for scope, opened in SCOPES.items() if operation["operationId"] in opened)
        if scopes:
            operation["x-scopes"] = scopes
    return document
