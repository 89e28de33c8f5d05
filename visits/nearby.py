"""Which due customers are worth trying in some reps' days, before any road is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from visits.needs import Need
from visits.rep_days import TeamDays

CANDIDATES_PER_REP = 40
"""Due customers that are considered for each rep, those most worth their way as the crow flies."""
_STRAIGHT_M_PER_S = 8.0
_EARTH_M = 6_371_000.0


def nearest_candidates(team: TeamDays) -> tuple[Need, ...]:
    """The candidates most worth their way, as the crow flies, from the places of each rep's days."""
    chosen: dict[str, Need] = {}
    reps = {one.frame.rep.id: one.frame.rep for one in team.by_shift.values()}
    for rep_id, rep in reps.items():
        around = [(rep.home_lon, rep.home_lat)]
        for one in team.by_shift.values():
            if one.frame.rep.id == rep_id:
                around += [(stop.lon, stop.lat) for stop in one.open_stops]
                at = one.progress.at if one.progress is not None else None
                around += [(team.places[at].lon, team.places[at].lat)] if at is not None else []
        far = _metres_between(around)
        gains = {
            need.visit_id: need.value_s - 2 * far(need.customer.lon, need.customer.lat) / _STRAIGHT_M_PER_S
            for need in team.candidates
        }
        ranked = sorted(team.candidates, key=lambda need: (not need.must, -gains[need.visit_id], need.visit_id))
        chosen |= {need.visit_id: need for need in ranked[:CANDIDATES_PER_REP]}
    return tuple(chosen.values())


def _metres_between(places: Sequence[tuple[float, float]]) -> Callable[[float, float], float]:
    """Metres from a point to the nearest of some places, on a flat piece of the earth around the first."""
    lons, lats = np.array(places).T
    scale = math.cos(math.radians(places[0][1]))

    def nearest(lon: float, lat: float) -> float:
        flat = np.hypot((lon - lons) * scale, lat - lats)
        return float(math.radians(1) * _EARTH_M * flat.min())

    return nearest
