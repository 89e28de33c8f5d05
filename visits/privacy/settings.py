"""The organisation's privacy settings."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from visits.errors import InputError, StaleError
from visits.models import PrivacySettings
from visits.models.privacy import PRIVACY_ID
from visits.queries.events import record
from visits.scope import Viewer


def privacy_settings(session: Session) -> PrivacySettings:
    """The stored settings, or the default ones, not stored, as version 0: no positions are kept."""
    return session.get(PrivacySettings, PRIVACY_ID) or PrivacySettings(version=0)


def change_privacy(session: Session, viewer: Viewer, changes: dict[str, Any], *, expected: int) -> PrivacySettings:
    """Set these fields.

    Raises StaleError when they were changed since the version `expected` (0: never stored).

    Also raises InputError when positions are to be kept without a notice.
    """
    stored = session.get(PrivacySettings, PRIVACY_ID)
    found = stored.version if stored else 0
    if found != expected:
        raise StaleError("somebody else changed the settings meanwhile; load them again and repeat the change", found)
    row = stored or PrivacySettings()
    for name, value in changes.items():
        setattr(row, name, value)
    if row.positions and not row.notice:
        raise InputError("notice is empty; write what reps agree to before positions are kept")
    session.add(row)
    session.flush()
    record(session, viewer, "privacy.changed", PRIVACY_ID, {"fields": sorted(changes), "version": row.version})
    return row
