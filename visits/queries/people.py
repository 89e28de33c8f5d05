"""People and their tokens."""

from __future__ import annotations

import hashlib
import secrets

from sqlmodel import Session, col, select

from visits.models import Person


def new_token() -> str:
    """A random bearer token, shown to its owner once."""
    return f"bp_{secrets.token_urlsafe(24)}"


def hash_token(token: str) -> str:
    """What is stored of a token. The token is random, so a plain SHA-256 cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


def person_by_token(session: Session, token: str) -> Person | None:
    """The active person who holds a token; None when nobody does."""
    statement = select(Person).where(Person.token_hash == hash_token(token), col(Person.active))
    return session.exec(statement).first()


def people(session: Session) -> tuple[Person, ...]:
    """All people, by address."""
    return tuple(session.exec(select(Person).order_by(col(Person.email))))
