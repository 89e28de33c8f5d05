"""What is left of some shifts as a problem of its own, so that every engine can work on it.

Each shift begins where and when its rep is free, with the breaks still to be had. A shift counts as a rep of its own,
so that a visit's worth may differ from shift to shift: a stop is worth the change price more with its rep on its day,
and a stop locked by hand must be served there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import ValidationError

from routing.events import EventList, Lock, Unlock
from routing.problem import Location, Problem, Promise, Shift, TravelMatrix, TravelSlice, Visit
from routing.repair.state import DayState, ShiftState
from routing.solve.schedule import Scheduler
from routing.solve.starts import may_serve
from routing.travel import UNREACHABLE, IntMatrix

RETIMED_S = 900
"""A promised stop may start so much sooner or later before that counts as a change."""

Board = Mapping[int, tuple[str, ...]]
"""The open stops of shifts, by the shift's position in the problem: visits in their order."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A small problem, which shift of the whole problem each of its shifts is, and its clock."""

    problem: Problem
    positions: tuple[int, ...]
    clock: Scheduler

    def sequences(self, board: Board) -> list[tuple[int, ...]]:
        """A board as visit positions of the small problem, shift by shift; visits it does not have are left out."""
        index = self.problem.visit_index
        return [tuple(index[name] for name in board.get(at, ()) if name in index) for at in self.positions]

    def names(self, sequences: Sequence[Sequence[int]]) -> dict[int, tuple[str, ...]]:
        """Sequences of the small problem as a board."""
        visits = self.problem.visits
        return {
            position: tuple(visits[i].id for i in sequence)
            for position, sequence in zip(self.positions, sequences, strict=True)
        }


@dataclass(frozen=True, slots=True)
class Day:
    """Everything a repair knows: the problem after the events, the state of the shifts, where each stop stood."""

    problem: Problem
    state: DayState
    events: EventList
    homes: Mapping[str, int]
    starts: Mapping[str, int]
    pinned: frozenset[str]

    def stays(self, visit: str, position: int) -> bool:
        """Whether on this shift the stop keeps its rep and day."""
        home, shift = self.problem.shifts[self.homes[visit]], self.problem.shifts[position]
        return (home.rep, home.day) == (shift.rep, shift.day)


def day_of(problem: Problem, state: DayState, events: EventList) -> Day:
    """The day from the problem after the events."""
    by_hand = {event.visit for event in events.events if isinstance(event, Lock)}
    freed = {event.visit for event in events.events if isinstance(event, Unlock)}
    homes, starts, pinned = {}, {}, set()
    for position, one in state.open.items():
        route = state.routes.get(one.shift.id)
        for stop in route.stops if route is not None else ():
            if stop.visit in one.rest:
                homes[stop.visit], starts[stop.visit] = position, stop.start_s
                if (stop.locked or stop.visit in by_hand) and stop.visit not in freed:
                    pinned.add(stop.visit)
    return Day(problem, state, events, homes, starts, frozenset(pinned))


def rest_of(
    day: Day, scope: Sequence[int], board: Board, candidates: Collection[str], *, keep_times: bool
) -> Rest | None:
    """The small problem of the shifts in `scope` (positions), the stops `board` gives them, and `candidates`.

    With `keep_times` promised stops start within `RETIMED_S` of now planned. None when no shift is left to plan.
    """
    shifts: dict[int, Shift] = {}
    for position in scope:
        shift = _rest_shift(day, day.state.open[position])
        if shift is not None:
            shifts[position] = shift
    if not shifts:
        return None
    index = day.problem.visit_index
    names = [name for position in scope for name in board.get(position, ())]
    chosen = set(names)
    names += [name for name in candidates if name not in chosen]
    fitter = _Fitter(day, shifts, keep_times=keep_times)
    visits = [fitter.fitted(day.problem.visits[index[name]]) for name in names]
    kept = [visit for visit in visits if visit is not None]
    here = {position: shift for position, shift in shifts.items() if _at_a_door(day.state.open[position])}
    problem = _with_travel(day, list(shifts.values()), kept, here)
    return Rest(problem, tuple(shifts), Scheduler(problem))


