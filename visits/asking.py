"""Whom a proposal is about and what it is told: references held against the viewer's rights, needs of new visits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlmodel import Session, col, func, select

from routing.events import Absent, Cancel, Event, Hours, Insert, Late, Lock, NoShow, Unlock
from visits.errors import ConflictError, InputError, NotFoundError
from visits.hours import shift_id
from visits.local_day import LocalDay
from visits.models import OPEN_STATES, Customer, Plan, Rep, Role, Visit
from visits.needs import Need, PromisedSpan, derived_visit_id, promise_of
from visits.proposal_views import NewAbsence, NewVisit, ProposalRequest
from visits.queries.customers import get_customer
from visits.queries.policies import value_policy
from visits.queries.reps import get_rep
from visits.queries.visits import get_visit
from visits.rep_days import Scope, TeamDays
from visits.scope import Viewer

_WIDE = (Absent, Late, Insert, Hours)
"""Events after which a stop may have to find its place on a later day."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request understood: which days to read, the visits that leave today's plans, those new, and their customers."""

    scope: Scope
    called_off: dict[str, str] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)


def understand(session: Session, viewer: Viewer, request: ProposalRequest) -> Asked:
    """The days a request is about.

    Raises InputError naming the field that names nothing the viewer may see or decide about, and ConflictError when a
    rep asks for a customer whom a colleague is to see.
    """
    if viewer.role is Role.REP:
        _require_own_day(session, viewer, request)
    return (
        _move_asked(session, viewer, request) if request.move is not None else _events_asked(session, viewer, request)
    )


def _events_asked(session: Session, viewer: Viewer, request: ProposalRequest) -> Asked:
    territories: set[str | None] = set()
    called_off: dict[str, str] = {}
    customers: dict[str, Customer] = {}
    for i, event in enumerate(request.events):
        match event:
            case Cancel() | NoShow() | Hours() | Lock() | Unlock():
                visit = _visit(session, viewer, f"events[{i}].visit", event.visit)
                territories.add(_territory_of(session, visit))
                if isinstance(event, Cancel | NoShow) and visit.day == request.date:
                    called_off[visit.id] = event.type
            case Insert():
                customer = _customer(session, viewer, f"events[{i}].visit.location", event.visit.location)
                customers[customer.id] = customer
                territories.add(customer.territory_id)
            case Late():
                territories.add(_rep_of_shift(session, viewer, f"events[{i}].shift", event.shift).territory_id)
            case Absent():
                territories.add(_rep(session, viewer, f"events[{i}].rep", event.rep).territory_id)
    for i, name in enumerate(request.anew):
        territories.add(_rep_of_shift(session, viewer, f"anew[{i}]", name).territory_id)
    if len(territories) > 1:
        raise InputError("events are about several territories; make a proposal for each")
    last = request.date
    if any(isinstance(event, _WIDE) for event in request.events):
        last = _last_planned_day(session, territories, request.date)
    scope = Scope(tuple(territories), request.date, last, None, frozenset(called_off))
    return Asked(scope, called_off, customers)


def _move_asked(session: Session, viewer: Viewer, request: ProposalRequest) -> Asked:
    move = request.move
    assert move is not None
    reps: set[str] = set()
    territories: set[str | None] = set()
    days = {request.date}
    customers: dict[str, Customer] = {}
    if move.visit is not None:
        visit = session.get(Visit, move.visit)
        if visit is not None or move.type != "assign":
            visit = _visit(session, viewer, "move.visit", move.visit)
            if visit.rep_id is not None and visit.day is not None:
                reps.add(visit.rep_id)
                days.add(visit.day)
                territories.add(session.get_one(Rep, visit.rep_id).territory_id)
            customers[visit.customer_id] = session.get_one(Customer, visit.customer_id)
        else:
            raise InputError(f"move.visit is {move.visit!r}, which is not there; correct it, or name the customer")
    if move.customer is not None:
        customer = _customer(session, viewer, "move.customer", move.customer)
        customers[customer.id] = customer
    if move.rep is not None and move.date is not None:
        rep = _rep(session, viewer, "move.rep", move.rep)
        reps.add(rep.id)
        territories.add(rep.territory_id)
        days.add(move.date)
    if not reps:
        raise InputError(f"move.visit is {move.visit!r}, which is in no plan; assign it to a rep and a date")
    if (max(days) - min(days)).days > 31:
        raise InputError("the move spans more than a month; choose a nearer date")
    ordered = tuple(sorted(territories, key=lambda name: name or ""))
    return Asked(Scope(ordered, min(days), max(days), frozenset(reps)), {}, customers)


