"""All that is kept about one customer or one rep, as one JSON document."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, or_, select

from visits.models import (
    Absence,
    Consent,
    Event,
    Person,
    Plan,
    PlanDraft,
    PlanVersion,
    Position,
    SignIn,
    SlotHold,
    Table,
    Visit,
    VisitTransition,
)
from visits.queries.customers import get_customer
from visits.queries.reps import get_rep
from visits.scope import Viewer

Exported = dict[str, Any]
"""JSON values: `about`, `exported_at`, and `content` by noun."""
_NEVER = {"password_hash", "external_subject", "token_hash"}
"""What proves who somebody is does not go out."""


def export_customer(session: Session, viewer: Viewer, customer_id: str, now: datetime) -> Exported:
    """What is kept about a customer: the row, visits and what was said of them, slots held, events.

    Raises NotFoundError when the viewer may not see it.
    """
    customer = get_customer(session, viewer, customer_id)
    visits = session.exec(
        select(Visit).where(Visit.customer_id == customer_id).order_by(col(Visit.created_at), col(Visit.id))
    ).all()
    subjects = [customer_id, *(visit.id for visit in visits)]
    return {
        "about": {"kind": "customer", "id": customer_id},
        "exported_at": now.isoformat(),
        "content": {
            "customer": _plain(customer),
            "visits": [_plain(visit) for visit in visits],
            "history": _rows(session, _of_visits_of(customer_id), VisitTransition.id),
            "slots": _rows(session, select(SlotHold).where(SlotHold.customer_id == customer_id), SlotHold.created_at),
            "events": [_plain(event) for event in _events_on(session, subjects)],
        },
    }


def export_rep(session: Session, viewer: Viewer, rep_id: str, now: datetime) -> Exported:
    """What is kept about a rep: the row, people, absences, plans and drafts, visits, consents, points, events.

    Raises NotFoundError when the viewer may not see them.
    """
    rep = get_rep(session, viewer, rep_id)
    persons = session.exec(select(Person).where(Person.rep_id == rep_id).order_by(col(Person.email))).all()
    person_ids = [person.id for person in persons]
    documents = session.exec(
        select(PlanVersion.document)
        .join(Plan, (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number))
        .where(Plan.rep_id == rep_id)
        .order_by(col(Plan.day))
    ).all()
    events = select(Event).where(or_(col(Event.actor).in_(person_ids), col(Event.subject).in_([rep_id, *person_ids])))
    return {
        "about": {"kind": "rep", "id": rep_id},
        "exported_at": now.isoformat(),
        "content": {
            "rep": _plain(rep),
            "people": [_plain(person) for person in persons],
            "sign_ins": _rows(session, select(SignIn).where(col(SignIn.person_id).in_(person_ids)), SignIn.created_at),
            "absences": _rows(session, select(Absence).where(Absence.rep_id == rep_id), Absence.starts_at),
            "plans": [json.loads(document) for document in documents],
            "drafts": [
                json.loads(text)
                for text in session.exec(
                    select(PlanDraft.document).where(PlanDraft.rep_id == rep_id).order_by(col(PlanDraft.day))
                )
            ],
            "visits": _rows(session, select(Visit).where(Visit.rep_id == rep_id), Visit.created_at),
            "consents": _rows(session, select(Consent).where(Consent.rep_id == rep_id), Consent.at),
            "positions": _rows(session, select(Position).where(Position.rep_id == rep_id), Position.at),
            "events": _rows(session, events, Event.id),
        },
    }


def _of_visits_of(customer_id: str) -> Any:
    theirs = select(Visit.id).where(Visit.customer_id == customer_id)
    return select(VisitTransition).where(col(VisitTransition.visit_id).in_(theirs))


def _events_on(session: Session, subjects: list[str]) -> list[Event]:
    """Events of these subjects, asked for in pieces that every database takes."""
    found: list[Event] = []
    for start in range(0, len(subjects), 500):
        piece = subjects[start : start + 500]
        found += session.exec(select(Event).where(col(Event.subject).in_(piece)))
    return sorted(found, key=lambda event: event.id or 0)


def _rows(session: Session, statement: Any, order: Any) -> list[Exported]:
    return [_plain(row) for row in session.exec(statement.order_by(order))]


def _plain(row: Table) -> Exported:
    return row.model_dump(mode="json", exclude=_NEVER)
