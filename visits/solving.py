"""The two engines that the domain calls: travel times from roads, and the solver in its own process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from routing.plan import Engine, Plan
from routing.problem import Problem

Progress = Callable[[float, int | None], None]
"""Told how much is done, 0 to 1, and the best objective so far in seconds (None before the first plan)."""
ShouldStop = Callable[[], bool]


class TravelSource(Protocol):
    """Gives a problem its travel times, such as `routing.roads.attach.with_roads` over an open network."""

    def __call__(self, problem: Problem) -> Problem:
        """The same problem with travel times. Raises RoadError for a place without roads."""
        ...


@dataclass(frozen=True, slots=True)
class SolveRequest:
    """How to solve: engine, seconds or iterations (None is no limit of that kind; one must be given), and seed."""

    engine: Engine = "search"
    seconds: float | None = 10.0
    iterations: int | None = None
    seed: int = 1


class Solver(Protocol):
    """Solves a problem that has travel times."""

    def __call__(
        self,
        problem: Problem,
        request: SolveRequest,
        *,
        on_progress: Progress | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Plan:
        """The best plan found. Raises SolveError, InputError."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What planning and replanning work with."""

    travel: TravelSource
    solve: Solver