def _rest_shift(day: Day, state: ShiftState) -> Shift | None:
    """What is left of the shift, or None when no stop can come any more."""
    if state.closed:
        return None
    shift = day.problem.shifts[day.problem.shift_index[state.shift.id]]
    begin = max(state.available_s, shift.start_s)
    latest = shift.end_s + shift.max_overtime_s
    latest = latest if state.until_s is None else min(latest, state.until_s)
    end = min(max(shift.end_s, begin + 1), latest)
    if begin >= end:
        return None
    travel = shift.max_travel_s
    if travel is not None:
        travel -= travelled_s(day.problem, state) + _uncounted_s(day.problem, state)
        if travel < 0:
            return None
    values = {
        **{name: getattr(shift, name) for name in type(shift).model_fields},
        "rep": shift.id,
        "start": door_name(shift.id) if _at_a_door(state) else state.at,
        "start_s": begin,
        "end_s": end,
        "max_overtime_s": latest - end,
        "max_travel_s": travel,
        "breaks": tuple(shift.breaks[i] for i in state.breaks_left),
    }
    try:
        return Shift(**values)
    except ValidationError:
        return None


def travelled_s(problem: Problem, state: ShiftState) -> int:
    """Seconds of driving to the locked stops."""
    travel, places = problem.require_travel(), problem.location_index
    place, left, total = places[state.shift.start], state.leave_s or 0, 0
    for stop in state.locked:
        target = places[problem.visits[problem.visit_index[stop.visit]].location]
        total += max(0, travel.duration(place, target, left))
        place, left = target, stop.departure_s
    return total


def _uncounted_s(problem: Problem, state: ShiftState) -> int:
    """By how much the drive to the next stop may count more than it takes from the door where the rep stands.

    After a stop that was called off at its door the next drive is counted from the last stop that was not.
    """
    if not _at_a_door(state):
        return 0
    places, durations = problem.location_index, problem.require_travel().duration_s
    counted, driven = durations[:, places[state.before]], durations[:, places[state.at]]
    known = (counted >= 0).all(axis=0) & (driven >= 0).all(axis=0)
    return int(np.max((counted.max(axis=0) - driven.min(axis=0))[known], initial=0))


def door_name(shift: str) -> str:
    """The location, in the small problem, of the door where a stop of the shift was called off."""
    return f"\0door {shift}"


def _at_a_door(state: ShiftState) -> bool:
    return state.at != state.before


class _Fitter:
    """Visits with their worth on each of some shifts; what many visits have in common is worked out once."""

    def __init__(self, day: Day, shifts: Mapping[int, Shift], *, keep_times: bool) -> None:
        self._day, self._shifts, self._keep_times = day, shifts, keep_times
        self._able: dict[object, list[int]] = {}
        self._peers: dict[object, list[int]] = {}
        for position in shifts:
            whole = day.problem.shifts[position]
            self._peers.setdefault((whole.rep, whole.day), []).append(position)

    def fitted(self, visit: Visit) -> Visit | None:
        """The visit for these shifts, or None when none of them may serve it."""
        day, shifts = self._day, self._shifts
        home = day.homes.get(visit.id)
        kind = (visit.skills, visit.shifts, visit.promise and visit.promise.shift)
        able = self._able.get(kind)
        if able is None:
            able = self._able[kind] = [position for position, shift in shifts.items() if may_serve(visit, shift)]
        changes: dict[str, object] = {}
        if home is not None and visit.id in day.pinned:
            able = [position for position in able if position == home]
            changes = {"mandatory": True, "shifts": tuple(shifts[position].id for position in able)}
        elif visit.shifts is not None:
            changes = {"shifts": tuple(shifts[position].id for position in able)}
        if not able:
            return None
        if visit.rep_preference_s or home is not None:
            changes["rep_preference_s"] = self._worth(visit, able, home)
        if self._keep_times and visit.promise is not None and visit.id in day.starts:
            changes["promise"] = _near(visit.promise, day.starts[visit.id])
        return visit.model_copy(update=changes) if changes else visit

    def _worth(self, visit: Visit, able: Sequence[int], home: int | None) -> dict[str, int]:
        """What the visit is worth beyond its value, by shift: preference, and the price saved with its rep and day."""
        reps, worth = self._day.problem.shifts, {}
        if visit.rep_preference_s:
            worth = {position: visit.rep_preference_s.get(reps[position].rep, 0) for position in able}
        if home is not None:
            for position in self._peers.get((reps[home].rep, reps[home].day), ()):
                worth[position] = worth.get(position, 0) + self._day.events.change_price_s
        served = set(able)
        return {self._shifts[position].id: extra for position, extra in worth.items() if extra and position in served}


