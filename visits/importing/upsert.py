"""Rows into the database: created, updated or left alone by external_id, in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlmodel import Session, col, select

from visits.importing.batches import former_fields
from visits.importing.report import ImportReport
from visits.importing.table import Column, Row, read_table
from visits.models import Customer, ImportBatch, Rep, Territory
from visits.queries.events import record
from visits.scope import Viewer
from visits.store import Store

R = TypeVar("R", Customer, Rep)
KEY = "external_id"
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Noun(Generic[R]):
    """What is imported: the table, the file's columns, and how values of a row become fields of the table.

    `fields` is given the row's values (territory already an id) and the row stored so far, None when it is new.
    """

    plural: str
    table: type[R]
    columns: tuple[Column, ...]
    fields: Callable[[dict[str, Any], R | None], dict[str, Any]]


def import_rows(
    noun: Noun[R], store: Store, viewer: Viewer, content: bytes, *, file: str, dry_run: bool, skip_faulty: bool
) -> ImportReport:
    """Read, compare and, when allowed, write. Raises InputError when the file as a whole cannot be read."""
    read = read_table(content, file, noun.columns, KEY)
    refused = bool(read.faults) and not skip_faulty
    report = ImportReport(file=file, rows=read.count, faults=read.faults, fault_count=read.fault_count)
    if dry_run or refused:
        with store.reading() as session:
            return _compare(noun, session, read.rows, report)
    with store.session() as session:
        report, before = _write(noun, session, read.rows, report)
        batch = ImportBatch(noun=noun.plural, file=file, report={}, before=before, actor=viewer.person_id)
        report = report.model_copy(update={"id": batch.id})
        batch.report = report.model_dump(mode="json")
        session.add(batch)
        record(session, viewer, f"{noun.plural}.imported", file, report.model_dump(mode="json", exclude={"faults"}))
        return report


def _compare(noun: Noun[R], session: Session, rows: Sequence[Row], report: ImportReport) -> ImportReport:
    """The counts of what writing would do."""
    territories = _Territories(session)
    stored = _stored(noun, session, rows)
    created = updated = 0
    for row in rows:
        former = stored.get(row.values[KEY])
        fields = _fields(noun, row, former, territories)
        created += former is None
        updated += former is not None and _differs(former, fields)
    return report.model_copy(
        update={
            "created": created,
            "updated": updated,
            "unchanged": len(rows) - created - updated,
            "territories_created": tuple(territories.new),
        }
    )


def _write(
    noun: Noun[R], session: Session, rows: Sequence[Row], report: ImportReport
) -> tuple[ImportReport, dict[str, Any]]:
    """Writes; with the report comes what was there before, as an `ImportBatch` keeps it."""
    compared = _compare(noun, session, rows, report)
    territories = _Territories(session)
    territories.create(compared.territories_created)
    stored = _stored(noun, session, rows)
    changed: list[tuple[R, dict[str, Any] | None]] = []
    for row in rows:
        former = stored.get(row.values[KEY])
        fields = _fields(noun, row, former, territories)
        if former is None:
            made = noun.table(**fields)
            session.add(made)
            changed.append((made, None))
        elif _differs(former, fields):
            changed.append((former, former_fields(former, fields)))
            for name, value in fields.items():
                setattr(former, name, value)
            session.add(former)
    session.flush()
    before = {row.id: {"version": row.version, "fields": fields} for row, fields in changed}
    return compared.model_copy(update={"written": True}), before


def _fields(noun: Noun[R], row: Row, former: R | None, territories: _Territories) -> dict[str, Any]:
    values = dict(row.values)
    if "territory" in values:
        values["territory_id"] = territories.id_of(values.pop("territory"))
    return noun.fields(values, former)


def _stored(noun: Noun[R], session: Session, rows: Sequence[Row]) -> dict[str, R]:
    keys = [row.values[KEY] for row in rows]
    found: dict[str, R] = {}
    for i in range(0, len(keys), _CHUNK):
        statement = select(noun.table).where(col(noun.table.external_id).in_(keys[i : i + _CHUNK]))
        found.update({row.external_id: row for row in session.exec(statement) if row.external_id is not None})
    return found


def _differs(former: Customer | Rep, fields: dict[str, Any]) -> bool:
    return any(getattr(former, name) != value for name, value in fields.items())


class _Territories:
    """Territories by external id or name; names not known yet are collected, to be made."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._ids: dict[str, str] = {}
        self.new: dict[str, None] = {}
        for territory in session.exec(select(Territory).order_by(col(Territory.id))):
            self._ids.setdefault(territory.name.casefold(), territory.id)
            if territory.external_id:
                self._ids[territory.external_id.casefold()] = territory.id

    def create(self, names: Sequence[str]) -> None:
        """Make territories of these names."""
        for name in names:
            territory = Territory(name=name)
            self._session.add(territory)
            self._ids[name.casefold()] = territory.id
        self._session.flush()

    def id_of(self, name: str) -> str | None:
        """The id of a territory; a stand-in for one that is still to be made, None for no name."""
        if not name:
            return None
        known = self._ids.get(name.casefold())
        if known is None:
            if name.casefold() not in {other.casefold() for other in self.new}:
                self.new[name] = None
            return f"new territory {name}"
        return known
