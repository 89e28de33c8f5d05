"""The database: opening it, and one transaction per unit of work.

SQLite runs in write-ahead mode with foreign keys on; a writer takes the write lock at BEGIN, so that two processes
wait for each other instead of failing when one of them turns from reading to writing. PostgreSQL writes at its default
isolation; lost updates are refused by the version columns (see `visits.models.base.Versioned`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, SQLModel

from visits.errors import InputError, StaleError, StoreError
from visits.glances import Glance
from visits.schema import head_revision, stored_revision, upgrade

BUSY_TIMEOUT_S = 10.0
"""How long a SQLite writer waits for another before it gives up."""
LOCK_TIMEOUT_S = 30.0
"""How long a statement on PostgreSQL waits for somebody else's lock before it gives up."""
POOL = 10
"""Connections kept open."""
MOST_CONNECTIONS = 48
"""Connections at one time; more than the threads that a service answers with."""
_READING = "beatplan_reading"
_LAST, _LAST_LOCK = "beatplan_last", 0x62656174
"""The rows that a transaction writes last, and PostgreSQL's lock for writing them one transaction at a time."""
_TURNED_AWAY = frozenset({"40001", "40P01"})
"""PostgreSQL chose this transaction to give way: serialization failure, deadlock."""


class Store:
    """An open database. Safe to share between threads; each `session` or `reading` uses its own connection."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reading_engine = engine.execution_options(**{_READING: True} if self.is_local else snapshot)
        self._glancing: list[PoolProxiedConnection] = []

    @property
    def is_local(self) -> bool:
        """Whether the database is a file of this machine: a `glance` at it takes microseconds and waits for nobody."""
        return self.engine.dialect.name == "sqlite"

    @property
    def url(self) -> URL:
        """Where the database is."""
        return self.engine.url

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction that may write: committed at the end of the block, rolled back when it raises.

        Raises StaleError when a row changed meanwhile, StoreError when the database is locked, read-only or full.
        """
        with _plain_errors(self.url), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session
            _write_last_rows(session)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads, one state of the database throughout, without waiting for a writer.

        Raises StoreError.
        """
        with (
            _plain_errors(self.url),
            Session(self._reading_engine, expire_on_commit=False, autoflush=False) as session,
        ):
            yield session

    def glance(self, glance: Glance, **values: Any) -> tuple[Any, ...] | None:
        """The first row of a statement, on a connection that stays open between glances.

        A fraction of the work of `reading`, for what is asked with every request. Raises StoreError.
        """
        with _plain_errors(self.url):
            while True:
                kept = connection = self._kept_glance()
                try:
                    if connection is None:
                        connection = self._open_glance()
                    row = glance.row(connection.driver_connection, self.engine.dialect, values)
                except self.engine.dialect.loaded_dbapi.Error as error:
                    if connection is not None:
                        connection.invalidate(error)
                    if kept is None:
                        raise DBAPIError.instance(
                            None, None, error, self.engine.dialect.loaded_dbapi.Error, dialect=self.engine.dialect
                        ) from error
                else:
                    self._glancing.append(connection)
                    return row

    def _open_glance(self) -> PoolProxiedConnection:
        """A connection of its own, without transactions."""
        connection = self.engine.raw_connection()
        if not self.is_local:
            connection.driver_connection.autocommit = True  # type: ignore[union-attr]  # psycopg's
        return connection

    def _kept_glance(self) -> PoolProxiedConnection | None:
        """A connection kept for glances, out of the reach of other threads."""
        try:
            return self._glancing.pop()
        except IndexError:
            return None

    def close(self) -> None:
        """Close all connections."""
        while (kept := self._kept_glance()) is not None:
            kept.close()
        self.engine.dispose()


def write_last(session: Session, row: SQLModel) -> None:
    """Write a row as the last act of a `Store.session`, after all others that do so have committed.

    Numbers that the database gives to such rows rise in the order in which the rows become visible.
    """
    session.info.setdefault(_LAST, []).append(row)


def _write_last_rows(session: Session) -> None:
    rows = session.info.pop(_LAST, [])
    if not rows:
        return
    session.flush()
    connection = session.connection()
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LAST_LOCK})
    for row in rows:
        session.add(row)
        session.flush()


def open_store(url: str) -> Store:
    """The database at `url` (sqlite:///FILE or postgresql://…), whose schema must be up to date.

    Raises InputError when the URL makes no sense or the schema is not at its newest version, StoreError when the
    database cannot be reached.
    """
    parsed = database_url(url)
    file = parsed.database or ""
    if parsed.get_backend_name() == "sqlite" and not file.startswith("file:") and not Path(file).exists():
        raise InputError(f"the database {shown(parsed)} does not exist; run beatplan migrate to make it")
    store = Store(connect(parsed))
    try:
        with store.reading() as session:
            _require_head(session.connection(), parsed)
    except BaseException:
        store.close()
        raise
    return store


def database_url(url: str) -> URL:
    """A database address understood. Raises InputError for anything but a SQLite file or PostgreSQL."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise InputError(_bad_url(url)) from None
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed
    raise InputError(_bad_url(url))


def shown(url: URL) -> str:
    """The address for an error sentence, without a password."""
    return url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def connect(url: URL) -> Engine:
    """An engine with this project's transaction rules; nothing is opened yet."""
    if url.get_backend_name() != "sqlite":
        patience = {} if "options" in url.query else {"options": f"-c lock_timeout={LOCK_TIMEOUT_S * 1000:.0f}"}
        return create_engine(
            url,
            connect_args=patience,
            pool_pre_ping=True,
            pool_size=POOL,
            max_overflow=MOST_CONNECTIONS - POOL,
            hide_parameters=True,
        )
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
        pool_size=POOL,
        max_overflow=MOST_CONNECTIONS - POOL,
        hide_parameters=True,  # they are customers' data, and errors are logged
    )
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _require_head(connection: Connection, url: URL) -> None:
    found = stored_revision(connection)
    if found != head_revision():
        raise InputError(
            f"the database {shown(url)} has schema version {found or 'none'} and this program needs "
            f"{head_revision()}; run beatplan migrate"
        )


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # BEGIN is ours, see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.create_function("lower", 1, _lower, deterministic=True)  # SQLite's own knows the letters A to Z alone


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get(_READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


@contextmanager
def _plain_errors(url: URL) -> Iterator[None]:
    try:
        yield
    except StaleDataError:
        raise StaleError("somebody else changed this meanwhile; load it again and repeat the change") from None
    except PoolTimeoutError:
        raise StoreError(f"the database {shown(url)} has no free connection; try again in a moment") from None
    except IntegrityError as error:
        if not _is_double(error):
            raise
        raise StaleError("somebody else wrote the same thing at the same moment; load it again and repeat") from None
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) in _TURNED_AWAY:
            raise StaleError("somebody else changed the same things at the same moment; repeat the change") from None
        sentence = _sentence(str(error.orig), url)
        if sentence is None and url.get_backend_name() == "postgresql" and isinstance(error, OperationalError):
            said = str(error.orig).strip().partition("\n")[0]  # of the server or the way to it, never of a statement
            sentence = f"PostgreSQL at {shown(url)} cannot be used now: {said}"
        if sentence is None:
            raise
        raise StoreError(sentence) from None


