"""A first plan by insertion, and the filling of gaps in any plan.

Must-visits go in first, those with the fewest possible shifts before the others; then the visit with the most worth per
second of the rep's time, at its cheapest place, until nothing more pays. Every insertion is timed exactly before it is
kept, so that lateness, overtime and waiting count at their price.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.solve.pauses import NEVER
from routing.solve.places import Insertions
from routing.solve.schedule import Scheduler

Sequences = list[tuple[int, ...]]
MUST_GAIN = 1e12
"""Rank added to a must-visit, above any worth per second."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of the monotonic clock; `None` never comes."""

    at: float | None

    @classmethod
    def after(cls, seconds: float | None) -> Deadline:
        """The moment `seconds` from now."""
        return cls(None if seconds is None else time.monotonic() + seconds)

    @property
    def passed(self) -> bool:
        """Whether the moment has come."""
        return self.at is not None and time.monotonic() >= self.at

    @property
    def remaining_s(self) -> float | None:
        """Seconds left, at least 0; None without a limit."""
        return None if self.at is None else max(0.0, self.at - time.monotonic())


def construct(scheduler: Scheduler, deadline: Deadline) -> Sequences:
    """Sequences of visits, one per shift, that can be timed; on time-out what stands by then."""
    filler = _Filler(scheduler, [()] * len(scheduler.problem.shifts))
    filler.fill(filler.musts(), deadline, opening=True)
    filler.fill(filler.optional(), deadline, opening=True)
    filler.close_unpaying()
    filler.fill(filler.optional(), deadline, opening=False)
    return filler.sequences


def fill_gaps(scheduler: Scheduler, sequences: Sequence[Sequence[int]], deadline: Deadline) -> Sequences:
    """The sequences with every further visit that fits and pays, and without those that do not pay."""
    filler = _Filler(scheduler, [tuple(sequence) for sequence in sequences])
    filler.drop_unpaying()
    filler.fill(filler.musts(), Deadline(None), opening=True)
    filler.make_room()
    filler.fill(filler.optional(), deadline, opening=False)
    return filler.sequences


def place_musts(scheduler: Scheduler, sequences: Sequence[Sequence[int]]) -> Sequences:
    """The sequences with every further must-visit that fits, if optional visits give way."""
    kept = [tuple(sequence) for sequence in sequences]
    served = {visit for sequence in kept for visit in sequence}
    if all(not visit.must or i in served for i, visit in enumerate(scheduler.problem.visits)):
        return kept
    filler = _Filler(scheduler, kept)
    filler.fill(filler.musts(), Deadline(None), opening=True)
    filler.make_room()
    return filler.sequences


def trim(scheduler: Scheduler, sequences: Sequence[Sequence[int]]) -> Sequences:
    """The sequences without the visits of least worth that keep a shift from being timed."""
    visits = scheduler.problem.visits
    kept: Sequences = []
    for position, sequence in enumerate(sequences):
        rest = list(sequence)
        while rest and scheduler.schedule(position, rest) is None:
            rest.remove(min(rest, key=lambda visit: (visits[visit].must, visits[visit].value_s)))
        kept.append(tuple(rest))
    return kept


def worth_by_shift(scheduler: Scheduler) -> npt.NDArray[np.int64]:
    """Worth of each visit on each shift, rep preference included: int64 [shifts, visits]."""
    problem = scheduler.problem
    by_rep = {
        rep: np.array([visit.worth_s(rep) for visit in problem.visits], np.int64)
        for rep in {shift.rep for shift in problem.shifts}
    }
    empty = np.zeros((0, len(problem.visits)), np.int64)
    return np.stack([by_rep[shift.rep] for shift in problem.shifts]) if problem.shifts else empty


