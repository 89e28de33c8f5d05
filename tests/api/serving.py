"""A real service over real HTTP, in a thread of the test process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from api.server import address_of, listen, make_server
from api.settings import Settings
from api.tools import WarmSolvers
from tests.api.seed import TOKENS
from visits.store import Store, open_store


@dataclass(frozen=True)
class Served:
    """A running service: where it is, what it serves, and a client for each person."""

    base_url: str
    settings: Settings
    store: Store

    def client(self, person: str | None = None) -> httpx.Client:
        headers = {} if person is None else {"Authorization": f"Bearer {TOKENS[person]}"}
        return httpx.Client(base_url=f"{self.base_url}/api/v1", headers=headers, timeout=60)

    def get(self, person: str | None, path: str, **more) -> httpx.Response:
        return self.send(person, "GET", path, **more)

    def send(self, person: str | None, method: str, path: str, **more) -> httpx.Response:
        with self.client(person) as client:
            return client.request(method, path, **more)


@contextmanager
def served(settings: Settings, solvers: WarmSolvers | None = None) -> Iterator[Served]:
    ready = threading.Event()
    with listen(settings) as bound:
        server = make_server(settings, ready.set, solvers)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
        thread.start()
        while not ready.wait(0.05):
            assert thread.is_alive(), "the service did not start"
        store = open_store(settings.store_url)
        try:
            yield Served(address_of(bound), settings, store)
        finally:
            store.close()
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive(), "the service did not stop"
