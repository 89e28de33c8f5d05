"""What has been kept long enough goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete
from sqlmodel import Session, col, func, select

from visits.draft_sweeping import sweep_drafts
from visits.importing.forgetting import close_old_imports
from visits.models import Event, IdempotencyKey, Position, ProviderVisit, RateCount, SignIn, SignInLink, Table
from visits.privacy.settings import privacy_settings
from visits.store import Store

ANSWER_LIFE = timedelta(days=30)
"""How long the answer to a request is given again under its idempotency key."""


@dataclass(frozen=True, slots=True)
class Purged:
    """How many rows went."""

    positions: int
    answers: int
    sign_ins: int
    events: int


def purge(store: Store, now: datetime) -> Purged:
    """Delete what is over, in one transaction.

    That is positions and events past the days that the settings give them, stored answers past 30 days, and sign-ins
    and links past their end, with counts of tries; imports past 30 days lose what taking them back needs, and drafts
    of days that are over go. Where no positions are to be kept, none stay. Raises StoreError.
    """
    with store.session() as session:
        settings = privacy_settings(session)
        oldest = now - timedelta(days=settings.position_days) if settings.positions else now
        events = 0
        if settings.event_days is not None:
            newest = select(func.max(Event.id)).scalar_subquery()  # stays, so that numbers are never given again
            old = (col(Event.at) < now - timedelta(days=settings.event_days)) & (col(Event.id) < newest)
            events = _delete(session, Event, old)
        sign_ins = sum(
            _delete(session, table, col(table.expires_at) <= now) for table in (SignIn, SignInLink, ProviderVisit)
        )
        _delete(session, RateCount, col(RateCount.ends_at) <= now)
        close_old_imports(session, now)
        sweep_drafts(session, now)
        return Purged(
            positions=_delete(session, Position, col(Position.at) <= oldest),
            answers=_delete(session, IdempotencyKey, col(IdempotencyKey.created_at) < now - ANSWER_LIFE),
            sign_ins=sign_ins,
            events=events,
        )


def _delete(session: Session, table: type[Table], condition: ColumnElement[bool]) -> int:
    result: Any = session.execute(delete(table).where(condition), execution_options={"synchronize_session": False})
    return int(result.rowcount)
