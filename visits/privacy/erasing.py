"""Erasing one customer or one rep: their rows stay as nameless stubs, so that what others did keeps its sense.

What names them goes everywhere: in their rows, in every stored document, answer and event, and in the stored problems
that hold their place, which can then no longer be replayed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Text, cast, delete, or_, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from visits.draft_sweeping import forget_in_drafts
from visits.errors import ConflictError, StaleError
from visits.importing.forgetting import forget_in_imports
from visits.local_day import today_in, zone_named
from visits.models import (
    CLOSED_STATES,
    Absence,
    Customer,
    Event,
    Person,
    Position,
    Rep,
    StoredProblem,
    Table,
    Visit,
    VisitState,
)
from visits.problem_store import mentions, pointing_at_problems
from visits.queries.customers import get_customer
from visits.queries.events import record
from visits.queries.reps import get_rep
from visits.queries.sign_ins import end_sign_ins
from visits.scope import Viewer
from visits.states import Action, Said, Settled, Verdict, settle
from visits.territories.forgetting import forget_in_proposals

ERASED = "(erased)"
_TEXTS = ("name", "address", "phone", "email", "notes", "note", "outcome", "reason")
_DEGREES = ("lon", "lat")
Clean = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure changed."""

    id: str
    documents: int
    events: int
    problems: int


def erase_customer(session: Session, viewer: Viewer, customer_id: str, now: datetime, *, expected: int) -> Erased:
    """Erase a customer. Visits that are in no plan yet are cancelled.

    Raises NotFoundError; StaleError unless the row has the version `expected`; ConflictError while a plan of today or
    later holds a visit to them.
    """
    customer = get_customer(session, viewer, customer_id)
    _require_version(customer, expected)
    visits = session.exec(select(Visit).where(Visit.customer_id == customer_id)).all()
    _require_none_ahead(session, visits, now)
    for visit in visits:
        if visit.state not in CLOSED_STATES:
            said = Said(viewer, Action.CANCEL, now, now, "erased")
            settle(session, visit, said, Verdict(Settled.MOVED, VisitState.CANCELLED))
    known = [customer.name, customer.address, customer.phone, customer.email, customer.notes]
    for name, value in _empty_customer().items():
        setattr(customer, name, value)
    session.add(customer)
    session.flush()

    visit_ids = {visit.id for visit in visits}
    subjects = [customer_id, *sorted(visit_ids)]
    _blank_rows(session, {"customer_id": [customer_id], "visit_id": sorted(visit_ids)})

    def clean(found: dict[str, Any]) -> dict[str, Any]:
        about = [found[key] for key in ("customer", "customer_id", "visit") if isinstance(found.get(key), str)]
        theirs = any(name == customer_id or name in visit_ids for name in about)
        kept = _blank(found) if theirs else found
        return {key: _walk(value, _blank) if key in visit_ids else value for key, value in kept.items()}

    forget_in_proposals(session, customer_id)
    forget_in_drafts(session, customer_id)
    forget_in_imports(session, customer_id, known)
    events = _clean_events(session, subjects)
    documents = _clean_documents(session, subjects, clean)
    erased = Erased(customer_id, documents, events, problems=_drop_problems(session, customer_id))
    record(session, viewer, "customer.erased", customer_id, territory_id=customer.territory_id)
    return erased


def erase_rep(session: Session, viewer: Viewer, rep_id: str, now: datetime, *, expected: int) -> Erased:
    """Erase a rep and whoever signs in as them; their sign-ins, positions and absences are deleted.

    Raises NotFoundError; StaleError unless the row has the version `expected`; ConflictError while a plan of today or
    later holds a visit of theirs, or when it would be the viewer themself.
    """
    rep = get_rep(session, viewer, rep_id)
    _require_version(rep, expected)
    _require_none_ahead(session, session.exec(select(Visit).where(Visit.rep_id == rep_id)).all(), now)
    for person in session.exec(select(Person).where(Person.rep_id == rep_id)).all():
        end_sign_ins(session, viewer, person.id)
        person.name, person.email, person.active = ERASED, f"{person.id}@erased.invalid", False
        person.password_hash = person.external_subject = None
        session.add(person)
    for table in (Position, Absence):
        session.execute(delete(table).where(col(table.rep_id) == rep_id))
    known = [rep.name, rep.email]
    rep.name, rep.email, rep.external_id, rep.active = ERASED, "", None, False
    rep.home_lon = rep.home_lat = 0.0
    session.add(rep)
    session.flush()

    def clean(found: dict[str, Any]) -> dict[str, Any]:
        if found.get("rep") != rep_id or "rep_name" not in found:
            return found
        ends = {key: _blank(found[key]) for key in ("start", "end") if isinstance(found.get(key), dict)}
        return {**found, "rep_name": ERASED, **ends}

    forget_in_proposals(session, rep_id)
    forget_in_drafts(session, rep_id)
    forget_in_imports(session, rep_id, known)
    events = _clean_events(session, [rep_id])
    documents = _clean_documents(session, [rep_id], clean)
    erased = Erased(rep_id, documents, events, problems=_drop_problems(session, rep_id))
    record(session, viewer, "rep.erased", rep_id, rep_id=rep_id, territory_id=rep.territory_id)
    return erased


