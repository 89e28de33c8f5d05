"""What commands on the database have in common: the data directory, and opening it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from api.settings import Settings, load_settings
from routing.errors import InputError
from visits.store import Store, migrate, open_store

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="Data directory [default: BEATPLAN_DATA_DIR or .beatplan].")
]

PortOption = Annotated[
    int | None, typer.Option(min=0, max=65535, metavar="N", help="Port; 0 takes a free one [default: 8000].")
]


@contextmanager
def opened(data: Path | None) -> Iterator[tuple[Settings, Store]]:
    """The settings with this data directory, and its database. Raises InputError, StoreError."""
    settings = load_settings(data_dir=data)
    store = open_store(settings.store_url)
    try:
        yield settings, store
    finally:
        store.close()


def prepare(settings: Settings) -> str:
    """Makes the data directory and the database where they are missing; returns the schema version.

    Raises InputError when the directory cannot be made, StoreError when the database refuses.
    """
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{settings.data_dir} cannot be made: {error.strerror}; choose another --data") from None
    return migrate(settings.store_url)
