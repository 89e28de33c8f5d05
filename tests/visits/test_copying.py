"""Move, backup and restore: every row arrives as it was, and nothing half."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlmodel import select

from tests.conftest import DATABASES, _database
from tests.visits.world import fill_town, queue_run, quick_tools
from visits.copying import back_up, move, restore
from visits.errors import InputError
from visits.models import Event, PlanVersion, StoredProblem, Table, Territory
from visits.planning import run_planning
from visits.queries.events import record
from visits.scope import SYSTEM
from visits.store import Store, open_store


@pytest.fixture(params=DATABASES)
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a second database, without tables, on either kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'other.db'}"
        return
    yield from _database(request.getfixturevalue("postgres"), "")


def filled(store: Store) -> Store:
    fill_town(store, 12)
    run_planning(store, queue_run(store), quick_tools(), now=datetime(2026, 11, 22, 10, tzinfo=UTC))
    return store


def contents(store: Store) -> dict[str, list]:
    with store.reading() as session:
        connection = session.connection()
        return {
            table.name: sorted(map(repr, connection.execute(table.select()).all()))
            for table in Table.metadata.sorted_tables
        }


def test_everything_moves_and_the_other_database_goes_on(store: Store, other_url: str) -> None:
    filled(store)
    copied = {table.name: table for table in move(store, other_url)}
    other = open_store(other_url)
    assert contents(other) == contents(store)
    assert copied["event"].rows >= 4
    assert copied["stored_problem"].rows == 1
    assert len({table.sha256 for table in copied.values() if table.rows}) == sum(bool(t.rows) for t in copied.values())
    with other.session() as session:
        record(session, SYSTEM, "after.move", "x")
    with other.reading() as session:
        ids = session.exec(select(Event.id).order_by(Event.id)).all()
    assert ids == list(range(1, copied["event"].rows + 2))
    other.close()
    with pytest.raises(InputError, match="already holds rows of"):
        move(store, other_url)


def test_a_database_does_not_move_onto_itself(store: Store, store_url: str) -> None:
    with pytest.raises(InputError, match="is the database itself"):
        move(store, store_url)


def test_a_backup_while_others_write_is_one_state_and_comes_back(store: Store, other_url: str, tmp_path: Path) -> None:
    filled(store)
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            with store.session() as session:
                session.add(Territory(name=f"t{number}"))
                record(session, SYSTEM, "territory.made", f"t{number}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        file = tmp_path / "backup.db"
        file.write_bytes(b"an older backup")
        back_up(store, file)
    finally:
        stop.set()
        writer.join()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith((".", "backup"))] == ["backup.db"]
    restore(file, other_url)
    back = open_store(other_url)
    with back.reading() as session:
        made = [name for name in session.exec(select(Territory.name)).all() if name != "North"]
        told = session.exec(select(Event.subject).where(Event.kind == "territory.made")).all()
        assert sorted(made) == sorted(told)
        assert session.exec(select(PlanVersion)).one().document
        assert session.exec(select(StoredProblem)).one().body
    back.close()


def test_a_backup_that_is_none_is_named(tmp_path: Path, other_url: str) -> None:
    with pytest.raises(InputError, match="does not exist"):
        restore(tmp_path / "none.db", other_url)


def test_a_backup_that_cannot_be_written_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        back_up(store, tmp_path / "nowhere" / "backup.db")
