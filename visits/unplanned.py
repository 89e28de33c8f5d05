"""The tray of the board: due customers in no plan, those whose visit is worth most first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlmodel import Session, col, select

from visits.board_views import Unplanned, UnplannedVisit
from visits.day_documents import span
from visits.errors import ConflictError
from visits.local_day import LocalDay
from visits.models import OPEN_STATES, Customer, Rep, Visit
from visits.needs import Need
from visits.rep_days import Scope, TeamDays, read_days
from visits.scope import Viewer, visible_reps, visible_visits
from visits.territory_data import visits_by_id


def unplanned_of(
    session: Session, viewer: Viewer, day: date, *, territory_id: str | None, limit: int, now: datetime
) -> Unplanned:
    """Who is due on the day and in no plan, of one territory where asked; nobody on a day that is over.

    Raises InputError where reps of one territory live in several time zones.
    """
    promised: list[UnplannedVisit] = []
    due: list[Need] = []
    for territory in _territories(session, viewer, territory_id):
        try:
            team = read_days(session, Scope((territory,), day, day), now)
        except ConflictError:
            continue
        due += team.candidates
        known = {need.customer.id for need in team.candidates}
        promised += _promised_without_place(session, viewer, team, territory, known)
    due.sort(key=lambda need: (not need.must, -max(0, need.value_s), need.customer.id))
    shown = due[:limit]  # thousands may be due
    stored = visits_by_id(session, (need.visit_id for need in shown))
    found = promised + [_shown(need, day, stored) for need in shown]
    found.sort(key=lambda one: (one.promise is None, not one.must, -one.value_s, one.customer))
    return Unplanned(date=day, items=tuple(found[:limit]), count=len(promised) + len(due))


def _territories(session: Session, viewer: Viewer, territory_id: str | None) -> Iterable[str | None]:
    statement = visible_reps(select(Rep.territory_id).where(col(Rep.active)).distinct(), viewer)
    if territory_id is not None:
        statement = statement.where(Rep.territory_id == territory_id)
    return sorted(session.exec(statement), key=lambda name: (name is None, name or ""))


def _shown(need: Need, day: date, stored: dict[str, Visit]) -> UnplannedVisit:
    customer = need.customer
    return UnplannedVisit(
        visit=need.visit_id if need.visit_id in stored else None,
        customer=customer.id,
        name=customer.name,
        address=customer.address,
        lon=customer.lon,
        lat=customer.lat,
        tier=customer.tier,
        territory=customer.territory_id,
        service_s=need.service_s,
        value_s=max(0, need.value_s),
        must=need.must,
        why=need.why(day),
    )


def _promised_without_place(
    session: Session, viewer: Viewer, team: TeamDays, territory: str | None, known: set[str]
) -> list[UnplannedVisit]:
    """Visits promised for the day that stand in no plan: somebody has to settle them with the customer."""
    statement = (
        select(Visit, Customer)
        .join(Customer, col(Customer.id) == Visit.customer_id)
        .where(
            Visit.promise_day == team.day,
            col(Visit.rep_id).is_(None),
            col(Visit.state).in_(OPEN_STATES),
            col(Customer.territory_id).is_(None) if territory is None else Customer.territory_id == territory,
        )
        .order_by(col(Visit.id))
    )
    local = LocalDay(team.day, team.zone)
    shown = []
    for visit, customer in session.exec(visible_visits(statement, viewer)):
        if customer.id in known or visit.promise_start_s is None or visit.promise_end_s is None:
            continue
        need = Need(visit.id, customer, visit.cause, 0, (team.day,), must=True, agreed_s=visit.service_s)
        row = _shown(need, team.day, {visit.id: visit})
        shown.append(
            row.model_copy(update={"promise": span(local, visit.promise_start_s, visit.promise_end_s), "must": True})
        )
    return shown
