"""The days of some reps as they stand at one moment: what is executed, what is open, and who could fill a gap."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from routing.problem import Problem, Shift
from visits.day_documents import DayFrame
from visits.day_plan import DayPlan, PlannedStop
from visits.errors import ConflictError, InputError
from visits.hours import shift_id, shifts_of
from visits.local_day import LocalDay, today_in, zone_named
from visits.models import Customer, HoldState, Plan, PlanVersion, Rep, SlotHold, Visit
from visits.needs import CustomerHistory, Need, needs_of, promise_of
from visits.problem_building import TerritoryData, remaining_shift, worker_of
from visits.problem_store import load_problem
from visits.progress import DayProgress, progress_of
from visits.territory_data import load_territory

MOST_AHEAD = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class RepDay:
    """One rep on one day. `document` is the current plan, None without one; `shift` what is left to work, if anything.

    `progress` is that of the plan, None without one.
    """

    frame: DayFrame
    document: DayPlan | None
    progress: DayProgress | None
    shift: Shift | None

    @property
    def shift_id(self) -> str:
        """The id of the rep's shift."""
        return shift_id(self.frame.rep.id, self.frame.local.day)

    @property
    def version(self) -> int:
        """Number of the plan's current version, 0 without a plan."""
        return self.document.version if self.document is not None else 0

    @property
    def begun(self) -> bool:
        """Whether part of the day is history."""
        return self.progress is not None and self.progress.begun

    @property
    def open_stops(self) -> tuple[PlannedStop, ...]:
        """Stops that may still change."""
        return self.progress.rest if self.progress is not None else ()


