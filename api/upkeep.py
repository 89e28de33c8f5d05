"""What the service does by itself now and then: it writes down when tokens were used, and purges what is over."""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime

from api.auth.people import LastUses
from routing.errors import BeatplanError
from visits.privacy.purging import purge
from visits.store import Store

log = logging.getLogger("beatplan.upkeep")
EVERY_S = 60.0
PURGE_EVERY_S = 3600.0


class Upkeep:
    """One thread. `start` once, `stop` once; several services on one database may each have theirs."""

    def __init__(self, store: Store, uses: LastUses) -> None:
        self._store = store
        self._uses = uses
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._purge_at = 0.0
        self._thread = threading.Thread(target=self._work, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin, with a purge."""
        self._thread.start()

    def wake(self) -> None:
        """Something about what is kept was changed: purge now."""
        self._purge_at = 0.0
        self._news.set()

    def stop(self) -> None:
        """End the thread, after writing down what is noted."""
        self._stopping.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def _work(self) -> None:
        while True:
            self._news.clear()
            try:
                self._uses.store(self._store)
                if not self._stopping.is_set() and time.monotonic() >= self._purge_at:
                    self._purge_at = time.monotonic() + PURGE_EVERY_S
                    purged = purge(self._store, datetime.now(UTC))
                    log.info("purged: %s", purged)
            except BeatplanError as error:
                log.warning("upkeep is tried again in a minute: %s", error)
            if self._stopping.is_set():
                return
            self._news.wait(EVERY_S)
