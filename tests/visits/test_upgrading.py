"""Databases of earlier versions come along with what is in them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text
from sqlmodel import select

from visits.models import Person, SignIn
from visits.queries.holders import find_holder
from visits.queries.sign_ins import hash_token
from visits.schema import MIGRATIONS
from visits.store import connect, database_url, migrate, open_store


def bring_to(url: str, revision: str, *, back: bool = False) -> None:
    """Makes or changes a database to this version of the schema."""
    engine = connect(database_url(url))
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        (command.downgrade if back else command.upgrade)(config, revision)
    engine.dispose()


def test_tokens_of_the_first_schema_still_open(empty_url: str) -> None:
    bring_to(empty_url, "0001")
    engine = connect(database_url(empty_url))
    insert = text(
        "INSERT INTO person (version, created_at, updated_at, id, email, name, role, token_hash, active) "
        "VALUES (1, :now, :now, :id, :email, 'Ana', 'admin', :held, :yes)"
    )
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with engine.begin() as connection:
        for name, held in (("ana", hash_token("bp_ana")), ("bo", None)):
            values = {"id": f"per_{name}", "email": f"{name}@x.fi", "held": held, "yes": True}
            moment = now if engine.dialect.name == "postgresql" else "2026-11-01 00:00:00.000000"
            connection.execute(insert, {**values, "now": moment})
    engine.dispose()
    migrate(empty_url)
    store = open_store(empty_url)
    held = find_holder(store, "bp_ana", datetime.now(UTC))
    assert held is not None
    assert held.viewer.person_id == "per_ana"
    with store.reading() as session:
        row = session.exec(select(SignIn)).one()
        assert (row.person_id, row.kind, row.expires_at) == ("per_ana", "token", None)
        assert {one.version for one in session.exec(select(Person))} == {1}
    store.close()


def test_there_and_back_again(empty_url: str) -> None:
    migrate(empty_url)
    bring_to(empty_url, "0001", back=True)
    with pytest.raises(Exception, match="run beatplan migrate"):
        open_store(empty_url)
    migrate(empty_url)
    open_store(empty_url).close()
