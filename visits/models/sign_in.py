"""Sign-ins: who holds which token, and the single-use links and provider visits that lead to one."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlmodel import Field

from visits.models.base import Table, new_id, utc_now


class SignInKind(StrEnum):
    """How long a sign-in lives, and what it is called when a person looks at their own."""

    SESSION = "session"
    DEVICE = "device"
    TOKEN = "token"  # noqa: S105 - the name of a kind
    CALENDAR = "calendar"
    """The secret address of a rep's calendar: reads that and opens nothing else."""


class SignIn(Table, table=True):
    """One token of one person, until it is revoked: the row is then gone, and an event tells.

    `token_hash` is the SHA-256 of the random token. `expires_at` None never ends by itself. `last_used_at` is exact to
    a few minutes. `label` is what the person recognises it by, such as a phone's name.
    """

    __tablename__ = "sign_in"

    id: str = Field(default_factory=lambda: new_id("sin"), primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    kind: str = SignInKind.SESSION.value
    token_hash: str = Field(unique=True)
    label: str = ""
    created_at: datetime = Field(default_factory=utc_now)
    last_used_at: datetime | None = None
    expires_at: datetime | None = Field(default=None, index=True)


class SignInLink(Table, table=True):
    """A link that signs one device in as a person, once, until `expires_at`; `code_hash` is the SHA-256 of its code."""

    __tablename__ = "sign_in_link"

    code_hash: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="person.id", index=True)
    made_by: str
    expires_at: datetime = Field(index=True)


class ProviderVisit(Table, table=True):
    """A browser that was sent to the OpenID provider and is to come back with the same `state`, once.

    `nonce` ties the provider's answer to it; `code_verifier` proves that whoever fetches the answer began here.
    """

    __tablename__ = "provider_visit"

    state_hash: str = Field(primary_key=True)
    nonce: str
    code_verifier: str
    expires_at: datetime = Field(index=True)
