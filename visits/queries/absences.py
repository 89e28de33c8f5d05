"""Absences: spans in which reps do not work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlmodel import Session, col, select

from visits.errors import InputError, NotFoundError
from visits.models import Absence, Rep
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.queries.reps import get_rep
from visits.scope import Viewer, visible_reps

LONGEST = timedelta(days=400)


def list_absences(
    session: Session,
    viewer: Viewer,
    request: PageRequest,
    *,
    rep_id: str | None = None,
    begin: datetime | None = None,
    end: datetime | None = None,
) -> Page[Absence]:
    """Absences of the reps that the viewer may see, by their start, touching a span where asked.

    Raises InputError for a bad cursor.
    """
    statement = select(Absence).where(col(Absence.rep_id).in_(visible_reps(select(Rep.id), viewer)))
    if rep_id is not None:
        statement = statement.where(Absence.rep_id == rep_id)
    if begin is not None:
        statement = statement.where(col(Absence.ends_at) > begin)
    if end is not None:
        statement = statement.where(col(Absence.starts_at) < end)
    return fetch_page(
        session,
        statement,
        request,
        keys=(col(Absence.starts_at), col(Absence.id)),
        key_of=lambda row: (row.starts_at, row.id),
    )


def get_absence(session: Session, viewer: Viewer, absence_id: str) -> Absence:
    """One absence. Raises NotFoundError when there is none or its rep is not the viewer's to see."""
    found = session.get(Absence, absence_id)
    if found is not None:
        try:
            get_rep(session, viewer, found.rep_id)
        except NotFoundError:
            found = None
    if found is None:
        raise NotFoundError(f"there is no absence {absence_id!r}; check the id")
    return found


def add_absence(session: Session, viewer: Viewer, absence: Absence) -> Absence:
    """Store an absence; the next planning run works around it, plans that stand are for a proposal.

    Raises NotFoundError for a rep that is not the viewer's to see, InputError for a span that is none.
    """
    rep = get_rep(session, viewer, absence.rep_id)
    if not timedelta() < absence.ends_at - absence.starts_at <= LONGEST:
        raise InputError(f"ends_at must come after starts_at, by {LONGEST.days} days at most; correct them")
    absence.starts_at, absence.ends_at = absence.starts_at.astimezone(UTC), absence.ends_at.astimezone(UTC)
    session.add(absence)
    said = {"starts_at": absence.starts_at.isoformat(), "ends_at": absence.ends_at.isoformat()}
    record(session, viewer, "absence.added", absence.id, said, rep_id=rep.id, territory_id=rep.territory_id)
    return absence


def remove_absence(session: Session, viewer: Viewer, absence_id: str) -> None:
    """The rep works after all; what is planned meanwhile stays. Raises NotFoundError."""
    row = get_absence(session, viewer, absence_id)
    session.delete(row)
    record(session, viewer, "absence.removed", absence_id, rep_id=row.rep_id)
