"""`beatplan privacy`: hand out or erase what is kept about one customer or rep, and purge what is over."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from sqlmodel import Session, col, or_, select

from api.commands.naming import rep_id
from api.commands.opening import DataOption, opened
from routing.files import replacing
from visits.errors import InputError
from visits.models import Customer
from visits.privacy.erasing import erase_customer, erase_rep
from visits.privacy.exporting import export_customer, export_rep
from visits.privacy.purging import purge as purge_store
from visits.queries.customers import get_customer
from visits.queries.reps import get_rep
from visits.scope import SYSTEM

app = typer.Typer(no_args_is_help=True, help="What is kept about people: export, erase, purge.")


class Kind(StrEnum):
    """Whose data."""

    CUSTOMER = "customer"
    REP = "rep"


KindArgument = Annotated[Kind, typer.Argument(help="Whose data.")]
Named = Annotated[str, typer.Argument(metavar="ID", help="Id or external id.")]


@app.command("export")
def export(
    kind: KindArgument,
    ident: Named,
    out: Annotated[Path, typer.Option(metavar="FILE", help="JSON file to write; - for stdout.")] = Path("-"),
    data: DataOption = None,
) -> None:
    """Write all that is kept about a customer or rep into one JSON file."""
    with opened(data) as (_, store), store.reading() as session:
        hand_out = export_customer if kind is Kind.CUSTOMER else export_rep
        found = hand_out(session, SYSTEM, _find(session, kind, ident), datetime.now(UTC))
    text = json.dumps(found, ensure_ascii=False, indent=2) + "\n"
    if str(out) == "-":
        sys.stdout.write(text)
        return
    with replacing(out) as beside:
        beside.write_text(text, encoding="utf-8")
        beside.chmod(0o600)


@app.command("erase")
def erase(
    kind: KindArgument,
    ident: Named,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: DataOption = None,
) -> None:
    """Take out for good what names a customer or rep; a nameless stub stays."""
    with opened(data) as (_, store):
        with store.reading() as session:
            found = _find(session, kind, ident)
            row = get_customer(session, SYSTEM, found) if kind is Kind.CUSTOMER else get_rep(session, SYSTEM, found)
            name, version = row.name, row.version
        if not yes:
            if not sys.stdin.isatty():
                raise InputError("an erasure cannot be taken back; say --yes where nobody can be asked")
            typer.confirm(f"Erase {kind.value} {name!r} for good?", abort=True, err=True)
        with store.session() as session:
            do = erase_customer if kind is Kind.CUSTOMER else erase_rep
            erased = do(session, SYSTEM, found, datetime.now(UTC), expected=version)
    typer.echo(
        f"erased {erased.id}: {erased.documents} documents and {erased.events} events cleaned, "
        f"{erased.problems} stored problems deleted"
    )


@app.command("purge")
def purge(data: DataOption = None) -> None:
    """Delete what has been kept long enough; the service does it every hour."""
    with opened(data) as (_, store):
        gone = purge_store(store, datetime.now(UTC))
    typer.echo(
        f"purged {gone.positions} positions, {gone.answers} answers, {gone.sign_ins} sign-ins, {gone.events} events"
    )


def _find(session: Session, kind: Kind, text: str) -> str:
    if kind is Kind.REP:
        return rep_id(session, text)
    named = or_(col(Customer.id) == text, col(Customer.external_id) == text)
    found = session.exec(select(Customer.id).where(named)).first()
    if found is None:
        raise InputError(f"there is no customer {text!r}; give its id or external id")
    return found
