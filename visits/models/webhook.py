"""Webhooks: where other systems want to hear of events, and what is on its way to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, UniqueConstraint
from sqlmodel import Field

from visits.models.base import Table, Versioned, new_id, utc_now


class Webhook(Versioned, table=True):
    """An address that is sent events; `kinds` None is all. `event_id` is the last event put on its way."""

    id: str = Field(default_factory=lambda: new_id("whk"), primary_key=True)
    url: str
    secret: str
    kinds: list[str] | None = Field(default=None, sa_type=JSON)
    event_id: int


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


class WebhookDelivery(Table, table=True):
    """One event on its way to one webhook: tried again at `due_at` until it is sent or given up."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (UniqueConstraint("webhook_id", "event_id"),)

    id: str = Field(default_factory=lambda: new_id("msg"), primary_key=True)
    webhook_id: str = Field(foreign_key="webhook.id")
    event_id: int = Field(foreign_key="event.id", ondelete="CASCADE")
    state: str = Field(default=DeliveryState.WAITING.value, index=True)
    attempts: int = 0
    due_at: datetime = Field(default_factory=utc_now, index=True)
    answer: str = ""
    created_at: datetime = Field(default_factory=utc_now)
    ended_at: datetime | None = None
