"""Tries counted in the database: windows, several processes' worth of stores, many at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from visits.privacy.purging import purge
from visits.rate_counts import count_tries, forget_tries, known_tries
from visits.store import Store, open_store

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def test_a_window_begins_with_the_first_try_and_ends_by_itself(store: Store) -> None:
    assert known_tries(store, "a", NOW).count == 0
    assert [count_tries(store, "a", QUARTER, NOW + timedelta(minutes=i)).count for i in range(3)] == [1, 2, 3]
    assert known_tries(store, "a", NOW).ends_at == NOW + QUARTER
    assert known_tries(store, "b", NOW).count == 0
    assert count_tries(store, "a", QUARTER, NOW + QUARTER).count == 1
    assert known_tries(store, "a", NOW + QUARTER).ends_at == NOW + 2 * QUARTER
    forget_tries(store, "a")
    assert known_tries(store, "a", NOW + QUARTER).count == 0


def test_stores_count_together_and_miss_nothing(store: Store, store_url: str) -> None:
    other = open_store(store_url)
    try:
        with ThreadPoolExecutor(8) as threads:
            counts = list(threads.map(lambda i: count_tries((store, other)[i % 2], "a", QUARTER, NOW).count, range(40)))
    finally:
        other.close()
    assert sorted(counts) == list(range(1, 41))


def test_what_is_over_is_purged(store: Store) -> None:
    count_tries(store, "a", QUARTER, NOW)
    count_tries(store, "b", 2 * QUARTER, NOW)
    purge(store, NOW + QUARTER)
    assert known_tries(store, "a", NOW).count == 0
    assert known_tries(store, "b", NOW).count == 1
