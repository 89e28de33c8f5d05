"""`beatplan user`: people who may sign in, and the first administrator."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlmodel import Session

from api.auth.links import link_url, qr_text
from api.auth.passwords import Passwords, require_good
from api.commands.naming import rep_id, territory_id
from api.commands.opening import DataOption, opened
from visits.errors import InputError
from visits.models import Person, Role, SignInKind
from visits.queries.people import add_person, change_person, people, person_by_email, plain_email
from visits.queries.sign_ins import LINK_LIFE, end_sign_ins, make_link, sign_in
from visits.scope import SYSTEM

app = typer.Typer(no_args_is_help=True, help="People who may sign in.")
Email = Annotated[str, typer.Argument(help="Their address.")]
AskPassword = Annotated[
    bool, typer.Option("--password", help="Ask for a password; from stdin where that is no terminal.")
]


@app.command("add")
def add(
    email: Annotated[str, typer.Argument(help="Address, unique among people.")],
    role: Annotated[Role, typer.Option(help="What they do.")],
    name: Annotated[str, typer.Option(help="Name as others see it [default: the address].")] = "",
    rep: Annotated[str | None, typer.Option(help="Id or external id of the rep, for the role rep.")] = None,
    territory: Annotated[
        list[str] | None,
        typer.Option(metavar="T", help="Territory they may see (id, external id or name); repeat. None: all."),
    ] = None,
    password: AskPassword = False,
    data: DataOption = None,
) -> None:
    """Add a person and print a token of theirs, once."""
    address = plain_email(email)
    if (role is Role.REP) != (rep is not None):
        raise InputError("--rep names who a rep is: give it with --role rep, and only there")
    with opened(data) as (_, store):
        hashed = _ask_password(address) if password else None
        with store.session() as session:
            person = Person(
                email=address,
                name=name or address,
                role=role.value,
                rep_id=None if rep is None else rep_id(session, rep),
                territory_ids=[territory_id(session, one) for one in territory] if territory else None,
                password_hash=hashed,
            )
            add_person(session, SYSTEM, person)
            fresh = sign_in(session, person, SignInKind.TOKEN, label="command line")
    typer.echo(fresh.token)


@app.command("token")
def token(email: Email, data: DataOption = None) -> None:
    """Give a person a new token; the one that a command gave them before ends at once."""
    with opened(data) as (_, store), store.session() as session:
        person = _known(session, email)
        end_sign_ins(session, SYSTEM, person.id, kind=SignInKind.TOKEN)
        fresh = sign_in(session, person, SignInKind.TOKEN, label="command line")
    typer.echo(fresh.token)


@app.command("password")
def password(email: Email, data: DataOption = None) -> None:
    """Ask for a person's new password; from stdin where that is no terminal. All their sign-ins end."""
    with opened(data) as (_, store):
        with store.reading() as session:
            address = _known(session, email).email
        hashed = _ask_password(address)
        with store.session() as session:
            change_person(session, SYSTEM, _known(session, email), {"password_hash": hashed})
    typer.echo(f"{address} has a new password", err=True)


@app.command("link")
def link(email: Email, data: DataOption = None) -> None:
    """Print a link, and its QR code, that signs one device of a person in, once, within ten minutes."""
    with opened(data) as (settings, store):
        with store.session() as session:
            person = _known(session, email)
            if not person.active:
                raise InputError(f"{person.email} is not active; run beatplan user activate {person.email} first")
            code, _ = make_link(session, SYSTEM, person, datetime.now(UTC))
        base = settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"
    url = link_url(base, code)
    typer.echo(url)
    if sys.stderr.isatty():
        typer.echo(qr_text(url), err=True)
    typer.echo(f"it works once, within {LINK_LIFE.seconds // 60} minutes", err=True)


@app.command("activate")
def activate(email: Email, data: DataOption = None) -> None:
    """Let a person sign in again."""
    _set_active(data, email, active=True)


@app.command("deactivate")
def deactivate(email: Email, data: DataOption = None) -> None:
    """Let a person sign in no more; all their sign-ins end."""
    _set_active(data, email, active=False)


@app.command("list")
def show(data: DataOption = None) -> None:
    """List the people who may sign in."""
    with opened(data) as (_, store), store.reading() as session:
        for person in people(session):
            state = "" if person.active else " (inactive)"
            typer.echo(f"{person.email}\t{person.role}\t{person.name}{state}")


def _set_active(data: DataOption, email: str, *, active: bool) -> None:
    with opened(data) as (_, store), store.session() as session:
        change_person(session, SYSTEM, _known(session, email), {"active": active})


def _known(session: Session, email: str) -> Person:
    person = person_by_email(session, email)
    if person is None:
        raise InputError(f"there is nobody with the address {email!r}; see beatplan user list")
    return person


def _ask_password(email: str) -> str:
    """The hash of a password typed twice, or of stdin's first line. Raises InputError for one that is no good."""
    if sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    require_good(given, email)
    return Passwords().hash(given)
