"""A problem as flat arrays for the compiled search: one integer clock, one row per shift, one column per visit.

Nodes are the visits 0..n-1 followed by the distinct start and end places of the shifts. All times are seconds from the
shift's local midnight; all worth and prices are seconds of the objective.
"""

from __future__ import annotations

import itertools
from datetime import date
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.problem import Break, Problem, Promise, Shift, Visit
from routing.travel import UNREACHABLE

FAR = 100_000_000
"""Travel time that stands for "no road"; longer than any span a document can hold."""
NEVER = 1_000_000_000
"""A time after every other time; its negative comes before every other."""

ALWAYS = ((0, FAR),)
"""The windows of a visit that has none, and so may start at any time."""

PLAIN, PAUSED, WALKED = 0, 1, 2
"""How a shift is timed: no breaks, breaks, or anything that an insertion has to be walked through for."""

Ints = npt.NDArray[np.int64]
Matrix = npt.NDArray[np.int32]
Flags = npt.NDArray[np.uint8]
Span = tuple[int, int, int]


class Arrays(NamedTuple):
    """The problem for the kernels. n visits, K shifts, N nodes, Z travel slices, B breaks at most, D calendars."""

    travel: Matrix
    """[N, N] seconds from row to column (the least over the day when travel depends on the time); FAR: no road."""
    inbound: Matrix
    """[N, N] the same, transposed: a visit's row holds the way to it."""
    stack: Matrix
    """[Z, N, N] travel by time of day."""
    stack_at: Ints
    """[Z] times of the slices."""
    service: Ints
    """[N] seconds of service, 0 at shift places."""
    worth: Ints
    """[K, n] what serving the visit on the shift adds, `must_bonus` included for visits that must be served."""
    must: Flags
    """[n] 1 for visits that must be served."""
    allowed: Flags
    """[K, n] 1 where the visit may be served on the shift and can be reached in time, if over other stops."""
    windows_at: Ints
    """[D * n + 1] offsets into `opens` and `closes`, calendar by calendar, visit by visit."""
    opens: Ints
    """Earliest start of each window, sorted within a visit's day."""
    closes: Ints
    """Latest start of each window, tolerated lateness included; windows of a visit's day do not overlap."""
    due: Ints
    """Latest start of each window that is not late."""
    calendar: Ints
    """[K] which of the D calendars a shift looks windows up in."""
    start: Ints
    """[K] node where the shift begins."""
    end: Ints
    """[K] node where the shift ends."""
    start_s: Ints
    """[K] clock of the shift's begin."""
    end_s: Ints
    """[K] clock of the shift's end without overtime."""
    latest_s: Ints
    """[K] clock of the latest end, overtime included."""
    max_travel: Ints
    """[K] travel a shift may hold."""
    pauses: Ints
    """[K] number of breaks."""
    pause_from: Ints
    """[K, B] earliest start of each break, in the order they are taken."""
    pause_until: Ints
    """[K, B] latest start."""
    pause_for: Ints
    """[K, B] duration."""
    mode: Ints
    """[K] PLAIN, PAUSED or WALKED."""
    kind: Ints
    """[K] shifts of equal kind are interchangeable."""
    near: Matrix
    """[n, L] the other visits, nearest first."""
    price: Ints
    """[4] seconds of objective per second of travel, waiting, lateness, overtime."""
    varying: int
    """1 when travel depends on the time of day."""
    tracks: int
    """2 where a visit may be late for one window or wait for the next, and the clock keeps both; else 1."""
    metric: int
    """1 when a way over a further stop is never shorter, but for rounding."""
    must_bonus: int
    """More than all other worth together: added to the worth of each visit that must be served."""


