"""From a token to the viewer it stands for: asked with every request, so each kind is one statement, made once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, or_, select
from sqlmodel import col

from visits.glances import Glance
from visits.models import ApiKey, Person, Rep, Role, SignIn, SignInKind
from visits.queries.api_keys import KEY_MARK
from visits.queries.sign_ins import hash_token
from visits.scope import Viewer, territories_of
from visits.store import Store

_PERSON = Glance(
    select(
        col(Person.id),
        col(Person.name),
        col(Person.role),
        col(Person.rep_id),
        col(Person.territory_ids),
        col(SignIn.id),
        col(SignIn.last_used_at),
        col(Rep.territory_id),
    )
    .join_from(Person, SignIn, col(SignIn.person_id) == Person.id)
    .outerjoin(Rep, col(Rep.id) == Person.rep_id)
    .where(
        col(SignIn.token_hash) == bindparam("hash"),
        col(SignIn.kind) != SignInKind.CALENDAR,  # the address of a calendar is no token to sign in with
        col(Person.active),
        or_(col(SignIn.expires_at).is_(None), col(SignIn.expires_at) > bindparam("now")),
    )
)
_KEY = Glance(
    select(
        col(ApiKey.id),
        col(ApiKey.name),
        col(ApiKey.role),
        col(ApiKey.territory_ids),
        col(ApiKey.scopes),
        col(ApiKey.last_used_at),
    ).where(
        col(ApiKey.secret_hash) == bindparam("hash"),
        or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > bindparam("now")),
    )
)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a token, the token's stored hash, and when the database says that it was last used."""

    viewer: Viewer
    token_hash: str
    last_used_at: datetime | None


def find_holder(store: Store, token: str, now: datetime) -> Holder | None:
    """The active person or the system that holds this token; None when nobody does, or it has expired.

    It is found by its hash: how long that takes tells nothing about the token. Raises StoreError.
    """
    hashed = hash_token(token)
    if token.startswith(KEY_MARK):
        found = store.glance(_KEY, hash=hashed, now=now)
        if found is None:
            return None
        key_id, name, role, allowed, scopes, used_at = found
        territories = None if allowed is None else frozenset(allowed)
        return Holder(Viewer(key_id, name, Role(role), None, territories, frozenset(scopes)), hashed, used_at)
    found = store.glance(_PERSON, hash=hashed, now=now)
    if found is None:
        return None
    person_id, name, role, rep_id, allowed, sign_in_id, used_at, own = found
    territories = territories_of(Role(role), allowed, own)
    return Holder(Viewer(person_id, name, Role(role), rep_id, territories, sign_in_id=sign_in_id), hashed, used_at)
