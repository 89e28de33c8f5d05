"""`beatplan import`, `beatplan user` and `beatplan migrate`: what fills and keeps the database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session, col, or_, select

from api.commands.opening import DataOption, opened, prepare
from api.settings import load_settings
from routing.documents import read_bytes
from visits.errors import ConflictError, InputError
from visits.importing.customers import import_customers
from visits.importing.report import ImportReport
from visits.importing.reps import import_reps
from visits.models import Person, Rep, Role, Territory
from visits.queries.events import record
from visits.queries.people import hash_token, new_token, people
from visits.scope import SYSTEM

imports = typer.Typer(no_args_is_help=True, help="Read customers or reps from a CSV file.")
users = typer.Typer(no_args_is_help=True, help="People who may sign in.")
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


def _tell(report: ImportReport, *, dry_run: bool) -> None:
    for fault in report.faults:
        typer.echo(fault.sentence())
    counts = f"{report.created} new, {report.updated} changed, {report.unchanged} as before"
    if report.written or dry_run:
        made = f"; new territories: {', '.join(report.territories_created)}" if report.territories_created else ""
        tail = "; nothing written (dry run)" if dry_run else ""
        typer.echo(f"{report.file}: {report.rows} rows: {counts}, {len(report.faults)} faulty{made}{tail}")
    if report.faults and not report.written:
        more = f" (and {len(report.faults) - 1} more)" if len(report.faults) > 1 else ""
        raise InputError(
            f"{report.file}: {report.faults[0].sentence()}{more}; nothing was written: "
            "correct the file, or leave faulty rows out with --skip-faulty"
        )


@users.command("add")
def add(
    email: Annotated[str, typer.Argument(help="Address, unique among people.")],
    role: Annotated[Role, typer.Option(help="What they do.")],
    name: Annotated[str, typer.Option(help="Name as others see it [default: the address].")] = "",
    rep: Annotated[str | None, typer.Option(help="Id or external id of the rep, for the role rep.")] = None,
    territory: Annotated[
        list[str] | None,
        typer.Option(metavar="T", help="Territory they may see (id, external id or name); repeat. None: all."),
    ] = None,
    data: DataOption = None,
) -> None:
    """Add a person and print their token, once."""
    if "@" not in email.strip("@"):
        raise InputError(f"{email!r} is no e-mail address; write one such as ana@example.com")
    if (role is Role.REP) != (rep is not None):
        raise InputError("--rep names who a rep is: give it with --role rep, and only there")
    with opened(data) as (_, store), store.session() as session:
        if session.exec(select(Person.id).where(Person.email == email)).first() is not None:
            raise ConflictError(f"{email!r} is already there; for a new token run beatplan user token {email}")
        token = new_token()
        person = Person(
            email=email,
            name=name or email,
            role=role.value,
            rep_id=None if rep is None else _rep_id(session, rep),
            territory_ids=[territory_id(session, one) for one in territory] if territory else None,
            token_hash=hash_token(token),
        )
        session.add(person)
        record(session, SYSTEM, "person.added", person.id, {"role": role.value})
    typer.echo(token)


@users.command("token")
def token(email: Annotated[str, typer.Argument(help="Whose.")], data: DataOption = None) -> None:
    """Give a person a new token; the old one ends at once."""
    with opened(data) as (_, store), store.session() as session:
        person = session.exec(select(Person).where(Person.email == email)).first()
        if person is None:
            raise InputError(f"there is nobody with the address {email!r}; see beatplan user list")
        fresh = new_token()
        person.token_hash = hash_token(fresh)
        session.add(person)
        record(session, SYSTEM, "person.token_changed", person.id)
    typer.echo(fresh)


@users.command("list")
def show(data: DataOption = None) -> None:
    """List the people who may sign in."""
    with opened(data) as (_, store), store.reading() as session:
        for person in people(session):
            state = "" if person.active else " (inactive)"
            typer.echo(f"{person.email}\t{person.role}\t{person.name}{state}")


@migrations.command("migrate")
def migrate(data: DataOption = None) -> None:
    """Make the database where there is none, and bring it to this version's form."""
    settings = load_settings(data_dir=data)
    typer.echo(f"the database has schema version {prepare(settings)}")


def _rep_id(session: Session, text: str) -> str:
    found = session.exec(select(Rep.id).where(or_(col(Rep.id) == text, col(Rep.external_id) == text))).first()
    if found is None:
        raise InputError(f"there is no rep {text!r}; import reps first, or correct --rep")
    return found


def territory_id(session: Session, text: str) -> str:
    """The id of a territory named by id, external id or name. Raises InputError unless exactly one fits."""
    fits = or_(col(Territory.id) == text, col(Territory.external_id) == text, col(Territory.name) == text)
    found = session.exec(select(Territory.id).where(fits)).all()
    if len(found) != 1:
        many = "is the name of several territories; give its id" if found else "is no territory; correct --territory"
        raise InputError(f"{text!r} {many}")
    return found[0]
