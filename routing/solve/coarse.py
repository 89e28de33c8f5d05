"""The problem on a coarser clock: what the OR-Tools routing model is built from.

Its time variables keep one bit per value, so a week at one-second ticks is too slow to build. Durations are rounded up,
starts and deadlines towards each other: a sequence that fits the coarse clock fits the true one. Travel by time of day
becomes the slowest drive of the working hours, which is safe because no later start arrives earlier.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routing.problem import Break, Problem, Promise, Shift, TimeWindow, Visit
from routing.travel import Travel, TravelMatrix

MOST_TICKS = 20_000
TICKS_S = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600)

IntMatrix = npt.NDArray[np.int32]


def tick_of(problem: Problem) -> int:
    """Seconds of a tick such that all days together stay below `MOST_TICKS`."""
    days: dict[object, tuple[int, int]] = {}
    for shift in problem.shifts:
        first, last = days.get(shift.day, (shift.start_s, 0))
        days[shift.day] = (min(first, shift.start_s), max(last, shift.end_s + shift.max_overtime_s))
    total = sum(last - first for first, last in days.values())
    return next((tick for tick in TICKS_S if total <= tick * MOST_TICKS), 1 + total // MOST_TICKS)


def slowest_drives(problem: Problem) -> IntMatrix:
    """The longest each drive takes at any time a rep may begin it, int32 [n, n]; -1 unreachable."""
    travel = problem.require_travel()
    return np.asarray(_working_hours(problem, travel, travel.duration_s).max(axis=0))


def usual_drives(problem: Problem) -> IntMatrix:
    """The mean each drive takes over the working hours, rounded down, int32 [n, n]; -1 unreachable."""
    travel = problem.require_travel()
    pieces = _working_hours(problem, travel, travel.duration_s)
    return (
        np.asarray(pieces[0])
        if len(pieces) == 1
        else (pieces.sum(axis=0, dtype=np.int64) // len(pieces)).astype(np.int32)
    )


def _working_hours(problem: Problem, travel: Travel, stack: IntMatrix) -> IntMatrix:
    if travel.is_constant or not problem.shifts:
        return stack
    begins = min(shift.start_s for shift in problem.shifts)
    ends = max(shift.end_s + shift.max_overtime_s for shift in problem.shifts)
    first = max(0, int(np.searchsorted(travel.at_s, begins, side="right")) - 1)
    last = int(np.searchsorted(travel.at_s, ends, side="left"))
    return np.asarray(stack[first : last + 1])


def coarsen(problem: Problem, tick: int) -> Problem:
    """The problem with every time in ticks of `tick` seconds and one constant matrix.

    Lateness is kept for visits with one window only (with several, a must keeps it unpriced, another visit loses it),
    because the routing model can price lateness after one moment, not after several.
    """
    drives = slowest_drives(problem)
    ticks = np.where(drives < 0, -1, -(-drives // tick)).astype(np.int32)
    return Problem.model_construct(  # a copy would keep the travel times it has cached
        version=problem.version,
        locations=problem.locations,
        matrix=TravelMatrix.model_construct(duration_s=ticks, distance_m=np.zeros_like(ticks)),
        matrices=None,
        shifts=tuple(_shift(shift, tick) for shift in problem.shifts),
        visits=tuple(_visit(visit, tick) for visit in problem.visits),
        objective=problem.objective,
    )


def _up(time_s: int, tick: int) -> int:
    return -(-time_s // tick)


def _span(first_s: int, last_s: int, tick: int) -> tuple[int, int]:
    """The ticks within a span; a span between two ticks keeps the one before it, and exact timing decides."""
    last = last_s // tick
    return min(_up(first_s, tick), last), last


def _shift(shift: Shift, tick: int) -> Shift:
    return shift.model_copy(
        update={
            "start_s": _up(shift.start_s, tick),
            "end_s": shift.end_s // tick,
            "max_overtime_s": (shift.end_s + shift.max_overtime_s) // tick - shift.end_s // tick,
            "max_travel_s": None if shift.max_travel_s is None else shift.max_travel_s // tick,
            "breaks": tuple(_break(pause, tick) for pause in shift.breaks),
        }
    )


def _break(pause: Break, tick: int) -> Break:
    earliest, latest = _span(pause.earliest_s, pause.latest_s, tick)
    return Break.model_construct(duration_s=_up(pause.duration_s, tick), earliest_s=earliest, latest_s=latest)


def _visit(visit: Visit, tick: int) -> Visit:
    windows = tuple(_window(window, tick) for window in visit.windows)
    promise = visit.promise
    if promise is not None:
        first, last = _span(promise.start_s, promise.end_s, tick)
        promise = Promise.model_construct(start_s=first, end_s=last, shift=promise.shift)
    keeps_late = len(windows) == 1 or visit.must
    return visit.model_copy(
        update={
            "service_s": _up(visit.service_s, tick),
            "windows": windows,
            "max_late_s": visit.max_late_s // tick if keeps_late else 0,
            "promise": promise,
        }
    )


def _window(window: TimeWindow, tick: int) -> TimeWindow:
    first, last = _span(window.start_s, window.end_s, tick)
    return TimeWindow.model_construct(day=window.day, start_s=first, end_s=last)
