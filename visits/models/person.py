"""A person who signs in: rep, dispatcher, manager or admin."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import JSON
from sqlmodel import Field

from visits.models.base import Versioned, new_id


class Role(StrEnum):
    """What a person does, and so what they may see."""

    REP = "rep"
    DISPATCHER = "dispatcher"
    MANAGER = "manager"
    ADMIN = "admin"


class Person(Versioned, table=True):
    """A person. Their tokens are rows of `sign_in`; `territory_ids` None is all territories.

    `password_hash` None: no sign-in by password. `external_subject` is the issuer and subject of the OpenID provider's
    account, bound at the first sign-in there.
    """

    id: str = Field(default_factory=lambda: new_id("per"), primary_key=True)
    email: str = Field(unique=True)
    name: str
    role: str
    rep_id: str | None = Field(default=None, foreign_key="rep.id")
    territory_ids: list[str] | None = Field(default=None, sa_type=JSON)
    password_hash: str | None = None
    external_subject: str | None = Field(default=None, unique=True)
    active: bool = True
