"""What written imports keep of people, and when it goes: the former fields of rows, and cells that had a fault."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Text, cast
from sqlmodel import Session, col, select

from visits.models import ImportBatch

UNDO_LIFE = timedelta(days=30)
"""How long an import can be taken back."""


def forget_in_imports(session: Session, row_id: str, texts: Collection[str]) -> int:
    """Drop what imports keep of a row that is erased, and faulty cells that hold one of its texts; gives how many."""
    changed = 0
    holds = cast(col(ImportBatch.before), Text).contains(row_id, autoescape=True)
    for batch in session.exec(select(ImportBatch).where(holds)):
        if batch.before is not None and row_id in batch.before:
            batch.before = {key: value for key, value in batch.before.items() if key != row_id}
            session.add(batch)
            changed += 1
    wanted = [text for text in texts if text]
    for batch in session.exec(select(ImportBatch)):
        changed += _clear_cells(session, batch, lambda value: any(text in value for text in wanted))
    session.flush()
    return changed


def close_old_imports(session: Session, now: datetime) -> int:
    """Drop the former fields and faulty cells of imports past `UNDO_LIFE`; gives how many imports that were."""
    old = col(ImportBatch.created_at) < now - UNDO_LIFE
    open_ones = session.exec(select(ImportBatch).where(old, cast(col(ImportBatch.before), Text) != "null")).all()
    for batch in open_ones:
        batch.before = None
        _clear_cells(session, batch, lambda _value: True)
        session.add(batch)
    session.flush()
    return len(open_ones)


def _clear_cells(session: Session, batch: ImportBatch, theirs: Callable[[str], bool]) -> bool:
    faults: list[dict[str, Any]] = batch.report.get("faults", [])
    cleared = [{**fault, "value": ""} if theirs(fault["value"]) else fault for fault in faults]
    if cleared == faults:
        return False
    batch.report = {**batch.report, "faults": cleared}
    session.add(batch)
    return True
