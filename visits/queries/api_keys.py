"""API keys of other systems."""

from __future__ import annotations

import secrets

from sqlmodel import Session, col, select

from visits.errors import InputError, NotFoundError
from visits.models import ApiKey, Territory
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.queries.sign_ins import hash_token
from visits.scope import Viewer

KEY_MARK = "bpk_"
"""How every API key begins; people's tokens do not."""


def add_key(session: Session, viewer: Viewer, key: ApiKey) -> str:
    """Store a new key and give its secret, which is shown once. Raises InputError for an unknown territory."""
    for territory_id in key.territory_ids or ():
        if session.get(Territory, territory_id) is None:
            raise InputError(f"territory_ids has {territory_id!r}, which is not there; correct it")
    secret = f"{KEY_MARK}{secrets.token_urlsafe(30)}"
    key.secret_hash, key.prefix, key.made_by = hash_token(secret), secret[:10], viewer.person_id
    session.add(key)
    record(session, viewer, "api_key.added", key.id, {"scopes": key.scopes, "role": key.role})
    return secret


def list_keys(session: Session, request: PageRequest) -> Page[ApiKey]:
    """All keys, the newest first. Raises InputError for a bad cursor."""
    return fetch_page(
        session,
        select(ApiKey),
        request,
        keys=(col(ApiKey.created_at), col(ApiKey.id)),
        key_of=lambda key: (key.created_at, key.id),
        descending=True,
    )


def revoke_key(session: Session, viewer: Viewer, key_id: str) -> None:
    """End a key at once. Raises NotFoundError."""
    key = session.get(ApiKey, key_id)
    if key is None:
        raise NotFoundError(f"there is no API key {key_id!r}; it may be revoked already")
    session.delete(key)
    record(session, viewer, "api_key.revoked", key.id)
