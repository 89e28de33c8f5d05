"""From a token to the viewer it stands for."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from visits.queries.holders import find_holder
from visits.queries.sign_ins import note_uses
from visits.scope import Viewer
from visits.store import Store

EXACT_TO = timedelta(minutes=5)
"""A use is noted when the last one noted is older than this."""


class LastUses:
    """When tokens were last used: noted in memory while requests run, stored now and then by `store`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._noted: dict[str, datetime] = {}

    def note(self, token_hash: str, known: datetime | None, now: datetime) -> None:
        """Note that a token was used; `known` is what the database says of its last use."""
        if known is None or now - known > EXACT_TO:
            with self._lock:
                self._noted[token_hash] = now

    def store(self, store: Store) -> None:
        """Write what was noted since the last time. Raises StoreError; then it is tried again the next time."""
        with self._lock:
            noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            with store.session() as session:
                note_uses(session, noted)
        except BaseException:
            with self._lock:
                self._noted = {**noted, **self._noted}
            raise


def find_viewer(store: Store, uses: LastUses, token: str) -> Viewer | None:
    """Who holds this token, a person or a system; None when nobody active does. Raises StoreError."""
    now = datetime.now(UTC)
    holder = find_holder(store, token, now)
    if holder is None:
        return None
    uses.note(holder.token_hash, holder.last_used_at, now)
    return holder.viewer
