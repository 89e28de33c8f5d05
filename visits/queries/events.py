"""Events: the record of what happened, and where everything is written into it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlmodel import Session, col, func, select

from visits.models import Event, Rep
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer, visible_events
from visits.store import write_last


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """An event as it is handed on, and the territory of its rep for deciding who may see it."""

    id: int
    at: datetime
    kind: str
    subject: str
    actor: str
    rep_id: str | None
    territory_id: str | None
    payload: dict[str, Any]
    rep_territory_id: str | None = None

    @classmethod
    def of(cls, event: Event, rep_territory_id: str | None = None) -> Self:
        """What is handed on of a stored event."""
        assert event.id is not None
        return cls(
            event.id,
            event.at,
            event.kind,
            event.subject,
            event.actor,
            event.rep_id,
            event.territory_id,
            event.payload,
            rep_territory_id,
        )


def record(
    session: Session,
    viewer: Viewer,
    kind: str,
    subject: str,
    payload: dict[str, Any] | None = None,
    *,
    rep_id: str | None = None,
    territory_id: str | None = None,
) -> None:
    """Write an event in the caller's transaction, as its last act.

    Events get their numbers one transaction after the other, so that who has seen a number has seen all before it.
    """
    event = Event(
        actor=viewer.person_id,
        kind=kind,
        subject=subject,
        payload=payload or {},
        rep_id=rep_id,
        territory_id=territory_id,
    )
    write_last(session, event)


def last_event_id(session: Session) -> int:
    """The number of the newest event; 0 before the first."""
    return session.exec(select(func.max(Event.id))).one() or 0


def events_after(session: Session, viewer: Viewer, last_id: int, limit: int = 200) -> tuple[Event, ...]:
    """Events with an id above `last_id` that the viewer may see, oldest first, at most `limit`."""
    statement = visible_events(select(Event).where(col(Event.id) > last_id), viewer)
    return tuple(session.exec(statement.order_by(col(Event.id)).limit(limit)))


def seen_events_after(session: Session, last_id: int, limit: int) -> tuple[SeenEvent, ...]:
    """All events with an id above `last_id`, oldest first, each with its rep's territory."""
    if last_event_id(session) <= last_id:
        return ()
    statement = select(Event, Rep.territory_id).outerjoin(Rep, col(Event.rep_id) == col(Rep.id))
    rows = session.exec(statement.where(col(Event.id) > last_id).order_by(col(Event.id)).limit(limit))
    return tuple(SeenEvent.of(event, territory_id) for event, territory_id in rows)


def list_events(
    session: Session, viewer: Viewer, request: PageRequest, *, subject: str | None = None, kind: str | None = None
) -> Page[Event]:
    """The audit trail that the viewer may see, the newest first. Raises InputError for a bad cursor."""
    statement = visible_events(select(Event), viewer)
    if subject is not None:
        statement = statement.where(Event.subject == subject)
    if kind is not None:
        statement = statement.where(Event.kind == kind)
    return fetch_page(
        session, statement, request, keys=(col(Event.id),), key_of=lambda event: (event.id or 0,), descending=True
    )
