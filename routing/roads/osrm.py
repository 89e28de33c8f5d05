"""A road network that an OSRM server answers for: its nearest, table and route services over HTTP.

OSRM (Open Source Routing Machine) knows one speed profile, so `departure` is accepted and ignored. It may round the
sum of a route differently from a table entry; here a route's seconds and metres are the table's, so that they agree.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import numpy as np
import numpy.typing as npt

from routing.errors import RoadError
from routing.roads.network import RoadMatrix, RoadRoute, Snapped, require_on_earth, streets_of
from routing.travel import UNREACHABLE

TABLE_LIMIT = 100
"""Places in one table request that osrm-routed allows unless started with a larger --max-table-size."""


class OsrmRoadNetwork:
    """The roads of the OSRM server at `address`, such as "http://127.0.0.1:5000", for any number of threads."""

    def __init__(
        self, address: str, *, profile: str = "driving", table_limit: int = TABLE_LIMIT, timeout_s: float = 60.0
    ) -> None:
        """Nothing is asked yet. Raises RoadError when `address` is none or `table_limit` below 2."""
        if not address.startswith(("http://", "https://")):
            raise RoadError(f"OSRM address {address!r} is no URL; write one such as http://127.0.0.1:5000")
        if table_limit < 2:
            raise RoadError(f"OSRM table limit is {table_limit}; a table needs 2 places at least")
        self.address = address.rstrip("/")
        self.profile = profile
        self.table_limit = table_limit
        self._client = httpx.Client(base_url=self.address, timeout=timeout_s)

    def close(self) -> None:
        """Close the connections to the server."""
        self._client.close()

    def snap(self, lonlat: npt.NDArray[np.float64]) -> Snapped:
        """Places, float64 [n, 2] of lon, lat, put on the server's nearest road.

        `edge` and `fraction` are 0, because OSRM has no stable numbers for its edges: every request snaps again.
        Raises RoadError for NaN or nonsense, and when the server cannot be reached or finds no road.
        """
        places = np.asarray(lonlat, np.float64).reshape(-1, 2)
        require_on_earth(places)
        road, off_road = np.empty_like(places), np.empty(len(places))
        for i, place in enumerate(places):
            found = self._ask("nearest", place[None], number="1")["waypoints"][0]
            road[i], off_road[i] = found["location"], found["distance"]
        return Snapped(places, np.zeros(len(places), np.int64), np.zeros(len(places)), road, off_road)

    def matrix(
        self, points: Snapped, targets: Snapped | None = None, *, departure: datetime | None = None
    ) -> RoadMatrix:
        """Travel from every point to every target (to every point where `targets` is None), int32 [n, m].

        Asked in blocks of at most `table_limit` places. Raises RoadError when the server cannot be reached.
        """
        del departure
        origins, goals = points.lonlat, points.lonlat if targets is None else targets.lonlat
        shape = (len(origins), len(goals))
        duration_s, distance_m = np.full(shape, UNREACHABLE, np.int32), np.full(shape, UNREACHABLE, np.int32)
        half = self.table_limit // 2
        for rows in _blocks(len(origins), half):
            for columns in _blocks(len(goals), half):
                answer = self._table(origins[rows], goals[columns])
                duration_s[rows, columns] = _whole(answer["durations"])
                distance_m[rows, columns] = _whole(answer["distances"])
        return RoadMatrix(duration_s, distance_m)

    def route(self, origin: Snapped, target: Snapped, *, departure: datetime | None = None) -> RoadRoute:
        """The fastest path between two single places; its seconds and metres equal the matrix entry.

        Raises RoadError when no road leads there or the server cannot be reached.
        """
        entry = self.matrix(origin, target, departure=departure)
        ends = np.vstack([origin.lonlat, target.lonlat])
        route = self._ask("route", ends, overview="full", geometries="geojson", steps="true")["routes"][0]
        legs = [(step.get("name", ""), round(step["distance"] * 1000)) for step in route["legs"][0]["steps"]]
        return RoadRoute(
            duration_s=int(entry.duration_s[0, 0]),
            distance_m=int(entry.distance_m[0, 0]),
            line=np.array(route["geometry"]["coordinates"], np.float64),
            streets=streets_of(legs),
        )

    def _table(self, origins: npt.NDArray[np.float64], goals: npt.NDArray[np.float64]) -> Any:
        n, m = len(origins), len(goals)
        return self._ask(
            "table",
            np.vstack([origins, goals]),
            annotations="duration,distance",
            sources=";".join(str(i) for i in range(n)),
            destinations=";".join(str(i) for i in range(n, n + m)),
        )

    def _ask(self, service: str, lonlat: npt.NDArray[np.float64], **options: str) -> Any:
        """The answer of one request. Raises RoadError with the server's own words."""
        places = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in lonlat.tolist())
        try:
            response = self._client.get(f"/{service}/v1/{self.profile}/{places}", params=options)
            answer = response.json()
        except httpx.HTTPError as error:
            raise RoadError(
                f"the OSRM server at {self.address} does not answer ({error}); start it or correct its address"
            ) from None
        except ValueError:
            raise RoadError(f"{self.address} answers, but not like an OSRM server; correct its address") from None
        code = answer.get("code") if isinstance(answer, dict) else None
        if code != "Ok":
            self._refuse(service, code, answer, places)
        return answer

    def _refuse(self, service: str, code: object, answer: Any, places: str) -> None:
        said = answer.get("message", "") if isinstance(answer, dict) else ""
        if code == "NoRoute":
            raise RoadError(f"no road leads from {places.replace(';', ' to ')}; choose other places")
        if code == "NoSegment":
            raise RoadError(f"the OSRM server at {self.address} has no road near {places}; use a map that covers it")
        if code == "TooBig":
            raise RoadError(
                f"the OSRM server at {self.address} refuses tables of {self.table_limit} places; "
                f"start it with --max-table-size {self.table_limit} or set a lower table limit"
            )
        raise RoadError(f"the OSRM server at {self.address} refused a {service} request: {code} {said}".rstrip())


def _blocks(length: int, size: int) -> Iterator[slice]:
    return (slice(first, first + size) for first in range(0, length, size))


def _whole(rows: list[list[float | None]]) -> npt.NDArray[np.int32]:
    whole = [[UNREACHABLE if value is None else math.floor(value + 0.5) for value in row] for row in rows]
    return np.array(whole, np.int32)
