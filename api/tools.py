"""The engines that planning and replanning work with: roads opened once, solves in a process of their own."""

from __future__ import annotations

import queue
import threading
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from api.settings import Settings
from routing.child import WarmSolver, solve_in_child
from routing.plan import Plan
from routing.problem import Location, Problem, Shift, TravelMatrix, Visit
from routing.solve.options import SolveOptions
from visits.solving import OnProgress, RoadTravel, ShouldStop, Solver, Tools


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


_TRIVIAL = Problem(
    version=1,
    locations=(Location(id="here"),),
    matrix=TravelMatrix(duration_s=[[0]], distance_m=[[0]]),
    shifts=(Shift(id="shift", rep="rep", day=date(2026, 1, 1), start="here", end="here", start_s=0, end_s=60),),
    visits=(Visit(id="visit", location="here", service_s=30, value_s=60),),
)


class WarmSolvers:
    """A few solver processes with everything imported; a solve takes one that is free, or waits for it.

    With none at all every solve starts its own process.
    """

    def __init__(self, processes: int) -> None:
        self._all = [WarmSolver() for _ in range(processes)]
        self._free: queue.SimpleQueue[WarmSolver] = queue.SimpleQueue()
        for solver in self._all:
            self._free.put(solver)

    def __call__(
        self,
        problem: Problem,
        options: SolveOptions,
        *,
        on_progress: OnProgress | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Plan:
        """The best plan found. Raises SolveError, InputError."""
        if not self._all:
            return solve_in_child(problem, options, on_progress=on_progress, should_stop=should_stop)
        solver = self._free.get()
        try:
            return solver.solve(problem, options, on_progress=on_progress, should_stop=should_stop)
        finally:
            self._free.put(solver)

    def warm(self) -> None:
        """Waits until every process has answered a trivial problem. Raises SolveError."""
        for solver in self._all:
            solver.solve(_TRIVIAL, SolveOptions(iterations=1))

    def close(self) -> None:
        """Ends the processes."""
        for solver in self._all:
            solver.close()


def make_tools(settings: Settings, solve: Solver = solve_in_child) -> Tools:
    """Tools on the roads that the settings name, opened when first needed; a solve has its own process."""
    return Tools(LateRoads(settings.roads_source), solve)
