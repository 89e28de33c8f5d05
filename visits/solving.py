"""The two engines that the domain calls: travel times from roads, and the solver in its own process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from routing.child import solve_in_child
from routing.errors import RoadError
from routing.plan import Plan
from routing.problem import Problem
from routing.roads.attach import with_roads
from routing.roads.network import RoadNetwork
from routing.solve.options import Progress, SolveOptions

OnProgress = Callable[[Progress], None]
ShouldStop = Callable[[], bool]


class TravelSource(Protocol):
    """Where travel times come from."""

    def __call__(self, problem: Problem) -> Problem:
        """The same problem with travel times. Raises RoadError for a place without roads."""
        ...

    def off_road_m(self, lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Metres from each place, float64 [n, 2] of lon, lat, to the nearest road, float64 [n]."""
        ...

    def line(self, lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The drive from place to place along the roads, float64 [k, 2] of lon, lat; straight where no road leads."""
        ...


class RoadTravel:
    """Travel on a road network."""

    def __init__(self, network: RoadNetwork) -> None:
        self.network = network

    def __call__(self, problem: Problem) -> Problem:
        """The same problem with travel times. Raises RoadError for a place without roads."""
        return with_roads(problem, self.network)

    def off_road_m(self, lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Metres from each place to the nearest road."""
        return self.network.snap(lonlat).off_road_m if len(lonlat) else np.zeros(0)

    def line(self, lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The drive from place to place along the roads; straight where no road leads."""
        return np.concatenate(
            [lonlat[:1], *(self._leg(lonlat[i : i + 1], lonlat[i + 1 : i + 2]) for i in range(len(lonlat) - 1))]
        )

    def _leg(self, origin: npt.NDArray[np.float64], target: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """One drive without its first point."""
        try:
            drive = self.network.route(self.network.snap(origin), self.network.snap(target)).line
        except RoadError:
            return target
        return drive[1:] if len(drive) > 1 else target


class Solver(Protocol):
    """Solves a problem that has travel times."""

    def __call__(
        self,
        problem: Problem,
        options: SolveOptions,
        *,
        on_progress: OnProgress | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Plan:
        """The best plan found. Raises SolveError, InputError."""
        ...


@dataclass(frozen=True, slots=True)
class Tools:
    """What planning and replanning work with."""

    travel: TravelSource
    solve: Solver = solve_in_child


def tools_for(network: RoadNetwork) -> Tools:
    """What is needed to plan on a road network."""
    return Tools(RoadTravel(network))
