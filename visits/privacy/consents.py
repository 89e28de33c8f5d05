"""What reps say about positions being kept."""

from __future__ import annotations

from sqlalchemy import delete
from sqlmodel import Session, col, select

from visits.errors import ConflictError, NotFoundError
from visits.models import Consent, Position, Rep
from visits.privacy.settings import privacy_settings
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer, visible_reps


def give_consent(session: Session, viewer: Viewer, *, given: bool) -> Consent:
    """The viewer, a rep, agrees to positions being kept, by the notice as it stands, or takes that back.

    Taking it back deletes what was kept. Raises ConflictError when there is no notice to agree to, NotFoundError for a
    viewer who is no rep.
    """
    if viewer.rep_id is None:
        raise NotFoundError("consent is a rep's own; sign in as the rep")
    settings = privacy_settings(session)
    if given and not settings.positions:
        raise ConflictError("no positions are kept, so there is nothing to agree to; an administrator may change that")
    row = Consent(rep_id=viewer.rep_id, given=given, notice=settings.notice if given else "")
    session.add(row)
    if not given:
        session.execute(delete(Position).where(col(Position.rep_id) == viewer.rep_id))
    kind = "consent.given" if given else "consent.withdrawn"
    record(session, viewer, kind, viewer.rep_id, rep_id=viewer.rep_id)
    return row


def list_consents(
    session: Session, viewer: Viewer, request: PageRequest, *, rep_id: str | None = None
) -> Page[Consent]:
    """What the reps that the viewer may see have said, the newest first. Raises InputError for a bad cursor."""
    statement = select(Consent).where(col(Consent.rep_id).in_(visible_reps(select(Rep.id), viewer)))
    if rep_id is not None:
        statement = statement.where(Consent.rep_id == rep_id)
    return fetch_page(
        session,
        statement,
        request,
        keys=(col(Consent.at), col(Consent.id)),
        key_of=lambda row: (row.at, row.id),
        descending=True,
    )


def agrees(session: Session, rep_id: str) -> bool:
    """Whether the rep's last word is yes, and to the notice as it stands."""
    statement = select(Consent).where(Consent.rep_id == rep_id).order_by(col(Consent.at).desc(), col(Consent.id).desc())
    last = session.exec(statement.limit(1)).first()
    return last is not None and last.given and last.notice == privacy_settings(session).notice
