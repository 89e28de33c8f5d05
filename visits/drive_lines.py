"""Many drives as lines on the map, each worked out once: a drive depends on nothing but its places and the roads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from sqlmodel import Session, col, select

from visits.board_views import DriveLines
from visits.day_line import DriveLine, DriveProperties, LineString
from visits.day_plan import DayPlan
from visits.models import Plan, PlanVersion
from visits.scope import Viewer, visible_plans
from visits.solving import TravelSource

Places = tuple[tuple[float, float], ...]
_TOLERANCE = 0.00005
"""Degrees by which a line may leave the road: about five metres, less than its width on a screen."""
_KEPT = 4096


def plans_to_draw(session: Session, viewer: Viewer, day: date, rep_ids: Iterable[str] | None) -> list[DayPlan]:
    """The current plans of a day that the viewer may see, only of these reps where asked."""
    statement = (
        select(PlanVersion.document)
        .join(Plan, (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number))
        .where(Plan.day == day)
        .order_by(col(Plan.rep_id))
    )
    if rep_ids is not None:
        statement = statement.where(col(Plan.rep_id).in_(sorted(rep_ids)))
    return [DayPlan.model_validate_json(document) for document in session.exec(visible_plans(statement, viewer))]


def drive_lines(plans: Iterable[DayPlan], travel: TravelSource) -> DriveLines:
    """The drive of every plan, from its start by its stops to its end. Raises RoadError without roads to ask."""
    return DriveLines(lines=tuple(_line_of(plan, travel) for plan in plans))


def _line_of(plan: DayPlan, travel: TravelSource) -> DriveLine:
    stops = ((stop.lon, stop.lat) for stop in plan.stops)
    places = ((plan.start.lon, plan.start.lat), *stops, (plan.end.lon, plan.end.lat))
    source: Any = travel  # kept apart by identity
    legs = [_leg(source, place, after) for place, after in pairwise(places)]
    joined = [*places[:1], *(point for leg in legs for point in leg[1:])]
    return DriveLine(
        geometry=LineString(coordinates=tuple(joined)),
        properties=DriveProperties(rep=plan.rep, date=plan.date.isoformat(), version=plan.version),
    )


@lru_cache(maxsize=_KEPT)
def _leg(travel: TravelSource, origin: tuple[float, float], target: tuple[float, float]) -> Places:
    """The drive between two places, simplified, with both ends."""
    line = shapely.simplify(shapely.LineString(travel.line(np.array([origin, target]))), _TOLERANCE)
    rounded = np.round(shapely.get_coordinates(line), 5)
    return (origin, *((float(lon), float(lat)) for lon, lat in rounded), target)
