"""One attempt to deliver a message: signed as the Standard Webhooks specification says, sent to a checked address."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

import httpx
from standardwebhooks.webhooks import Webhook as Signer

from api.settings import Settings
from api.webhooks.targets import Target, target_of
from routing.errors import InputError
from visits.store import Store
from visits.webhooks import Message, message_of, note_attempt

log = logging.getLogger("beatplan.webhooks")
TIMEOUT_S = 10.0
LONGEST_ANSWER = 200


class Deliverer:
    """Sends what waits in the outbox."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._settings = store, settings

    def deliver(self, delivery_id: str) -> str:
        """Makes one attempt and writes how it went; what came of it in a word. Raises StoreError."""
        with self._store.reading() as session:
            message = message_of(session, delivery_id)
        if message is None:
            return "not wanted"
        sent, answer = attempt(message, allow_private=self._settings.webhook_private)
        with self._store.session() as session:
            note_attempt(session, delivery_id, message.attempts, sent=sent, answer=answer)
        log.info("webhook message %s: %s", delivery_id, answer)
        return answer


def attempt(message: Message, *, allow_private: bool) -> tuple[bool, str]:
    """Whether a message was taken (2xx), and the answer in a few words. Redirects are not followed."""
    body = json.dumps(message.body, separators=(",", ":"), default=str)
    now = datetime.now(UTC)
    try:
        target = target_of(message.url, allow_private=allow_private)
        headers = {
            "Host": _host_header(target),
            "Content-Type": "application/json",
            "User-Agent": "beatplan",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Signer(message.secret).sign(message.id, now, body),
        }
        with (
            httpx.Client(timeout=TIMEOUT_S, follow_redirects=False, trust_env=False) as client,
            client.stream(
                "POST",
                _pinned(target),
                content=body.encode(),
                headers=headers,
                extensions={"sni_hostname": target.host},
            ) as reply,
        ):
            return reply.is_success, f"answered {reply.status_code}"
    except InputError as error:
        return False, str(error)[:LONGEST_ANSWER]
    except httpx.HTTPError as error:
        return False, f"{type(error).__name__}: {error}"[:LONGEST_ANSWER]


def _pinned(target: Target) -> str:
    """The URL with the address that was checked in place of the name."""
    ip = f"[{target.ip}]" if ":" in target.ip else target.ip
    return f"{'https' if target.secure else 'http'}://{ip}:{target.port}{target.path}"


def _host_header(target: Target) -> str:
    usual = 443 if target.secure else 80
    host = f"[{target.host}]" if ":" in target.host else target.host
    return host if target.port == usual else f"{host}:{target.port}"
