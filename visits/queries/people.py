"""People: who may sign in, and what an administrator changes about them."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, func, select

from visits.errors import ConflictError, InputError, NotFoundError
from visits.models import Person, Rep, Role, Territory
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.queries.sign_ins import end_sign_ins
from visits.scope import Viewer


def plain_email(text: str) -> str:
    """An address as it is stored: lower case, nothing around it. Raises InputError when it is none."""
    email = text.strip().lower()
    name, at, domain = email.rpartition("@")
    if not (name and at and domain) or any(mark.isspace() for mark in email) or len(email) > 200:
        raise InputError(f"{text!r} is no e-mail address; write one such as ana@example.com")
    return email


def people(session: Session) -> tuple[Person, ...]:
    """All people, by address."""
    return tuple(session.exec(select(Person).order_by(col(Person.email))))


def list_people(session: Session, request: PageRequest, *, text: str | None = None) -> Page[Person]:
    """People by address, with `text` in name or address where asked. Raises InputError for a bad cursor."""
    statement = select(Person)
    if text:
        part = text.lower()
        statement = statement.where(
            func.lower(Person.email).contains(part, autoescape=True)
            | func.lower(Person.name).contains(part, autoescape=True)
        )
    return fetch_page(session, statement, request, keys=(col(Person.email),), key_of=lambda person: (person.email,))


def get_person(session: Session, person_id: str) -> Person:
    """One person. Raises NotFoundError."""
    person = session.get(Person, person_id)
    if person is None:
        raise NotFoundError(f"there is no person {person_id!r}; check the id")
    return person


def person_by_email(session: Session, email: str) -> Person | None:
    """The person with this address, however it is capitalised; None when there is none."""
    return session.exec(select(Person).where(func.lower(Person.email) == email.strip().lower())).first()


def person_by_subject(session: Session, subject: str) -> Person | None:
    """The person to whom this account of the OpenID provider is bound; None when it is nobody's."""
    return session.exec(select(Person).where(Person.external_subject == subject)).first()


def bind_subject(session: Session, person: Person, subject: str) -> None:
    """Bind an account of the OpenID provider to an active person; to an inactive one nothing is bound."""
    if person.active:
        person.external_subject = subject
        session.add(person)
        session.flush()
        record(session, Viewer(person.id, person.name, Role(person.role)), "person.bound", person.id)


def person_of_rep(session: Session, rep_id: str) -> Person | None:
    """The active person who signs in as this rep; None when there is none."""
    statement = select(Person).where(Person.rep_id == rep_id, Person.role == Role.REP, col(Person.active))
    return session.exec(statement.order_by(col(Person.email))).first()


def add_person(session: Session, viewer: Viewer, person: Person) -> Person:
    """Store a new person. Raises ConflictError when the address is taken, InputError for a role that does not fit."""
    person.email = plain_email(person.email)
    if person_by_email(session, person.email) is not None:
        raise ConflictError(f"{person.email!r} is already there; change that person, or choose another address")
    _require_sense(session, person)
    session.add(person)
    session.flush()
    record(session, viewer, "person.added", person.id, {"role": person.role})
    return person


def change_person(session: Session, viewer: Viewer, person: Person, changes: dict[str, Any]) -> Person:
    """Set these fields; a new password or the end of `active` ends the person's sign-ins.

    Raises ConflictError when nobody would be left who may manage people, or the address is taken; InputError for a
    role that does not fit.
    """
    if "email" in changes:
        changes["email"] = plain_email(changes["email"])
        other = person_by_email(session, changes["email"])
        if other is not None and other.id != person.id:
            raise ConflictError(f"{changes['email']!r} is already there; choose another address")
    managed = person.role == Role.ADMIN and person.active
    for name, value in changes.items():
        setattr(person, name, value)
    _require_sense(session, person)
    session.add(person)
    session.flush()
    if managed:
        _require_an_admin(session)
    if not person.active or "password_hash" in changes:
        end_sign_ins(session, viewer, person.id, spare=viewer.sign_in_id)
    record(session, viewer, "person.changed", person.id, {"fields": sorted(changes)})
    return person


def _require_sense(session: Session, person: Person) -> None:
    if (person.role == Role.REP) != (person.rep_id is not None):
        raise InputError("rep_id says which rep a person of the role rep is; set it for that role, and only for it")
    if person.rep_id is not None and session.get(Rep, person.rep_id) is None:
        raise InputError(f"rep_id is {person.rep_id!r}, which is not there; correct it")
    for territory_id in person.territory_ids or ():
        if session.get(Territory, territory_id) is None:
            raise InputError(f"territory_ids has {territory_id!r}, which is not there; correct it")


def _require_an_admin(session: Session) -> None:
    admins = select(Person.id).where(Person.role == Role.ADMIN, col(Person.active))
    if session.exec(admins).first() is None:
        raise ConflictError("nobody would be left who may manage people; make somebody else an administrator first")
