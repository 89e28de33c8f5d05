"""The engines behind a repair: a sprint from the plan that stands, and the full search where there is time for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from routing.repair.rest import Rest
from routing.solve.construct import place_musts, trim
from routing.solve.options import SolveOptions

if TYPE_CHECKING:
    from routing.solve.anneal import Lane

Sequences = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search: seconds on the wall clock or iterations, from a seed, until told to stop.

    With neither, a share of what is usual for the size of the problem.
    """

    seconds: float | None
    iterations: int | None
    seed: int
    should_stop: Callable[[], bool] | None = None
    share: float = 1.0

    def part(self, share: float, *, seed: int = 0) -> Effort:
        """A share of it, with a seed so much higher."""
        return Effort(
            None if self.seconds is None else self.seconds * share,
            None if self.iterations is None else int(self.iterations * share),
            self.seed + seed,
            self.should_stop,
            self.share * share,
        )

    def counted(self, visits: int, reps: int) -> Effort:
        """The same with the usual number of iterations where nothing was told."""
        if self.seconds is not None or self.iterations is not None:
            return self
        usual = USUAL * min(MOST_REPS, reps) * (LEAST_VISITS / max(LEAST_VISITS, visits)) ** 1.5
        return Effort(None, int(usual * self.share), self.seed, self.should_stop)

    @property
    def long(self) -> bool:
        """Whether there is time for shifts that no stop asks for, and for swaps in the search for reasons."""
        return (self.seconds or 0) >= LONG_S or (self.iterations or 0) >= LONG_ITERATIONS

    @property
    def stopped(self) -> bool:
        """Whether the caller wants no more."""
        return self.should_stop is not None and self.should_stop()


USUAL = 2_000
"""Usual iterations for one rep and few visits, some 25 ms; more visits get fewer, as an iteration costs more."""
MOST_REPS = 20
"""The usual effort for a team is so many times that of one rep at most."""
LEAST_VISITS = 30
LONG_S = 1.0
LONG_ITERATIONS = 20_000
COOL = 0.3
"""Starting temperature of the search as a part of the mean worth of a visit: a plan that stands is not melted."""
CHUNK = 50
"""Iterations between looks at the clock, or at whether to stop."""
SWEEPS = 5
"""Times the travel phase of a sprint goes over all visits at most."""
NEIGHBOURS = 40
POOL_CELLS = 64
"""Room for routes that a sprint never recombines."""


class Improver:
    """Searches one small problem; what it has built serves every further round on it."""

    def __init__(self, rest: Rest) -> None:
        self.rest = rest
        self._sprint: _Sprint | None = None
        self._sound: set[tuple[int, tuple[int, ...]]] = set()
        self._placed: set[frozenset[int]] = set()

    def improve(self, start: Sequence[Sequence[int]], effort: Effort) -> tuple[Sequences, int]:
        """Better sequences than `start`, or as good, that can be timed; and the iterations done."""
        begun = self._with_musts(self._trimmed(start))
        if effort.long:
            return self._by_search(begun, effort)
        if self._sprint is None:
            self._sprint = _Sprint(self.rest)
        found, done = self._sprint.run(begun, effort)
        return self._trimmed(found), done

    def _by_search(self, start: Sequences, effort: Effort) -> tuple[Sequences, int]:
        from routing.solve.search import Tuning, search  # noqa: PLC0415 - a quick repair loads less

        options = SolveOptions(seconds=effort.seconds, iterations=effort.iterations, seed=effort.seed)
        tuning = Tuning(hot=COOL)
        found = search(self.rest.problem, options, should_stop=effort.should_stop, start=start, tuning=tuning)
        return self._trimmed(found.sequences), found.iterations

    def _trimmed(self, sequences: Sequence[Sequence[int]]) -> Sequences:
        """The sequences without what keeps a shift from being timed; those known to be sound are not timed again."""
        kept = [tuple(sequence) for sequence in sequences]
        if not self._sound.issuperset(enumerate(kept)):
            kept = trim(self.rest.clock, kept)
            self._sound.update(enumerate(kept))
        return kept

    def _with_musts(self, sequences: Sequences) -> Sequences:
        """The sequences with every must-visit that fits where optional visits give way; tried once for each."""
        clock = self.rest.clock
        served = {visit for sequence in sequences for visit in sequence}
        shifts = range(len(sequences))
        left = frozenset(
            i
            for i, visit in enumerate(clock.problem.visits)
            if visit.must and i not in served and any(clock.spans(k, i) for k in shifts)
        )
        if not left or left in self._placed:
            return sequences
        self._placed.add(left)
        return place_musts(clock, sequences)


