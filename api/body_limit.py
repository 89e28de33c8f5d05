"""Refuses request bodies that are larger than the service takes, before anything parses them."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import problem_response


class BodyLimit:
    """Reads a request's body up to `limit_bytes` and hands it on whole; answers 413 when there is more.

    Both a declared Content-Length and a chunked body that never declares one are held to the limit. A body that has
    not arrived after `seconds` is a 408.
    """

    def __init__(self, app: ASGIApp, limit_bytes: int, seconds: float) -> None:
        self.app = app
        self.limit_bytes = limit_bytes
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, with its whole body read."""
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD", "OPTIONS"}:
            await self.app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        parts: list[bytes] = []
        size = int(declared) if declared.isdigit() else 0
        if size <= self.limit_bytes:
            size, more = 0, True
            with anyio.move_on_after(self.seconds) as patience:
                while more and size <= self.limit_bytes:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    more = message.get("more_body", False)
            if patience.cancelled_caught:
                sentence = f"The body did not arrive within {self.seconds:g} seconds; send it again, faster."
                await problem_response(408, sentence, headers={"Connection": "close"})(scope, receive, send)
                return
        if size > self.limit_bytes:
            sentence = f"The body is larger than {self.limit_bytes} bytes; send less at a time."
            await problem_response(413, sentence, headers={"Connection": "close"})(scope, receive, send)
            return
        await self.app(scope, _Replay(b"".join(parts), receive), send)


class _Replay:
    """The body once, then whatever the client does next."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self.body: bytes | None = body
        self.receive = receive

    async def __call__(self) -> Message:
        if self.body is None:
            return await self.receive()
        body, self.body = self.body, None
        return {"type": "http.request", "body": body, "more_body": False}
