"""Written imports: what each changed, and taking one back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from routing.documents import Count, Document
from visits.errors import ConflictError, NotFoundError
from visits.models import Customer, ImportBatch, Rep
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import Viewer


class Undone(Document):
    """What taking an import back did to its rows.

    `removed` are rows it had made that are gone, `retired` those that visits or plans still need, `restored` those that
    have their former fields again, and `left` the ids of those that somebody changed since.
    """

    removed: Count = 0
    retired: Count = 0
    restored: Count = 0
    left: tuple[str, ...] = ()


def former_fields(row: Customer | Rep, names: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a row that an import is about to change, as they can be stored."""
    return row.model_dump(mode="json", include=set(names))


def list_batches(session: Session, request: PageRequest) -> Page[ImportBatch]:
    """Written imports, the newest first. Raises InputError for a bad cursor."""
    return fetch_page(
        session,
        select(ImportBatch),
        request,
        keys=(col(ImportBatch.created_at), col(ImportBatch.id)),
        key_of=lambda batch: (batch.created_at, batch.id),
        descending=True,
    )


def get_batch(session: Session, batch_id: str) -> ImportBatch:
    """One written import. Raises NotFoundError."""
    found = session.get(ImportBatch, batch_id)
    if found is None:
        raise NotFoundError(f"there is no import {batch_id!r}; check the id")
    return found


def undo_import(session: Session, viewer: Viewer, batch_id: str, now: datetime) -> Undone:
    """Take an import back, row by row, where nobody changed the row since.

    Territories that it made stay. Raises NotFoundError, ConflictError when it was taken back already or is too old.
    """
    batch = session.exec(select(ImportBatch).where(ImportBatch.id == batch_id).with_for_update()).first()
    if batch is None:
        raise NotFoundError(f"there is no import {batch_id!r}; check the id")
    if batch.before is None and batch.undone_at is None:
        raise ConflictError(f"the import {batch_id!r} is too old to be taken back; import the former file again")
    if batch.before is None:
        raise ConflictError(f"the import {batch_id!r} was taken back already; import the file again to have it back")
    removed = retired = restored = 0
    left: list[str] = []
    for row_id, former in batch.before.items():
        row = session.get(Customer, row_id) if batch.noun == "customers" else session.get(Rep, row_id)
        if row is None:
            continue
        if row.version != former["version"]:
            left.append(row_id)
        elif former["fields"] is not None:
            _restore(session, row, former["fields"])
            restored += 1
        elif _remove(session, row):
            removed += 1
        else:
            retired += 1
    batch.before, batch.undone_at = None, now
    session.add(batch)
    undone = Undone(removed=removed, retired=retired, restored=restored, left=tuple(left))
    record(session, viewer, f"{batch.noun}.import_undone", batch.id, undone.model_dump(mode="json", exclude={"left"}))
    return undone


def _restore(session: Session, row: Customer | Rep, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        kind: Any = type(row).model_fields[name].annotation
        setattr(row, name, TypeAdapter(kind).validate_python(value))
    session.add(row)
    session.flush()


def _remove(session: Session, row: Customer | Rep) -> bool:
    """Whether the row could go; one that something refers to is retired instead."""
    try:
        with session.begin_nested():
            session.delete(row)
            session.flush()
    except IntegrityError:
        session.refresh(row)
        row.active = False
        session.add(row)
        session.flush()
        return False
    return True
