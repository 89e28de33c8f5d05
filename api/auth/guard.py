"""The door of every operation: its policy is looked up, the caller is named, and only then is the body read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pydantic_core
from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.auth.contacts import masked
from api.auth.cookies import base_url, cookie_token
from api.auth.people import find_viewer
from api.auth.policies import POLICIES, permits, sees_contacts
from api.errors import ApiError, bad_field, not_found
from api.glances import at_once
from visits.plain_text import odd_mark

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="beatplan"'}
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})


class StrictRequest(Request):
    """A request whose JSON is taken by the letter: no NaN, no endless nesting, no half characters."""

    async def json(self) -> Any:
        """The body as Python values. Raises ApiError 400 when it is not JSON."""
        try:
            return pydantic_core.from_json(await self.body(), allow_inf_nan=False)
        except ValueError as error:
            raise ApiError(400, f"The body is not valid JSON: {error}; correct it and send it again.") from None


class GuardedRoute(APIRoute):
    """An operation behind its policy. Raises LookupError at start when the operation has no name or no policy."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the door before it."""
        operation = self.operation_id
        if operation is None or operation not in POLICIES:
            raise LookupError(f"{self.path} has the operation_id {operation!r}, which has no line in auth/policies.py")
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            request.state.operation = operation
            await _admit(request, operation)
            strict = StrictRequest(request.scope, request.receive)
            if request.method in _WITH_BODY:
                await _require_json(strict)
            response = await inner(strict)
            viewer = getattr(request.state, "viewer", None)
            if viewer is None or sees_contacts(viewer, request.app.state.services.sign_in.contact_roles):
                return response
            return masked(response)

        return handle


async def _admit(request: Request, operation: str) -> None:
    for name, value in (*request.path_params.items(), *request.query_params.multi_items()):
        odd = odd_mark(str(value))
        if odd is not None:
            raise bad_field(name, f"holds the control character {odd}; correct the address")
    if POLICIES[operation].roles is None:
        return
    services = request.app.state.services
    token = bearer_token(request, services.settings.public_url)
    viewer = await at_once(services.store, find_viewer, services.store, services.sign_in.uses, token)
    if viewer is None:
        raise ApiError(401, "The token is not known or no longer valid; sign in again.", headers=_CHALLENGE)
    services.sign_in.calls.call(viewer.person_id)
    if not permits(operation, viewer):
        raise not_found()
    request.state.viewer = viewer


def bearer_token(request: Request, public_url: str) -> str:
    """The token of the Authorization header, else of the cookie. Raises ApiError 401 when there is none that counts."""
    given = request.headers.get("authorization")
    if given is None:
        token = cookie_token(request, base_url(request, public_url))
        if token:
            return token
        raise ApiError(
            401,
            "Sign in first: send your token as `Authorization: Bearer …`. A cookie counts for a change only on a "
            "request from this service's own pages.",
            headers=_CHALLENGE,
        )
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ApiError(401, "Sign in first: send your token as `Authorization: Bearer …`.", headers=_CHALLENGE)
    return token.strip()


async def _require_json(request: Request) -> None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if await request.body() and kind != "application/json" and not kind.endswith("+json"):
        raise ApiError(415, f"The body is of type {kind or 'unknown'}; send JSON as application/json.")