def _require_own_day(session: Session, viewer: Viewer, request: ProposalRequest) -> None:
    """A rep puts visits into their own days or takes them out, which changes nobody else's."""
    move = request.move
    if move is None or move.type not in {"assign", "remove"}:
        raise InputError("reps propose to assign or remove a visit of their own days; ask the office for anything else")
    if move.customer is None:
        return
    customer = _customer(session, viewer, "move.customer", move.customer)
    standing = select(Visit).where(
        Visit.customer_id == customer.id,
        col(Visit.state).in_(OPEN_STATES),
        col(Visit.rep_id).is_not(None),
        col(Visit.rep_id) != viewer.rep_id,
    )
    found = session.exec(standing).first()
    if found is not None:
        raise ConflictError(f"a colleague is to see this customer on {found.day}; ask the office to move that visit")


def _visit(session: Session, viewer: Viewer, where: str, visit_id: str) -> Visit:
    try:
        return get_visit(session, viewer, visit_id)
    except NotFoundError:
        raise InputError(f"{where} is {visit_id!r}, which is not there; correct it") from None


def _customer(session: Session, viewer: Viewer, where: str, customer_id: str) -> Customer:
    try:
        return get_customer(session, viewer, customer_id)
    except NotFoundError:
        raise InputError(f"{where} is {customer_id!r}, no customer that is there; correct it") from None


def _rep(session: Session, viewer: Viewer, where: str, rep_id: str) -> Rep:
    try:
        return get_rep(session, viewer, rep_id)
    except NotFoundError:
        raise InputError(f"{where} is {rep_id!r}, no rep who is there; correct it") from None


def _rep_of_shift(session: Session, viewer: Viewer, where: str, shift: str) -> Rep:
    rep_id, _, day = shift.rpartition("/")
    if not rep_id or not day:
        raise InputError(f"{where} is {shift!r}; write REP/2026-11-23")
    return _rep(session, viewer, where, rep_id)


def _territory_of(session: Session, visit: Visit) -> str | None:
    if visit.rep_id is not None:
        return session.get_one(Rep, visit.rep_id).territory_id
    return session.get_one(Customer, visit.customer_id).territory_id


def _last_planned_day(session: Session, territories: set[str | None], day: date) -> date:
    """The last day of the week that has a plan."""
    sunday = min(day, date.max - timedelta(days=7)) + timedelta(days=6 - day.weekday())
    named = [name for name in territories if name is not None]
    statement = (
        select(func.max(Plan.day))
        .join(Rep, col(Rep.id) == Plan.rep_id)
        .where(col(Plan.day).between(day, sunday), col(Plan.number) > 0)
        .where(col(Rep.territory_id).in_(named) if named else col(Rep.territory_id).is_(None))
    )
    return session.exec(statement).one() or day


def later_events(request: ProposalRequest, asked: Asked, team: TeamDays) -> tuple[list[Event], frozenset[str]]:
    """The events that the repair is told, and the shifts that it plans anew because a stop of today leaves them.

    Events about visits that stand in none of these plans change no plan.
    """
    planned = {stop.visit for one in team.by_shift.values() for stop in one.open_stops}
    told: list[Event] = []
    anew = set(request.anew) & team.by_shift.keys()
    for event in request.events:
        if isinstance(event, Cancel | NoShow):
            if event.visit in asked.called_off:
                home = team.home_of(event.visit)
                anew |= {home.shift_id} if home is not None else set()
            elif event.visit in planned:
                told.append(event)
        elif not isinstance(event, Hours | Lock | Unlock) or event.visit in planned:
            told.append(event)
    return told, frozenset(name for name in anew if team.by_shift[name].frame.local.day == team.day)