def _empty_customer() -> dict[str, Any]:
    texts = dict.fromkeys(("address", "phone", "email", "notes", "opening_hours"), "")
    nothing = dict.fromkeys(("external_id", "raw_lon", "raw_lat", "cadence_days", "last_visit"))
    lists: dict[str, list[str]] = {"tags": [], "skills": []}
    return {"name": ERASED, "lon": 0.0, "lat": 0.0, "active": False, **texts, **nothing, **lists}


def _require_version(row: Customer | Rep, expected: int) -> None:
    if row.version != expected:
        raise StaleError(
            f"it has version {row.version} and you saw {expected}: somebody changed it meanwhile; load it again",
            row.version,
        )


def _require_none_ahead(session: Session, visits: Iterable[Visit], now: datetime) -> None:
    ahead = [visit for visit in visits if visit.state not in CLOSED_STATES and visit.rep_id and visit.day]
    for visit in sorted(ahead, key=lambda one: (one.day, one.id)):
        rep = session.get_one(Rep, visit.rep_id)
        if visit.day is not None and visit.day >= today_in(zone_named(rep.timezone), now):
            raise ConflictError(
                f"the plan of {visit.day.isoformat()} holds visit {visit.id!r}; cancel it, or wait for that day's end"
            )


def _blank(found: dict[str, Any]) -> dict[str, Any]:
    """A piece of a document without what names somebody or their place."""
    texts = {key: "" for key in _TEXTS if isinstance(found.get(key), str)}
    degrees = dict.fromkeys((key for key in _DEGREES if key in found), 0.0)
    named = {"name": ERASED} if "name" in texts else {}
    return {**found, **texts, **degrees, **named}


def _walk(value: Any, clean: Clean) -> Any:
    if isinstance(value, dict):
        return {key: _walk(inner, clean) for key, inner in clean(value).items()}
    return [_walk(inner, clean) for inner in value] if isinstance(value, list) else value


def _blank_rows(session: Session, owners: dict[str, list[str]]) -> None:
    """Empty what was written, and the places, in the rows of every table that point to these ids by these columns."""
    for table in Table.metadata.sorted_tables:
        values: dict[str, Any] = {column.name: "" for column in table.columns if column.name in _TEXTS}
        values |= {column.name: 0.0 for column in table.columns if column.name in _DEGREES}
        for name, ids in owners.items():
            for piece in _pieces(ids) if values and name in table.columns else ():
                session.execute(update(table).where(table.columns[name].in_(piece)).values(values))


def _pieces(ids: list[str]) -> list[list[str]]:
    """As many ids at a time as every database takes."""
    return [ids[start : start + 200] for start in range(0, len(ids), 200)]


def _clean_documents(session: Session, names: list[str], clean: Clean) -> int:
    """Clean every stored JSON document that has one of these ids, in whichever table; gives how many changed."""
    changed = 0
    for table in Table.metadata.sorted_tables:
        keys = list(table.primary_key.columns)
        for column in table.columns:
            if not isinstance(column.type, Text | JSON):
                continue
            for piece in _pieces(names):
                held = or_(*(cast(column, Text).contains(name, autoescape=True) for name in piece))
                for *key, value in session.execute(select_columns(*keys, column).where(held)).all():
                    cleaned = _cleaned(value, clean)
                    if cleaned != value:
                        where = [part == one for part, one in zip(keys, key, strict=True)]
                        session.execute(update(table).where(*where).values({column.name: cleaned}))
                        changed += 1
    return changed


def _cleaned(value: Any, clean: Clean) -> Any:
    """A JSON value, or the text of one, cleaned; a text that is none, and one that did not change, as it is."""
    if not isinstance(value, str):
        return _walk(value, clean)
    try:
        found = json.loads(value)
    except ValueError:
        return value
    cleaned = _walk(found, clean)
    return value if cleaned == found else json.dumps(cleaned, ensure_ascii=False, separators=(",", ":"))


def _clean_events(session: Session, subjects: list[str]) -> int:
    """Take what people wrote out of the events of these subjects."""
    changed = 0
    for piece in _pieces(subjects):
        for event in session.exec(select(Event).where(col(Event.subject).in_(piece))):
            cleaned = _walk(event.payload, _blank)
            if cleaned != event.payload:
                event.payload = cleaned
                session.add(event)
                changed += 1
    session.flush()
    return changed


def _drop_problems(session: Session, name: str) -> int:
    """Delete the stored problems that hold this id, and what points to them."""
    dropped = 0
    for (key,) in session.execute(select_columns(col(StoredProblem.hash))).all():
        stored = session.get_one(StoredProblem, key)
        if mentions(stored.body, name):
            for column in pointing_at_problems():
                session.execute(update(column.table).where(column == key).values({column.name: None}))
            session.delete(stored)
            session.flush()
            dropped += 1
        else:
            session.expunge(stored)
    return dropped
