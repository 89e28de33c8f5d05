"""The drive of a rep's day as a line on a map."""

from __future__ import annotations

from typing import Literal

import numpy as np
import shapely

from routing.documents import Document
from visits.day_plan import DayPlan
from visits.solving import TravelSource

_TOLERANCE = 0.00004
"""Degrees by which the line may leave the road: about four metres."""
_DIGITS = 5


class LineString(Document):
    """GeoJSON: positions of longitude and latitude."""

    type: Literal["LineString"] = "LineString"
    coordinates: tuple[tuple[float, ...], ...]


class DriveProperties(Document):
    """Whose drive it is, and of which version of the plan."""

    rep: str
    date: str
    version: int


class DriveLine(Document):
    """A drive as a GeoJSON feature."""

    type: Literal["Feature"] = "Feature"
    geometry: LineString
    properties: DriveProperties


def drive_line(plan: DayPlan, travel: TravelSource) -> DriveLine:
    """From the day's start by its stops to its end. Raises RoadError when there are no roads to ask."""
    stops = [(stop.lon, stop.lat) for stop in plan.stops]
    places = [(plan.start.lon, plan.start.lat), *stops, (plan.end.lon, plan.end.lat)]
    line = shapely.simplify(shapely.LineString(travel.line(np.array(places))), _TOLERANCE)
    rounded = np.round(shapely.get_coordinates(line), _DIGITS)
    return DriveLine(
        geometry=LineString(coordinates=tuple((float(lon), float(lat)) for lon, lat in rounded)),
        properties=DriveProperties(rep=plan.rep, date=plan.date.isoformat(), version=plan.version),
    )