def _near(promise: Promise, start_s: int) -> Promise:
    low, high = max(promise.start_s, start_s - RETIMED_S), min(promise.end_s, start_s + RETIMED_S)
    return promise.model_copy(update={"start_s": low, "end_s": high}) if low <= high else promise


def _with_travel(day: Day, shifts: Sequence[Shift], visits: Sequence[Visit], here: Mapping[int, Shift]) -> Problem:
    """The small problem with the travel between its own places, and from the doors where a stop was called off."""
    whole = day.problem
    doors = [shift.start for shift in here.values()]
    used = dict.fromkeys(
        [name for shift in shifts for name in (shift.start, shift.end) if name not in doors]
        + [visit.location for visit in visits]
    )
    rows = np.array([whole.location_index[name] for name in used], np.int64)
    locations = [whole.locations[row] for row in rows] + [Location(id=name) for name in doors]
    states = [day.state.open[position] for position in here]
    if whole.matrices is None:
        assert whole.matrix is not None, "a repair asks for travel times first"
        travel: TravelMatrix | tuple[TravelSlice, ...] = TravelMatrix(
            duration_s=_cut(whole, whole.matrix.duration_s, rows, states, in_time=True),
            distance_m=_cut(whole, whole.matrix.distance_m, rows, states, in_time=False),
        )
    else:
        travel = tuple(
            TravelSlice(
                at_s=piece.at_s,
                duration_s=_cut(whole, piece.duration_s, rows, states, in_time=True),
                distance_m=_cut(whole, piece.distance_m, rows, states, in_time=False),
            )
            for piece in whole.matrices
        )
    return whole.with_parts(shifts=shifts, visits=visits, locations=locations, travel=travel)


def _cut(
    problem: Problem, matrix: IntMatrix, rows: np.ndarray, states: Sequence[ShiftState], *, in_time: bool
) -> IntMatrix:
    """The matrix between some places, and a row from each door.

    The repaired route does not show the way to a door where a stop was called off, so from there no place is nearer
    than it can be told from the last stop that counts.
    """
    size = len(rows)
    cut = np.full((size + len(states),) * 2, UNREACHABLE, np.int32)
    cut[:size, :size] = matrix[np.ix_(rows, rows)]
    for i, state in enumerate(states):
        door, before = problem.location_index[state.at], problem.location_index[state.before]
        told = matrix[before, rows].astype(np.int64)
        row = matrix[door, rows].astype(np.int64)
        if in_time:
            left = state.locked[-1].departure_s if state.locked else state.leave_s or 0
            paused = sum(state.shift.breaks[j].duration_s for j, start in state.taken.items() if start >= left)
            row = np.where(
                (row < 0) | (told < 0), UNREACHABLE, np.maximum(row, told - (state.available_s - left - paused))
            )
        cut[size + i, :size] = row
        cut[size + i, size + i] = 0
    return cut
