"""A real service over real HTTP, in a thread of the test process."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from api.server import address_of, listen, make_server
from api.settings import Settings
from tests.api.seed import TOKENS
from visits.store import Store, open_store

NO_CERTIFICATES = ssl.create_default_context()
"""Made once: a client that makes its own reads all certificates of the system first."""


@dataclass(frozen=True)
class Served:
    """A running service: where it is, what it serves, and a client that speaks for any person."""

    base_url: str
    settings: Settings
    store: Store
    client: httpx.Client

    def get(self, person: str | None, path: str, **more) -> httpx.Response:
        return self.send(person, "GET", path, **more)

    def send(self, person: str | None, method: str, path: str, headers=None, **more) -> httpx.Response:
        sign_in = {} if person is None else {"Authorization": f"Bearer {TOKENS[person]}"}
        return self.client.request(method, f"/api/v1{path}", headers={**sign_in, **(headers or {})}, **more)


@contextmanager
def served(settings: Settings) -> Iterator[Served]:
    ready = threading.Event()
    with listen(settings) as bound:
        server = make_server(settings, ready.set)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not ready.wait(0.05):
            assert thread.is_alive(), "the service did not start"
        store = open_store(settings.store_url)
        base_url = address_of(bound)
        try:
            with httpx.Client(base_url=base_url, timeout=300, verify=NO_CERTIFICATES, trust_env=False) as client:
                yield Served(base_url, settings, store, client)
        finally:
            store.close()
            server.should_exit = True
            thread.join(120)
            assert not thread.is_alive(), "the service did not stop"
