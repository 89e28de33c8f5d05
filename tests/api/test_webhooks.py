"""Webhooks: signed, delivered once each, tried again, given up, and never sent into the own network."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlmodel import select
from standardwebhooks.webhooks import Webhook as Signer

from api.settings import Settings
from api.webhooks import delivery
from api.webhooks.delivery import Deliverer
from api.webhooks.targets import is_public, target_of
from routing.errors import InputError
from tests.api.serving import Served, served
from tests.api.test_problems import problem_of
from visits.models import DeliveryState, WebhookDelivery, utc_now
from visits.queries.events import record
from visits.scope import SYSTEM
from visits.store import Store
from visits.webhooks import PAUSES, Message, due_deliveries, note_attempt, put_on_their_way


class Receiver:
    """Another system: keeps what it is sent and answers as told."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                if receiver.status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?of=beatplan"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def open_service(settings: Settings) -> Iterator[Served]:
    with served(settings.model_copy(update={"webhook_private": True})) as running:
        yield running


def happen(store: Store, kind: str) -> None:
    with store.session() as session:
        record(session, SYSTEM, kind, "thing", {"stops": 3}, rep_id="ana")


def deliver_all(service: Served) -> list[str]:
    put_on_their_way(service.store)
    with service.store.reading() as session:
        due = due_deliveries(session)
    return [Deliverer(service.store, service.settings).deliver(delivery_id) for delivery_id, _ in due]


def test_events_are_signed_and_sent_once(open_service: Served, receiver: Receiver) -> None:
    happen(open_service.store, "visit.before")
    body = {"url": receiver.url, "kinds": ["visit.done", "webhook.added"]}
    made = open_service.send("admin", "POST", "/webhooks", json=body)
    assert made.status_code == 201, made.text
    secret = made.json()["secret"]
    happen(open_service.store, "visit.done")
    happen(open_service.store, "visit.other")
    assert deliver_all(open_service) == ["answered 204", "answered 204"]
    assert deliver_all(open_service) == []
    assert put_on_their_way(open_service.store) == 0
    for headers, sent in receiver.got:
        Signer(secret).verify(sent, headers)
        tampered = sent.replace(b"thing", b"other").replace(b"whk_", b"whx_")
        with pytest.raises(Exception, match="No matching signature"):
            Signer(secret).verify(tampered, headers)
    done = json.loads(receiver.got[-1][1])
    assert done["type"] == "visit.done"
    assert done["data"]["stops"] == 3
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 2
    shown = open_service.get("admin", f"/webhooks/{made.json()['id']}/deliveries").json()["items"]
    assert [(one["state"], one["attempts"], one["answer"]) for one in shown] == [("sent", 1, "answered 204")] * 2
    assert "secret" not in open_service.get("admin", f"/webhooks/{made.json()['id']}").json()


def test_what_is_not_taken_is_tried_again_and_at_last_given_up(open_service: Served, receiver: Receiver) -> None:
    made = open_service.send("admin", "POST", "/webhooks", json={"url": receiver.url, "kinds": ["visit.done"]})
    happen(open_service.store, "visit.done")
    for attempt, status in enumerate([500, 302, 404, 429, 500, 500, 500, 500]):
        receiver.status = status
        assert deliver_all(open_service) == [f"answered {status}"]
        with open_service.store.session() as session:
            row = session.exec(select(WebhookDelivery)).one()
            assert row.attempts == attempt + 1
            if attempt < len(PAUSES):
                assert row.state == DeliveryState.WAITING
                assert row.due_at > utc_now()
                row.due_at = utc_now()
                session.add(row)
    assert deliver_all(open_service) == []
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == 1
    path = f"/webhooks/{made.json()['id']}"
    assert open_service.get("admin", f"{path}/deliveries").json()["items"][0]["state"] == "failed"
    assert open_service.send("admin", "DELETE", path).status_code == 204
    problem_of(open_service.get("admin", path), 404)
    problem_of(open_service.send("admin", "DELETE", path), 404)


def test_a_worker_delivers(settings: Settings, receiver: Receiver) -> None:
    told = settings.model_copy(update={"webhook_private": True, "worker": True})
    with served(told) as service:
        service.send("admin", "POST", "/webhooks", json={"url": receiver.url, "kinds": ["visit.done"]})
        happen(service.store, "visit.done")
        service.send("admin", "POST", "/territories", json={"name": "East"})
        arrived = threading.Event()
        for _ in range(3000):
            if receiver.got or arrived.wait(0.1):
                break
        assert json.loads(receiver.got[0][1])["data"]["stops"] == 3


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "example.com",
        "https://",
        "https://user:pass@example.com/",
        "https://example.com:99999/",
        "https://[::1",
        "https://example.com/\nx",
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.1/",
        "https://192.168.1.1/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://0/",
        "https://0x7f000001/",
        "https://2130706433/",
    ],
)
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(InputError, match=r"^url "):
        target_of(url, allow_private=False)


@pytest.mark.parametrize(
    ("ip", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("0.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("64:ff9b::a00:1", False),
        ("2002:7f00:1::", False),
        ("::ffff:10.0.0.1", False),
    ],
)
def test_which_addresses_are_public(ip: str, public: bool) -> None:
    assert is_public(ip) is public


def test_names_of_other_scripts_are_told_as_the_network_knows_them(receiver: Receiver) -> None:
    wide = receiver.url.replace("127.0.0.1", "localhost").replace("localhost", "ｌｏｃａｌｈｏｓｔ")
    assert "ｌ" in wide
    assert target_of(wide, allow_private=True).host == "localhost"
    secret = "whsec_" + "A" * 32
    assert delivery.attempt(Message("m", wide, secret, {"type": "x"}, 0), allow_private=True) == (True, "answered 204")
    with pytest.raises(InputError, match="cannot be one"):
        target_of(f"https://{'ä' * 90}.example/", allow_private=True)


def test_an_attempt_that_two_workers_saw_interrupted_counts_once(open_service: Served, receiver: Receiver) -> None:
    open_service.send("admin", "POST", "/webhooks", json={"url": receiver.url, "kinds": ["visit.done"]})
    happen(open_service.store, "visit.done")
    put_on_their_way(open_service.store)
    with open_service.store.session() as session:
        ((delivery_id, attempts),) = due_deliveries(session)
        for _ in range(2):
            note_attempt(session, delivery_id, attempts, sent=False, answer="interrupted")
        assert session.exec(select(WebhookDelivery)).one().attempts == 1


def test_an_address_inside_is_refused_over_http(on_sqlite: Served, receiver: Receiver) -> None:
    problem_of(on_sqlite.send("admin", "POST", "/webhooks", json={"url": receiver.url}), 422)
    problem_of(on_sqlite.send("manager", "POST", "/webhooks", json={"url": receiver.url}), 404)
