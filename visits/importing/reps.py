"""Reps from CSV."""

from __future__ import annotations

from visits.importing.report import ImportReport
from visits.scope import Viewer
from visits.store import Store


def import_reps(
    store: Store, viewer: Viewer, content: bytes, *, file: str, dry_run: bool = False, skip_faulty: bool = False
) -> ImportReport:
    """Create or update reps by external_id from a CSV file's bytes.

    With any faulty row nothing is written, unless `skip_faulty` leaves those rows out. Raises InputError when the
    file as a whole cannot be read: not text, no header, unknown or missing columns.
    """
    ...
