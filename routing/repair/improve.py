"""The engines behind a repair: a sprint from the plan that stands, and the full search where there is time for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from routing.repair.rest import Rest
from routing.solve.construct import place_musts, trim
from routing.solve.options import SolveOptions

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
        usual = WORK * min(MOST_REPS, reps) / max(LEAST_VISITS, visits)
        return Effort(None, int(usual * self.share), self.seed, self.should_stop)

    @property
    def long(self) -> bool:
        """Whether there is time for shifts that no stop asks for, and for swaps in the search for reasons."""
        return (self.seconds or 0) >= LONG_S or (self.iterations or 0) >= LONG_ITERATIONS

    @property
    def stopped(self) -> bool:
        """Whether the caller wants no more."""
        return self.should_stop is not None and self.should_stop()


WORK = 60_000
"""Usual effort for one rep as iterations times visits: measured to be some 40 ms, whatever the size."""
MOST_REPS = 4
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


def improve(rest: Rest, start: Sequence[Sequence[int]], effort: Effort) -> tuple[Sequences, int]:
    """Better sequences than `start`, or as good, that can be timed; and the iterations done."""
    begun = place_musts(rest.clock, trim(rest.clock, start))
    if effort.long:
        from routing.solve.search import Tuning, search  # noqa: PLC0415 - a quick repair loads less

        options = SolveOptions(seconds=effort.seconds, iterations=effort.iterations, seed=effort.seed)
        found = search(rest.problem, options, should_stop=effort.should_stop, start=begun, tuning=Tuning(hot=COOL))
        return trim(rest.clock, found.sequences), found.iterations
    sprint = _Sprint(rest, effort)
    done = sprint.run(begun)
    return trim(rest.clock, sprint.sequences()), done


class _Sprint:
    """One annealing lane on one thread, from a plan that stands: no recombination, no restarts."""

    def __init__(self, rest: Rest, effort: Effort) -> None:
        from routing.solve.anneal import new_lane  # noqa: PLC0415 - the kernels load in a second
        from routing.solve.arrays import to_arrays  # noqa: PLC0415
        from routing.solve.search import Tuning  # noqa: PLC0415

        self.effort = effort
        self.tuning = Tuning(hot=COOL)
        self.arrays = to_arrays(rest.problem, NEIGHBOURS)
        self.lane = new_lane(self.arrays, effort.seed, 0, POOL_CELLS)
        worth = self.arrays.worth - self.arrays.must_bonus * self.arrays.must.astype(np.int64)
        self.scale = max(1.0, float(np.abs(worth.max(axis=0, initial=0)).mean()) if worth.size else 1.0)

    def run(self, start: Sequence[Sequence[int]]) -> int:
        """Fills gaps, moves stops, then anneals; the iterations done."""
        from routing.solve.anneal import fill  # noqa: PLC0415
        from routing.solve.polish import polish  # noqa: PLC0415

        began = time.monotonic()
        for k, visits in enumerate(start):
            self._load(k, visits)
        fill(self.arrays, self.lane, self.tuning.share)
        if not self.arrays.allowed.any():
            return 0
        polish(self.arrays, self.lane, SWEEPS)
        fill(self.arrays, self.lane, self.tuning.share)
        done = self._anneal(began)
        if done:
            for k, visits in enumerate(self.sequences()):
                self._load(k, visits)
            polish(self.arrays, self.lane, SWEEPS)
            fill(self.arrays, self.lane, self.tuning.share)
        return done

    def sequences(self) -> Sequences:
        """The best routes so far."""
        best = self.lane.best
        return [tuple(best.route[k, 1 : m + 1].tolist()) for k, m in enumerate(best.length)]

    def _anneal(self, began: float) -> int:
        from routing.solve.anneal import anneal  # noqa: PLC0415

        effort, tuning = self.effort, self.tuning
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
                self.lane,
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

    def _load(self, k: int, visits: Sequence[int]) -> None:
        from routing.solve.clock import load  # noqa: PLC0415

        lane = self.lane
        lane.state.home[lane.state.home == k] = -1
        lane.clock[0] += 1
        lane.state.version[k] = lane.clock[0]
        wanted = [visit for visit in visits if self.arrays.allowed[k, visit]]
        if not load(self.arrays, lane.state, k, np.array(wanted, np.int64)):
            lane.state.home[wanted] = -1
            load(self.arrays, lane.state, k, np.zeros(0, np.int64))
        lane.clock[0] = max(lane.clock[0], lane.state.version.max())
