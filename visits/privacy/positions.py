"""Where a rep was when they arrived and left: kept by leave of the settings and of the rep, in working hours alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from visits.hours import Locale, open_spans, read_hours
from visits.local_day import zone_named
from visits.models import Absence, Position, Rep, Visit
from visits.privacy.consents import agrees
from visits.privacy.settings import privacy_settings
from visits.scope import Viewer
from visits.store import Store

ARRIVE, LEAVE = "arrive", "leave"


@dataclass(frozen=True, slots=True)
class Point:
    """A place as a phone measured it: WGS-84 degrees, and how far it may be off in metres."""

    lon: float
    lat: float
    accuracy_m: float | None = None


def keep_position(store: Store, viewer: Viewer, visit_id: str, kind: str, point: Point, at: datetime) -> bool:
    """Keep the point of a tap, once per visit and kind; says whether it was kept.

    It is dropped without a word unless the rep themself tapped, for a visit of theirs, the organisation keeps
    positions, the rep's last word is yes, and the moment lies in their working hours. Raises StoreError.
    """
    with store.session() as session:
        visit = session.get(Visit, visit_id)
        if visit is None or viewer.rep_id is None or visit.rep_id != viewer.rep_id:
            return False
        rep = session.get_one(Rep, viewer.rep_id)
        if not (privacy_settings(session).positions and agrees(session, rep.id) and at_work(session, rep, at)):
            return False
        known = select(Position.id).where(Position.visit_id == visit_id, Position.kind == kind)
        if session.exec(known).first() is not None:
            return False
        session.add(
            Position(
                rep_id=rep.id,
                visit_id=visit_id,
                kind=kind,
                at=at,
                lon=point.lon,
                lat=point.lat,
                accuracy_m=point.accuracy_m,
            )
        )
        return True


def at_work(session: Session, rep: Rep, at: datetime) -> bool:
    """Whether a moment lies in the rep's weekly hours and in no absence of theirs."""
    wall = at.astimezone(zone_named(rep.timezone)).replace(tzinfo=None)
    hours = read_hours(rep.weekly_hours, "weekly_hours", Locale(None, rep.home_lon, rep.home_lat))
    if not any(begin <= wall <= end for begin, end in open_spans(hours, wall.date(), wall.date())):
        return False
    away = select(Absence.id).where(Absence.rep_id == rep.id, col(Absence.starts_at) <= at, col(Absence.ends_at) > at)
    return session.exec(away).first() is None