def to_arrays(problem: Problem, neighbours: int = 120) -> Arrays:
    """The problem as arrays; `neighbours` bounds the nearest visits kept per visit.

    Raises InputError when the problem has no travel times.
    """
    places = problem.location_index
    ends = sorted({places[name] for shift in problem.shifts for name in (shift.start, shift.end)})
    node = {place: len(problem.visits) + i for i, place in enumerate(ends)}
    rows = np.array([places[visit.location] for visit in problem.visits] + ends, np.int64)
    times = problem.require_travel()
    stack = times.duration_s[:, rows[:, None], rows[None, :]].astype(np.int32)
    stack[stack == UNREACHABLE] = FAR
    travel = np.ascontiguousarray(stack.min(axis=0))
    calendar, windows = _calendars(problem)
    windows_at, opens, closes, due = _flat_windows(windows)
    bonus = _must_bonus(problem)
    pauses = _pauses(problem)
    late = np.array([visit.max_late_s for visit in problem.visits], np.int64)
    start = np.array([node[places[shift.start]] for shift in problem.shifts], np.int64)
    end = np.array([node[places[shift.end]] for shift in problem.shifts], np.int64)
    worth = _worth(problem, bonus)
    allowed = _allowed(problem, calendar, windows, travel, start, end)
    mode = _modes(problem, allowed, late, varying=not times.is_constant)
    latest = np.array([shift.end_s + shift.max_overtime_s for shift in problem.shifts], np.int64)
    begins = np.array([shift.start_s for shift in problem.shifts], np.int64)
    longest = np.array([NEVER if s.max_travel_s is None else s.max_travel_s for s in problem.shifts], np.int64)
    finish = np.array([shift.end_s for shift in problem.shifts], np.int64)
    return Arrays(
        travel=travel,
        inbound=np.ascontiguousarray(travel.T),
        stack=np.ascontiguousarray(stack),
        stack_at=times.at_s.astype(np.int64),
        service=np.array([visit.service_s for visit in problem.visits] + [0] * len(ends), np.int64),
        worth=worth,
        must=np.array([visit.must for visit in problem.visits], np.uint8),
        allowed=allowed,
        windows_at=windows_at,
        opens=opens,
        closes=closes,
        due=due,
        calendar=calendar,
        start=start,
        end=end,
        start_s=begins,
        end_s=finish,
        latest_s=latest,
        max_travel=longest,
        pauses=pauses[0],
        pause_from=pauses[1],
        pause_until=pauses[2],
        pause_for=pauses[3],
        mode=mode,
        kind=_kinds(start, end, begins, finish, latest, longest, *pauses, mode, calendar, allowed, worth),
        near=_nearest(travel[: len(problem.visits), : len(problem.visits)], neighbours),
        price=np.array([getattr(problem.objective, name) for name in _PRICES], np.int64),
        varying=int(not times.is_constant),
        tracks=1 + int((late[np.flatnonzero(np.diff(windows_at) > 1) % max(1, len(late))] > 0).any()),
        metric=int(_is_metric(travel)),
        must_bonus=bonus,
    )


_PRICES = ("travel", "waiting", "lateness", "overtime")


def _must_bonus(problem: Problem) -> int:
    """More than any plan can gain or lose otherwise: worth of every visit, and every shift's prices at their worst."""
    reps = {shift.rep for shift in problem.shifts}
    worth = sum(
        abs(visit.value_s) + max((abs(p) for r, p in visit.rep_preference_s.items() if r in reps), default=0)
        for visit in problem.visits
    )
    rates = problem.objective.travel + problem.objective.waiting + problem.objective.overtime
    spans = sum(shift.end_s + shift.max_overtime_s - shift.start_s for shift in problem.shifts) * rates
    late = sum(visit.max_late_s for visit in problem.visits) * problem.objective.lateness
    return worth + spans + late + 1


def _calendars(problem: Problem) -> tuple[Ints, list[list[tuple[Span, ...]]]]:
    """Calendar of each shift, and [calendar][visit] the spans a service may start in; equal days share a calendar."""
    known: dict[tuple[tuple[Span, ...], ...], int] = {}
    by_day: dict[date, int] = {}
    opening = [_opening(visit) for visit in problem.visits]
    calendar = []
    for shift in problem.shifts:
        if shift.day not in by_day:
            spans = tuple(
                _spans(tuple(days.get(shift.day, ())) if visit.windows else ALWAYS, visit.max_late_s, visit.promise)
                for visit, days in zip(problem.visits, opening, strict=True)
            )
            by_day[shift.day] = known.setdefault(spans, len(known))
        calendar.append(by_day[shift.day])
    return np.array(calendar, np.int64), [list(day) for day in known]


def _opening(visit: Visit) -> dict[date, list[tuple[int, int]]]:
    """The visit's windows by their day, first and last second."""
    days: dict[date, list[tuple[int, int]]] = {}
    for window in visit.windows:
        days.setdefault(window.day, []).append((window.start_s, window.end_s))
    return days


