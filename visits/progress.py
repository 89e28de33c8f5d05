"""How far a rep's day has gone: the executed part of a plan, which no later plan may touch.

Executed are stops that were tapped (arrived, done, nobody there) and those whose planned departure has passed; the stop
being driven to or served is locked with them. What follows may be planned anew, from where and when the rep is free.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from routing.problem import Break
from visits.day_plan import DayBreak, DayPlan, PlannedStop
from visits.local_day import LocalDay
from visits.models import UNDER_WAY_STATES, Visit, VisitState

_OVER = frozenset({VisitState.DONE, VisitState.NO_SHOW})


@dataclass(frozen=True, slots=True)
class DayProgress:
    """The executed part of a day and where the rest begins.

    `at` is the customer at whose door the rep is or will be free at `available_s`, None for the day's start place.
    `leave_s` is None while the rep has not left. `rest` are the stops still open, in their planned order.
    """

    locked: tuple[PlannedStop, ...]
    rest: tuple[PlannedStop, ...]
    at: str | None
    available_s: int
    breaks_taken: tuple[DayBreak, ...]
    breaks_left: tuple[Break, ...]
    leave_s: int | None

    @property
    def begun(self) -> bool:
        """Whether part of the day is already history."""
        return bool(self.locked) or self.leave_s is not None


def progress_of(
    document: DayPlan, visits: Mapping[str, Visit], local: LocalDay, now: datetime, without: Collection[str] = ()
) -> DayProgress:
    """How far the day of a plan has gone at `now`, by the stored visits of its stops.

    `without` are visits that are being taken out: they are in neither part, and a drive to one ends where it is.
    """
    now_s = local.since_midnight(now)
    moves = now_s >= document.leave_s or any(_tapped(visits.get(stop.visit)) for stop in document.stops)
    if not moves:
        rest = tuple(stop for stop in document.stops if stop.visit not in without)
        begin = max(document.shift.start_s, now_s)
        return DayProgress((), rest, None, begin, (), _breaks_left(document, begin), None)
    executed = [stop for stop in document.stops if stop.visit not in without and _executed(stop, visits, now_s)]
    free = {stop.visit: _free_s(stop, visits.get(stop.visit), local) for stop in executed}
    executed.sort(key=lambda stop: free[stop.visit])
    available_s = max((free[stop.visit] for stop in executed), default=document.leave_s)
    at = executed[-1].customer if executed else None
    waiting = [stop for stop in document.stops if stop not in executed]
    if waiting and available_s < now_s:  # who is free this very moment has not set out yet
        target = waiting[0]
        if target.visit in without:
            at = target.customer if target.arrival_s <= now_s else at
        else:
            executed.append(target)
            at = target.customer
            arrival_s = max(available_s + target.travel_s, target.arrival_s)
            available_s = max(arrival_s, target.start_s) + target.departure_s - target.start_s
    available_s = max(available_s, now_s)
    for pause in document.breaks:
        if pause.start_s < available_s < pause.start_s + pause.duration_s:
            available_s = pause.start_s + pause.duration_s
    locked = tuple(_locked(stop, visits.get(stop.visit)) for stop in executed)
    return DayProgress(
        locked=locked,
        rest=tuple(stop for stop in waiting if stop not in executed and stop.visit not in without),
        at=at,
        available_s=available_s,
        breaks_taken=tuple(pause for pause in document.breaks if pause.start_s < available_s),
        breaks_left=_breaks_left(document, available_s),
        leave_s=document.leave_s,
    )


def _tapped(visit: Visit | None) -> bool:
    return visit is not None and (visit.state in _OVER or visit.state in UNDER_WAY_STATES)


def _executed(stop: PlannedStop, visits: Mapping[str, Visit], now_s: int) -> bool:
    return stop.departure_s <= now_s or _tapped(visits.get(stop.visit))


def _free_s(stop: PlannedStop, visit: Visit | None, local: LocalDay) -> int:
    """When the rep is free again at an executed stop: by the taps where there are any, else as planned."""
    if visit is not None and visit.state in _OVER and visit.ended_at is not None:
        return max(0, local.since_midnight(visit.ended_at))
    if visit is not None and visit.arrived_at is not None:
        return max(0, local.since_midnight(visit.arrived_at)) + stop.departure_s - stop.start_s
    return stop.departure_s


def _locked(stop: PlannedStop, visit: Visit | None) -> PlannedStop:
    state = stop.state if visit is None else visit.state
    return stop.model_copy(update={"locked": True, "state": state})


def _breaks_left(document: DayPlan, begin_s: int) -> tuple[Break, ...]:
    """Breaks not yet begun, as late as need be; one that no longer fits the day is given up."""
    left = []
    for pause in document.breaks:
        if pause.start_s < begin_s:
            continue
        latest_s = max(pause.latest_s, begin_s)
        if max(pause.earliest_s, begin_s) + pause.duration_s <= document.shift.end_s:
            left.append(Break(duration_s=pause.duration_s, earliest_s=pause.earliest_s, latest_s=latest_s))
    return tuple(left)
