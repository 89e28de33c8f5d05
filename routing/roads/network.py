"""What every road network answers: snap, matrix, route. Implementations differ in speed, never in meaning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from routing.errors import RoadError
from routing.travel import TravelSlice

FAR_M = 1000.0
"""A place further than this many metres from any drivable road is refused by name, never silently moved."""

ISLAND_M = 250.0
"""A place by a street that is cut off from all others is refused by name when the roads are further than this."""

NAMED = 5
"""So many wrong places are named; of the others the number is told."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Places put on the road network, all arrays of length n.

    `lonlat` float64 [n, 2]: the places as given; `edge` int64: the implementation's own edge number; `fraction`
    float64: how far along the edge, 0 to 1; `road_lonlat` float64 [n, 2]: the point on the road; `off_road_m` float64:
    metres between the two. Only edges inside the largest strongly connected part are used. `island` bool, where the
    network can tell: a street that no car gets to and from is nearer, and the road is not within a walk (ISLAND_M).
    """

    lonlat: npt.NDArray[np.float64]
    edge: npt.NDArray[np.int64]
    fraction: npt.NDArray[np.float64]
    road_lonlat: npt.NDArray[np.float64]
    off_road_m: npt.NDArray[np.float64]
    island: npt.NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.edge)


@dataclass(frozen=True, slots=True, eq=False)
class RoadMatrix:
    """Travel between snapped places: int32 [sources, targets] seconds, and metres along the fastest path; -1 = none."""

    duration_s: npt.NDArray[np.int32]
    distance_m: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class RoadRoute:
    """The fastest path between two places: whole seconds and metres, and its line, float64 [k, 2] of lon, lat.

    `streets` names each stretch in driving order with its metres, for a short turn list.
    """

    duration_s: int
    distance_m: int
    line: npt.NDArray[np.float64]
    streets: tuple[tuple[str, int], ...] = ()


@runtime_checkable
class RoadNetwork(Protocol):
    """Answers about one map. `departure` chooses the speeds, and what signs say, of that local time if known."""

    def snap(self, lonlat: npt.NDArray[np.float64]) -> Snapped:
        """Places, float64 [n, 2] of lon, lat, put on the nearest usable road. Raises RoadError for NaN or nonsense."""
        ...

    def matrix(
        self, points: Snapped, targets: Snapped | None = None, *, departure: datetime | None = None
    ) -> RoadMatrix:
        """Travel from every point to every target (to every point where `targets` is None)."""
        ...

    def route(self, origin: Snapped, target: Snapped, *, departure: datetime | None = None) -> RoadRoute:
        """The fastest path between two single places; its seconds and metres equal the matrix entry.

        Raises RoadError when no road leads there.
        """
        ...


@runtime_checkable
class TimedRoadNetwork(RoadNetwork, Protocol):
    """A road network that knows how travel changes over a day."""

    def matrices(self, points: Snapped, day: date, start_s: int, end_s: int) -> tuple[TravelSlice, ...]:
        """Travel between all points for starts from `start_s` to `end_s` seconds after the day's local midnight.

        The slices are as `routing.travel.Travel.from_slices` wants them: a later start never arrives earlier.
        """
        ...


def require_on_roads(snapped: Snapped, names: list[str], limit_m: float = FAR_M) -> None:
    """Raises RoadError naming every place that lies further than `limit_m` from the roads, or on an island."""
    off_m = snapped.off_road_m
    far = np.flatnonzero(~(off_m <= limit_m))
    if len(far):
        told = _listed(snapped, names, far, [f"{metres / 1000:.1f} km" for metres in off_m])
        raise RoadError(
            f"too far from any road of this map: {told}; correct the coordinates (lon before lat) "
            "or build roads from an extract that covers them"
        )
    if snapped.island is not None and snapped.island.any():
        alone = np.flatnonzero(snapped.island)
        told = _listed(snapped, names, alone, [f"{metres:.0f} m from the nearest other" for metres in off_m])
        raise RoadError(
            f"on a street that no car gets to and from on this map: {told}; correct the coordinates, or build "
            "roads from an extract that holds the way there (a ferry or bridge may be missing)"
        )


def _listed(snapped: Snapped, names: list[str], wrong: npt.NDArray[np.int64], told: list[str]) -> str:
    """The first few of the wrong places by name, each with what is told of it."""
    shown = [
        f"{names[i]!r} at lon {snapped.lonlat[i, 0]:.5f}, lat {snapped.lonlat[i, 1]:.5f} ({told[i]})"
        for i in wrong[:NAMED].tolist()
    ]
    more = f" and {len(wrong) - NAMED} more" if len(wrong) > NAMED else ""
    return ", ".join(shown) + more


def require_on_earth(lonlat: npt.NDArray[np.float64]) -> None:
    """Raises RoadError naming the first place, counted from 0, whose lon or lat is no number or out of range."""
    for i, (lon, lat) in enumerate(lonlat.tolist()):
        if not -180 <= lon <= 180 or not -90 <= lat <= 90:
            hint = "; lon and lat may be swapped" if -90 <= lon <= 90 and -180 <= lat <= 180 else ""
            raise RoadError(f"place {i} has lon {lon}, lat {lat}, which is not on Earth; write degrees{hint}")


def streets_of(legs: list[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
    """Street names in driving order from (name, millimetres) pieces: neighbours joined, whole metres that add up."""
    streets: list[tuple[str, int]] = []
    done_mm, told_m = 0, 0
    for i, (name, millimetres) in enumerate(legs):
        done_mm += millimetres
        if i + 1 < len(legs) and legs[i + 1][0] == name:
            continue
        metres = (done_mm + 500) // 1000 - told_m
        told_m += metres
        if metres > 0:
            streets.append((name, metres))
    return tuple(streets)
