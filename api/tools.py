"""The engines that planning and replanning work with: roads opened once, solves in a process of their own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.settings import Settings
from routing.problem import Problem
from routing.roads.network import RoadNetwork
from visits.solving import Tools


class Roads:
    """The travel times of one road network, opened when they are first asked for and then kept."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._network: RoadNetwork | None = None
        self._lock = threading.Lock()

    def open(self) -> RoadNetwork:
        """The network. Raises RoadError when there is none in the directory."""
        from routing.roads.store import open_roads  # noqa: PLC0415 - its imports cost a second that others need not pay

        with self._lock:
            if self._network is None:
                self._network = open_roads(self._path)
            return self._network

    def __call__(self, problem: Problem) -> Problem:
        """The problem with travel times between all its places. Raises InputError, RoadError."""
        from routing.roads.attach import with_roads  # noqa: PLC0415 - as above

        return with_roads(problem, self.open())


@contextmanager
def open_tools(settings: Settings, *, warm: bool = False) -> Iterator[Tools]:
    """The tools that these settings name; `warm` prepares them now, so that the first repair is as quick as the next.

    Raises RoadError when warm and the roads directory holds something that is no road network.
    """
    roads = Roads(settings.roads_path)
    if warm and settings.roads_path.is_dir():
        roads.open()
    yield Tools(travel=roads, solve=None)