def _is_double(error: IntegrityError) -> bool:
    """Whether a uniqueness rule refused the row, as when two programs insert the same key."""
    return getattr(error.orig, "sqlstate", None) == "23505" or "UNIQUE constraint failed" in str(error.orig)


def _sentence(said: str, url: URL) -> str | None:
    """What a database's message means for a person; None when it is a fault of the program."""
    where, text = shown(url), said.lower()
    known = (
        ("locked", f"the database {where} is locked by another program; close it or try again in a moment"),
        ("readonly", f"the database {where} is read-only; make the file and its directory writable"),
        ("read-only", f"the database {where} is read-only; connect with a user and server that may write"),
        ("disk is full", f"the disk that holds the database {where} is full; free some space and try again"),
        ("no space left", f"the disk that holds the database {where} is full; free some space and try again"),
        ("unable to open database file", f"the database {where} cannot be opened; check the path and its rights"),
        ("not a database", f"{where} is not a SQLite database; check the path"),
        ("malformed", f"the database {where} is damaged; restore it from a backup"),
        ("disk i/o error", f"the disk that holds the database {where} reports a fault; check the disk"),
        ("lock timeout", f"the database {where} is locked by another program; try again in a moment"),
        ("connection refused", f"no PostgreSQL server answers at {where}; start it or correct the address"),
        ("connection failed", f"PostgreSQL at {where} cannot be reached: {said.splitlines()[0]}"),
        ("server closed the connection", f"PostgreSQL at {where} closed the connection; try again in a moment"),
        ("connection is closed", f"PostgreSQL at {where} closed the connection; try again in a moment"),
        ("connection is lost", f"PostgreSQL at {where} closed the connection; try again in a moment"),
        ("terminating connection", f"PostgreSQL at {where} closed the connection; try again in a moment"),
    )
    return next((sentence for mark, sentence in known if mark in text), None)


def _bad_url(url: str) -> str:
    return f"{url!r} is no database address; write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"


def migrate(url: str) -> str:
    """Make the database if need be and bring its schema to the newest version, which is returned.

    All of it happens or nothing. Raises InputError for a bad address, StoreError when the database refuses.
    """
    parsed = database_url(url)
    if parsed.get_backend_name() == "sqlite":
        folder = Path(parsed.database or "").absolute().parent
        if not folder.is_dir():
            raise InputError(f"the directory {folder} for the database does not exist; make it or correct the path")
    engine = connect(parsed)
    try:
        with _plain_errors(parsed), engine.begin() as connection:
            upgrade(connection)
    finally:
        engine.dispose()
    return head_revision()
