"""When the service of a visit may start on a shift, and how late each start is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from routing.problem import Shift, Visit
from routing.solve.pauses import NEVER


@dataclass(frozen=True, slots=True)
class StartSpan:
    """Starts from `first_s` to `last_s`, both allowed; a start after `due_s` is late by the difference."""

    first_s: int
    last_s: int
    due_s: int


def start_spans(visit: Visit, shift: Shift) -> tuple[StartSpan, ...]:
    """The spans, in order and disjoint, in which the service may start; empty when the shift may not serve the visit.

    Skills, allowed shifts, the promise and the windows of the shift's day decide; travel and shift ends do not.
    """
    return promised(visit, window_spans(visit, shift.day)) if may_serve(visit, shift) else ()


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
