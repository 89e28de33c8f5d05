"""Customers from CSV."""

from __future__ import annotations

from typing import Any

from visits.importing import cells
from visits.importing.report import ImportReport
from visits.importing.table import Column, latitude, longitude
from visits.importing.upsert import Noun, import_rows
from visits.models import Customer
from visits.scope import Viewer
from visits.store import Store

DEFAULT_SERVICE_MINUTES = 30
COLUMNS = (
    Column("external_id", cells.identifier, required=True),
    Column("name", cells.plain, required=True),
    Column("lon", longitude, required=True),
    Column("lat", latitude, required=True),
    Column("address", cells.plain),
    Column("phone", cells.plain),
    Column("email", cells.email),
    Column("tier", cells.tier, empty="C"),
    Column("service_minutes", cells.whole(1, 720), empty=DEFAULT_SERVICE_MINUTES),
    Column("opening_hours", cells.hours),
    Column("cadence_days", cells.whole(1, 730), empty=None),
    Column("last_visit", cells.day, empty=None),
    Column("skills", cells.words, empty=()),
    Column("tags", cells.words, empty=()),
    Column("territory", cells.plain),
)


def import_customers(
    store: Store, viewer: Viewer, content: bytes, *, file: str, dry_run: bool = False, skip_faulty: bool = False
) -> ImportReport:
    """Create or update customers by external_id from a CSV file's bytes; columns that are not there stay as they are.

    With any faulty row nothing is written, unless `skip_faulty` leaves those rows out. A last_visit never moves back.
    Raises InputError when the file as a whole cannot be read: not text, no header, unknown or missing columns.
    """
    return import_rows(NOUN, store, viewer, content, file=file, dry_run=dry_run, skip_faulty=skip_faulty)


def _fields(values: dict[str, Any], former: Customer | None) -> dict[str, Any]:
    fields = {**values, "datum": "WGS-84", "raw_lon": values["lon"], "raw_lat": values["lat"]}
    for name in ("skills", "tags"):
        if name in fields:
            fields[name] = list(fields[name])
    if "last_visit" in fields:
        known = [day for day in (fields["last_visit"], former.last_visit if former else None) if day is not None]
        fields["last_visit"] = max(known, default=None)
    return fields


NOUN = Noun("customers", Customer, COLUMNS, _fields)