class _Sprint:
    """One annealing lane on one thread, from a plan that stands: no recombination, no restarts."""

    def __init__(self, rest: Rest) -> None:
        from routing.solve.arrays import to_arrays  # noqa: PLC0415 - the kernels load in a second
        from routing.solve.search import Tuning  # noqa: PLC0415

        self.tuning = Tuning(hot=COOL)
        self.arrays = to_arrays(rest.problem, NEIGHBOURS)
        worth = self.arrays.worth - self.arrays.must_bonus * self.arrays.must.astype(np.int64)
        self.scale = max(1.0, float(np.abs(worth.max(axis=0, initial=0)).mean()) if worth.size else 1.0)

    def run(self, start: Sequence[Sequence[int]], effort: Effort) -> tuple[Sequences, int]:
        """Fills gaps, moves stops, then anneals; the best sequences and the iterations done."""
        from routing.solve.anneal import new_lane  # noqa: PLC0415

        began = time.monotonic()
        lane = new_lane(self.arrays, effort.seed, 0, POOL_CELLS)
        self._go_on(lane, start)
        if not self.arrays.allowed.any():
            return _best(lane), 0
        done = self._anneal(lane, effort, began)
        if done:
            self._go_on(lane, _best(lane))
        return _best(lane), done

    def _go_on(self, lane: Lane, sequences: Sequence[Sequence[int]]) -> None:
        """Loads the sequences, fills their gaps and moves stops while that gains."""
        from routing.solve.anneal import fill  # noqa: PLC0415
        from routing.solve.polish import polish  # noqa: PLC0415

        lane.state.home[:] = -1
        for k, visits in enumerate(sequences):
            self._load(lane, k, visits)
        fill(self.arrays, lane, self.tuning.share)
        if self.arrays.allowed.any():
            polish(self.arrays, lane, SWEEPS)
            fill(self.arrays, lane, self.tuning.share)

    def _anneal(self, lane: Lane, effort: Effort, began: float) -> int:
        from routing.solve.anneal import anneal  # noqa: PLC0415

        tuning = self.tuning
        hot, cold = tuning.hot * self.scale, tuning.cold * self.scale
        mean = min(tuning.mean, 1.0 + len(self.arrays.must) / 6)
        done, used = 0, 0.0
        while used < 1.0 and not effort.stopped:
            chunk = CHUNK if effort.iterations is None else min(CHUNK, effort.iterations - done)
            if chunk <= 0:
                break
            before = used
            by_time = 0.0 if effort.seconds is None else (time.monotonic() - began) / effort.seconds
            by_count = 0.0 if effort.iterations is None else (done + chunk) / effort.iterations
            used = min(1.0, max(by_time, by_count))
            heat = [hot * (cold / hot) ** part for part in (before, used)]
            anneal(
                self.arrays,
                lane,
                chunk,
                heat[0],
                heat[1],
                mean,
                tuning.longest,
                tuning.patience,
                tuning.share,
                tuning.noise,
                tuning.keen,
                tuning.dare * self.scale,
            )
            done += chunk
        return done

    def _load(self, lane: Lane, k: int, visits: Sequence[int]) -> None:
        from routing.solve.clock import load  # noqa: PLC0415

        lane.clock[0] += 1
        lane.state.version[k] = lane.clock[0]
        wanted = [visit for visit in visits if self.arrays.allowed[k, visit]]
        if not load(self.arrays, lane.state, k, np.array(wanted, np.int64)):
            lane.state.home[wanted] = -1
            load(self.arrays, lane.state, k, np.zeros(0, np.int64))
        lane.clock[0] = max(lane.clock[0], lane.state.version.max())


def _best(lane: Lane) -> Sequences:
    """The best routes of a lane so far."""
    return [tuple(lane.best.route[k, 1 : m + 1].tolist()) for k, m in enumerate(lane.best.length)]