@dataclass(frozen=True, slots=True)
class TeamDays:
    """Some reps from a day on. `by_shift` has every rep-day with a plan or with work left, by shift id.

    `planned` are the needs behind the open stops by visit id, `candidates` due customers in no plan; `rows` the stored
    visits of all plans, `stored` the problem that they were first solved from, for its travel times.
    """

    day: date
    now: datetime
    zone: ZoneInfo
    by_shift: Mapping[str, RepDay]
    planned: Mapping[str, Need]
    candidates: tuple[Need, ...]
    places: Mapping[str, Customer]
    rows: Mapping[str, Visit]
    territory_ids: tuple[str | None, ...]
    holds: tuple[SlotHold, ...] = ()
    stored: Problem | None = None
    plans_alone: bool = False
    histories: Mapping[str, CustomerHistory] = field(default_factory=dict)

    @property
    def now_s(self) -> int:
        """Seconds from the day's midnight to now; 0 for a day ahead."""
        return max(0, LocalDay(self.day, self.zone).since_midnight(self.now))

    @property
    def days(self) -> tuple[date, ...]:
        """The days looked at."""
        return tuple(sorted({one.frame.local.day for one in self.by_shift.values()}))

    def home_of(self, visit_id: str) -> RepDay | None:
        """The rep-day whose plan has the visit."""
        for one in self.by_shift.values():
            if one.document is not None and any(stop.visit == visit_id for stop in one.document.stops):
                return one
        return None


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rep-days to read: the reps of some territories, or only those named, from a day to a last day.

    `without` are visits that are being taken out of their plans. With `plans_alone` nothing is read but the plans:
    nobody is looked for who could fill a gap, and planned stops stay on their days.
    """

    territory_ids: tuple[str | None, ...]
    day: date
    last_day: date
    rep_ids: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    plans_alone: bool = False


def read_days(session: Session, scope: Scope, now: datetime) -> TeamDays:
    """The days as they stand.

    Raises InputError when the reps live in several time zones or for a day more than a year ahead, ConflictError for
    one that is over.
    """
    _require_near(scope, now)
    span = (scope.day, scope.last_day)
    territories = [
        load_territory(session, one, span, now, with_customers=not scope.plans_alone) for one in scope.territory_ids
    ]
    reps = {
        rep.id: rep for data in territories for rep in data.reps if scope.rep_ids is None or rep.id in scope.rep_ids
    }
    zone = _zone_of(reps.values())
    if scope.day < today_in(zone, now):
        raise ConflictError(f"{scope.day} is over; what happened then stays as it is")
    documents = {name: one for data in territories for name, one in data.documents.items() if one.rep in reps}
    known = {name: row for data in territories for name, row in data.visits.items()}
    stops = (stop.visit for one in documents.values() for stop in one.stops)
    rows = {name: known[name] for name in stops if name in known}
    days = tuple(scope.day + timedelta(days=i) for i in range((scope.last_day - scope.day).days + 1))
    by_shift: dict[str, RepDay] = {}
    for data in territories:
        for one in _rep_days(data, reps, days, documents, rows, scope.without, now):
            by_shift[one.shift_id] = one
    places = _customers(session, territories, documents.values())
    planned = {
        stop.visit: planned_need(stop, rows.get(stop.visit), places[stop.customer])
        for one in by_shift.values()
        for stop in one.open_stops
    }
    return TeamDays(
        day=scope.day,
        now=now,
        zone=zone,
        by_shift=by_shift,
        planned=planned,
        candidates=tuple(_candidates(territories, reps.values(), days)),
        places=places,
        rows=rows,
        territory_ids=scope.territory_ids,
        holds=held_slots(session, reps, days, now),
        stored=_first_problem(session, by_shift.values()),
        plans_alone=scope.plans_alone,
        histories={name: one for data in territories for name, one in data.histories.items()},
    )


def _require_near(scope: Scope, now: datetime) -> None:
    """Raises ConflictError for a day that is over in every zone, InputError for one that nobody plans yet."""
    today = now.date()
    if scope.day < today - timedelta(days=1):
        raise ConflictError(f"{scope.day} is over; what happened then stays as it is")
    if scope.last_day > today + MOST_AHEAD:
        raise InputError(f"{scope.last_day} is more than {MOST_AHEAD.days} days ahead; choose a nearer date")


def _zone_of(reps: Collection[Rep]) -> ZoneInfo:
    names = sorted({rep.timezone for rep in reps})
    if len(names) != 1:
        told = f"reps in the time zones {', '.join(names)}" if names else "no active reps"
        raise InputError(f"there are {told}; ask about reps of one zone")
    return zone_named(names[0])


def _rep_days(
    data: TerritoryData,
    reps: Mapping[str, Rep],
    days: Sequence[date],
    documents: Mapping[str, DayPlan],
    rows: Mapping[str, Visit],
    without: frozenset[str],
    now: datetime,
) -> list[RepDay]:
    found = []
    for rep in (rep for rep in data.reps if rep.id in reps):
        away = [(one.starts_at, one.ends_at) for one in data.absences if one.rep_id == rep.id]
        worker = worker_of(rep)
        whole = {shift.day: shift for shift in shifts_of(worker, days, away)}
        for day in days:
            local, document = LocalDay(day, worker.zone), documents.get(shift_id(rep.id, day))
            progress = None if document is None else progress_of(document, rows, local, now, without)
            begun = progress if progress is not None and progress.begun else None
            shift = remaining_shift(whole[day], local, now, begun) if day in whole else None
            if document is not None:
                frame = DayFrame(rep, local, document.shift.start_s, document.shift.end_s)
            elif shift is not None:
                frame = DayFrame(rep, local, whole[day].start_s, whole[day].end_s)
            else:
                continue
            found.append(RepDay(frame, document, progress, shift))
    return found


def planned_need(stop: PlannedStop, visit: Visit | None, customer: Customer) -> Need:
    """The need behind a stop that stands in the plan, as it was valued there; locks are those of the stop itself."""
    since = stop.why.days_since
    return Need(
        visit_id=stop.visit,
        customer=customer,
        cause=stop.why.cause,
        value_s=stop.why.value_s,
        days=(stop.start.date(),),
        must=visit is not None and (visit.mandatory or visit.promise_day is not None),
        promise=promise_of(visit) if visit is not None else None,
        last_visit=None if since is None else stop.start.date() - timedelta(days=since),
        agreed_s=visit.service_s if visit is not None else None,
    )


def _customers(
    session: Session, territories: Sequence[TerritoryData], documents: Collection[DayPlan]
) -> dict[str, Customer]:
    """The customers of the territories, and those of stops that have since moved to another one or were retired."""
    found = {customer.id: customer for data in territories for customer in data.customers}
    missing = {stop.customer for one in documents for stop in one.stops} - found.keys()
    if missing:
        rows = session.exec(select(Customer).where(col(Customer.id).in_(sorted(missing))))
        found.update({customer.id: customer for customer in rows})
    return found


def _candidates(territories: Sequence[TerritoryData], reps: Collection[Rep], days: Sequence[date]) -> list[Need]:
    """Due customers in no plan whom one of the reps could visit; promises without a place are for people to settle."""
    taken = {stop.customer for data in territories for one in data.documents.values() for stop in one.stops}
    skills = [set(rep.skills) for rep in reps]
    found: list[Need] = []
    for data in territories:
        for customer in data.customers:
            history = data.histories.get(customer.id, CustomerHistory())
            planned = any(visit.rep_id is not None for visit in history.open_visits)
            if customer.id in taken or planned or not any(set(customer.skills) <= one for one in skills):
                continue
            needs = needs_of(customer, history, days, data.policy, data.horizon)
            found += [need for need in needs if need.promise is None]
    return found


def held_slots(session: Session, rep_ids: Collection[str], days: Sequence[date], now: datetime) -> tuple[SlotHold, ...]:
    """Slots of these reps that are held at the moment."""
    statement = select(SlotHold).where(
        SlotHold.state == HoldState.HELD,
        col(SlotHold.rep_id).in_(sorted(rep_ids)),
        col(SlotHold.day).between(days[0], days[-1]),
        col(SlotHold.expires_at) > now,
    )
    return tuple(session.exec(statement.order_by(col(SlotHold.id))))


def _first_problem(session: Session, rep_days: Collection[RepDay]) -> Problem | None:
    """The problem of the last planning run that made a version of the first of these plans that has one."""
    plans = sorted((one.frame.local.day, one.document.plan) for one in rep_days if one.document is not None)
    if not plans:
        return None
    ids = [plan for _, plan in plans]
    statement = (
        select(PlanVersion.problem_hash)
        .join(Plan, col(Plan.id) == PlanVersion.plan_id)
        .where(col(PlanVersion.plan_id).in_(ids), PlanVersion.cause == "run")
        .order_by(col(Plan.day), col(PlanVersion.created_at).desc())
    )
    name = session.exec(statement.limit(1)).first()
    return load_problem(session, name) if name else None