class _Filler:
    """Routes that grow; for each shift the best place of every unserved visit is kept until the route changes."""

    def __init__(self, scheduler: Scheduler, sequences: Sequences) -> None:
        self._scheduler = scheduler
        self._problem = scheduler.problem
        self._insertions = Insertions(scheduler, sequences)
        self._worth = worth_by_shift(scheduler)
        self._service = np.array([visit.service_s for visit in self._problem.visits], np.int64)
        self._must = np.array([visit.must for visit in self._problem.visits], np.bool_)
        self._quickest = scheduler.travel.duration_s.min(axis=0)
        shape = self._worth.shape
        self._rank = np.full(shape, -np.inf)
        self._row = np.zeros(shape, np.int64)
        self._costs = [self._cost(position) for position in range(len(self._problem.shifts))]

    @property
    def sequences(self) -> Sequences:
        return list(self._insertions.sequences)

    def musts(self) -> list[int]:
        """Must-visits not served yet."""
        return [visit for visit in self._insertions.unserved() if self._problem.visits[visit].must]

    def optional(self) -> list[int]:
        """Other visits not served yet."""
        return [visit for visit in self._insertions.unserved() if not self._problem.visits[visit].must]

    def fill(self, wanted: list[int], deadline: Deadline, *, opening: bool) -> None:
        """Inserts the wanted visits one by one, best first, while any fits and pays.

        With `opening` a visit may be the first of an unused shift even when it does not pay the drive there alone.
        """
        if not wanted or deadline.passed:
            return
        left = np.zeros(len(self._problem.visits), np.bool_)
        left[wanted] = True
        self._rank[:] = -np.inf
        for position in range(len(self._problem.shifts)):
            self._refresh(position, left, opening=opening)
        while self._rank.size and not deadline.passed:
            position, visit = (int(i) for i in np.unravel_index(int(np.argmax(self._rank)), self._rank.shape))
            if self._rank[position, visit] == -np.inf:
                return
            sequence = self._insertions.sequences[position]
            row = int(self._row[position, visit])
            longer = (*sequence[:row], visit, *sequence[row:])
            cost = self._price(position, longer)
            must = bool(self._must[visit])
            if cost is None or (
                int(self._worth[position, visit]) <= cost - self._costs[position]
                and not (must or (opening and not sequence))
            ):
                self._rank[position, visit] = -np.inf
                continue
            self._insertions.replace(position, longer)
            self._costs[position] = cost
            left[visit] = False
            self._rank[:, visit] = -np.inf
            self._refresh(position, left, opening=opening)

    def make_room(self) -> None:
        """Serves each must-visit left over that fits where optional visits give way; the least worth gives way."""
        for visit in self.musts():
            best: tuple[int, int, tuple[int, ...], int] | None = None
            for position, sequence in enumerate(self._insertions.sequences):
                if not self._insertions.allowed(position)[visit]:
                    continue
                kept = tuple(other for other in sequence if self._problem.visits[other].must)
                lost = int(self._worth[position, [other for other in sequence if other not in kept]].sum())
                for row in range(len(kept) + 1):
                    if best is not None and lost >= best[0]:
                        break
                    longer = (*kept[:row], visit, *kept[row:])
                    cost = self._price(position, longer)
                    if cost is not None:
                        best = (lost, position, longer, cost)
            if best is not None:
                self._insertions.replace(best[1], best[2])
                self._costs[best[1]] = best[3]

    def close_unpaying(self) -> None:
        """Empties the shifts whose visits are together worth less than the day costs."""
        for position, sequence in enumerate(self._insertions.sequences):
            if any(self._problem.visits[visit].must for visit in sequence):
                continue
            if sequence and int(self._worth[position, list(sequence)].sum()) <= self._costs[position]:
                self._insertions.replace(position, ())
                self._costs[position] = 0

    def drop_unpaying(self) -> None:
        """Takes out, one at a time, every optional visit without which the plan is worth more."""
        for position in range(len(self._problem.shifts)):
            while self._drop_worst(position):
                pass
        self.close_unpaying()

    def _drop_worst(self, position: int) -> bool:
        sequence = self._insertions.sequences[position]
        best: tuple[int, tuple[int, ...], int] | None = None
        saved = self._most_saved(position, sequence)
        for i, visit in enumerate(sequence):
            worth = int(self._worth[position, visit])
            if (
                self._problem.visits[visit].must
                or saved[i] <= worth
                or (best is not None and saved[i] - worth <= best[0])
            ):
                continue
            shorter = sequence[:i] + sequence[i + 1 :]
            cost = self._price(position, shorter)
            if cost is None:
                continue
            gain = self._costs[position] - cost - worth
            if gain > 0 and (best is None or gain > best[0]):
                best = (gain, shorter, cost)
        if best is None:
            return False
        self._insertions.replace(position, best[1])
        self._costs[position] = best[2]
        return True

    def _most_saved(self, position: int, sequence: tuple[int, ...]) -> list[int]:
        """What the shift can cost less at most without each of its stops: what is left is driven at its quickest."""
        if not sequence:
            return []
        shift, places = self._problem.shifts[position], self._problem.location_index
        middle = [places[self._problem.visits[visit].location] for visit in sequence]
        stops = np.array([places[shift.start], *middle, places[shift.end]], np.int64)
        legs = np.maximum(0, self._quickest[stops[:-1], stops[1:]].astype(np.int64))
        direct = np.maximum(0, self._quickest[stops[:-2], stops[2:]].astype(np.int64))
        if len(sequence) == 1:
            direct[:] = 0
        driven = legs.sum() - legs[:-1] - legs[1:] + direct
        most: list[int] = (self._costs[position] - self._problem.objective.travel * driven).tolist()
        return most

    def _cost(self, position: int) -> int:
        cost = self._price(position, self._insertions.sequences[position])
        if cost is None:
            raise ValueError(f"the sequence of shift {self._problem.shifts[position].id!r} cannot be timed")
        return cost

    def _price(self, position: int, sequence: tuple[int, ...]) -> int | None:
        """What a sequence costs of the objective; an unused shift costs nothing."""
        if not sequence:
            return 0
        timing = self._scheduler.schedule(position, sequence)
        return None if timing is None else timing.price_s + timing.travel_price_s

    def _refresh(self, position: int, wanted: npt.NDArray[np.bool_], *, opening: bool) -> None:
        """The best place and the rank of every wanted visit on one shift."""
        self._rank[position] = -np.inf
        candidates = np.flatnonzero(wanted & self._insertions.allowed(position))
        if not candidates.size:
            return
        places = self._insertions.places(position, candidates)
        detour = np.where(places.fits, places.detour_s, NEVER)
        rows = detour.argmin(axis=0)
        cheapest = detour[rows, np.arange(len(candidates))]
        gain = self._worth[position, candidates] - self._problem.objective.travel * cheapest
        rank = gain / np.maximum(cheapest + self._service[candidates], 1)
        musts = self._must[candidates]
        rank[musts] += MUST_GAIN
        unused = opening and not self._insertions.sequences[position]
        waits = self._problem.objective.waiting > 0
        pays = (gain > 0) | musts | unused | waits
        rank[(cheapest >= NEVER) | ~pays] = -np.inf
        self._rank[position, candidates] = rank
        self._row[position, candidates] = rows
