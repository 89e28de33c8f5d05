"""A client that taps at every stop and repeats a tap under its key until it is answered."""

from __future__ import annotations

import threading
import time

import httpx
from sqlmodel import select

from tests.api.seed import TOKENS
from visits.models import Event, Visit
from visits.store import Store


class Tapper(threading.Thread):
    """Taps `arrive` and then `complete` at each visit; `answered` holds the keys of those that were accepted."""

    def __init__(self, base_url: str, visit_ids: list[str], pause_s: float = 0.02) -> None:
        super().__init__(daemon=True)
        self._base_url, self._visit_ids, self._pause_s = base_url, visit_ids, pause_s
        self.answered: list[tuple[str, str]] = []
        self.refused: list[str] = []
        self.repeats = 0

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {TOKENS['admin']}"}
        with httpx.Client(base_url=self._base_url, headers=headers, timeout=30, trust_env=False) as client:
            for visit_id in self._visit_ids:
                for tap, body in (("arrive", {}), ("complete", {"outcome": "order", "note": visit_id})):
                    self._tap(client, visit_id, tap, body)
                    time.sleep(self._pause_s)

    def _tap(self, client: httpx.Client, visit_id: str, tap: str, body: dict) -> None:
        while True:
            try:
                reply = client.post(
                    f"/api/v1/visits/{visit_id}/{tap}", json=body, headers={"Idempotency-Key": f"{tap}-{visit_id}"}
                )
            except httpx.TransportError:
                reply = None
            if reply is not None and reply.status_code == 200:
                self.answered.append((visit_id, tap))
                return
            if reply is not None and reply.status_code not in {500, 503}:
                self.refused.append(f"{tap} {visit_id}: {reply.status_code} {reply.text}")
                return
            self.repeats += 1
            time.sleep(0.1)


def require_every_tap(store: Store, tapper: Tapper, visit_ids: list[str]) -> None:
    """Each accepted tap is there, once."""
    assert not tapper.refused, tapper.refused
    assert len(tapper.answered) == 2 * len(visit_ids), tapper.answered
    with store.reading() as session:
        for visit_id in visit_ids:
            visit = session.get_one(Visit, visit_id)
            assert (visit.state, visit.note) == ("done", visit_id)
            kinds = session.exec(select(Event.kind).where(Event.subject == visit_id)).all()
            assert kinds.count("visit.arrived") == kinds.count("visit.done") == 1, kinds
