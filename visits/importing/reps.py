"""Reps from CSV."""

from __future__ import annotations

from typing import Any

from visits.importing import cells
from visits.importing.report import ImportReport
from visits.importing.table import Column, latitude, longitude
from visits.importing.upsert import Noun, import_rows
from visits.models import Rep
from visits.scope import Viewer
from visits.store import Store

COLUMNS = (
    Column("external_id", cells.identifier, required=True),
    Column("name", cells.plain, required=True),
    Column("email", cells.email),
    Column("home_lon", longitude, required=True),
    Column("home_lat", latitude, required=True),
    Column("timezone", cells.zone, required=True),
    Column("weekly_hours", cells.work, required=True),
    Column("lunch", cells.lunch),
    Column("skills", cells.words, empty=()),
    Column("territory", cells.plain),
)


def import_reps(
    store: Store, viewer: Viewer, content: bytes, *, file: str, dry_run: bool = False, skip_faulty: bool = False
) -> ImportReport:
    """Create or update reps by external_id from a CSV file's bytes; columns that are not there stay as they are.

    With any faulty row nothing is written, unless `skip_faulty` leaves those rows out. Raises InputError when the
    file as a whole cannot be read: not text, no header, unknown or missing columns.
    """
    return import_rows(NOUN, store, viewer, content, file=file, dry_run=dry_run, skip_faulty=skip_faulty)


def _fields(values: dict[str, Any], _former: Rep | None) -> dict[str, Any]:
    return {**values, "skills": list(values["skills"])} if "skills" in values else values


NOUN = Noun("reps", Rep, COLUMNS, _fields)
