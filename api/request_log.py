"""A name for every request: taken from X-Request-ID or made, answered in the same header, written on each log line."""

from __future__ import annotations

import logging
import random
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.logs import REQUEST_ID

HEADER = "X-Request-ID"
_HEADER = HEADER.lower().encode()
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
        name = _usable(dict(scope["headers"]).get(_HEADER, b"").decode("latin-1")) or f"{random.getrandbits(64):016x}"
        token = REQUEST_ID.set(name)
        began, status = time.perf_counter(), 500

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (_HEADER, name.encode())]
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


def _usable(given: str) -> str | None:
    """A caller's own name for a request, where it is short and plain."""
    plain = len(given) <= LONGEST and given.isascii() and all(mark.isalnum() or mark in "-_." for mark in given)
    return given if given and plain else None
