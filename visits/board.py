"""A whole day for the dispatcher's board: who works, the plans as they are stored, the held slots, signs of life."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, func, select

from visits.board_views import BoardDay, BoardHold, BoardRep, BoardTerritory, BoardWeek, WeekCell
from visits.day_documents import span
from visits.day_plan import DayPlan
from visits.hours import shifts_of
from visits.local_day import LocalDay, zone_named
from visits.models import Absence, Person, Plan, PlanVersion, Rep, Territory, VisitTransition
from visits.problem_building import worker_of
from visits.queries.reps import absences_between
from visits.rep_days import held_slots
from visits.scope import Viewer, visible_plans, visible_reps

MOST_WEEK_DAYS = 14
_AROUND = timedelta(days=2)


def board_day(session: Session, viewer: Viewer, day: date, *, rep_ids: Collection[str] | None, now: datetime) -> str:
    """A `BoardDay` as JSON, with the plans as they are stored; only these reps where asked.

    A rep who neither works that day nor has a plan is left out.
    """
    reps = _reps(session, viewer, rep_ids)
    documents = _documents(session, viewer, day, day, reps)
    rows = _rows(session, reps, (day,), {rep_id for rep_id, _ in documents}, now)
    shown = {row.id for row in rows}
    names = {rep.territory_id for rep in reps if rep.id in shown and rep.territory_id is not None}
    territories = session.exec(select(Territory).where(col(Territory.id).in_(sorted(names))).order_by(Territory.name))
    about = BoardDay(
        date=day,
        now=now,
        territories=tuple(BoardTerritory(id=one.id, name=one.name) for one in territories),
        reps=rows,
        holds=_holds(session, sorted(shown), day, now),
        plans=(),
    )
    head = json.loads(about.model_dump_json(exclude={"plans"}))
    plans = ",".join(document for _, document in documents)
    return f'{json.dumps(head, ensure_ascii=False)[:-1]},"plans":[{plans}]}}'


def board_week(session: Session, viewer: Viewer, first: date, days: int, *, now: datetime) -> BoardWeek:
    """Sums of every rep's days, from the first on. `days` is at most `MOST_WEEK_DAYS`."""
    span_of_days = tuple(first + timedelta(days=i) for i in range(days))
    reps = _reps(session, viewer, None)
    found = _documents(session, viewer, first, span_of_days[-1], reps)
    cells = tuple(_cell(DayPlan.model_validate_json(document)) for _, document in found)
    rows = _rows(session, reps, span_of_days, {rep_id for rep_id, _ in found}, now)
    return BoardWeek(days=span_of_days, reps=rows, cells=cells)


def _reps(session: Session, viewer: Viewer, rep_ids: Collection[str] | None) -> Sequence[Rep]:
    statement = visible_reps(select(Rep), viewer)
    if rep_ids is not None:
        statement = statement.where(col(Rep.id).in_(sorted(rep_ids)))
    return session.exec(statement.order_by(col(Rep.territory_id), col(Rep.name), col(Rep.id))).all()


def _documents(
    session: Session, viewer: Viewer, first: date, last: date, reps: Sequence[Rep]
) -> Sequence[tuple[str, str]]:
    """Rep and stored document of every current plan."""
    statement = (
        select(Plan.rep_id, PlanVersion.document)
        .join(PlanVersion, (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number))
        .where(col(Plan.day).between(first, last), col(Plan.rep_id).in_([rep.id for rep in reps]))
        .order_by(col(Plan.rep_id), col(Plan.day))
    )
    return session.exec(visible_plans(statement, viewer)).all()


def _rows(
    session: Session, reps: Sequence[Rep], days: Sequence[date], planned: Collection[str], now: datetime
) -> tuple[BoardRep, ...]:
    ids = [rep.id for rep in reps]
    noons = [datetime.combine(day, now.timetz().replace(hour=12)) for day in (days[0], days[-1])]
    away: dict[str, list[Absence]] = defaultdict(list)
    for absence in absences_between(session, ids, noons[0] - _AROUND, noons[1] + _AROUND):
        away[absence.rep_id].append(absence)
    signs = _last_signs(session, ids, noons[0] - _AROUND)
    rows = []
    for rep in reps:
        row = _row(rep, days, away[rep.id], signs.get(rep.id))
        if rep.id in planned or (rep.active and (row.shift is not None or row.away)):
            rows.append(row)
    return tuple(rows)


def _row(rep: Rep, days: Sequence[date], absences: Sequence[Absence], sign: datetime | None) -> BoardRep:
    worker = worker_of(rep)
    whole = shifts_of(worker, days)
    left = shifts_of(worker, days, [(one.starts_at, one.ends_at) for one in absences])
    local = LocalDay(days[0], zone_named(rep.timezone))
    first = next((shift for shift in left if shift.day == days[0] or len(days) > 1), None)
    return BoardRep(
        id=rep.id,
        name=rep.name,
        territory=rep.territory_id,
        timezone=rep.timezone,
        home_lon=rep.home_lon,
        home_lat=rep.home_lat,
        shift=span(LocalDay(first.day, worker.zone), first.start_s, first.end_s) if first is not None else None,
        away=left != whole,
        last_sign=sign if sign is not None and sign >= local.midnight else None,
    )


def _last_signs(session: Session, rep_ids: Sequence[str], since: datetime) -> dict[str, datetime]:
    """When each rep's own sign-in last told anything of a visit."""
    statement = (
        select(Person.rep_id, func.max(VisitTransition.recorded_at))
        .join(VisitTransition, col(VisitTransition.actor) == Person.id)
        .where(col(Person.rep_id).in_(rep_ids), col(VisitTransition.recorded_at) >= since)
        .group_by(col(Person.rep_id))
    )
    return {rep_id: at for rep_id, at in session.exec(statement).all() if rep_id is not None}


def _holds(session: Session, rep_ids: Sequence[str], day: date, now: datetime) -> tuple[BoardHold, ...]:
    return tuple(
        BoardHold(
            id=one.id,
            rep=one.rep_id,
            start_s=one.start_s,
            end_s=one.end_s,
            service_s=one.service_s,
            customer=one.customer_id,
            expires_at=one.expires_at,
        )
        for one in held_slots(session, rep_ids, (day,), now)
    )


def _cell(plan: DayPlan) -> WeekCell:
    totals = plan.totals
    return WeekCell(
        rep=plan.rep,
        date=plan.date,
        version=plan.version,
        stops=totals.stops,
        promises=sum(stop.promise is not None for stop in plan.stops),
        travel_s=totals.travel_s,
        service_s=totals.service_s,
        distance_m=totals.distance_m,
        shift_s=plan.shift.end_s - plan.shift.start_s,
        end_s=totals.end_s,
        overtime_s=max(0, totals.end_s - plan.shift.end_s),
    )
