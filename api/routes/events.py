"""What happens: a stream of live events, and the audit trail."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.auth.guard import GuardedRoute
from api.deps import Filter, PageDep, ServicesDep, ViewerDep
from api.errors import bad_field
from api.live import EventFeed
from api.routes.describe import READ, problems
from api.schemas.base import Page
from api.schemas.events import EventOut
from visits.queries.events import list_events
from visits.scope import Viewer

router = APIRouter(route_class=GuardedRoute, tags=["events"])
PING_S = 15
LONGEST_ID = 18
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `id` the event's number, `event` its kind, `data` an EventOut as JSON.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}


@router.get(
    "/events",
    operation_id="stream_events",
    summary="Live events",
    response_class=EventSourceResponse,
    responses={**STREAM, **problems(*READ)},
)
async def stream_events(
    services: ServicesDep,
    viewer: ViewerDep,
    last_event_id: Annotated[
        str | None, Header(description="The last event that you had; you are sent all after it. Without: from now on.")
    ] = None,
) -> EventSourceResponse:
    """Everything that you may see, as it happens. A stream ends after some minutes; a browser comes back by itself."""
    after = None if last_event_id is None else _number(last_event_id)
    stream = _stream(services.feed, viewer, after, services.settings.events_minutes * 60)
    return EventSourceResponse(stream, ping=PING_S, headers={"Cache-Control": "no-store"})


async def _stream(feed: EventFeed, viewer: Viewer, after: int | None, seconds: float) -> AsyncIterator[ServerSentEvent]:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            async for event in feed.listen(viewer, after):
                if event is None:
                    yield ServerSentEvent(comment="listening")
                    continue
                shown = EventOut.model_validate(event)
                yield ServerSentEvent(id=str(event.id), event=event.kind, data=shown.model_dump_json())


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_ID):
        raise bad_field("Last-Event-ID", f"is {text[:40]!r}; send the id of an event that you had")
    return int(text)


@router.get("/events/history", operation_id="list_events", summary="The audit trail", responses=problems(*READ))
def read_events(
    services: ServicesDep, viewer: ViewerDep, page: PageDep, subject: Filter = None, kind: Filter = None
) -> Page[EventOut]:
    """What happened, the newest first, as far as you may see it; of one thing, or of one kind."""
    with services.store.reading() as session:
        found = list_events(session, viewer, page, subject=subject, kind=kind)
    return Page(items=tuple(EventOut.model_validate(one) for one in found.items), next_cursor=found.next_cursor)
