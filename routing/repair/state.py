"""Where every shift stands when events come in: what is executed or under way, and where and when the rep is free.

Without progress the plan's own clock says it: stops that have departed by `now_s` are executed, and the stop in service
or being driven to is locked with them. A stop that is called off while it is driven to leaves the rep at the place
before it, free now; called off at its door, or without anybody there, it leaves the rep at that door, free now.
A late rep who is still on the way begins later there; one who has begun leaves later. Shifts of days before the events'
day are over; those of later days have not begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from routing.errors import InputError
from routing.events import Cancel, EventList, Hours, Progress
from routing.plan import Plan, Route, Stop
from routing.problem import Problem, Shift, Visit
from routing.repair.timeline import Decided, tell
from routing.solve.starts import possible_starts, window_spans


@dataclass(frozen=True, slots=True)
class LockedStop:
    """A stop that is executed or under way, with what was decided: when its service and its departure begin."""

    visit: str
    start_s: int
    departure_s: int


@dataclass(frozen=True, slots=True)
class ShiftState:
    """One shift at the time of the events.

    `at` is the location where the rep is free at `available_s`; `before` the location that the next drive is counted
    from, another one only where a stop was called off at its door. `rest` are the open stops in planned order.
    `leave_s` is when the rep left the start place, None before that. `taken` are starts of breaks had, by their
    position in the shift. `until_s` is when an absent rep has to be at the end place, at most `available_s` for now.
    """

    shift: Shift
    locked: tuple[LockedStop, ...]
    rest: tuple[str, ...]
    at: str
    before: str
    available_s: int
    leave_s: int | None = None
    taken: Mapping[int, int] = field(default_factory=dict)
    until_s: int | None = None

    @property
    def breaks_left(self) -> tuple[int, ...]:
        """Positions of the breaks still to be had."""
        return tuple(i for i in range(len(self.shift.breaks)) if i not in self.taken)

    @property
    def closed(self) -> bool:
        """Whether no further stop may come, because the rep is gone."""
        return self.until_s is not None and self.until_s <= self.available_s


@dataclass(frozen=True, slots=True)
class DayState:
    """All shifts in the order of the problem: `over` before the events' day, `open` from it on."""

    over: tuple[int, ...]
    open: Mapping[int, ShiftState]
    routes: Mapping[str, Route]

    @property
    def locked(self) -> frozenset[str]:
        """Visits executed or under way, those of days that are over included."""
        return frozenset(stop.visit for state in self.open.values() for stop in state.locked)


def state_of(problem: Problem, plan: Plan, events: EventList) -> DayState:
    """Where every shift stands. The events must have been checked (`routing.events.check_events`).

    Raises InputError when an event is about a stop that is already executed.
    """
    routes = {route.shift: route for route in plan.routes}
    over: list[int] = []
    open_: dict[int, ShiftState] = {}
    for position, shift in enumerate(problem.shifts):
        route = routes.get(shift.id)
        if shift.day < events.day:
            over.append(position)
        elif shift.day > events.day:
            open_[position] = _not_begun(shift, route, events, shift.start_s)
        else:
            open_[position] = _today(problem, shift, route, events)
    state = DayState(tuple(over), open_, routes)
    _refuse_history(problem, plan, events, state)
    return state


def _today(problem: Problem, shift: Shift, route: Route | None, events: EventList) -> ShiftState:
    delay = events.delays().get(shift.id, 0)
    progress = events.progress.get(shift.id)
    if progress is not None:
        state = _by_progress(problem, shift, route, events, progress, delay)
    elif route is None:
        state = _not_begun(shift, None, events, max(shift.start_s, events.now_s) + delay)
    elif events.now_s < route.start_s:
        available = route.start_s + delay if delay else max(shift.start_s, events.now_s)
        state = _not_begun(shift, route, events, available)
    else:
        state = _by_clock(problem, shift, route, events, delay)
    gone_from = events.absent_from().get(shift.rep)
    return state if gone_from is None else replace(state, until_s=gone_from)


def _not_begun(shift: Shift, route: Route | None, events: EventList, available_s: int) -> ShiftState:
    rest = () if route is None else tuple(stop.visit for stop in route.stops if stop.visit not in events.gone)
    return ShiftState(shift, (), rest, shift.start, shift.start, available_s)


