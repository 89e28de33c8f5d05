"""A rep's visits as a calendar shows them: those of the plans around today, and those that were called off there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from visits.day_plan import DayPlan, PlannedStop
from visits.local_day import LocalDay, zone_named
from visits.models import Customer, Plan, PlanVersion, Rep, Visit, VisitState

BACK = timedelta(days=14)
_CALLED_OFF = (VisitState.CANCELLED, VisitState.SKIPPED)


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """One visit in a calendar. `version` rises with every change of the visit; `changed_at` was the last."""

    visit: str
    name: str
    address: str
    lon: float
    lat: float
    start: datetime
    end: datetime
    version: int
    changed_at: datetime
    cancelled: bool


def calendar_entries(session: Session, rep_id: str, today: date) -> tuple[CalendarEntry, ...]:
    """A rep's visits from 14 days before `today` to the last that is planned, by time."""
    first = today - BACK
    planned = (
        select(PlanVersion.document)
        .join(Plan, (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number))
        .where(Plan.rep_id == rep_id, col(Plan.day) >= first)
    )
    kept = select(Visit).where(Visit.rep_id == rep_id, col(Visit.day) >= first)
    rows = {row.id: row for row in session.exec(kept).all()}
    entries = [
        _planned(stop, rows[stop.visit])
        for text in session.exec(planned).all()
        for stop in DayPlan.model_validate_json(text).stops
        if stop.visit in rows
    ]
    shown = {entry.visit for entry in entries}
    entries += _called_off(session, rep_id, [row for row in rows.values() if row.id not in shown])
    return tuple(sorted(entries, key=lambda entry: (entry.start, entry.visit)))


def _planned(stop: PlannedStop, row: Visit) -> CalendarEntry:
    return CalendarEntry(
        visit=row.id,
        name=stop.name,
        address=stop.address,
        lon=stop.lon,
        lat=stop.lat,
        start=stop.start,
        end=stop.departure,
        version=row.version,
        changed_at=row.updated_at,
        cancelled=row.state in _CALLED_OFF,
    )


def _called_off(session: Session, rep_id: str, rows: list[Visit]) -> list[CalendarEntry]:
    """Visits that left the plan because they were called off; calendars that saw them are told so."""
    gone = [row for row in rows if row.state in _CALLED_OFF and row.day is not None and row.start_s is not None]
    if not gone:
        return []
    zone = zone_named(session.get_one(Rep, rep_id).timezone)
    asked = select(Customer).where(col(Customer.id).in_({row.customer_id for row in gone}))
    customers = {customer.id: customer for customer in session.exec(asked).all()}
    return [_gone(row, customers[row.customer_id], LocalDay(row.day or date.min, zone)) for row in gone]


def _gone(row: Visit, customer: Customer, local: LocalDay) -> CalendarEntry:
    start_s = row.start_s or 0
    return CalendarEntry(
        visit=row.id,
        name=customer.name,
        address=customer.address,
        lon=customer.lon,
        lat=customer.lat,
        start=local.moment(start_s),
        end=local.moment(start_s + 60 * customer.service_minutes),
        version=row.version,
        changed_at=row.updated_at,
        cancelled=True,
    )
