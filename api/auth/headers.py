"""What every answer tells the browser to forbid."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.page_files import content_policy

_DATA_POLICY = "default-src 'none'; frame-ancestors 'none'"
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(self), camera=(), microphone=(), payment=(), usb=()",
}


class SecurityHeaders:
    """Adds the headers. Pages may run this service's own scripts and nothing inline; data may run nothing.

    `public_url` with https makes browsers stay with https. A header that an operation sets itself stays.
    """

    def __init__(self, app: ASGIApp, public_url: str = "") -> None:
        self.app = app
        always = dict(_ALWAYS)
        if public_url.startswith("https:"):
            always["Strict-Transport-Security"] = "max-age=31536000"
        self._of_pages = _encoded({**always, "Content-Security-Policy": content_policy()})
        self._of_data = _encoded({**always, "Content-Security-Policy": _DATA_POLICY, "Cache-Control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def say(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = dict(message["headers"])
                added = self._of_pages if own.get(b"content-type", b"").startswith(b"text/html") else self._of_data
                message["headers"] = [*message["headers"], *(pair for pair in added if pair[0] not in own)]
            await send(message)

        await self.app(scope, receive, say)


def _encoded(headers: dict[str, str]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.lower().encode(), value.encode()) for name, value in headers.items())
