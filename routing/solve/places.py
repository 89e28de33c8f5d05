"""Where a visit can be put into routes that stand: every position of a shift for many visits at once.

For each stop and each set of breaks taken a route knows the earliest time the rep can be free after it and the latest
time its service may start so that all that follows holds. A visit fits between two stops exactly when the earliest
time after it, breaks included, meets the latest start of the next stop; both are numbers, so the check costs nothing
that depends on the route's length (Savelsbergh's push forward, with one copy per set of breaks). With `max_travel_s`
and travel by time of day the answer is optimistic; `Scheduler.schedule` decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.solve.pauses import NEVER
from routing.solve.schedule import Scheduler
from routing.solve.starts import possible_starts

Times = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """What each candidate (column) costs at each position (row) of one shift.

    `detour_s` is the extra drive; `short_s` is 0 where the visit fits, else the seconds by which it or the next stop
    would start too late, and `NEVER` where no time would be enough (no road, not allowed, too much travel).
    """

    detour_s: Times
    short_s: Times

    @property
    def fits(self) -> Flags:
        """Where the visit can be inserted."""
        return np.asarray(self.short_s == 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Spans:
    """Start spans of all visits on one shift, padded with spans that never hold: int64 [visits, most spans]."""

    first: Times
    last: Times
    allowed: Flags


class Insertions:
    """Routes in the making, one per shift, and the places where further visits fit.

    Sequences are lists of visit positions. Each call of `replace` must be given a sequence that can be timed.
    """

    def __init__(self, scheduler: Scheduler, sequences: Sequence[Sequence[int]] | None = None) -> None:
        self.scheduler = scheduler
        problem = scheduler.problem
        self._durations = scheduler.travel.duration_s.astype(np.int64)
        self._at = scheduler.travel.at_s
        self._place = np.array([problem.location_index[visit.location] for visit in problem.visits], np.int64)
        self._service = np.array([visit.service_s for visit in problem.visits], np.int64)
        self._ends = [(problem.location_index[s.start], problem.location_index[s.end]) for s in problem.shifts]
        self._spans: dict[int, _Spans] = {}
        self.sequences: list[tuple[int, ...]] = [()] * len(problem.shifts)
        self._earliest: list[Times] = []
        self._latest: list[Times] = []
        for position in range(len(problem.shifts)):
            sequence = tuple(sequences[position]) if sequences is not None else ()
            self.sequences[position] = sequence
            self._earliest.append(self._forward(position, sequence))
            self._latest.append(self._backward(position, sequence))

    def replace(self, shift_index: int, sequence: Sequence[int]) -> None:
        """Puts another sequence, which can be timed, in the shift's place."""
        self.sequences[shift_index] = tuple(sequence)
        self._earliest[shift_index] = self._forward(shift_index, sequence)
        self._latest[shift_index] = self._backward(shift_index, sequence)

    def unserved(self) -> list[int]:
        """Positions of the visits in no sequence."""
        served = {visit for sequence in self.sequences for visit in sequence}
        return [visit for visit in range(len(self._place)) if visit not in served]

    def allowed(self, shift_index: int) -> Flags:
        """Which visits the shift may serve at some time, all visits in order."""
        return self._spans_of(shift_index).allowed

    def places(self, shift_index: int, candidates: Times) -> Places:
        """Every position (before stop 0, …, before the end) of the shift for every candidate: arrays [n + 1, c]."""
        table = self.scheduler.pauses(shift_index)
        earliest, latest = self._earliest[shift_index], self._latest[shift_index]
        spans = self._spans_of(shift_index)
        sequence = self.sequences[shift_index]
        first, last = self._ends[shift_index]
        stops = self._place[np.array(sequence, np.int64)]
        before, after = np.concatenate(([first], stops)), np.concatenate((stops, [last]))
        targets = self._place[candidates]
        service = self._service[candidates][None, :]
        reachable = (self._durations[0][before[:, None], targets[None, :]] >= 0) & (
            self._durations[0][targets[None, :], after[:, None]] >= 0
        )
        possible = reachable & spans.allowed[candidates][None, :]
        masks = table.full + 1
        short = np.full(reachable.shape, NEVER, np.int64)
        detour = np.full(reachable.shape, NEVER, np.int64)
        ready = [np.full(reachable.shape, NEVER, np.int64) for _ in range(masks)]
        base = self._drive(before, after, earliest.min(axis=1)) if sequence else np.zeros(len(before), np.int64)
        drives_in = np.zeros(reachable.shape, np.int64)
        for mask in range(masks):
            free = earliest[:, mask]
            if (free >= NEVER).all():
                continue
            drives = self._drive(before[:, None], targets[None, :], free[:, None])
            drives_in = drives if mask == 0 else np.where((earliest[:, 0] >= NEVER)[:, None], drives, drives_in)
            for way in table.after(mask):
                at = np.maximum(free[:, None] + drives + way.total_s, way.free_at_s)
                at[free > way.leave_by_s] = NEVER
                np.minimum(ready[mask | way.mask], at, out=ready[mask | way.mask])
        for mask in range(masks):
            if (ready[mask] >= NEVER).all():
                continue
            start, missed = _next_starts(spans, candidates, ready[mask])
            free_after = start + service
            drives = self._drive(targets[None, :], after[:, None], free_after)
            np.minimum(detour, drives_in + drives - base[:, None], out=detour)
            for way in table.after(mask):
                limit = latest[:, mask | way.mask][:, None]
                arrives = np.maximum(free_after + drives + way.total_s, way.free_at_s)
                too_late = np.maximum(np.maximum(arrives - limit, free_after - way.leave_by_s), 0) + missed
                too_late[(limit[:, 0] <= -NEVER) | (ready[mask] >= NEVER).all(axis=1)] = NEVER
                np.minimum(short, too_late, out=short)
        short[~possible] = NEVER
        detour[~possible] = NEVER
        self._limit_travel(shift_index, detour, short)
        return Places(detour_s=detour, short_s=np.minimum(short, NEVER))

    def _limit_travel(self, shift_index: int, detour: Times, short: Times) -> None:
        allowed = self.scheduler.problem.shifts[shift_index].max_travel_s
        if allowed is None or len(self._at) > 1:
            return
        first, last = self._ends[shift_index]
        stops = [first, *self._place[list(self.sequences[shift_index])], last]
        used = int(self._durations[0][stops[:-1], stops[1:]].sum()) if self.sequences[shift_index] else 0
        short[detour + used > allowed] = NEVER

    def _drive(self, origins: Times, targets: Times, at_s: Times) -> Times:
        """Seconds of drives that begin at `at_s`, broadcast; -1 where no road leads."""
        if len(self._at) == 1:
            return np.asarray(self._durations[0][origins, targets])
        origins, targets, at_s = np.broadcast_arrays(origins, targets, at_s)
        moment = np.clip(at_s, self._at[0], self._at[-1])
        k = np.clip(np.searchsorted(self._at, moment, side="right") - 1, 0, len(self._at) - 2)
        here, there = self._durations[k, origins, targets], self._durations[k + 1, origins, targets]
        return np.asarray(here + (there - here) * (moment - self._at[k]) // (self._at[k + 1] - self._at[k]))

    def _spans_of(self, shift_index: int) -> _Spans:
        found = self._spans.get(shift_index)
        if found is None:
            count = len(self._place)
            spans = [self.scheduler.spans(shift_index, visit) for visit in range(count)]
            width = max((len(one) for one in spans), default=0) or 1
            first = np.full((count, width), NEVER, np.int64)
            last = np.full((count, width), -NEVER, np.int64)
            for visit, one in enumerate(spans):
                for i, span in enumerate(one):
                    first[visit, i], last[visit, i] = span.first_s, span.last_s
            found = _Spans(first, last, np.array([bool(one) for one in spans], np.bool_))
            self._spans[shift_index] = found
        return found

    def _stops(self, shift_index: int, sequence: Sequence[int]) -> list[int]:
        first, last = self._ends[shift_index]
        return [first, *(int(self._place[visit]) for visit in sequence), last]

    def _forward(self, shift_index: int, sequence: Sequence[int]) -> Times:
        """Earliest time free after the start and each stop, by breaks taken: int64 [n + 1, masks]."""
        scheduler, table = self.scheduler, self.scheduler.pauses(shift_index)
        earliest = np.full((len(sequence) + 1, table.full + 1), NEVER, np.int64)
        stops = self._stops(shift_index, sequence)
        row = [NEVER] * (table.full + 1)
        row[0] = scheduler.problem.shifts[shift_index].start_s
        earliest[0] = row
        for i, visit in enumerate(sequence):
            spans, service = scheduler.spans(shift_index, visit), int(self._service[visit])
            longer = [NEVER] * (table.full + 1)
            for mask, free in enumerate(row):
                if free >= NEVER:
                    continue
                drive = scheduler.duration(stops[i], stops[i + 1], free)
                for way in table.after(mask):
                    if free <= way.leave_by_s:
                        ready = max(free + drive + way.total_s, way.free_at_s)
                        start = next((start for start, _ in possible_starts(spans, ready)), NEVER)
                        longer[mask | way.mask] = min(longer[mask | way.mask], start + service)
            row = [min(time, NEVER) for time in longer]
            earliest[i + 1] = row
        return earliest

    def _backward(self, shift_index: int, sequence: Sequence[int]) -> Times:
        """Latest service start at each stop and the end, by breaks taken before it: int64 [n + 1, masks]."""
        scheduler, table = self.scheduler, self.scheduler.pauses(shift_index)
        shift = scheduler.problem.shifts[shift_index]
        latest = np.full((len(sequence) + 1, table.full + 1), -NEVER, np.int64)
        stops = self._stops(shift_index, sequence)
        row = [-NEVER] * (table.full + 1)
        row[table.full] = shift.end_s + shift.max_overtime_s
        latest[-1] = row
        for i in range(len(sequence) - 1, -1, -1):
            spans, service = scheduler.spans(shift_index, sequence[i]), int(self._service[sequence[i]])
            sooner = [-NEVER] * (table.full + 1)
            for mask in range(table.full + 1):
                free = -NEVER
                for way in table.after(mask):
                    start_by = row[mask | way.mask]
                    if start_by > -NEVER and way.free_at_s <= start_by:
                        leave_by = self._leave_by(stops[i + 1], stops[i + 2], start_by - way.total_s)
                        free = max(free, min(way.leave_by_s, leave_by))
                for span in reversed(spans):
                    if span.first_s <= free - service:
                        sooner[mask] = min(span.last_s, free - service)
                        break
            row = sooner
            latest[i] = row
        return latest

    def _leave_by(self, origin: int, target: int, arrive_by: int) -> int:
        """The latest departure of a drive that arrives by a time."""
        drive = self.scheduler.duration(origin, target, arrive_by)
        if len(self._at) == 1:
            return arrive_by - drive
        low, high = arrive_by - int(self._durations[:, origin, target].max()), arrive_by
        while low < high:
            middle = (low + high + 1) // 2
            fits = middle + self.scheduler.duration(origin, target, middle) <= arrive_by
            low, high = (middle, high) if fits else (low, middle - 1)
        return low


def _next_starts(spans: _Spans, candidates: Times, ready: Times) -> tuple[Times, Times]:
    """The first allowed start at or after `ready`; where there is none, `ready` and the seconds it is too late by."""
    start = np.full(ready.shape, NEVER, np.int64)
    for i in range(spans.first.shape[1] - 1, -1, -1):
        first, last = spans.first[candidates, i], spans.last[candidates, i]
        start = np.where(ready <= last[None, :], np.maximum(ready, first[None, :]), start)
    end = spans.last[candidates].max(axis=1)[None, :]
    missed = np.where(start >= NEVER, np.maximum(ready - end, 0), 0)
    return np.where(start >= NEVER, ready, start), missed
