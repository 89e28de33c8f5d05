"""Why a visit is not in a plan, and what would make room for it: found by trying, on the exact clock.

Why a stop is where it is says `why_here`.

Every remedy is carried out: the route with the visit in its best place is timed under the changed rule, and its cost is
what the plan's objective then loses or gains.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from routing.errors import InputError
from routing.placing import Alternative, Refusal, WhyHere, why_here
from routing.plan import Plan, Unserved
from routing.problem import Problem, Visit
from routing.solve.construct import Deadline
from routing.solve.places import Insertions
from routing.solve.reasons import examine
from routing.solve.schedule import Scheduler, Timing

__all__ = ["Alternative", "Refusal", "Remedy", "WhyHere", "what_would_make_room", "why_here", "why_not"]

Kind = Literal["open_longer", "extend_shift", "drop", "other_rep", "worth_more"]
MOST_PLACES = 60
"""Places tried for one kind of remedy, those of least detour first."""
PLACES_PRICED = 12
"""Places priced where the visit fits but does not pay."""
MOST_SHIFTS = 8
"""Shifts on which stops are tried to be dropped."""
ROWS_LEFT = 2
"""Places tried on a shift that a stop has left."""

LONGEST_EXTENSION_S = 4 * 3600
"""An opening or a shift is not offered to grow by more."""
REASON_S = 0.1
REMEDY_S = 0.15
"""Seconds after which no further places are tried, shared by the kinds of remedy."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change of the rules or the plan that lets the visit be served on `shift`, starting at `start_s`.

    `extra_s` is by how much the opening, the shift or the visit's worth must grow; `visit` is the one to drop.
    `gain_s` is what the plan's objective gains with the visit served, negative when it loses.
    """

    kind: Kind
    shift: str
    start_s: int
    gain_s: int
    extra_s: int | None = None
    visit: str | None = None


def why_not(problem: Problem, plan: Plan, visit: str) -> Unserved:
    """The checked reason why the visit is in no route of the plan.

    Raises InputError when the problem has no such visit or the plan serves it.
    """
    place, sequences = _unserved(problem, plan, visit)
    scheduler = Scheduler(problem)
    return examine(scheduler, sequences, Deadline.after(REASON_S), only=(place,)).unserved[0]


def what_would_make_room(
    problem: Problem, plan: Plan, visit: str, *, seconds: float = REMEDY_S, worth: bool = False
) -> tuple[Remedy, ...]:
    """The cheapest change of each kind that would serve the visit, the one that costs least first.

    With `worth` also what it would have to be worth where it fits but does not pay (kind `worth_more`).

    Each kind gets an equal part of `seconds` for its trying; on a busy machine a kind may find nothing in that time.

    Raises InputError when the problem has no such visit or the plan serves it.
    """
    place, sequences = _unserved(problem, plan, visit)
    trial = _Trial(problem, place, sequences)
    finders = [trial.longer_opening, trial.longer_shift, trial.instead_of, trial.other_rep]
    finders += [trial.worth_more] if worth else []
    best = []
    for finder in finders:
        trial.until = time.monotonic() + seconds / len(finders)
        best += sorted(finder(), key=_merit)[-1:]
    return tuple(sorted(best, key=_merit, reverse=True))


def _merit(remedy: Remedy) -> tuple[int, int, int]:
    grown = 0 if remedy.kind == "worth_more" else remedy.extra_s or 0
    return (remedy.gain_s - grown, remedy.gain_s, -remedy.start_s)


def _unserved(problem: Problem, plan: Plan, visit: str) -> tuple[int, list[tuple[int, ...]]]:
    if visit not in problem.visit_index:
        raise InputError(f"visit {visit!r} is not in the problem; check its id")
    sequences: list[tuple[int, ...]] = [()] * len(problem.shifts)
    for route in plan.routes:
        if any(stop.visit == visit for stop in route.stops):
            raise InputError(f"visit {visit!r} is served on shift {route.shift!r}; ask about one that is not")
        sequences[problem.shift_index[route.shift]] = tuple(problem.visit_index[stop.visit] for stop in route.stops)
    return problem.visit_index[visit], sequences


class _Trial:
    """Tries one visit in every place of every shift under changed rules."""

    def __init__(self, problem: Problem, place: int, sequences: list[tuple[int, ...]]) -> None:
        self.problem, self.place, self.sequences = problem, place, sequences
        self.visit = problem.visits[place]
        self.scheduler = Scheduler(problem)
        self.until = 0.0
        self.worth = [self._worth(k, sequence) for k, sequence in enumerate(sequences)]

    def longer_opening(self) -> Iterator[Remedy]:
        """The visit's windows grow, at either side."""
        if not self.visit.windows or self.visit.promise is not None:
            return
        free = Scheduler(self._with_visit(windows=()))
        for k, position, timing in self._insertions(free):
            start = timing.starts_s[position]
            day = self.problem.shifts[k].day
            windows = [w for w in self.visit.windows if w.day == day]
            extra = min((max(w.start_s - start, start - w.end_s, 0) for w in windows), default=None)
            if extra is not None and 0 < extra <= LONGEST_EXTENSION_S:
                yield self._remedy("open_longer", k, timing, position, extra_s=extra)

    def longer_shift(self) -> Iterator[Remedy]:
        """The shift ends later, for no extra pay."""
        for k, position, timing in self._insertions(self.scheduler, longer_s=LONGEST_EXTENSION_S):
            shift = self.problem.shifts[k]
            extra = timing.end_s - shift.end_s - shift.max_overtime_s
            if extra > 0:
                yield self._remedy("extend_shift", k, timing, position, extra_s=extra, paid_s=extra)

    def worth_more(self) -> Iterator[Remedy]:
        """The visit is served where it fits, though it costs more than it is worth."""
        insertions = Insertions(self.scheduler, self.sequences)
        candidate = np.array([self.place], np.int64)
        found = []
        for k in range(len(self.sequences)):
            if insertions.allowed(k)[self.place]:
                places = insertions.places(k, candidate)
                found += [(int(places.detour_s[row, 0]), k, int(row)) for row in np.flatnonzero(places.fits[:, 0])]
        for _, k, position in sorted(found)[:PLACES_PRICED]:
            timing = self._timed(self.scheduler, k, self.sequences[k], position)
            if timing is not None:
                remedy = self._remedy("worth_more", k, timing, position)
                yield replace(remedy, extra_s=max(0, -remedy.gain_s))

    def instead_of(self) -> Iterator[Remedy]:
        """Another visit leaves the shift."""
        able = [(self._places(sequence, k), k) for k, sequence in enumerate(self.sequences) if self._open(k)]
        for _, k in sorted((places[0][0], k) for places, k in able if places)[:MOST_SHIFTS]:
            sequence = self.sequences[k]
            for i, other in enumerate(sequence):
                if self.problem.visits[other].must:
                    continue
                rest = (*sequence[:i], *sequence[i + 1 :])
                for _, position in self._places(rest, k)[:ROWS_LEFT]:
                    if time.monotonic() > self.until:
                        return
                    timing = self._timed(self.scheduler, k, rest, position)
                    if timing is not None:
                        yield self._remedy("drop", k, timing, position, visit=self.problem.visits[other].id)

    def other_rep(self) -> Iterator[Remedy]:
        """A shift that may not serve the visit, for want of a skill or by its list of shifts, does."""
        if self.visit.promise is not None:
            return
        anybody = Scheduler(self._with_visit(skills=(), shifts=None))
        for k, position, timing in self._insertions(anybody):
            if not self.scheduler.spans(k, self.place):
                yield self._remedy("other_rep", k, timing, position)

    def _insertions(self, scheduler: Scheduler, longer_s: int = 0) -> Iterator[tuple[int, int, Timing]]:
        """Timed places of the visit under a scheduler's rules, those of least detour first."""
        places = [
            (detour, k, position)
            for k, sequence in enumerate(self.sequences)
            if scheduler.spans(k, self.place)
            for detour, position in self._places(sequence, k)
        ]
        for _, k, position in sorted(places)[:MOST_PLACES]:
            if time.monotonic() > self.until:
                return
            timing = self._timed(scheduler, k, self.sequences[k], position, longer_s)
            if timing is not None:
                yield k, position, timing

    def _open(self, k: int) -> bool:
        """Whether the shift may serve the visit at some time."""
        return bool(self.scheduler.spans(k, self.place))

    def _places(self, sequence: tuple[int, ...], k: int) -> list[tuple[int, int]]:
        """Detour and row of every place in a sequence that a road leads to, least detour first."""
        drives, rows, shift = self.scheduler.travel.duration_s[0], self.problem.location_index, self.problem.shifts[k]
        at = rows[self.visit.location]
        middle = [rows[self.problem.visits[j].location] for j in sequence]
        stops = np.array([rows[shift.start], *middle, rows[shift.end]])
        there, back = drives[stops[:-1], at].astype(np.int64), drives[at, stops[1:]].astype(np.int64)
        direct = drives[stops[:-1], stops[1:]] if sequence else 0
        detour = there + back - direct
        able = np.flatnonzero((there >= 0) & (back >= 0))
        return sorted((int(detour[row]), int(row)) for row in able)

    def _timed(
        self, scheduler: Scheduler, k: int, sequence: tuple[int, ...], position: int, longer_s: int = 0
    ) -> Timing | None:
        shift = self.problem.shifts[k]
        limit = shift.end_s + shift.max_overtime_s + longer_s if longer_s else None
        longer = (*sequence[:position], self.place, *sequence[position:])
        return scheduler.schedule(k, longer, latest_end_s=limit)

    def _remedy(
        self,
        kind: Kind,
        k: int,
        timing: Timing,
        position: int,
        *,
        extra_s: int | None = None,
        visit: str | None = None,
        paid_s: int = 0,
    ) -> Remedy:
        shift = self.problem.shifts[k]
        worth = sum(self.problem.visits[j].worth_s(shift.rep) for j in timing.visits)
        price = timing.price_s + timing.travel_price_s - self.problem.objective.overtime * paid_s
        gain = worth - price - self.worth[k]
        return Remedy(kind, shift.id, timing.starts_s[position], gain, extra_s, visit)

    def _worth(self, k: int, sequence: tuple[int, ...]) -> int:
        if not sequence:
            return 0
        timing = self.scheduler.schedule(k, sequence)
        if timing is None:
            raise InputError(f"the route of shift {self.problem.shifts[k].id!r} cannot be done; evaluate the plan")
        rep = self.problem.shifts[k].rep
        worth = sum(self.problem.visits[j].worth_s(rep) for j in sequence)
        return worth - timing.price_s - timing.travel_price_s

    def _with_visit(self, **changed: object) -> Problem:
        """The problem with this visit changed."""
        fields = {name: getattr(self.visit, name) for name in Visit.model_fields} | changed
        visits = (*self.problem.visits[: self.place], Visit(**fields), *self.problem.visits[self.place + 1 :])
        values = {name: getattr(self.problem, name) for name in Problem.model_fields} | {"visits": visits}
        return Problem(**values)
