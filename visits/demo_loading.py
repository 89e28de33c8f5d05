"""The embedded demo into a database."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from sqlmodel import Session, col, select

from routing.documents import read_bytes
from visits.errors import InputError
from visits.importing.customers import import_customers
from visits.importing.report import ImportReport
from visits.importing.reps import import_reps
from visits.local_day import LocalDay, zone_named
from visits.models import Customer, Person, Rep, Role, SignInKind, Territory, Visit, VisitState
from visits.queries.sign_ins import end_sign_ins, sign_in
from visits.scope import SYSTEM
from visits.store import Store

DEMO_DATA = Path(__file__).parent / "demo"
OFFICE = (
    (Role.DISPATCHER, "Dana Dispatcher", "dispatcher@example.com"),
    (Role.MANAGER, "Mats Manager", "manager@example.com"),
    (Role.ADMIN, "Ada Admin", "admin@example.com"),
)


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who may sign in to the demo; `token` is shown this once."""

    role: str
    name: str
    email: str
    token: str
    rep_id: str | None


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo holds; `first_day` is the first working day from the day it was loaded for."""

    people: tuple[DemoPerson, ...]
    customers: int
    reps: int
    territories: int
    first_day: date


def load_demo(store: Store, today: date, folder: Path = DEMO_DATA, *, password_hash: str | None = None) -> Demo:
    """Load customers, reps, territories, visit history, appointments and people of the demo.

    History lies in the working days before the first one from `today` on, appointments in those after. Loading again
    changes no data that is there, but gives the people new tokens, as only their hashes are kept, and the password of
    `password_hash`. Raises InputError when `folder` holds no demo data.
    """
    first_day = next_working_day(today)
    with store.session() as session:
        for row in _rows(folder / "territories.csv", ("external_id", "name")):
            known = session.exec(select(Territory).where(Territory.external_id == row["external_id"])).first()
            if known is None:
                session.add(Territory(external_id=row["external_id"], name=row["name"]))
    for name, bring in (("reps.csv", import_reps), ("customers.csv", import_customers)):
        _require_faultless(bring(store, SYSTEM, read_bytes(folder / name), file=name))
    with store.session() as session:
        reps = {rep.external_id or rep.id: rep for rep in session.exec(select(Rep))}
        customers = {customer.external_id or customer.id: customer for customer in session.exec(select(Customer))}
        if session.exec(select(Visit.id).limit(1)).first() is None:
            _load_history(session, folder, first_day, customers, reps)
            _load_appointments(session, folder, first_day, customers, list(reps.values()))
        territories = len(session.exec(select(Territory.id)).all())
        people = _people(session, list(reps.values()), password_hash)
    return Demo(people, len(customers), len(reps), territories, first_day)


def next_working_day(day: date) -> date:
    """The day itself, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


def working_day(first_day: date, offset: int) -> date:
    """The working day (Monday to Friday) so many after `first_day`, itself one; before it when negative."""
    weeks, rest = divmod(first_day.weekday() + offset, 5)
    return first_day - timedelta(days=first_day.weekday()) + timedelta(weeks=weeks, days=rest)


def _load_history(
    session: Session, folder: Path, first_day: date, customers: dict[str, Customer], reps: dict[str, Rep]
) -> None:
    columns = ("customer", "rep", "workday", "start", "minutes", "outcome")
    for row in _rows(folder / "history.csv", columns):
        customer, rep = customers[row["customer"]], reps[row["rep"]]
        day = working_day(first_day, int(row["workday"]))
        local = LocalDay(day, zone_named(rep.timezone))
        start_s = local.wall(datetime.combine(day, time.fromisoformat(row["start"])))
        begun = local.moment(start_s)
        session.add(
            Visit(
                customer_id=customer.id,
                state=VisitState(row["outcome"]),
                rep_id=rep.id,
                day=day,
                start_s=start_s,
                cause="import",
                arrived_at=begun,
                ended_at=begun + timedelta(minutes=int(row["minutes"])),
                outcome=row["outcome"],
            )
        )
        if row["outcome"] == VisitState.DONE and (customer.last_visit is None or customer.last_visit < day):
            customer.last_visit = day
            session.add(customer)


def _load_appointments(
    session: Session, folder: Path, first_day: date, customers: dict[str, Customer], reps: list[Rep]
) -> None:
    for row in _rows(folder / "appointments.csv", ("customer", "workday", "start", "end", "note")):
        customer = customers[row["customer"]]
        rep = _rep_for(customer, reps)
        day = working_day(first_day, int(row["workday"]))
        local = LocalDay(day, zone_named(rep.timezone))
        session.add(
            Visit(
                customer_id=customer.id,
                state=VisitState.PROMISED,
                mandatory=True,
                cause="appointment",
                note=row["note"],
                promise_rep_id=rep.id,
                promise_day=day,
                promise_start_s=local.wall(datetime.combine(day, time.fromisoformat(row["start"]))),
                promise_end_s=local.wall(datetime.combine(day, time.fromisoformat(row["end"]))),
            )
        )


def _rep_for(customer: Customer, reps: list[Rep]) -> Rep:
    """The rep of the customer's territory who has the skills."""
    for rep in reps:
        if rep.territory_id == customer.territory_id and set(customer.skills) <= set(rep.skills):
            return rep
    raise InputError(f"appointments.csv: no rep of its territory can visit {customer.name!r}; make the demo data again")


def _people(session: Session, reps: list[Rep], password_hash: str | None) -> tuple[DemoPerson, ...]:
    wanted: list[tuple[Role, str, str, str | None]] = [
        (Role.REP, rep.name, rep.email, rep.id) for rep in sorted(reps, key=lambda rep: rep.external_id or "")
    ]
    wanted += [(role, name, email, None) for role, name, email in OFFICE]
    found: list[DemoPerson] = []
    for role, name, email, rep_id in wanted:
        person = session.exec(select(Person).where(col(Person.email) == email)).first()
        if person is None:
            person = Person(email=email, name=name, role=role, rep_id=rep_id)
        person.password_hash = password_hash
        session.add(person)
        session.flush()
        end_sign_ins(session, SYSTEM, person.id, kind=SignInKind.TOKEN)
        fresh = sign_in(session, person, SignInKind.TOKEN, label="demo")
        found.append(DemoPerson(role.value, name, email, fresh.token, rep_id))
    return tuple(found)


def _rows(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of one of the demo's own files. Raises InputError when it is missing or has other columns."""
    reader = csv.DictReader(io.StringIO(read_bytes(path).decode()))
    if tuple(reader.fieldnames or ()) != columns:
        raise InputError(f"{path} has not the columns {', '.join(columns)}; make the demo data again")
    return list(reader)


def _require_faultless(report: ImportReport) -> None:
    if report.faults:
        raise InputError(f"the demo's {report.file}: {report.faults[0].sentence()}")
