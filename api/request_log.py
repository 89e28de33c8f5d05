"""A name for every request: taken from X-Request-ID or made, answered in the same header, written on each log line."""

from __future__ import annotations

import logging
import secrets
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import REQUEST_ID

HEADER = "X-Request-ID"
LONGEST = 64
log = logging.getLogger("beatplan.requests")


class RequestLog:
    """Names requests and writes a line for each: operation, status, milliseconds, who. Never an address or a body."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, named and written down."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = _usable(Headers(scope=scope).get(HEADER)) or secrets.token_hex(8)
        token = REQUEST_ID.set(name)
        began, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            if log.isEnabledFor(logging.INFO):
                state = scope.get("state", {})
                viewer = state.get("viewer")
                log.info(
                    "answered",
                    extra={
                        "operation": state.get("operation", "none"),
                        "status": status,
                        "ms": round(1000 * (time.perf_counter() - began), 1),
                        "person": None if viewer is None else viewer.person_id,
                    },
                )
            REQUEST_ID.reset(token)


def _usable(given: str | None) -> str | None:
    """A caller's own name for a request, where it is short and plain."""
    plain = given is not None and 0 < len(given) <= LONGEST and all(mark.isalnum() or mark in "-_." for mark in given)
    return given if plain and given is not None and given.isascii() else None
