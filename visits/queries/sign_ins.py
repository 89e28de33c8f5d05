"""Sign-ins: making, finding and ending them, and the links and provider visits that lead to one.

A token is random, so its plain SHA-256 is stored and cannot be guessed back; the token itself is shown once.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from visits.errors import NotFoundError
from visits.models import ApiKey, Person, ProviderVisit, Role, SignIn, SignInKind, SignInLink
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer

LINK_LIFE = timedelta(minutes=10)
"""How long a sign-in link, or a visit at the OpenID provider, may take."""


@dataclass(frozen=True, slots=True)
class NewSignIn:
    """A fresh sign-in with its token, which is nowhere else."""

    row: SignIn
    token: str


def new_token() -> str:
    """A random bearer token, shown to its owner once."""
    return f"bp_{secrets.token_urlsafe(24)}"


def hash_token(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def sign_in(
    session: Session,
    person: Person,
    kind: SignInKind,
    expires_at: datetime | None = None,
    *,
    label: str = "",
    token: str | None = None,
) -> NewSignIn:
    """A new sign-in of a person, recorded as an event, with a fresh token where none is given."""
    token = token or new_token()
    row = SignIn(person_id=person.id, kind=kind, token_hash=hash_token(token), label=label[:200], expires_at=expires_at)
    session.add(row)
    session.flush()
    actor = Viewer(person.id, person.name, Role(person.role))
    record(session, actor, "person.signed_in", person.id, {"kind": kind.value, "sign_in": row.id})
    return NewSignIn(row, token)


def holder_of(session: Session, token: str, now: datetime, *, calendar: bool = False) -> tuple[Person, SignIn] | None:
    """The active person who holds a token that has not expired, with the sign-in; None when nobody does.

    A calendar's address is no token to sign in with, and a token none of a calendar.
    """
    wanted = col(SignIn.kind) == SignInKind.CALENDAR if calendar else col(SignIn.kind) != SignInKind.CALENDAR
    statement = (
        select(Person, SignIn)
        .join(SignIn, col(SignIn.person_id) == Person.id)
        .where(
            SignIn.token_hash == hash_token(token),
            wanted,
            col(Person.active),
            or_(col(SignIn.expires_at).is_(None), col(SignIn.expires_at) > now),
        )
    )
    return session.exec(statement).first()


def list_sign_ins(session: Session, person_id: str, request: PageRequest, now: datetime) -> Page[SignIn]:
    """A person's sign-ins that still count, the newest first. Raises InputError for a bad cursor."""
    statement = select(SignIn).where(
        SignIn.person_id == person_id, or_(col(SignIn.expires_at).is_(None), col(SignIn.expires_at) > now)
    )
    return fetch_page(
        session,
        statement,
        request,
        keys=(col(SignIn.created_at), col(SignIn.id)),
        key_of=lambda row: (row.created_at, row.id),
        descending=True,
    )


def end_sign_in(session: Session, viewer: Viewer, person_id: str, sign_in_id: str) -> None:
    """End one of a person's sign-ins. Raises NotFoundError when it is not theirs."""
    row = session.get(SignIn, sign_in_id)
    if row is None or row.person_id != person_id:
        raise NotFoundError(f"there is no sign-in {sign_in_id!r}; it may be over already")
    session.delete(row)
    record(session, viewer, "person.signed_out", person_id, {"kind": row.kind, "sign_in": row.id})


def end_sign_ins(
    session: Session, viewer: Viewer, person_id: str, *, kind: SignInKind | None = None, spare: str | None = None
) -> int:
    """End a person's sign-ins, all or of one kind, except `spare`, and their unused links; gives how many ended."""
    statement = select(SignIn).where(SignIn.person_id == person_id, col(SignIn.id) != (spare or ""))
    if kind is not None:
        statement = statement.where(SignIn.kind == kind)
    rows = session.exec(statement).all()
    for row in rows:
        session.delete(row)
    if kind is None:
        session.execute(delete(SignInLink).where(col(SignInLink.person_id) == person_id))
    if rows:
        record(session, viewer, "person.signed_out", person_id, {"sign_ins": [row.id for row in rows]})
    session.flush()
    return len(rows)


def open_calendar(session: Session, viewer: Viewer) -> str:
    """A fresh secret for the address of the viewer's calendar; the one before ends now."""
    end_sign_ins(session, viewer, viewer.person_id, kind=SignInKind.CALENDAR)
    secret = f"cal_{secrets.token_urlsafe(24)}"
    person = session.get_one(Person, viewer.person_id)
    return sign_in(session, person, SignInKind.CALENDAR, label="calendar", token=secret).token


def calendar_sign_in(session: Session, person_id: str) -> SignIn | None:
    """The sign-in that a person's calendar has; None without one."""
    statement = select(SignIn).where(SignIn.person_id == person_id, SignIn.kind == SignInKind.CALENDAR)
    return session.exec(statement).first()


def make_link(session: Session, viewer: Viewer, person: Person, now: datetime) -> tuple[str, datetime]:
    """A fresh code that signs one device in as this person, and when it ends. Earlier unused ones end now."""
    session.execute(delete(SignInLink).where(col(SignInLink.person_id) == person.id))
    code, expires_at = secrets.token_urlsafe(16), now + LINK_LIFE
    session.add(
        SignInLink(code_hash=hash_token(code), person_id=person.id, made_by=viewer.person_id, expires_at=expires_at)
    )
    record(session, viewer, "person.link_made", person.id)
    return code, expires_at


def redeem_link(session: Session, code: str, now: datetime) -> Person | None:
    """The active person whom a code signs in, used up by this; None when it is unknown, used or over.

    The row is deleted by the statement that finds it, so that of two phones with the same link one gets in.
    """
    used = delete(SignInLink).where(col(SignInLink.code_hash) == hash_token(code), col(SignInLink.expires_at) > now)
    person_id = session.execute(used.returning(col(SignInLink.person_id))).scalar()
    person = None if person_id is None else session.get(Person, person_id)
    return person if person is not None and person.active else None


def begin_provider_visit(session: Session, nonce: str, code_verifier: str, now: datetime) -> str:
    """Remember a browser that goes to the OpenID provider; gives the state that it must bring back."""
    state = secrets.token_urlsafe(24)
    session.add(
        ProviderVisit(
            state_hash=hash_token(state), nonce=nonce, code_verifier=code_verifier, expires_at=now + LINK_LIFE
        )
    )
    return state


def end_provider_visit(session: Session, state: str, now: datetime) -> tuple[str, str] | None:
    """The nonce and code verifier of a visit that comes back, used up by this; None when there was none."""
    used = delete(ProviderVisit).where(
        col(ProviderVisit.state_hash) == hash_token(state), col(ProviderVisit.expires_at) > now
    )
    found = session.execute(used.returning(col(ProviderVisit.nonce), col(ProviderVisit.code_verifier))).first()
    return None if found is None else (found[0], found[1])


def note_uses(session: Session, uses: Mapping[str, datetime]) -> None:
    """Store when sign-ins and API keys, by their stored hash, were last used."""
    for row in session.exec(select(SignIn).where(col(SignIn.token_hash).in_(uses))):
        row.last_used_at = uses[row.token_hash]
        session.add(row)
    for key in session.exec(select(ApiKey).where(col(ApiKey.secret_hash).in_(uses))):
        key.last_used_at = uses[key.secret_hash]
        session.add(key)
