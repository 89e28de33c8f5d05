"""`beatplan backup`, `restore`, `move` and `settings`: what an operator needs beside the service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from api.commands.opening import DataOption, opened
from api.settings import documented, load_settings
from visits.copying import CopiedTable, back_up, move, restore
from visits.store import database_url, shown

backups = typer.Typer()
restores = typer.Typer()
moves = typer.Typer()
settings_list = typer.Typer()


@backups.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="SQLite file to write; replaced when it is there.")],
    data: DataOption = None,
) -> None:
    """Write one state of the database, SQLite or PostgreSQL, into a file; the service may go on meanwhile."""
    with opened(data) as (_, store):
        _tell(back_up(store, file), f"backed up to {file}")


@restores.command("restore")
def bring_back(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What beatplan backup wrote.")], data: DataOption = None
) -> None:
    """Bring a backup into the database, which must be new or empty."""
    settings = load_settings(data_dir=data)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    _tell(restore(file, settings.store_url), f"restored to {shown(database_url(settings.store_url))}")


@moves.command("move")
def move_to(
    url: Annotated[str, typer.Argument(metavar="URL", help="Such as postgresql://user@host/beatplan; empty or new.")],
    data: DataOption = None,
) -> None:
    """Copy everything into another database, SQLite or PostgreSQL, and compare both; nobody can write meanwhile."""
    with opened(data) as (_, store):
        copied = move(store, url)
    _tell(copied, f"moved to {shown(database_url(url))}; set BEATPLAN_DATABASE_URL to it and start the service again")


@settings_list.command("settings")
def settings() -> None:
    """List every setting: its environment variable, its default and what it does."""
    for name, (default, text) in documented().items():
        typer.echo(f"{name}={default}\n    {text}")


def _tell(copied: Sequence[CopiedTable], end: str) -> None:
    for table in copied:
        typer.echo(f"{table.name:<24}{table.rows:>10} rows  sha256 {table.sha256[:16]}")
    typer.echo(f"{sum(table.rows for table in copied)} rows {end}")
