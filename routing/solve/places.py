"""Where a visit can be put into routes that stand: every position of a shift for many visits at once.

For each stop and each set of breaks taken a route knows the earliest time the rep can be free after it and the latest
time its service may start so that all that follows holds. A visit fits between two stops exactly when the earliest
time after it, breaks included, meets the latest start of the next stop; both are numbers, so the check costs nothing
that depends on the route's length (Savelsbergh's push forward, with one copy per set of breaks). With `max_travel_s`
and travel by time of day the answer is optimistic; `Scheduler.schedule` decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.solve.pauses import NEVER, PauseTable
from routing.solve.schedule import Scheduler
from routing.solve.starts import SpanTable, possible_starts

Times = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """What each candidate (column) costs at each position (row) of one shift.

    `detour_s` is the extra drive; `short_s` is 0 where the visit fits, else the seconds by which it or the next stop
    would start too late or the shift would travel too much, and `NEVER` where no time would be enough (no road, not
    allowed).
    """

    detour_s: Times
    short_s: Times

    @property
    def fits(self) -> Flags:
        """Where the visit can be inserted."""
        return np.asarray(self.short_s == 0)


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

    @contextmanager
    def trying(self, shift_index: int, sequence: Sequence[int]) -> Iterator[None]:
        """Has another sequence, which can be timed, in the shift's place for a while."""
        kept = self.sequences[shift_index], self._earliest[shift_index], self._latest[shift_index]
        self.replace(shift_index, sequence)
        try:
            yield
        finally:
            self.sequences[shift_index], self._earliest[shift_index], self._latest[shift_index] = kept

    def unserved(self) -> list[int]:
        """Positions of the visits in no sequence."""
        served = {visit for sequence in self.sequences for visit in sequence}
        return [visit for visit in range(len(self._place)) if visit not in served]

    def allowed(self, shift_index: int) -> Flags:
        """Which visits the shift may serve at some time, all visits in order."""
        return self.scheduler.span_table(shift_index).allowed

    def places(self, shift_index: int, candidates: Times) -> Places:
        """Every position (before stop 0, …, before the end) of the shift for every candidate: arrays [n + 1, c]."""
        table = self.scheduler.pauses(shift_index)
        earliest, latest = self._earliest[shift_index], self._latest[shift_index]
        spans = self.scheduler.span_table(shift_index)
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
        shape = (len(before), len(candidates))
        short, detour = np.full(shape, NEVER, np.int64), np.full(shape, NEVER, np.int64)
        base = self._drive(before, after, earliest.min(axis=1)) if sequence else np.zeros(len(before), np.int64)
        drives_in = self._drive(before[:, None], targets[None, :], earliest.min(axis=1)[:, None])
        steady = len(self._at) == 1
        drives_out = self._drive(targets[None, :], after[:, None], np.zeros((1, 1), np.int64)) if steady else None
        for mask, (rows, ready) in self._ready(table, earliest, before, targets, drives_in if steady else None).items():
            ways = [(way, latest[rows, mask | way.mask]) for way in table.after(mask)]
            if all((limit <= -NEVER).all() for _, limit in ways):
                continue
            start, missed = _next_starts(spans, candidates, ready)
            free_after = start + service
            drives = (
                self._drive(targets[None, :], after[rows, None], free_after) if drives_out is None else drives_out[rows]
            )
            detour[rows] = np.minimum(detour[rows], drives_in[rows] + drives - base[rows, None])
            for way, limit in ways:
                can = limit > -NEVER
                if not can.any():
                    continue
                arrives = np.maximum(free_after[can] + drives[can] + way.total_s, way.free_at_s)
                too_late = np.maximum(np.maximum(arrives - limit[can, None], free_after[can] - way.leave_by_s), 0)
                short[rows[can]] = np.minimum(short[rows[can]], too_late + missed[can])
        short[~possible] = NEVER
        detour[~possible] = NEVER
        self._limit_travel(shift_index, detour, short)
        return Places(detour_s=detour, short_s=np.minimum(short, NEVER))

    def start_span(self, shift_index: int, visit: int, row: int) -> tuple[int, int] | None:
        """First and last start, in one window, of a visit put at this position; None where it does not fit.

        Between the two every start leaves all other stops possible. Optimistic where `places` is.
        """
        scheduler, table = self.scheduler, self.scheduler.pauses(shift_index)
        stops = self._stops(shift_index, self.sequences[shift_index])
        place, service = int(self._place[visit]), int(self._service[visit])
        best: tuple[int, int] | None = None
        for before, free in enumerate(self._earliest[shift_index][row].tolist()):
            if free >= NEVER:
                continue
            drive = scheduler.duration(stops[row], place, free)
            if drive < 0:
                return None
            for way in table.after(before):
                if free > way.leave_by_s:
                    continue
                ready = max(free + drive + way.total_s, way.free_at_s)
                leave_by = self._leave_for(shift_index, row, before | way.mask, place, stops[row + 1])
                for span in scheduler.spans(shift_index, visit):
                    first, last = max(span.first_s, ready), min(span.last_s, leave_by - service)
                    if first <= last and (best is None or (first, -last) < (best[0], -best[1])):
                        best = (first, last)
        return best

    def _leave_for(self, shift_index: int, row: int, taken: int, origin: int, target: int) -> int:
        """The latest departure from `origin` to the stop at `row` with these breaks taken before."""
        latest, by = self._latest[shift_index][row], -NEVER
        if self.scheduler.duration(origin, target, 0) < 0:
            return by
        for way in self.scheduler.pauses(shift_index).after(taken):
            start_by = int(latest[taken | way.mask])
            if start_by > -NEVER and way.free_at_s <= start_by:
                by = max(by, min(way.leave_by_s, self._leave_by(origin, target, start_by - way.total_s)))
        return by

    def _ready(
        self, table: PauseTable, earliest: Times, before: Times, targets: Times, drives_in: Times | None
    ) -> dict[int, tuple[Times, Times]]:
        """By breaks taken, the positions where a candidate can be reached with them, and when it is: [rows, c]."""
        parts: dict[int, list[tuple[Times, Times]]] = {}
        for mask in range(table.full + 1):
            for way in table.after(mask):
                rows = np.flatnonzero(earliest[:, mask] <= min(way.leave_by_s, NEVER - 1))
                if rows.size:
                    free = earliest[rows, mask][:, None]
                    drives = (
                        self._drive(before[rows, None], targets[None, :], free)
                        if drives_in is None
                        else drives_in[rows]
                    )
                    at = np.maximum(free + drives + way.total_s, way.free_at_s)
                    parts.setdefault(mask | way.mask, []).append((rows, at))
        return {mask: _soonest(pieces) for mask, pieces in parts.items()}

    def _limit_travel(self, shift_index: int, detour: Times, short: Times) -> None:
        allowed = self.scheduler.problem.shifts[shift_index].max_travel_s
        if allowed is None or len(self._at) > 1:
            return
        first, last = self._ends[shift_index]
        stops = [first, *self._place[list(self.sequences[shift_index])], last]
        used = int(self._durations[0][stops[:-1], stops[1:]].sum()) if self.sequences[shift_index] else 0
        np.maximum(short, detour + used - allowed, out=short)

    def _drive(self, origins: Times, targets: Times, at_s: Times) -> Times:
        """Seconds of drives that begin at `at_s`, broadcast; -1 where no road leads."""
        if len(self._at) == 1:
            return np.asarray(self._durations[0][origins, targets])
        origins, targets, at_s = np.broadcast_arrays(origins, targets, at_s)
        moment = np.clip(at_s, self._at[0], self._at[-1])
        k = np.clip(np.searchsorted(self._at, moment, side="right") - 1, 0, len(self._at) - 2)
        here, there = self._durations[k, origins, targets], self._durations[k + 1, origins, targets]
        return np.asarray(here + (there - here) * (moment - self._at[k]) // (self._at[k + 1] - self._at[k]))

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


def _soonest(pieces: list[tuple[Times, Times]]) -> tuple[Times, Times]:
    """The rows of any piece and the least of their values."""
    if len(pieces) == 1:
        return pieces[0]
    rows = np.unique(np.concatenate([piece_rows for piece_rows, _ in pieces]))
    least = np.full((len(rows), pieces[0][1].shape[1]), NEVER, np.int64)
    for piece_rows, at in pieces:
        inside = np.searchsorted(rows, piece_rows)
        least[inside] = np.minimum(least[inside], at)
    return rows, least


def _next_starts(spans: SpanTable, candidates: Times, ready: Times) -> tuple[Times, Times]:
    """The first allowed start at or after `ready`; where there is none, `ready` and the seconds it is too late by."""
    start = np.full(ready.shape, NEVER, np.int64)
    for i in range(spans.first.shape[1] - 1, -1, -1):
        first, last = spans.first[candidates, i], spans.last[candidates, i]
        start = np.where(ready <= last[None, :], np.maximum(ready, first[None, :]), start)
    end = spans.last[candidates].max(axis=1)[None, :]
    missed = np.where(start >= NEVER, np.maximum(ready - end, 0), 0)
    return np.where(start >= NEVER, ready, start), missed
