"""A storage for the limits library in the service's own database: what one process counts, all of them know."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from limits.storage import Storage

from visits.rate_counts import count_tries, forget_tries, known_tries
from visits.store import Store


class SharedCounts(Storage):
    """Fixed windows that begin with the first try. Every method raises StoreError."""

    STORAGE_SCHEME = None

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """None of its own: the store's errors already say what to do."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` tries in a window of `expiry` seconds; the count with them."""
        return count_tries(self._store, key, timedelta(seconds=expiry), datetime.now(UTC), amount).count

    def get(self, key: str) -> int:
        """The tries of the window that runs."""
        return known_tries(self._store, key, datetime.now(UTC)).count

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970."""
        return known_tries(self._store, key, datetime.now(UTC)).ends_at.timestamp()

    def clear(self, key: str) -> None:
        """Forget the tries."""
        forget_tries(self._store, key)

    def check(self) -> bool:
        """Whether the database answers; it raises where it does not."""
        return known_tries(self._store, "", datetime.now(UTC)).count == 0

    def reset(self) -> int | None:
        """Nothing is forgotten for everybody at once; windows end by themselves."""
        return None
