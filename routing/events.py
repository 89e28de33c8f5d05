"""What happens to a day that is under way: the events a repair answers to (version 1).

All times are whole seconds from the local midnight of `day`. An `EventList` that exists is consistent in itself;
`check_events` holds it against a problem and a plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from routing.documents import Day, Document, Flag, Id, Seconds, from_json, read_document
from routing.errors import InputError
from routing.plan import Plan
from routing.problem import Problem, TimeWindow, Visit

CHANGE_PRICE_S = 480
"""What a stop that changes rep or day costs when the events name no price."""
_DAY_S = 86_400


class Cancel(Document):
    """The customer calls a visit off. Before the rep has finished there; afterwards it is history."""

    type: Literal["cancel"]
    visit: Id


class NoShow(Document):
    """Nobody was there, or nobody will be."""

    type: Literal["no_show"]
    visit: Id


class Late(Document):
    """The rep of a shift is behind: the next departure, or the service that is driven to, is `delay_s` later."""

    type: Literal["late"]
    shift: Id
    delay_s: Seconds


class Insert(Document):
    """A visit that was not in the problem; urgent ones carry their deadline as windows or a promise."""

    type: Literal["insert"]
    visit: Visit


class Absent(Document):
    """A rep is gone for the rest of `day`, from `from_s` on."""

    type: Literal["absent"]
    rep: Id
    from_s: Seconds


class Hours(Document):
    """The customer's windows are these from now on; an empty list means any time."""

    type: Literal["hours"]
    visit: Id
    windows: tuple[TimeWindow, ...]


class Lock(Document):
    """A planned stop stays on its shift and is not dropped, whatever else is planned anew."""

    type: Literal["lock"]
    visit: Id


class Unlock(Document):
    """A stop that was locked by hand may move again."""

    type: Literal["unlock"]
    visit: Id


Event = Annotated[
    Cancel | NoShow | Late | Insert | Absent | Hours | Lock | Unlock,
    Field(discriminator="type"),
]


class Progress(Document):
    """How far a shift has come: the stops done or under way in their order, and where and when the rep is free next.

    `at` is a visit or a location; absent, it is the last locked stop or the start of the shift. `break_taken` true
    means that the break is over (of several, those planned to begin before `available_s`, and at least the first),
    false that none has been had, absent that breaks were taken as planned.
    """

    locked: tuple[Id, ...] = ()
    at: Id | None = None
    available_s: Seconds
    break_taken: Flag | None = None

    @model_validator(mode="after")
    def _once(self) -> Self:
        for name in self.locked:
            if self.locked.count(name) > 1:
                raise ValueError(f"names {name!r} twice in locked; name each stop once")
        return self


class EventList(Document):
    """Events of one day, as known at `now_s`."""

    version: Literal[1] = 1
    day: Day
    now_s: Seconds
    change_price_s: Seconds = CHANGE_PRICE_S
    progress: dict[Id, Progress] = Field(default_factory=dict)
    events: tuple[Event, ...] = ()

    @model_validator(mode="after")
    def _not_twice(self) -> Self:
        seen: dict[tuple[str, str], int] = {}
        for i, event in enumerate(self.events):
            kind, name = _subject(event)
            before = seen.get((kind, name))
            if before is not None:
                raise ValueError(
                    f"events[{i}] names {name!r}, which events[{before}] already does; keep one of the two"
                )
            seen[kind, name] = i
        for i, event in enumerate(self.events):
            if isinstance(event, Hours | Lock | Unlock) and ("end", event.visit) in seen:
                other = seen["end", event.visit]
                raise ValueError(
                    f"events[{i}].visit is {event.visit!r}, which events[{other}] takes out or brings in; "
                    "keep one of the two"
                )
        return self

    @property
    def gone(self) -> frozenset[str]:
        """Visits that are called off or found nobody."""
        return frozenset(event.visit for event in self.events if isinstance(event, Cancel | NoShow))

    def absent_from(self) -> Mapping[str, int]:
        """Reps who are gone, and from when."""
        return {event.rep: event.from_s for event in self.events if isinstance(event, Absent)}

    def delays(self) -> Mapping[str, int]:
        """How many seconds behind each late shift is."""
        return {event.shift: event.delay_s for event in self.events if isinstance(event, Late)}

    def inserted(self) -> tuple[Visit, ...]:
        """The visits that come in."""
        return tuple(event.visit for event in self.events if isinstance(event, Insert))


def _subject(event: Event) -> tuple[str, str]:
    """What an event is about: two events with the same subject contradict or repeat each other."""
    match event:
        case Cancel() | NoShow():
            return "end", event.visit
        case Insert():
            return "end", event.visit.id
        case Late():
            return "late", event.shift
        case Absent():
            return "absent", event.rep
        case Hours():
            return "hours", event.visit
        case Lock() | Unlock():
            return "lock", event.visit


def before_all(problem: Problem) -> EventList:
    """No events, the day before the problem's first: every shift is open from its start."""
    first = min((shift.day for shift in problem.shifts), default=date(1970, 1, 1))
    return EventList(day=max(first, date.min + timedelta(days=1)) - timedelta(days=1), now_s=0)


