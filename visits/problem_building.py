"""From a territory's rows to the problem that a solver is given.

One problem per territory and week: the shifts of its reps, a visit for every need of its customers. A day that has
begun enters with what is left of it: its shift starts where and when the rep is free, its executed stops stay out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np

from routing.plan import Reason
from routing.problem import Break, Location, Problem, Promise, Shift, TimeWindow
from routing.problem import Visit as ProblemVisit
from routing.roads.network import FAR_M
from visits.day_documents import DayFrame, home_of
from visits.day_plan import DayPlan
from visits.errors import InputError
from visits.hours import Locale, Worker, read_hours, read_lunch, service_windows, shift_id, shifts_of
from visits.local_day import LocalDay, zone_named
from visits.models import Absence, Customer, Rep, Visit
from visits.needs import CustomerHistory, Need, needs_of
from visits.progress import DayProgress
from visits.solving import TravelSource
from visits.value import ValuePolicy


@dataclass(frozen=True, slots=True)
class TerritoryData:
    """What is stored of a territory (None: the reps and customers without one) for a horizon, first and last day.

    `histories` by customer id; `documents` by shift id are the current plans, `progress` those that have begun;
    `visits` by id are the stored rows of their stops.
    """

    territory_id: str | None
    name: str
    horizon: tuple[date, date]
    reps: tuple[Rep, ...]
    customers: tuple[Customer, ...]
    absences: tuple[Absence, ...] = ()
    visits: Mapping[str, Visit] = field(default_factory=dict)
    histories: Mapping[str, CustomerHistory] = field(default_factory=dict)
    progress: Mapping[str, DayProgress] = field(default_factory=dict)
    documents: Mapping[str, DayPlan] = field(default_factory=dict)
    policy: ValuePolicy = field(default_factory=ValuePolicy)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A need that never reached the solver, and why."""

    need: Need
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class PlanningInput:
    """A problem and what its ids stand for: `needs` by visit id, `frames` by shift id."""

    data: TerritoryData
    days: tuple[date, ...]
    problem: Problem
    needs: Mapping[str, Need]
    frames: Mapping[str, DayFrame]
    left_out: tuple[LeftOut, ...] = ()


def build_problem(
    data: TerritoryData, days: Sequence[date], travel: TravelSource, *, now: datetime
) -> PlanningInput | None:
    """The problem of a territory on `days` (rising), with travel times; None when nobody works on them.

    Raises InputError when its reps live in several time zones, RoadError for a home without roads.
    """
    zone = _zone_of(data)
    if zone is None:
        return None
    shifts, frames = _shifts(data, days, now)
    if not shifts:
        return None
    needs = [
        need
        for customer in data.customers
        for need in needs_of(
            customer, data.histories.get(customer.id, CustomerHistory()), days, data.policy, data.horizon
        )
    ]
    placed, left_out = _placeable(needs, zone, frozenset(shift.id for shift in shifts), travel)
    problem = Problem(
        version=1, locations=_locations(data, shifts, placed), shifts=shifts, visits=tuple(placed.values())
    )
    return PlanningInput(
        data=data,
        days=tuple(days),
        problem=travel(problem),
        needs={need.visit_id: need for need in needs if need.visit_id in placed},
        frames=frames,
        left_out=left_out,
    )


def _zone_of(data: TerritoryData) -> ZoneInfo | None:
    """The one time zone of a territory's reps; its customers' hours are read in it."""
    names = sorted({rep.timezone for rep in data.reps})
    if len(names) > 1:
        raise InputError(
            f"territory {data.name!r} has reps in the time zones {', '.join(names)}; give it reps of one zone"
        )
    return zone_named(names[0], f"timezone of rep {data.reps[0].name!r}") if names else None


def worker_of(rep: Rep) -> Worker:
    """A rep's working pattern. Raises InputError naming the rep and the text that cannot be read."""
    who = f"rep {rep.name!r}"
    return Worker(
        rep_id=rep.id,
        home=home_of(rep.id),
        zone=zone_named(rep.timezone, f"timezone of {who}"),
        hours=read_hours(rep.weekly_hours, f"weekly_hours of {who}", Locale(None, rep.home_lon, rep.home_lat)),
        lunch=read_lunch(rep.lunch, f"lunch of {who}"),
        skills=tuple(rep.skills),
    )


def _shifts(data: TerritoryData, days: Sequence[date], now: datetime) -> tuple[tuple[Shift, ...], dict[str, DayFrame]]:
    """What is left of every rep's days, and their whole spans; days that are over have no shift."""
    away: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
    for absence in data.absences:
        away[absence.rep_id].append((absence.starts_at, absence.ends_at))
    shifts: list[Shift] = []
    frames: dict[str, DayFrame] = {}
    for rep in data.reps:
        worker = worker_of(rep)
        for whole in shifts_of(worker, days, away[rep.id]):
            local = LocalDay(whole.day, worker.zone)
            shift = remaining_shift(whole, local, now, data.progress.get(whole.id))
            if shift is not None:
                shifts.append(shift)
                frames[whole.id] = DayFrame(rep, local, whole.start_s, whole.end_s)
    return tuple(shifts), frames