def inserted_needs(
    session: Session, request: ProposalRequest, asked: Asked, team: TeamDays
) -> tuple[list[Event], dict[str, Need], list[NewVisit]]:
    """The insert events as the repair takes them, the needs behind them, and the rows that a commit writes.

    Raises InputError for an id that is used or a promise on a shift that nobody works.
    """
    events: list[Event] = []
    needs: dict[str, Need] = {}
    rows: list[NewVisit] = []
    policy = value_policy(session)
    for i, event in enumerate(request.events):
        if not isinstance(event, Insert):
            continue
        visit, customer = event.visit, asked.customers[event.visit.location]
        known = session.get(Visit, visit.id)
        if known is not None and (known.customer_id != customer.id or known.rep_id is not None or not _open(known)):
            raise InputError(f"events[{i}].visit.id is {visit.id!r}, which is used; give it a new id")
        worth_s = visit.value_s or policy.tier_s.get(customer.tier, 0)
        promise = promise_of(known) if known is not None else None
        if visit.promise is not None:
            home = team.by_shift.get(visit.promise.shift)
            if home is None:
                raise InputError(f"events[{i}].visit.promise.shift is {visit.promise.shift!r}, which nobody works")
            promise = PromisedSpan(home.frame.rep.id, home.frame.local.day, visit.promise.start_s, visit.promise.end_s)
        events.append(Insert(type="insert", visit=visit.model_copy(update={"value_s": worth_s})))
        cause = "urgent" if promise is None else "appointment"
        last, agreed_s = customer.last_visit, visit.service_s
        needs[visit.id] = Need(
            visit.id, customer, cause, worth_s, team.days, visit.must, promise, last, agreed_s=agreed_s
        )
        rows.append(
            NewVisit(
                visit=visit.id,
                customer=customer.id,
                cause=cause,
                mandatory=visit.must,
                service_s=visit.service_s,
                promise_rep=promise.rep_id if promise and known is None else None,
                promise_day=promise.day if promise and known is None else None,
                promise_start_s=promise.start_s if promise and known is None else None,
                promise_end_s=promise.end_s if promise and known is None else None,
            )
        )
    return events, needs, rows


def _open(visit: Visit) -> bool:
    return visit.state in OPEN_STATES


def absences_in(request: ProposalRequest, team: TeamDays) -> list[NewAbsence]:
    """The absences that events report: from a moment on until the day's end."""
    local = LocalDay(team.day, team.zone)
    return [
        NewAbsence(rep=event.rep, starts_at=local.moment(event.from_s), ends_at=local.moment(local.length_s))
        for event in request.events
        if isinstance(event, Absent)
    ]


def need_to_place(session: Session, request: ProposalRequest, asked: Asked, team: TeamDays) -> Need | None:
    """The need behind a visit that a move brings into a plan; None when it stands in one already.

    The open visit of the customer where there is one, else what the customer is due for, else a visit just wanted.
    """
    move = request.move
    assert move is not None
    if move.type != "assign":
        return None
    for customer_id, customer in asked.customers.items():
        standing = next((need for need in team.planned.values() if need.customer.id == customer_id), None)
        if move.visit in team.planned or (move.visit is None and standing is not None):
            return None
        due = next((need for need in team.candidates if need.customer.id == customer_id), None)
        if move.visit is None and due is not None:
            return due
        row = session.get(Visit, move.visit) if move.visit is not None else None
        if row is not None and not _open(row):
            raise InputError(f"move.visit is {row.id!r}, which is {row.state}; name one that is still open")
        count = session.exec(select(func.count()).where(Visit.customer_id == customer_id)).one()
        worth_s = value_policy(session).tier_s.get(customer.tier, 0)
        return Need(
            visit_id=row.id if row is not None else derived_visit_id(customer_id, count),
            customer=customer,
            cause=row.cause if row is not None else "fill_in",
            value_s=worth_s,
            days=team.days,
            must=row is not None and row.mandatory,
            last_visit=customer.last_visit,
            agreed_s=row.service_s if row is not None else None,
        )
    return None


def placed_visit(request: ProposalRequest, team: TeamDays, need: Need | None) -> str:
    """The visit that a move is about."""
    move = request.move
    assert move is not None
    if need is not None:
        return need.visit_id
    if move.visit is not None:
        return move.visit
    return next(name for name, one in team.planned.items() if one.customer.id == move.customer)


def target_shift(request: ProposalRequest) -> str:
    """The shift that a move assigns to."""
    move = request.move
    assert move is not None
    assert move.rep is not None
    assert move.date is not None
    return shift_id(move.rep, move.date)