def check_events(problem: Problem, plan: Plan, events: EventList, *, any_day: bool = False) -> None:
    """Holds events against their problem and plan; with `any_day` their day need not have a shift.

    Raises InputError with one sentence that names the event, its field, the value and the mend.
    """
    today = [shift for shift in problem.shifts if shift.day == events.day]
    if not today and not any_day:
        days = ", ".join(sorted({str(shift.day) for shift in problem.shifts})) or "none"
        raise InputError(f"day is {events.day}, on which the problem has no shift; its days are {days}")
    latest = max([_DAY_S, *(shift.end_s + shift.max_overtime_s for shift in today)])
    _check_time("now_s", events.now_s, latest)
    _check_plan(problem, plan)
    _check_progress(problem, plan, events, latest)
    planned = {stop.visit for route in plan.routes for stop in route.stops}
    for i, event in enumerate(events.events):
        _check_event(problem, events, i, event, latest)
        if isinstance(event, Lock) and event.visit not in planned:
            raise InputError(f"events[{i}].visit is {event.visit!r}, which is in no route; lock planned stops only")


def _check_plan(problem: Problem, plan: Plan) -> None:
    served: set[str] = set()
    for i, route in enumerate(plan.routes):
        if route.shift not in problem.shift_index:
            raise InputError(f"routes[{i}].shift of the plan is {route.shift!r}, not in the problem; give its own plan")
        for j, stop in enumerate(route.stops):
            if stop.visit not in problem.visit_index:
                raise InputError(
                    f"routes[{i}].stops[{j}].visit of the plan is {stop.visit!r}, not in the problem; give its own plan"
                )
            if stop.visit in served:
                raise InputError(f"visit {stop.visit!r} is twice in the plan; mend the plan first")
            served.add(stop.visit)
    shifts = [route.shift for route in plan.routes]
    if len(set(shifts)) < len(shifts):
        raise InputError("the plan has two routes for one shift; mend the plan first")


def _check_progress(problem: Problem, plan: Plan, events: EventList, latest: int) -> None:
    homes = {stop.visit: route.shift for route in plan.routes for stop in route.stops}
    for name, progress in events.progress.items():
        _check_shift(problem, events, f"progress.{name}", name)
        _check_time(f"progress.{name}.available_s", progress.available_s, latest + _DAY_S)
        for i, visit in enumerate(progress.locked):
            if homes.get(visit) != name:
                where = f"stands on shift {homes[visit]!r}" if visit in homes else "is not in the plan"
                raise InputError(
                    f"progress.{name}.locked[{i}] is {visit!r}, which {where}; name stops of this shift only"
                )
            if visit in events.gone and any(isinstance(e, Cancel) and e.visit == visit for e in events.events):
                raise InputError(
                    f"progress.{name}.locked[{i}] is {visit!r}, which an event cancels; leave it out of one of the two"
                )
        if progress.at is not None and progress.at not in problem.visit_index | problem.location_index:
            raise InputError(f"progress.{name}.at is {progress.at!r}, neither a visit nor a location; correct it")


def _check_event(problem: Problem, events: EventList, i: int, event: Event, latest: int) -> None:
    match event:
        case Insert():
            _check_insert(problem, i, event.visit)
        case Late():
            _check_shift(problem, events, f"events[{i}].shift", event.shift)
            if event.delay_s > latest:
                raise InputError(f"events[{i}].delay_s is {event.delay_s}, longer than the day; write 0 to {latest}")
        case Absent():
            _check_time(f"events[{i}].from_s", event.from_s, latest + _DAY_S)
            reps = {shift.rep for shift in problem.shifts}
            if event.rep not in reps:
                raise InputError(f"events[{i}].rep is {event.rep!r}, a rep of no shift; correct it")
            if not any(shift.rep == event.rep and shift.day == events.day for shift in problem.shifts):
                raise InputError(
                    f"events[{i}].rep is {event.rep!r}, who has no shift on {events.day}; "
                    "remove the event or correct it"
                )
        case Cancel() | NoShow() | Hours() | Lock() | Unlock():
            if event.visit not in problem.visit_index:
                raise InputError(f"events[{i}].visit is {event.visit!r}, which the problem does not have; correct it")


def _check_insert(problem: Problem, i: int, visit: Visit) -> None:
    if visit.id in problem.visit_index:
        raise InputError(f"events[{i}].visit.id is {visit.id!r}, which the problem already has; give it a new id")
    if visit.location not in problem.location_index:
        raise InputError(
            f"events[{i}].visit.location is {visit.location!r}, which the problem does not have; "
            "add it to its locations"
        )
    named = [*(visit.shifts or ()), *((visit.promise.shift,) if visit.promise else ())]
    for shift in named:
        if shift not in problem.shift_index:
            raise InputError(f"events[{i}].visit names the unknown shift {shift!r}; correct it")
    if visit.promise is not None and visit.shifts is not None and visit.promise.shift not in visit.shifts:
        raise InputError(
            f"events[{i}].visit.promise is on shift {visit.promise.shift!r}, which its own shifts do not allow; "
            "add it there"
        )


def _check_time(field: str, at_s: int, latest: int) -> None:
    if at_s > latest:
        raise InputError(f"{field} is {at_s}, after the end of the day; write 0 to {latest}")


def _check_shift(problem: Problem, events: EventList, field: str, name: str) -> None:
    position = problem.shift_index.get(name)
    if position is None:
        raise InputError(f"{field} is {name!r}, a shift that the problem does not have; correct it")
    day = problem.shifts[position].day
    if day != events.day:
        raise InputError(f"{field} is {name!r}, a shift of {day}; events are about {events.day}")


def read_events(path: Path) -> EventList:
    """The events in a file. Raises InputError naming the file, the field, the value and the mend."""
    return read_document(EventList, path)


def events_from_json(text: str | bytes, what: str = "the events") -> EventList:
    """The events in a JSON text. Raises InputError."""
    return from_json(EventList, text, what)