def remaining_shift(whole: Shift, local: LocalDay, now: datetime, progress: DayProgress | None) -> Shift | None:
    """What is left of a shift at `now`; None when it is over. `progress` is that of a plan already under way."""
    start_s = max(whole.start_s, local.since_midnight(now))
    start = whole.start
    if progress is not None:
        start_s = max(start_s, progress.available_s)
        start = progress.at or whole.start
    for pause in whole.breaks:
        if _is_gap(pause) and pause.earliest_s <= start_s < pause.earliest_s + pause.duration_s:
            start_s = pause.earliest_s + pause.duration_s
    if start_s >= whole.end_s:
        return None
    breaks = _breaks_left(whole, start_s, progress)
    return whole.model_copy(update={"start": start, "start_s": start_s, "breaks": breaks})


def _is_gap(pause: Break) -> bool:
    """Whether a break is a time without work, which cannot be moved."""
    return pause.earliest_s == pause.latest_s


def _breaks_left(whole: Shift, start_s: int, progress: DayProgress | None) -> tuple[Break, ...]:
    """Breaks still to be taken from `start_s` on. On a day under way a lunch that is late is taken at once."""
    taken = {(pause.duration_s, pause.earliest_s) for pause in progress.breaks_taken} if progress else set()
    left: list[Break] = []
    free_s = whole.end_s - start_s
    for pause in whole.breaks:
        missed = pause.latest_s < start_s and (progress is None or _is_gap(pause))
        fits = max(pause.earliest_s, start_s) + pause.duration_s <= whole.end_s and pause.duration_s <= free_s
        if fits and not missed and (pause.duration_s, pause.earliest_s) not in taken:
            left.append(pause.model_copy(update={"latest_s": max(pause.latest_s, start_s)}))
            free_s -= pause.duration_s
    return tuple(left)


def _placeable(
    needs: Sequence[Need], zone: ZoneInfo, shifts: frozenset[str], travel: TravelSource
) -> tuple[dict[str, ProblemVisit], tuple[LeftOut, ...]]:
    """The problem's visits by id, and the needs that no shift could serve whatever the plan."""
    off_road_m = travel.off_road_m(np.array([(need.customer.lon, need.customer.lat) for need in needs]).reshape(-1, 2))
    placed: dict[str, ProblemVisit] = {}
    left_out: list[LeftOut] = []
    for need, metres in zip(needs, off_road_m, strict=True):
        if not metres <= FAR_M:
            detail = f"{metres / 1000:.1f} km from any road of this map; correct the coordinates"
            left_out.append(LeftOut(need, "unreachable", detail))
            continue
        if need.promise is not None and shift_id(need.promise.rep_id, need.promise.day) not in shifts:
            left_out.append(LeftOut(need, "shift", f"promised on {need.promise.day}, when the rep does not work"))
            continue
        if need.locked_to is not None and need.locked_to not in shifts:
            left_out.append(LeftOut(need, "shift", f"locked to {need.days[0]}, when the rep does not work"))
            continue
        try:
            placed[need.visit_id] = problem_visit(need, zone)
        except InputError as error:
            left_out.append(LeftOut(need, "window", str(error)))
    return placed, tuple(left_out)


def problem_visit(need: Need, zone: ZoneInfo) -> ProblemVisit:
    """A need as the solver sees it. Raises InputError when the customer's hours cannot be read or never allow it."""
    customer = need.customer
    service_s = need.service_s
    windows = _windows(need, zone, service_s)
    if not windows:
        days = f"{need.days[0]} to {need.days[-1]}" if len(need.days) > 1 else str(need.days[0])
        raise InputError(f"closed on {days}, or not open for {-(-service_s // 60)} minutes at a time")
    promise = need.promise
    return ProblemVisit(
        id=need.visit_id,
        location=customer.id,
        service_s=service_s,
        value_s=need.value_s,
        mandatory=need.must,
        windows=() if promise else windows,
        skills=tuple(customer.skills),
        shifts=None if need.locked_to is None else (need.locked_to,),
        promise=Promise(start_s=promise.start_s, end_s=promise.end_s, shift=shift_id(promise.rep_id, promise.day))
        if promise
        else None,
    )


def _windows(need: Need, zone: ZoneInfo, service_s: int) -> tuple[TimeWindow, ...]:
    """When the service may start; a promise overrides the hours, as somebody agreed to it."""
    customer = need.customer
    if need.promise is not None:
        span = need.promise
        return (TimeWindow(day=span.day, start_s=span.start_s, end_s=span.end_s),)
    if not customer.opening_hours.strip():
        return tuple(TimeWindow(day=day, start_s=0, end_s=LocalDay(day, zone).length_s) for day in need.days)
    locale = Locale(customer.country, customer.lon, customer.lat)
    hours = read_hours(customer.opening_hours, f"opening_hours of customer {customer.name!r}", locale)
    return tuple(service_windows(hours, need.days, zone, service_s))


def _locations(
    data: TerritoryData, shifts: Sequence[Shift], placed: Mapping[str, ProblemVisit]
) -> tuple[Location, ...]:
    """The homes of the reps, then the customers of visits and of days that have begun."""
    customers = {customer.id: customer for customer in data.customers}
    starts = [shift.start for shift in shifts if shift.start in customers]
    used = dict.fromkeys([*starts, *(visit.location for visit in placed.values())])
    return (
        *(Location(id=home_of(rep.id), lon=rep.home_lon, lat=rep.home_lat) for rep in data.reps),
        *(Location(id=name, lon=customers[name].lon, lat=customers[name].lat) for name in used),
    )
