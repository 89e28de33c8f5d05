"""When the service of a visit may start on a shift, and how late each start is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt

from routing.problem import Problem, Shift, Visit
from routing.solve.pauses import NEVER


@dataclass(frozen=True, slots=True)
class StartSpan:
    """Starts from `first_s` to `last_s`, both allowed; a start after `due_s` is late by the difference."""

    first_s: int
    last_s: int
    due_s: int


@dataclass(frozen=True, slots=True, eq=False)
class SpanTable:
    """Start spans of all visits on one shift: int64 [visits, most spans], padded with spans that never hold."""

    first: npt.NDArray[np.int64]
    last: npt.NDArray[np.int64]
    allowed: npt.NDArray[np.bool_]


VisitGroup = tuple[Visit, npt.NDArray[np.int64]]
"""Visits that the same shifts may serve: one of them, and the positions of all."""


def groups(problem: Problem) -> tuple[VisitGroup, ...]:
    """The visits, by who may serve them."""
    found: dict[object, list[int]] = {}
    for i, visit in enumerate(problem.visits):
        found.setdefault((visit.skills, visit.shifts, visit.promise and visit.promise.shift), []).append(i)
    return tuple((problem.visits[same[0]], np.array(same, np.int64)) for same in found.values())


def span_table(problem: Problem, shift: Shift, day: SpanTable, grouped: tuple[VisitGroup, ...]) -> SpanTable:
    """The spans of all visits on a shift, from those of its day; `grouped` are the problem's `groups`."""
    allowed = day.allowed.copy()
    promises: list[int] = []
    for visit, same in grouped:
        if not may_serve(visit, shift):
            allowed[same] = False
        elif visit.promise is not None:
            promises += same.tolist()
    if not promises:
        return SpanTable(day.first, day.last, allowed)
    first, last = day.first.copy(), day.last.copy()
    for i in promises:
        visit = problem.visits[i]
        _fill_row(first[i], last[i], promised(visit, window_spans(visit, shift.day)) if allowed[i] else ())
        allowed[i] = bool((first[i] <= last[i]).any())
    return SpanTable(first, last, allowed)


def day_table(problem: Problem, day: date) -> SpanTable:
    """The spans of all visits on a day, whoever serves them and whatever is promised."""
    spans = [window_spans(visit, day) for visit in problem.visits]
    shape = (len(spans), max((len(one) for one in spans), default=0) or 1)
    first, last = np.empty(shape, np.int64), np.empty(shape, np.int64)
    for i, one in enumerate(spans):
        _fill_row(first[i], last[i], one)
    return SpanTable(first, last, np.array([bool(one) for one in spans], np.bool_))


def _fill_row(first: npt.NDArray[np.int64], last: npt.NDArray[np.int64], spans: tuple[StartSpan, ...]) -> None:
    first[:], last[:] = NEVER, -NEVER
    for i, span in enumerate(spans):
        first[i], last[i] = span.first_s, span.last_s


def promised(visit: Visit, spans: tuple[StartSpan, ...]) -> tuple[StartSpan, ...]:
    """The part of the spans that keeps the visit's promise; all of them when it has none."""
    if visit.promise is None:
        return spans
    low, high = visit.promise.start_s, visit.promise.end_s
    return tuple(
        StartSpan(max(span.first_s, low), min(span.last_s, high), span.due_s)
        for span in spans
        if span.first_s <= high and span.last_s >= low
    )


def may_serve(visit: Visit, shift: Shift) -> bool:
    """Whether skills, allowed shifts and promise let this shift serve the visit, at any time."""
    return (
        (visit.shifts is None or shift.id in visit.shifts)
        and (visit.promise is None or visit.promise.shift == shift.id)
        and set(visit.skills) <= set(shift.skills)
    )


def possible_starts(spans: tuple[StartSpan, ...], ready_s: int) -> Iterator[tuple[int, int]]:
    """Starts worth trying for a rep who is ready at `ready_s`, with their lateness: at once, or on time later."""
    for span in spans:
        if span.last_s >= ready_s:
            start = max(ready_s, span.first_s)
            late = max(0, start - span.due_s)
            yield start, late
            if not late:
                return


def window_spans(visit: Visit, day: date) -> tuple[StartSpan, ...]:
    """The spans that the windows of a day and the lateness allowed leave, in order and disjoint."""
    if not visit.windows:
        return (StartSpan(0, NEVER, NEVER),)
    merged: list[tuple[int, int]] = []
    for first, last in sorted((w.start_s, w.end_s) for w in visit.windows if w.day == day):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    spans = [StartSpan(first, last + visit.max_late_s, last) for first, last in merged]
    for i in range(len(spans) - 1):
        spans[i] = replace(spans[i], last_s=min(spans[i].last_s, spans[i + 1].first_s - 1))
    return tuple(spans)