@lru_cache(maxsize=4096)  # most customers of a problem have the hours of others
def _spans(windows: tuple[tuple[int, int], ...], max_late_s: int, promise: Promise | None) -> tuple[Span, ...]:
    """First start, last start and last start that is not late, window by window; disjoint and in order."""
    if windows == ALWAYS:
        spans: list[Span] = [(0, FAR, FAR)]
    else:
        merged: list[tuple[int, int]] = []
        for first, last in sorted(windows):
            if merged and first <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
            else:
                merged.append((first, last))
        nexts = [*(first for first, _ in merged[1:]), NEVER][: len(merged)]
        spans = [
            (first, min(last + max_late_s, following - 1), last)
            for (first, last), following in zip(merged, nexts, strict=True)
        ]
    if promise is None:
        return tuple(spans)
    low, high = promise.start_s, promise.end_s
    return tuple((max(a, low), min(b, high), min(due, high)) for a, b, due in spans if a <= high and b >= low)


def _flat_windows(windows: list[list[tuple[Span, ...]]]) -> tuple[Ints, Ints, Ints, Ints]:
    spans = [span for day in windows for visit in day for span in visit]
    counts = [len(visit) for day in windows for visit in day]
    columns = np.ascontiguousarray(np.array(spans, np.int64).reshape(-1, 3).T)
    offsets = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)
    return offsets, columns[0].copy(), columns[1].copy(), columns[2].copy()


def _worth(problem: Problem, bonus: int) -> Ints:
    base = np.array([visit.value_s + bonus * visit.must for visit in problem.visits], np.int64)
    worth = np.tile(base, (len(problem.shifts), 1))
    of_rep: dict[str, list[int]] = {}
    for k, shift in enumerate(problem.shifts):
        of_rep.setdefault(shift.rep, []).append(k)
    for j, visit in enumerate(problem.visits):
        for rep, preference in visit.rep_preference_s.items():
            worth[of_rep.get(rep, []), j] += preference
    return worth


def _allowed(
    problem: Problem, calendar: Ints, windows: list[list[tuple[Span, ...]]], travel: Matrix, start: Ints, end: Ints
) -> Flags:
    """[shifts, visits] whether a shift may do a visit and can: skills, shifts named by it, there and home in time."""
    count = len(problem.visits)
    inbound = np.ascontiguousarray(travel.T)
    out = {node: _shortest(travel, node)[:count] for node in set(start.tolist())}
    back = {node: _shortest(inbound, node)[:count] for node in set(end.tolist())}
    service = np.array([visit.service_s for visit in problem.visits], np.int64)
    spans = [_flat_spans(day) for day in windows]
    allowed = _permitted(problem)
    for k, shift in enumerate(problem.shifts):
        there, home = out[int(start[k])], back[int(end[k])]
        arrives = shift.start_s + there
        latest = shift.end_s + shift.max_overtime_s - home - service
        limit = NEVER if shift.max_travel_s is None else shift.max_travel_s
        visit, first, last = spans[int(calendar[k])]
        in_time = np.zeros(count, np.bool_)
        in_time[visit[np.maximum(first, arrives[visit]) <= np.minimum(last, latest[visit])]] = True
        allowed[k] &= in_time & (there + home <= min(limit, FAR - 1))
    return allowed.astype(np.uint8)


def _flat_spans(day: list[tuple[Span, ...]]) -> tuple[Ints, Ints, Ints]:
    """Of every span of a calendar: its visit, first and last start of service."""
    rows = [(j, first, last) for j, spans in enumerate(day) for first, last, _ in spans]
    columns = np.array(rows, np.int64).reshape(-1, 3).T
    return columns[0], columns[1], columns[2]


def _permitted(problem: Problem) -> npt.NDArray[np.bool_]:
    """[shifts, visits] whether shift and visit agree by skills and by the shifts that the visit names."""
    skills = [set(shift.skills) for shift in problem.shifts]
    by_need: dict[frozenset[str], npt.NDArray[np.bool_]] = {}
    permitted = np.ones((len(problem.shifts), len(problem.visits)), np.bool_)
    for j, visit in enumerate(problem.visits):
        need = frozenset(visit.skills)
        if need not in by_need:
            by_need[need] = np.array([need <= has for has in skills], np.bool_)
        permitted[:, j] = by_need[need]
        names = [visit.promise.shift] if visit.promise else visit.shifts
        if names is not None:
            named = np.zeros(len(skills), np.bool_)
            named[[problem.shift_index[name] for name in names]] = True
            permitted[:, j] &= named
    return permitted