def _by_clock(problem: Problem, shift: Shift, route: Route, events: EventList, delay: int) -> ShiftState:
    """The state of a shift under way by its planned times."""
    now = events.now_s
    done = sum(stop.departure_s <= now for stop in route.stops)
    executed, waiting = route.stops[:done], route.stops[done:]
    locked = [_as_planned(stop) for stop in executed if stop.visit not in events.gone]
    before = _place(problem, locked[-1].visit) if locked else shift.start
    at, available = before, now
    if executed and executed[-1].visit in events.gone:
        at = _place(problem, executed[-1].visit)
    following = waiting[0] if waiting else None
    if following is not None and following.visit in events.gone:
        waiting = waiting[1:]
        if following.arrival_s <= now:
            at = _place(problem, following.visit)
        available = now + delay
    elif following is not None:
        waiting = waiting[1:]
        stop = _delayed(problem, shift, route, following, now, delay)
        locked.append(stop)
        at = before = _place(problem, stop.visit)
        available = stop.departure_s
    else:
        available = now + delay
    begun = bool(locked) or at != before
    state = ShiftState(
        shift=shift,
        locked=tuple(locked),
        rest=tuple(stop.visit for stop in waiting if stop.visit not in events.gone),
        at=at,
        before=before,
        available_s=available,
        leave_s=route.start_s if begun else None,
    )
    return _with_breaks(problem, state, _breaks(shift, route), now) if begun else state


def _by_progress(
    problem: Problem, shift: Shift, route: Route | None, events: EventList, progress: Progress, delay: int
) -> ShiftState:
    """The state of a shift under way as it is told."""
    stops = {} if route is None else {stop.visit: stop for stop in route.stops}
    kept = [name for name in progress.locked if name not in events.gone]
    locked = [_as_planned(stops[name]) for name in kept]
    available = max(progress.available_s, events.now_s) + delay
    if locked and available < locked[-1].departure_s:
        locked[-1] = _sooner(problem, shift, stops[kept[-1]], available, locked[-2] if len(locked) > 1 else None)
        available = max(available, locked[-1].departure_s)
    before = _place(problem, kept[-1]) if kept else shift.start
    at = before
    if progress.at is not None:
        at = _place(problem, progress.at) if progress.at in problem.visit_index else progress.at
    elif progress.locked and progress.locked[-1] in events.gone:
        at = _place(problem, progress.locked[-1])
    begun = bool(locked) or at != shift.start
    state = ShiftState(
        shift=shift,
        locked=tuple(locked),
        rest=tuple(name for name in stops if name not in progress.locked and name not in events.gone),
        at=at,
        before=before,
        available_s=available,
        leave_s=(shift.start_s if route is None else route.start_s) if begun else None,
    )
    if not begun:
        return state
    breaks = {} if route is None else _told_breaks(shift, route, progress, locked, available)
    return _with_breaks(problem, state, breaks, None if progress.break_taken else events.now_s)


def _with_breaks(problem: Problem, state: ShiftState, breaks: Mapping[int, int], now_s: int | None) -> ShiftState:
    """The state with the breaks that begin before the rep is free, and the locked part as it can be told with them.

    Where a stop between went the next one may begin later than planned, and so may all that follows. A break that can
    then not begin in time is still to be had, if it has not begun by `now_s`.
    """
    shift, position = state.shift, problem.shift_index[state.shift.id]
    decided = [
        Decided(problem.visit_index[stop.visit], stop.start_s, stop.departure_s, locked=True) for stop in state.locked
    ]
    late: set[int] = set()
    while True:
        taken, available = {}, state.available_s
        for i, start in sorted(breaks.items(), key=lambda one: (one[1], shift.breaks[one[0]].duration_s)):
            if i not in late and start < available:
                taken[i] = start
                available = max(available, start + shift.breaks[i].duration_s)
        pauses = [(start, shift.breaks[i].duration_s) for i, start in taken.items()]
        route = tell(problem, position, state.leave_s or 0, decided, pauses).route
        told = {i: one.start_s for i, one in zip(taken, route.breaks, strict=True)}
        missed = {i for i, start in told.items() if now_s is not None and start > max(now_s, shift.breaks[i].latest_s)}
        if not missed:
            break
        late.add(min(missed, key=told.__getitem__))
    free = [available, *(start + shift.breaks[i].duration_s for i, start in told.items())]
    if state.locked and state.at == state.before:
        free.append(route.stops[-1].departure_s)
    return replace(state, locked=tuple(_as_planned(stop) for stop in route.stops), taken=told, available_s=max(free))


