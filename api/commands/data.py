"""`beatplan import` and `beatplan migrate`: what fills and keeps the database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.commands.opening import DataOption, opened, prepare
from api.settings import load_settings
from routing.documents import read_bytes
from visits.errors import InputError
from visits.importing.batches import undo_import
from visits.importing.customers import import_customers
from visits.importing.report import ImportReport
from visits.importing.reps import import_reps
from visits.scope import SYSTEM

imports = typer.Typer(no_args_is_help=True, help="Read customers or reps from a CSV file, or take that back.")
migrations = typer.Typer()

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV file, UTF-8, with a header line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen.")]
SkipFaulty = Annotated[bool, typer.Option("--skip-faulty", help="Leave faulty rows out and take the others.")]


@imports.command("customers")
def customers(file: File, dry_run: DryRun = False, skip_faulty: SkipFaulty = False, data: DataOption = None) -> None:
    """Create or update customers by their external_id."""
    content = read_bytes(file)
    with opened(data) as (_, store):
        _tell(
            import_customers(store, SYSTEM, content, file=str(file), dry_run=dry_run, skip_faulty=skip_faulty),
            dry_run=dry_run,
        )


@imports.command("reps")
def reps(file: File, dry_run: DryRun = False, skip_faulty: SkipFaulty = False, data: DataOption = None) -> None:
    """Create or update reps by their external_id."""
    content = read_bytes(file)
    with opened(data) as (_, store):
        _tell(
            import_reps(store, SYSTEM, content, file=str(file), dry_run=dry_run, skip_faulty=skip_faulty),
            dry_run=dry_run,
        )


@imports.command("undo")
def undo(
    batch: Annotated[str, typer.Argument(metavar="ID", help="The import, as it was told when it was written.")],
    data: DataOption = None,
) -> None:
    """Take a written import back, but for rows that somebody changed since."""
    with opened(data) as (_, store), store.session() as session:
        done = undo_import(session, SYSTEM, batch, datetime.now(UTC))
    left = f"; left as they are, changed since: {', '.join(done.left)}" if done.left else ""
    typer.echo(f"{done.restored} as before, {done.removed} removed, {done.retired} retired{left}")


def _tell(report: ImportReport, *, dry_run: bool) -> None:
    for fault in report.faults:
        typer.echo(fault.sentence())
    counts = f"{report.created} new, {report.updated} changed, {report.unchanged} as before"
    if report.written or dry_run:
        made = f"; new territories: {', '.join(report.territories_created)}" if report.territories_created else ""
        tail = "; nothing written (dry run)" if dry_run else ""
        name = f"; take it back by: beatplan import undo {report.id}" if report.id else ""
        typer.echo(f"{report.file}: {report.rows} rows: {counts}, {report.fault_count} faulty{made}{tail}{name}")
    if report.faults and not report.written:
        more = f" (and {report.fault_count - 1} more)" if report.fault_count > 1 else ""
        raise InputError(
            f"{report.file}: {report.faults[0].sentence()}{more}; nothing was written: "
            "correct the file, or leave faulty rows out with --skip-faulty"
        )


@migrations.command("migrate")
def migrate(data: DataOption = None) -> None:
    """Make the database where there is none, and bring it to this version's form."""
    settings = load_settings(data_dir=data)
    typer.echo(f"the database has schema version {prepare(settings)}")
