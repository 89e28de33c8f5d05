"""Requests that may be sent twice: the first answer is stored beside its effect and given again."""

from __future__ import annotations

import hashlib
import json
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlmodel import Session

from routing.documents import Document
from visits.errors import ConflictError, InputError
from visits.models import IdempotencyKey
from visits.scope import Viewer

D = TypeVar("D", bound=BaseModel)
LONGEST_KEY = 200


def request_hash(request: dict[str, Any]) -> str:
    """What two requests must share to count as the same."""
    return hashlib.sha256(json.dumps(request, sort_keys=True, default=str).encode()).hexdigest()


def stored_answer(session: Session, viewer: Viewer, key: str, request: dict[str, Any], kind: type[D]) -> D | None:
    """The answer that the viewer once got for this key; None the first time.

    Raises InputError for an empty or overlong key, ConflictError when the key was used for another request.
    """
    if not 1 <= len(key) <= LONGEST_KEY:
        raise InputError(f"the idempotency key has {len(key)} characters; send 1 to {LONGEST_KEY}, such as a UUID")
    row = session.get(IdempotencyKey, (viewer.person_id, key))
    if row is None:
        return None
    if row.request_hash != request_hash(request):
        raise ConflictError(f"the idempotency key {key!r} was already used for another request; use a fresh one")
    return kind.model_validate_json(row.response)


def keep_answer(session: Session, viewer: Viewer, key: str, request: dict[str, Any], answer: BaseModel) -> None:
    """Store an answer under its key, in the transaction of its effect."""
    text = answer.to_json() if isinstance(answer, Document) else answer.model_dump_json(by_alias=True)
    session.add(IdempotencyKey(actor=viewer.person_id, key=key, request_hash=request_hash(request), response=text))
