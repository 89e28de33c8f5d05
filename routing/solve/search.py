"""The search engine: annealing lanes that share a route pool, recombination between them, and a last polish.

The budget is cut into stages. In a stage every lane anneals on its own; between stages the pools are recombined and all
lanes go on from the best plan. Bounded by iterations the stages, lanes and seeds depend on nothing but the problem,
the seed and the number of iterations, so any number of processors gives the same routes.
"""

from __future__ import annotations

import importlib
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from routing.problem import Problem
from routing.solve.anneal import Lane, anneal, fill, new_lane
from routing.solve.arrays import Arrays, to_arrays
from routing.solve.clock import load
from routing.solve.exact import solve_exactly
from routing.solve.options import Progress, SolveOptions
from routing.solve.polish import polish
from routing.solve.pool import Pool
from routing.solve.proof import kernels_loaded
from routing.solve.recombine import Sequences, recombine
from routing.solve.sequencing import best_order
from routing.solve.stop import Cancelled, FirstOf, Gap, Iterations, Seconds, Standing, Stop

LANES = 2
"""Lanes of a search that is bounded by iterations, whatever the number of processors."""
POOL_CELLS = 1 << 15
IMPORT_FROM_S = 4.0
"""Time limit from which CP-SAT is loaded, beside the search, if it is not there yet; that takes a second or two."""
ORDER_FROM_S, ORDER_PART = 0.5, 0.02
"""Time limit from which orders are made exact between stages, and the part of it for each time."""
SWEEPS = 20
"""Times the travel phase goes over all visits at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search has found: visit positions per shift, in the order of the problem's shifts, and routes it saw.

    `proven` where no plan serves as many must-visits and is worth more.
    """

    sequences: Sequences
    iterations: int
    objective_s: int
    pools: tuple[Pool, ...] = ()
    arrays: Arrays | None = None
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Tuning:
    """Settings of the annealing. Temperatures are parts of the mean worth of a visit.

    With `exact` small problems are solved exactly instead.
    """

    hot: float = 2.0
    cold: float = 0.001
    exact: bool = True
    reheat: float = 0.2
    mean: float = 6.0
    longest: int = 12
    patience: float = 0.3
    share: float = 1.0
    noise: float = 0.35
    keen: float = 1.4
    dare: float = 2.0
    stage_s: float = 7.0
    stage_iterations: int = 60_000
    stages: int = 6


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of the budget, from `begin` to `end` of 1, in which lanes cool from `hot` to `cold`."""

    begin: float
    end: float
    hot: float
    cold: float


def search(
    problem: Problem,
    options: SolveOptions,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_routes: Callable[[list[tuple[int, ...]]], None] | None = None,
    *,
    start: Sequence[Sequence[int]] | None = None,
    gap: float | None = None,
    bound_s: int | None = None,
    tuning: Tuning | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Found:
    """The best plan found within the options' budget; of a small problem the best there is, at once.

    `on_progress` hears how it stands, `on_routes` gets the visits of every better plan, `should_stop` is asked often.
    `start` is a plan to begin with; shifts it cannot do are emptied. With `gap` the search also ends once the objective
    is within that share of `bound_s`. `clock` is what the seconds of the options are counted on.
    Raises InputError when the problem has no travel times.
    """
    tuning, arrays, seconds = tuning or Tuning(), to_arrays(problem), Seconds(options.time_s or 1.0, clock)
    best = solve_exactly(problem, arrays) if tuning.exact else None
    if best is None:
        return _Run(problem, arrays, options, on_progress, should_stop, on_routes, gap, bound_s, tuning, seconds).run(
            start
        )
    served = [visit for route in best.sequences for visit in route]
    objective_s = best.value - arrays.must_bonus * int(arrays.must[served].sum())
    if on_routes is not None:
        on_routes(list(best.sequences))
    if on_progress is not None:
        on_progress(Progress(seconds.elapsed_s, 0, objective_s, len(served), "solved exactly"))
    return Found(best.sequences, 0, objective_s, proven=True, arrays=arrays)


class _Run:
    def __init__(
        self,
        problem: Problem,
        arrays: Arrays,
        options: SolveOptions,
        on_progress: Callable[[Progress], None] | None,
        should_stop: Callable[[], bool] | None,
        on_routes: Callable[[list[tuple[int, ...]]], None] | None,
        gap: float | None,
        bound_s: int | None,
        tuning: Tuning,
        clock: Seconds,
    ) -> None:
        self.clock = clock
        budget: list[Stop] = []
        if options.time_s is not None:
            budget.append(self.clock)
        if options.iterations is not None:
            budget.append(Iterations(options.iterations))
        ends: list[Stop] = list(budget)
        if should_stop is not None:
            ends.append(Cancelled(should_stop))
        if gap is not None:
            ends.append(Gap(gap))
        self.budget, self.ends = FirstOf(tuple(budget)), FirstOf(tuple(ends))
        self.options, self.bound_s, self.tuning = options, bound_s, tuning
        self.on_progress, self.on_routes, self.told = on_progress, on_routes, -(1 << 62)
        self.timed = options.iterations is None
        self.problem, self.arrays = problem, arrays
        self.in_order: set[tuple[int, tuple[int, ...]]] = set()
        self.solver_ready = self._prepare_recombination()
        count = options.processes if self.timed else LANES
        self.lanes = [new_lane(self.arrays, options.seed, i, POOL_CELLS) for i in range(count)]
        worth = self.arrays.worth - self.arrays.must_bonus * self.arrays.must.astype(np.int64)
        self.scale = float(np.abs(worth.max(axis=0, initial=0)).mean()) if worth.size else 1.0
        self.scale = max(1.0, self.scale)
        self.mean = min(tuning.mean, 1.0 + len(self.arrays.must) / 6)

    def _prepare_recombination(self) -> Callable[[], bool]:
        """Whether recombination is there; a short search never waits for it."""
        if not self.timed or "ortools.sat.python.cp_model" in sys.modules:
            return lambda: True
        if self.clock.seconds < IMPORT_FROM_S or len(self.arrays.start) < 2:
            return lambda: False
        thread = threading.Thread(target=importlib.import_module, args=("ortools.sat.python.cp_model",), daemon=True)
        thread.start()
        return lambda: not thread.is_alive()

    def run(self, start: Sequence[Sequence[int]] | None) -> Found:
        first = self.lanes[0]
        for k, visits in enumerate(start or ()):
            _load(self.arrays, first, k, [visit for visit in visits if self.arrays.allowed[k, visit]])
        fill(self.arrays, first, self.tuning.share, self._late)
        self._tell("first plan")
        self._share(_sequences(first))
        if not self.arrays.allowed.any():
            return Found(_sequences(first), 0, self._objective(first))
        with ThreadPoolExecutor(min(self.options.processes, len(self.lanes))) as threads:
            for number, stage in enumerate(self._stages()):
                if self._over():
                    break
                list(threads.map(lambda lane, stage=stage: self._cool(lane, stage), self.lanes))
                self._recombine(number)
        best = self._best()
        pools = tuple(lane.pool for lane in self.lanes)
        return Found(_sequences(best), self._iterations(), self._objective(best), pools, self.arrays)

    def _stages(self) -> list[Stage]:
        tuning = self.tuning
        if self.timed:
            many = round(self.clock.seconds / tuning.stage_s)
        else:
            many = round((self.options.iterations or 0) / LANES / tuning.stage_iterations)
        many = max(1, min(tuning.stages, many))
        hot, cold = tuning.hot * self.scale, tuning.cold * self.scale
        edges = [0.94 * i / many for i in range(many + 1)]
        stages = [
            Stage(edges[i], edges[i + 1], hot if i == 0 else tuning.reheat * self.scale, cold) for i in range(many)
        ]
        return [*stages, Stage(edges[-1], 1.0, 4.0 * cold, cold)]

    def _cool(self, lane: Lane, stage: Stage) -> None:
        """One lane through one stage, in compiled calls short enough to keep a time limit."""
        tuning = self.tuning
        done = int(lane.clock[1])
        began, used = self.clock.elapsed_s, self._used(lane)
        chunk, last = 16, used
        while used < stage.end and not self._over():
            if not self.timed:
                left = round(stage.end * self._quota()) - int(lane.clock[1])
                chunk = min(max(chunk, 1), left)
                if chunk <= 0:
                    return
                following = (int(lane.clock[1]) + chunk) / max(1, self._quota())
            else:
                following = min(stage.end, used + max(used - last, 1e-6))
            anneal(
                self.arrays,
                lane,
                chunk,
                _between(stage, used),
                _between(stage, following),
                self.mean,
                tuning.longest,
                tuning.patience,
                tuning.share,
                tuning.noise,
                tuning.keen,
                tuning.dare * self.scale,
            )
            rate = (int(lane.clock[1]) - done) / max(1e-6, self.clock.elapsed_s - began)
            chunk = max(8, int(rate * min(0.05, 0.01 * self.clock.seconds))) if self.timed else 2000
            last, used = used, self._used(lane)
            if lane is self.lanes[0]:
                self._tell("searching")

    def _quota(self) -> int:
        """Iterations of one lane."""
        return (self.options.iterations or 0) // len(self.lanes)

    def _used(self, lane: Lane) -> float:
        return self.budget.used(Standing(int(lane.clock[1]) * len(self.lanes)))

    def _late(self) -> bool:
        """Whether the time is up."""
        return self.options.time_s is not None and self.clock.over(Standing())

    def _over(self) -> bool:
        best = self._best()
        return self.ends.over(Standing(self._iterations(), self._objective(best), self.bound_s))

    def _recombine(self, number: int) -> None:
        best = self._best()
        sequences = _sequences(best)
        shifts = self.arrays.allowed.shape[0]
        left = self.clock.seconds - self.clock.elapsed_s if self.options.time_s is not None else 60.0
        seconds = min(left, 0.08 * self.clock.seconds if self.timed else 10.0)
        if shifts > 1 and seconds > 0.04 and self.solver_ready():
            better = recombine(
                self.arrays,
                [lane.pool for lane in self.lanes],
                sequences,
                int(best.best.value[0]),
                seconds=seconds,
                seed=self.options.seed + number,
                clock=self.clock.now if self.options.time_s is not None else _stopped,
            )
            sequences = better or sequences
        self._share(self._ordered(sequences))
        self._tell("recombined")

    def _ordered(self, sequences: Sequences) -> Sequences:
        """The routes with the visits of each in their best order, as far as the time for it goes."""
        if self.timed and (self.clock.seconds < ORDER_FROM_S or not kernels_loaded()):
            return sequences
        until = self.clock.elapsed_s + ORDER_PART * self.clock.seconds
        better = list(sequences)
        for k, visits in enumerate(sequences):
            if len(visits) < 3 or (k, visits) in self.in_order:
                continue
            if self.timed and self.clock.elapsed_s > until:
                break
            order = best_order(self.problem, self.arrays, k, visits)
            if order is not None and self._value(k, order) > self._value(k, visits):
                better[k] = order
            self.in_order.add((k, better[k]))
        return tuple(better)

    def _value(self, k: int, visits: Sequence[int]) -> int:
        """What the visits in this order are worth on shift k, in the first lane's clocks."""
        _load(self.arrays, self.lanes[0], k, visits)
        return int(self.lanes[0].state.value[k])

    def _share(self, sequences: Sequences) -> None:
        """Let every lane go on from these routes."""
        for lane in self.lanes:
            lane.state.home[:] = -1
            for k, visits in enumerate(sequences):
                _load(self.arrays, lane, k, visits)
            polish(self.arrays, lane, SWEEPS, self._late)
            fill(self.arrays, lane, self.tuning.share, self._late)

    def _best(self) -> Lane:
        return max(self.lanes, key=lambda lane: int(lane.best.value[0]))

    def _iterations(self) -> int:
        return sum(int(lane.clock[1]) for lane in self.lanes)

    def _objective(self, lane: Lane) -> int:
        served = [visit for route in _sequences(lane) for visit in route]
        return int(lane.best.value[0]) - self.arrays.must_bonus * int(self.arrays.must[served].sum())

    def _tell(self, message: str) -> None:
        best = self._best()
        if self.on_routes is not None and int(best.best.value[0]) > self.told:
            self.told = int(best.best.value[0])
            self.on_routes(list(_sequences(best)))
        if self.on_progress is None:
            return
        served = int(best.best.length.sum())
        self.on_progress(Progress(self.clock.elapsed_s, self._iterations(), self._objective(best), served, message))


def _stopped() -> float:
    """The clock of a search that time does not bound."""
    return 0.0


def _between(stage: Stage, used: float) -> float:
    """Temperature after a part of the whole budget is used."""
    part = min(1.0, max(0.0, (used - stage.begin) / (stage.end - stage.begin)))
    return float(stage.hot * (stage.cold / stage.hot) ** part)


def _load(arrays: Arrays, lane: Lane, k: int, visits: Sequence[int]) -> None:
    """Make the visits the lane's route of shift k, or empty the shift when it cannot do them."""
    lane.clock[0] += 1
    lane.state.version[k] = lane.clock[0]
    if not load(arrays, lane.state, k, np.array(visits, np.int64)):
        lane.state.home[list(visits)] = -1
        load(arrays, lane.state, k, np.zeros(0, np.int64))
    lane.clock[0] = max(lane.clock[0], lane.state.version.max())


def _sequences(lane: Lane) -> Sequences:
    """The best routes of a lane."""
    best = lane.best
    return tuple(tuple(best.route[k, 1 : m + 1].tolist()) for k, m in enumerate(best.length))
