"""The store: transactions, locking, and what a person reads when the database refuses."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlmodel import select

from visits import store as store_module
from visits.errors import InputError, StaleError, StoreError
from visits.models import Absence, Event, Rep, Table, Territory
from visits.store import Store, database_url, migrate, open_store


def _rep(**changes) -> Rep:
    values = {"name": "Ana", "home_lon": 24.9, "home_lat": 60.2, "timezone": "Europe/Helsinki", "weekly_hours": "Mo-Fr"}
    return Rep(**{**values, **changes})


def test_a_block_that_raises_leaves_nothing(store: Store) -> None:
    def write_and_fail() -> None:
        with store.session() as session:
            session.add(Territory(name="North"))
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    with store.reading() as session:
        assert session.exec(select(Territory)).all() == []


def test_moments_come_back_in_utc_whatever_zone_they_had(store: Store) -> None:
    moment = datetime(2026, 11, 23, 9, 30, tzinfo=timezone(timedelta(hours=2)))
    with store.session() as session:
        rep = _rep()
        session.add(rep)
        session.flush()
        session.add(Absence(rep_id=rep.id, starts_at=moment, ends_at=moment + timedelta(hours=1)))
    with store.reading() as session:
        found = session.exec(select(Absence)).one()
    assert found.starts_at == moment
    assert found.starts_at.utcoffset() == timedelta(0)


def test_references_are_kept(store: Store) -> None:
    with pytest.raises(Exception, match=r"(?i)foreign key"), store.session() as session:
        session.add(_rep(territory_id="ter_nobody"))


def test_two_editors_of_one_row_the_slower_is_told(store: Store) -> None:
    with store.session() as session:
        session.add(Territory(id="ter_1", name="North"))
    with store.reading() as session:
        mine = session.get_one(Territory, "ter_1")
    with store.session() as session:
        theirs = session.get_one(Territory, "ter_1")
        theirs.name = "Theirs"
        session.add(theirs)
    mine.name = "Mine"
    with pytest.raises(StaleError, match="changed this meanwhile"), store.session() as session:
        session.add(mine)
    with store.reading() as session:
        stored = session.get_one(Territory, "ter_1")
    assert (stored.name, stored.version) == ("Theirs", 2)


def test_the_same_key_twice_is_a_stale_write(store: Store) -> None:
    with store.session() as session:
        session.add(Territory(name="North", external_id="n"))
    with pytest.raises(StaleError), store.session() as session:
        session.add(Territory(name="South", external_id="n"))


def test_writers_in_turn_never_deadlock(store: Store) -> None:
    with store.session() as session:
        session.add(Territory(id="ter_1", name="0"))

    def count_up() -> None:
        for _ in range(10):
            while True:
                try:
                    with store.session() as session:
                        row = session.get_one(Territory, "ter_1")
                        row.name = str(int(row.name) + 1)
                        session.add(row)
                    break
                except StaleError:
                    continue

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as session:
        assert session.get_one(Territory, "ter_1").name == "40"


def _write_and_wait(url: str, ready) -> None:
    with open_store(url).session() as session:
        session.add(Territory(name="half"))
        session.add(Event(actor="x", kind="y", subject="z"))
        session.flush()
        ready.set()
        signal.pause()


def test_a_writer_killed_in_mid_transaction_leaves_nothing_and_no_lock(store_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    writer = context.Process(target=_write_and_wait, args=(store_url, ready))
    writer.start()
    assert ready.wait(60)
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    store = open_store(store_url)
    with store.session() as session:
        assert session.exec(select(Territory)).all() == []
        assert session.exec(select(Event)).all() == []
        session.add(Territory(name="whole"))
    store.close()


def test_migrations_lead_from_nothing_to_what_the_tables_say(empty_url: str) -> None:
    with pytest.raises(InputError, match="run beatplan migrate"):
        open_store(empty_url)
    migrate(empty_url)
    migrate(empty_url)
    store = open_store(empty_url)
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "render_as_batch": True})
        assert compare_metadata(context, Table.metadata) == []
    store.close()


def test_an_older_schema_asks_for_migration(store_url: str) -> None:
    engine = store_module.connect(database_url(store_url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
    engine.dispose()
    with pytest.raises(InputError, match=r"schema version 0000 .* run beatplan migrate"):
        open_store(store_url)


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://x/y", "sqlite://", "sqlite:///:memory:", "oracle+foo://x", "", "postgresql://x:y:z/"]
)
def test_bad_addresses_are_named(url: str) -> None:
    with pytest.raises(InputError, match="is no database address"):
        open_store(url)


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist; make it"):
        migrate(f"sqlite:///{tmp_path / 'nowhere' / 'b.db'}")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "b.db"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StoreError, match="is not a SQLite database"):
        open_store(f"sqlite:///{path}")


def test_a_locked_database_is_one_sentence(
    migrated_sqlite: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "b.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_S", 0.05)
    store = open_store(f"sqlite:///{path}")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="is locked by another program"), store.session() as session:
        session.add(Territory(name="North"))
    with store.reading() as session:
        assert session.exec(select(Territory)).all() == []
    other.execute("ROLLBACK")
    other.close()
    store.close()


def test_a_full_disk_is_one_sentence_and_leaves_nothing(migrated_sqlite: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    store = open_store(f"sqlite:///{path}")
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()

    def write_much() -> None:
        with store.session() as session:
            session.connection().exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            session.add_all([Territory(name="x" * 3000) for _ in range(200)])

    with pytest.raises(StoreError, match="is full; free some space"):
        write_much()
    with store.reading() as session:
        assert session.exec(select(Territory)).all() == []
    store.close()


def test_a_read_only_database_is_one_sentence(migrated_sqlite: Path, tmp_path: Path) -> None:
    path = tmp_path / "b.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    store = open_store(f"sqlite:///file:{path}?mode=ro&uri=true")
    with pytest.raises(StoreError, match="is read-only"), store.session() as session:
        session.add(Territory(name="North"))
    store.close()


def test_a_password_is_never_shown() -> None:
    assert "secret" not in store_module.shown(database_url("postgresql://ana:secret@db/beatplan"))


@pytest.mark.parametrize(
    "said",
    [
        "consuming input failed: SSL SYSCALL error: EOF detected",
        "could not receive data from server: Connection reset by peer\nhint",
        "FATAL:  too many connections for role",
        "connection timeout expired",
    ],
)
def test_whatever_stands_between_us_and_the_server_is_one_sentence(said: str) -> None:
    """Workers wait and try again on it; another error would end them."""
    lost = OperationalError("SELECT 1", {}, Exception(said))
    url = database_url("postgresql://ana:secret@db/beatplan")
    with pytest.raises(StoreError, match=r"PostgreSQL at .*db/beatplan") as told, store_module._plain_errors(url):
        raise lost
    assert "\n" not in str(told.value)
    assert "secret" not in str(told.value)


def test_an_error_never_repeats_what_was_to_be_stored(store: Store) -> None:
    with pytest.raises(DBAPIError) as told, store.session() as session:
        session.execute(text("INSERT INTO nowhere (name) VALUES (:name)"), {"name": "Kaisa Karhu"})
    assert "Kaisa" not in str(told.value)


def test_an_unreachable_server_is_one_sentence() -> None:
    with pytest.raises(StoreError, match=r"no PostgreSQL server answers at .*start it or correct"):
        open_store("postgresql://ana:secret@127.0.0.1:1/beatplan")


def test_the_clock_is_aware(store: Store) -> None:
    with store.session() as session:
        session.add(Event(actor="a", kind="k", subject="s"))
    with store.reading() as session:
        assert session.exec(select(Event)).one().at <= datetime.now(UTC)
