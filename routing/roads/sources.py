"""Which road network answers: a directory on disk, or an OSRM server where its address is given instead."""

from __future__ import annotations

from pathlib import Path

from routing.roads.network import RoadNetwork
from routing.roads.store import open_roads


def roads_at(place: str | Path) -> RoadNetwork:
    """The road network in a directory, or behind an address such as "http://127.0.0.1:5000" of an OSRM server.

    Raises RoadError when there is none.
    """
    if str(place).startswith(("http://", "https://")):
        from routing.roads.osrm import OsrmRoadNetwork  # noqa: PLC0415  # HTTP is loaded only where it is used

        return OsrmRoadNetwork(str(place))
    return open_roads(Path(place))
