"""What a person may see, put into every query.

Reps see their own plans and the customers of their territory, dispatchers and managers their territories or all,
admins everything. Each function takes a select statement and narrows it to what the viewer may see.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, false, or_
from sqlmodel import Session, col, select

from visits.models import Customer, Event, Person, Plan, Rep, Role, Territory, Visit

S = TypeVar("S", bound=Select[*tuple[Any, ...]])


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. `territory_ids` None is all territories; a rep's are the one of their rep row.

    `person_id` is an API key's id where a system asks, and `scopes` what that key is for; None, for people: everything
    that their role may. `sign_in_id` is the sign-in that the request came with.
    """

    person_id: str
    name: str
    role: Role
    rep_id: str | None = None
    territory_ids: frozenset[str] | None = None
    scopes: frozenset[str] | None = None
    sign_in_id: str | None = None

    @property
    def sees_all(self) -> bool:
        """Whether nothing is hidden from this viewer."""
        return self.role is Role.ADMIN or (self.role is not Role.REP and self.territory_ids is None)


SYSTEM = Viewer("system", "system", Role.ADMIN)
"""The program itself: command line and planning runs."""


def viewer_of(session: Session, person: Person, sign_in_id: str | None = None) -> Viewer:
    """The viewer that a person is, with the territory of their rep row where they are a rep."""
    own = session.exec(select(Rep.territory_id).where(Rep.id == person.rep_id)).first()
    allowed = territories_of(Role(person.role), person.territory_ids, own)
    return Viewer(person.id, person.name, Role(person.role), person.rep_id, allowed, sign_in_id=sign_in_id)


def territories_of(role: Role, allowed: Iterable[str] | None, own: str | None) -> frozenset[str] | None:
    """The territories of a viewer: a rep's is the `own` of their rep row, if any; the others' are `allowed`, or all."""
    if role is Role.REP:
        return frozenset({own} if own else ())
    return None if allowed is None else frozenset(allowed)


def visible_territories(statement: S, viewer: Viewer) -> S:
    """Territories that the viewer may see."""
    return statement if viewer.sees_all else statement.where(col(Territory.id).in_(viewer.territory_ids or ()))


def visible_customers(statement: S, viewer: Viewer) -> S:
    """Customers that the viewer may see."""
    return statement if viewer.sees_all else statement.where(_in_territories(Customer, viewer))


def visible_reps(statement: S, viewer: Viewer) -> S:
    """Reps that the viewer may see: a rep sees themselves alone."""
    return statement if viewer.sees_all else statement.where(_rep_condition(viewer))


def visible_plans(statement: S, viewer: Viewer) -> S:
    """Plans that the viewer may see."""
    if viewer.sees_all:
        return statement
    return statement.where(col(Plan.rep_id).in_(select(Rep.id).where(_rep_condition(viewer))))


def visible_visits(statement: S, viewer: Viewer) -> S:
    """Visits that the viewer may see: a rep those planned for them, the others those of their territories."""
    if viewer.sees_all:
        return statement
    if viewer.role is Role.REP:
        return statement.where(_own(Visit, viewer))
    return statement.where(col(Visit.customer_id).in_(select(Customer.id).where(_in_territories(Customer, viewer))))


def visible_events(statement: S, viewer: Viewer) -> S:
    """Events that the viewer may see."""
    if viewer.sees_all:
        return statement
    if viewer.role is Role.REP:
        return statement.where(_own(Event, viewer))
    return statement.where(
        or_(
            _in_territories(Event, viewer),
            col(Event.rep_id).in_(select(Rep.id).where(_in_territories(Rep, viewer))),
        )
    )


def sees_rep(viewer: Viewer, rep_id: str, territory_id: str | None) -> bool:
    """Whether the viewer may see a rep of this territory and their plans, as `visible_reps` decides it in a query."""
    if viewer.sees_all:
        return True
    if viewer.role is Role.REP:
        return rep_id == viewer.rep_id
    return territory_id in (viewer.territory_ids or frozenset())


def sees_event(viewer: Viewer, rep_id: str | None, territory_id: str | None, rep_territory_id: str | None) -> bool:
    """Whether the viewer may see an event of this rep and territory, as `visible_events` decides it in a query."""
    if viewer.sees_all:
        return True
    if viewer.role is Role.REP:
        return rep_id is not None and rep_id == viewer.rep_id
    allowed = viewer.territory_ids or frozenset()
    return territory_id in allowed or (rep_id is not None and rep_territory_id in allowed)


def _rep_condition(viewer: Viewer) -> ColumnElement[bool]:
    if viewer.role is Role.REP:
        return col(Rep.id) == viewer.rep_id if viewer.rep_id else false()
    return _in_territories(Rep, viewer)


def _own(table: type[Visit | Event], viewer: Viewer) -> ColumnElement[bool]:
    """Rows of the viewer's own rep; none for a rep without one, lest NULL should match NULL."""
    return col(table.rep_id) == viewer.rep_id if viewer.rep_id else false()


def _in_territories(table: type[Customer | Rep | Event], viewer: Viewer) -> ColumnElement[bool]:
    return col(table.territory_id).in_(viewer.territory_ids or ())
