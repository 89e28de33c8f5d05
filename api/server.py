"""Running the service in this process: a bound socket, a word when it is ready, and a short end."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn

from api.app import create_app
from api.logs import logging_config
from api.settings import Settings
from routing.errors import InputError
from visits.store import open_store

END_S = 4.5
"""A service that was told to stop is gone after so many seconds, whatever its requests still do."""


class Server(uvicorn.Server):
    """A server that says when it is ready, and that ends in time."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._end: threading.Timer | None = None

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serves until told to stop."""
        try:
            super().run(sockets)
        finally:
            if self._end is not None:
                self._end.cancel()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Opens the service; calls `on_ready` once it answers."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends streams of live events, which would never end by themselves, then everything else."""
        services = getattr(getattr(self.config.app, "state", None), "services", None)
        if services is not None:
            services.feed.close()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or Ctrl-C: end gently, and certainly; a second one does not wait for open requests."""
        del sig, frame
        self.force_exit = self.should_exit
        self.end()

    def end(self, code: int = 0) -> None:
        """Stop serving; what does not stop by itself in time ends with this process, whose exit code is `code`."""
        self.should_exit = True
        if self._end is None:
            self._end = threading.Timer(END_S, os._exit, (code,))
            self._end.daemon = True
            self._end.start()


def listen(settings: Settings) -> socket.socket:
    """A socket bound to the host and port of the settings (port 0: a free one).

    Raises InputError when the port is taken or the host is not one of this machine.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0]
        # asyncio turns off the delay of small packets, 40 ms for every answer, only where the protocol is named
        bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(128)  # only listening takes the port for good
    except socket.gaierror:
        raise InputError(f"{settings.host!r} is no address of this machine; use --host 127.0.0.1") from None
    except OSError as error:
        raise InputError(
            f"port {settings.port} on {settings.host} cannot be used ({error.strerror}); "
            "stop the program that has it or choose another --port (0 takes a free one)"
        ) from None
    bound.set_inheritable(False)
    return bound


def address_of(bound: socket.socket) -> str:
    """The base URL of a bound socket."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(settings: Settings, on_ready: Callable[[], None] = lambda: None) -> Server:
    """A server of these settings. Raises InputError or StoreError when the database cannot be used."""
    open_store(settings.store_url).close()
    config = uvicorn.Config(
        create_app(settings),
        log_config=logging_config(settings.log_format),
        access_log=False,
        forwarded_allow_ips=settings.trusted_proxies,
        lifespan="on",
        timeout_graceful_shutdown=max(1, round(settings.stop_seconds)),
        server_header=False,
    )
    return Server(config, on_ready)
