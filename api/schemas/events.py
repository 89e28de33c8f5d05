"""Events and webhooks on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from api.schemas.base import Given, ShortText, Shown


class EventOut(Shown):
    """One thing that happened, as it is stored and as a stream sends it."""

    id: Annotated[int, Field(description="Rises with time; the Last-Event-ID of a stream.")]
    at: datetime
    kind: Annotated[str, Field(description="Such as plan.stored, visit.cancelled or run.done.")]
    subject: Annotated[str, Field(description="The id of what it happened to.")]
    actor: Annotated[str, Field(description="The id of who did it, or `system`.")]
    rep_id: str | None
    territory_id: str | None
    payload: dict[str, Any]


def _lower_case_words(kind: str) -> str:
    if not all(mark.islower() or mark in "._" for mark in kind):
        raise ValueError(f"is {kind!r}, no kind of event; give one such as visit.cancelled")
    return kind


class WebhookIn(Given):
    """Where to send which events."""

    url: Annotated[str, Field(min_length=1, max_length=2000, description="An https:// address on the internet.")]
    kinds: Annotated[
        tuple[Annotated[ShortText, AfterValidator(_lower_case_words)], ...] | None,
        Field(min_length=1, max_length=100, description="Kinds of events; null for all."),
    ] = None


class WebhookOut(Shown):
    """A webhook."""

    id: str
    url: str
    kinds: tuple[str, ...] | None
    created_at: datetime


class WebhookMade(WebhookOut):
    """A webhook that was just made, with the secret that signs its messages; shown this once."""

    secret: Annotated[str, Field(description="For checking signatures as the Standard Webhooks specification says.")]


class DeliveryOut(Shown):
    """One event on its way to a webhook."""

    id: Annotated[str, Field(description="The webhook-id of its message, the same at every attempt.")]
    event_id: int
    state: Annotated[str, Field(description="waiting, sent or failed.")]
    attempts: int
    due_at: Annotated[datetime, Field(description="When it is tried next, while it waits.")]
    answer: Annotated[str, Field(description="How the last attempt went.")]
    ended_at: datetime | None
