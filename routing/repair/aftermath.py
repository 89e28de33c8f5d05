"""The problem as it stands after the events: what a repaired plan is judged against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from routing.events import EventList, Hours
from routing.plan import Plan
from routing.problem import Break, Problem, Shift, TimeWindow, Visit
from routing.repair.state import DayState, ShiftState, state_of
from routing.solve.starts import promised, window_spans


def problem_after(problem: Problem, events: EventList, plan: Plan | None = None) -> Problem:
    """The problem without cancelled and no-show visits, with inserted ones and with the changed hours.

    A visit promised on a shift whose rep is absent keeps its promised time, as a mandatory visit that any rep may
    keep. With the `plan`, a break that the day has pushed past its latest start may begin when the rep is next free.
    Raises InputError as `state_of` does.
    """
    hours = {event.visit: event.windows for event in events.events if isinstance(event, Hours)}
    absent = {shift.id for shift in problem.shifts if shift.day == events.day and shift.rep in events.absent_from()}
    visits = [
        _after(visit, problem, hours, absent)
        for visit in (*problem.visits, *events.inserted())
        if visit.id not in events.gone
    ]
    shifts = problem.shifts if plan is None else with_breaks_moved(problem, state_of(problem, plan, events))
    return problem.with_parts(shifts=shifts, visits=visits)


def with_breaks_moved(problem: Problem, state: DayState) -> tuple[Shift, ...]:
    """The shifts; where a break left can no longer begin in time, its latest start is when it next can."""
    shifts = list(problem.shifts)
    for position, one in state.open.items():
        shifts[position] = _breaks_moved(one)
    return tuple(shifts)


def _breaks_moved(state: ShiftState) -> Shift:
    shift = state.shift
    if state.leave_s is None or all(shift.breaks[i].latest_s >= state.available_s for i in state.breaks_left):
        return shift
    first_chance = state.available_s + sum(shift.breaks[i].duration_s for i in state.breaks_left)
    breaks = [
        pause
        if i in state.taken or pause.latest_s >= state.available_s
        else Break(duration_s=pause.duration_s, earliest_s=pause.earliest_s, latest_s=first_chance)
        for i, pause in enumerate(shift.breaks)
    ]
    return shift.model_copy(update={"breaks": tuple(breaks)})


def _after(visit: Visit, problem: Problem, hours: Mapping[str, tuple[TimeWindow, ...]], absent: Iterable[str]) -> Visit:
    if visit.id in hours:
        visit = visit.model_copy(update={"windows": hours[visit.id]})
    if visit.promise is None or visit.promise.shift not in absent:
        return visit
    day = problem.shifts[problem.shift_index[visit.promise.shift]].day
    spans = promised(visit, window_spans(visit, day))
    windows = tuple(TimeWindow(day=day, start_s=span.first_s, end_s=span.last_s) for span in spans)
    if not windows:
        return visit
    return visit.model_copy(update={"windows": windows, "promise": None, "mandatory": True, "max_late_s": 0})