def _shortest(travel: Matrix, source: int) -> Ints:
    """Least travel from a node to all, over any stops between (Bellman-Ford; one round where triangles hold).

    No sum of two ways leaves int32, as none is longer than `FAR`.
    """
    known = travel[source].copy()
    known[source] = 0
    fresh = np.flatnonzero(known < FAR)
    while fresh.size:
        through = (travel[fresh] + known[fresh, None]).min(axis=0)
        fresh = np.flatnonzero(through < known)
        known = np.minimum(known, through)
    least: Ints = known.astype(np.int64)
    return least


def _is_metric(travel: Matrix, sample: int = 40_000) -> bool:
    """Whether triangles hold within a thousandth of the longest way; large matrices are sampled."""
    nodes = len(travel)
    rounding = int(travel[travel < FAR].max(initial=0)) // 1000
    if nodes**3 <= 100 * sample:
        return all(
            bool((travel <= travel[:, middle, None] + (travel[middle, None, :] + rounding)).all())
            for middle in range(nodes)
        )
    first, middle, last = np.random.default_rng(1).integers(0, nodes, (3, sample))
    direct = travel[first, last].astype(np.int64)
    detour = travel[first, middle].astype(np.int64) + travel[middle, last]
    return bool((direct <= detour + rounding).all())


def _pauses(problem: Problem) -> tuple[Ints, Ints, Ints, Ints]:
    count = np.array([len(shift.breaks) for shift in problem.shifts], np.int64)
    most = max(1, int(count.max(initial=0)))
    table = np.zeros((3, len(problem.shifts), most), np.int64)
    for k, shift in enumerate(problem.shifts):
        for i, pause in enumerate(break_order(shift)):
            table[:, k, i] = pause.earliest_s, pause.latest_s, pause.duration_s
    return count, table[0].copy(), table[1].copy(), table[2].copy()


def break_order(shift: Shift) -> tuple[Break, ...]:
    """The shift's breaks in the order the search takes them: by their spans, or the first order an idle day can hold.

    Where spans of different breaks lie inside each other another order can be right on some routes; a route the search
    finds is valid all the same.
    """
    ordered = tuple(sorted(shift.breaks, key=lambda pause: (pause.earliest_s, pause.latest_s)))
    orders = itertools.permutations(ordered) if len(ordered) <= 6 else iter([ordered])
    return next((order for order in orders if _holds(shift, order)), ordered)


def _holds(shift: Shift, order: tuple[Break, ...]) -> bool:
    at = shift.start_s
    for pause in order:
        at = max(at, pause.earliest_s)
        if at > pause.latest_s:
            return False
        at += pause.duration_s
    return at <= shift.end_s + shift.max_overtime_s


def _modes(problem: Problem, allowed: Flags, late: Ints, *, varying: bool) -> Ints:
    mode = np.array([PAUSED if shift.breaks else PLAIN for shift in problem.shifts], np.int64)
    overtime = np.array([shift.max_overtime_s > 0 for shift in problem.shifts], np.bool_)
    tardy = (allowed[:, late > 0] > 0).any(axis=1)
    everywhere = varying or problem.objective.waiting > 0
    mode[overtime | tardy | everywhere] = WALKED
    return mode


def _kinds(*columns: npt.NDArray[np.generic]) -> Ints:
    known: dict[bytes, int] = {}
    return np.array(
        [
            known.setdefault(b"|".join(np.ascontiguousarray(column[k]).tobytes() for column in columns), len(known))
            for k in range(len(columns[0]))
        ],
        np.int64,
    )


def _nearest(travel: Matrix, most: int) -> Matrix:
    visits = len(travel)
    apart = travel.astype(np.int64) + travel.T
    np.fill_diagonal(apart, -1)
    order = np.argsort(apart, axis=1, kind="stable")[:, 1 : min(visits, most + 1)]
    return np.ascontiguousarray(order.astype(np.int32))
