"""Where there is more to be had: potential per hour of work, and where one more rep should live."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import Field

from routing.documents import Document
from routing.territories.assembling import beeline_seconds
from routing.territories.bases import candidates, score_bases
from routing.territories.case import Drives, Wish
from visits.solving import TravelSource
from visits.territories.collecting import network_behind
from visits.territories.snapshot import Study

REACH_S = 3600
_WEEKS = 4
_SIDE_CELLS = 40


class BaseRequest(Document):
    """Asks for home bases of one more rep: so many hours a week, so many candidates looked at."""

    weekly_hours: Annotated[float, Field(gt=0, le=168)] = 40.0
    candidates: Annotated[int, Field(strict=True, ge=1, le=60)] = 25
    listed: Annotated[int, Field(strict=True, ge=1, le=20)] = 5


class BaseSuggestion(Document):
    """A place for a rep's base, by a customer. `saves_s` of drive a month, by what no plan can beat with and without.

    `reachable` customers lie within an hour, worth `value_s` of visits a month.
    """

    lon: float
    lat: float
    near: str
    saves_s: int
    reachable: int
    value_s: int


class BaseAnswer(Document):
    """Places for one more rep, the best first."""

    suggestions: tuple[BaseSuggestion, ...]
    looked_at: int


def suggest_bases(study: Study, travel: TravelSource, asked: BaseRequest) -> BaseAnswer:
    """Score candidates by the bound of the case with one more rep there. Raises RoadError, SolveError."""
    case, customers = study.case, study.snapshot.problem.customers
    lonlat = np.array([(one.lon, one.lat) for one in customers])
    places = candidates(case, lonlat, asked.candidates)
    drive = _drive(travel, lonlat[places], lonlat)
    capacity = np.array([asked.weekly_hours * 3600 * _WEEKS])
    free = ~case.forced
    wish = Wish(study.snapshot.problem.wish.tolerance, move_price_s=0.0)  # a new rep takes over customers anyway
    scored = score_bases(case, wish, drive, capacity, free)
    suggestions = []
    for one in scored[: asked.listed]:
        near = drive[:, one.number] <= REACH_S
        customer = int(places[one.number])
        suggestions.append(
            BaseSuggestion(
                lon=customers[customer].lon,
                lat=customers[customer].lat,
                near=study.snapshot.customers[customer].name,
                saves_s=round(one.saves),
                reachable=int(near.sum()),
                value_s=round(float(study.values_s[near].sum())),
            )
        )
    return BaseAnswer(suggestions=tuple(suggestions), looked_at=len(places))


def white_space(study: Study) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of cells: what visits are worth a month per hour of work, way there included.

    `per_hour` is seconds of worth per hour of work, `spare_s` the capacity that the nearest territory has left now.
    """
    case, problem = study.case, study.snapshot.problem
    lonlat = np.array([(one.lon, one.lat) for one in problem.customers])
    low, high = lonlat.min(axis=0), lonlat.max(axis=0)
    side = max(float((high - low).max()) / _SIDE_CELLS, 1e-4)
    cell = np.floor((lonlat - low) / side).astype(np.int64)
    keys, of = np.unique(cell, axis=0, return_inverse=True)
    nearest = case.drive_s.argmin(axis=1)
    drive = case.drive_s[np.arange(case.n), nearest].astype(np.float64)
    reachable = drive <= REACH_S
    work = np.bincount(of, np.where(reachable, case.work[:, 0] + case.haul * drive, 0.0))
    value = np.bincount(of, np.where(reachable, study.values_s, 0.0))
    count = np.bincount(of)
    owner = np.where(case.present >= 0, case.present, nearest)
    spare = case.capacity[:, 0] - case.loads(np.where(np.isfinite(_own(case.drive_s, owner)), owner, nearest))[:, 0]
    features = []
    for number, (column, row) in enumerate(keys.tolist()):
        west, south = low[0] + column * side, low[1] + row * side
        ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
        mine = of == number
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "customers": int(count[number]),
                    "reachable": int((mine & reachable).sum()),
                    "value_s": round(float(value[number])),
                    "work_s": round(float(work[number])),
                    "per_hour": round(float(value[number]) / float(work[number]) * 3600) if work[number] > 0 else 0,
                    "base_s": round(float(drive[mine].mean())),
                    "spare_s": round(float(spare[np.bincount(nearest[mine]).argmax()])),
                },
                "geometry": {"type": "Polygon", "coordinates": [[[round(x, 6), round(y, 6)] for x, y in ring]]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _own(drive_s: Drives, owner: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
    own: npt.NDArray[np.float32] = drive_s[np.arange(len(owner)), owner]
    return own


def _drive(travel: TravelSource, bases: npt.NDArray[np.float64], places: npt.NDArray[np.float64]) -> Drives:
    """Seconds from bases to places, float32 [places, bases]."""
    network = network_behind(travel)
    if network is None:
        return beeline_seconds(bases, places)
    seconds = network.matrix(network.snap(bases), network.snap(places)).duration_s.T
    return np.where(seconds < 0, np.inf, seconds).astype(np.float32)
