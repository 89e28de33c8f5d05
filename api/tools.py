"""The engines that planning and replanning work with: roads opened once, solves in a process of their own."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import numpy.typing as npt

from api.settings import Settings
from routing.child import solve_in_child
from routing.problem import Problem
from visits.solving import RoadTravel, Solver, Tools


class LateRoads:
    """Travel on the roads of a directory or an OSRM server, opened when it is first asked for and then kept."""

    def __init__(self, source: Path | str) -> None:
        self._source = source
        self._travel: RoadTravel | None = None
        self._lock = threading.Lock()

    def open(self) -> RoadTravel:
        """The travel times. Raises RoadError when the directory holds no road network."""
        from routing.roads.sources import roads_at  # noqa: PLC0415 - its imports cost a second that others need not pay

        with self._lock:
            if self._travel is None:
                self._travel = RoadTravel(roads_at(self._source))
            return self._travel

    def __call__(self, problem: Problem) -> Problem:
        """The problem with travel times between all its places. Raises InputError, RoadError."""
        return self.open()(problem)

    def off_road_m(self, lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Metres from each place, float64 [n, 2] of lon, lat, to the nearest road. Raises RoadError."""
        return self.open().off_road_m(lonlat)

    def line(self, lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The drive from place to place along the roads, float64 [k, 2] of lon, lat. Raises RoadError without roads."""
        return self.open().line(lonlat)


def make_tools(settings: Settings, solve: Solver = solve_in_child) -> Tools:
    """Tools on the roads that the settings name, opened when first needed; a solve has its own process."""
    return Tools(LateRoads(settings.roads_source), solve)
