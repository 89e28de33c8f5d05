"""The outbox of webhooks: each event becomes one delivery per webhook, tried until it is answered or given up."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from visits.errors import NotFoundError
from visits.models import DeliveryState, Event, Webhook, WebhookDelivery, utc_now
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer
from visits.store import Store

PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
"""Between one attempt and the next; after the last the delivery is given up."""
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be sent where, signed with which secret, after how many attempts."""

    id: str
    url: str
    secret: str
    body: dict[str, Any]
    attempts: int


def add_webhook(session: Session, viewer: Viewer, url: str, kinds: list[str] | None) -> Webhook:
    """A webhook for the events from now on, with a fresh secret."""
    last = session.exec(select(func.max(Event.id))).one() or 0
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()
    webhook = Webhook(url=url, secret=secret, kinds=kinds, event_id=last)
    session.add(webhook)
    record(session, viewer, "webhook.added", webhook.id, {"kinds": kinds})
    return webhook


def get_webhook(session: Session, webhook_id: str) -> Webhook:
    """One webhook. Raises NotFoundError."""
    found = session.get(Webhook, webhook_id)
    if found is None:
        raise NotFoundError(f"there is no webhook {webhook_id!r}; check the id")
    return found


def remove_webhook(session: Session, viewer: Viewer, webhook_id: str) -> None:
    """End a webhook and what is still on its way to it. Raises NotFoundError."""
    webhook = get_webhook(session, webhook_id)
    for delivery in session.exec(select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)):
        session.delete(delivery)
    session.flush()
    session.delete(webhook)
    record(session, viewer, "webhook.removed", webhook_id)


def list_webhooks(session: Session, request: PageRequest) -> Page[Webhook]:
    """Webhooks, by id. Raises InputError for a bad cursor."""
    return fetch_page(session, select(Webhook), request, keys=(col(Webhook.id),), key_of=lambda one: (one.id,))


def list_deliveries(session: Session, webhook_id: str, request: PageRequest) -> Page[WebhookDelivery]:
    """What was and is on its way to a webhook, by the event. Raises NotFoundError, InputError for a bad cursor."""
    get_webhook(session, webhook_id)
    statement = select(WebhookDelivery).where(WebhookDelivery.webhook_id == webhook_id)
    return fetch_page(
        session,
        statement,
        request,
        keys=(col(WebhookDelivery.event_id),),
        key_of=lambda one: (one.event_id,),
        descending=True,
    )


def put_on_their_way(store: Store) -> int:
    """Make the deliveries of the events since the last time; how many. Once each, however many workers do it."""
    with store.reading() as session:
        last = session.exec(select(func.max(Event.id))).one() or 0
        behind = session.exec(select(Webhook.id).where(col(Webhook.event_id) < last)).all()
    made = 0
    for webhook_id in behind:
        with store.session() as session:
            webhook = session.exec(select(Webhook).where(Webhook.id == webhook_id).with_for_update()).first()
            if webhook is None:
                continue
            statement = select(Event).where(col(Event.id) > webhook.event_id).order_by(col(Event.id)).limit(AT_ONCE)
            events = session.exec(statement).all()
            for event in events:
                if event.id is not None and (webhook.kinds is None or event.kind in webhook.kinds):
                    session.add(WebhookDelivery(webhook_id=webhook.id, event_id=event.id))
                    made += 1
            webhook.event_id = events[-1].id or webhook.event_id if events else webhook.event_id
            session.add(webhook)
    return made


def due_deliveries(session: Session, limit: int = AT_ONCE) -> list[tuple[str, int]]:
    """Deliveries whose time has come, as id and number of attempts so far."""
    waiting = (col(WebhookDelivery.state) == DeliveryState.WAITING) & (col(WebhookDelivery.due_at) <= utc_now())
    statement = select(WebhookDelivery.id, WebhookDelivery.attempts).where(waiting)
    return list(session.exec(statement.order_by(col(WebhookDelivery.event_id)).limit(limit)))


def message_of(session: Session, delivery_id: str) -> Message | None:
    """What a delivery sends; None when it is no longer wanted."""
    delivery = session.get(WebhookDelivery, delivery_id)
    if delivery is None or delivery.state != DeliveryState.WAITING:
        return None
    webhook, event = session.get(Webhook, delivery.webhook_id), session.get(Event, delivery.event_id)
    if webhook is None or event is None:
        return None
    body = {
        "type": event.kind,
        "timestamp": event.at.isoformat(),
        "data": {
            "event": event.id,
            "subject": event.subject,
            "actor": event.actor,
            "rep_id": event.rep_id,
            "territory_id": event.territory_id,
            **event.payload,
        },
    }
    return Message(delivery.id, webhook.url, webhook.secret, body, delivery.attempts)


def note_attempt(session: Session, delivery_id: str, before: int, *, sent: bool, answer: str) -> None:
    """Write how an attempt went: sent, to be tried again later, or given up.

    `before` is how many attempts there were before it; one that was written down already counts no second time.
    """
    statement = select(WebhookDelivery).where(WebhookDelivery.id == delivery_id).with_for_update()
    delivery = session.exec(statement).first()
    if delivery is None or delivery.state != DeliveryState.WAITING or (delivery.attempts != before and not sent):
        return
    delivery.attempts, delivery.answer = delivery.attempts + 1, answer
    if sent:
        delivery.state, delivery.ended_at = DeliveryState.SENT.value, utc_now()
    elif delivery.attempts > len(PAUSES):
        delivery.state, delivery.ended_at = DeliveryState.FAILED.value, utc_now()
    else:
        delivery.due_at = utc_now() + PAUSES[delivery.attempts - 1]
    session.add(delivery)