def _told_breaks(
    shift: Shift, route: Route, progress: Progress, locked: list[LockedStop], available: int
) -> dict[int, int]:
    """Starts of the breaks that are over, as planned or, where that cannot be, after the last locked service."""
    planned = sorted(_breaks(shift, route).items(), key=lambda one: one[1])
    had = [(i, start) for i, start in planned if start < available]
    if progress.break_taken is False:
        return {}
    if progress.break_taken is None:
        return dict(had)
    if not had:
        had = planned[:1]
    taken = {}
    free = locked[-1].departure_s if locked else route.start_s
    for i, start in had:
        pause = shift.breaks[i]
        if start + pause.duration_s <= available:
            taken[i] = start
        elif (later := max(free, pause.earliest_s)) <= pause.latest_s:
            taken[i] = later
            free = later + pause.duration_s
    return taken


def _delayed(problem: Problem, shift: Shift, route: Route, stop: Stop, now: int, delay: int) -> LockedStop:
    """The stop under way: begun, it ends later; else the rep arrives later and begins when next allowed."""
    visit = _visit(problem, stop.visit)
    if not delay:
        return _as_planned(stop)
    if stop.start_s <= now:
        return LockedStop(stop.visit, stop.start_s, stop.departure_s + delay)
    paused = sum(pause.duration_s for pause in route.breaks if stop.arrival_s <= pause.start_s < stop.start_s)
    ready = max(stop.start_s, stop.arrival_s + delay + paused)
    spans = window_spans(visit, shift.day)
    start = next((start for start, _ in possible_starts(spans, ready)), ready)
    return LockedStop(stop.visit, start, start + stop.departure_s - stop.start_s)


def _sooner(problem: Problem, shift: Shift, stop: Stop, available: int, former: LockedStop | None) -> LockedStop:
    """The last locked stop of a rep ahead of the plan: begun as much earlier as arrival and windows allow."""
    visit = _visit(problem, stop.visit)
    wanted = max(available - visit.service_s, stop.arrival_s, 0 if former is None else former.departure_s)
    spans = window_spans(visit, shift.day)
    start = min(stop.start_s, next((start for start, _ in possible_starts(spans, wanted)), stop.start_s))
    return LockedStop(stop.visit, start, max(start + visit.service_s, min(available, stop.departure_s)))


def _refuse_history(problem: Problem, plan: Plan, events: EventList, state: DayState) -> None:
    over = {stop.visit for route in plan.routes for stop in route.stops if _day(problem, route) < events.day}
    done = {
        stop.visit
        for route in plan.routes
        if _day(problem, route) == events.day and route.shift not in events.progress
        for stop in route.stops
        if stop.departure_s <= events.now_s and route.start_s <= events.now_s
    }
    for i, event in enumerate(events.events):
        if isinstance(event, Cancel) and event.visit in over | done:
            raise InputError(
                f"events[{i}].visit is {event.visit!r}, which is already executed at {events.now_s}; "
                "report a no_show, or give progress if it was not reached"
            )
        if isinstance(event, Hours) and event.visit in over | state.locked:
            raise InputError(
                f"events[{i}].visit is {event.visit!r}, which is executed or under way; its hours no longer matter, "
                "remove the event"
            )


def _day(problem: Problem, route: Route) -> date:
    return problem.shifts[problem.shift_index[route.shift]].day


def _as_planned(stop: Stop) -> LockedStop:
    return LockedStop(stop.visit, stop.start_s, stop.departure_s)


def _visit(problem: Problem, name: str) -> Visit:
    return problem.visits[problem.visit_index[name]]


def _place(problem: Problem, name: str) -> str:
    return _visit(problem, name).location


def _breaks(shift: Shift, route: Route) -> dict[int, int]:
    """Start of each break of the shift in the route, by position; those of equal length in the order of their spans."""
    left = sorted(route.breaks, key=lambda pause: pause.start_s)
    starts = {}
    for i in sorted(range(len(shift.breaks)), key=lambda i: (shift.breaks[i].latest_s, shift.breaks[i].earliest_s)):
        wanted = shift.breaks[i]
        for j, pause in enumerate(left):
            if pause.duration_s == wanted.duration_s and wanted.earliest_s <= pause.start_s <= wanted.latest_s:
                starts[i] = left.pop(j).start_s
                break
    return starts
