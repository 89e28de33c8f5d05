"""Events: the record of what happened, and where everything is written into it."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from visits.models import Event
from visits.scope import Viewer, visible_events


def record(
    session: Session,
    viewer: Viewer,
    kind: str,
    subject: str,
    payload: dict[str, Any] | None = None,
    *,
    rep_id: str | None = None,
    territory_id: str | None = None,
) -> Event:
    """Write an event in the caller's transaction."""
    event = Event(
        actor=viewer.person_id,
        kind=kind,
        subject=subject,
        payload=payload or {},
        rep_id=rep_id,
        territory_id=territory_id,
    )
    session.add(event)
    return event


def events_after(session: Session, viewer: Viewer, last_id: int, limit: int = 200) -> tuple[Event, ...]:
    """Events with an id above `last_id`, oldest first, at most `limit`."""
    statement = visible_events(select(Event).where(col(Event.id) > last_id), viewer)
    return tuple(session.exec(statement.order_by(col(Event.id)).limit(limit)))
