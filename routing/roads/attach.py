"""Travel times for a problem whose locations have coordinates."""

from __future__ import annotations

import numpy as np

from routing.errors import InputError
from routing.problem import Problem
from routing.roads.network import FAR_M, RoadNetwork, Snapped, TimedRoadNetwork, require_on_roads
from routing.travel import TravelMatrix


def with_roads(problem: Problem, network: RoadNetwork, limit_m: float = FAR_M) -> Problem:
    """The same problem with travel between all its locations taken from a road network, in place of any it had.

    Raises InputError naming a location without coordinates, and RoadError naming each one further than `limit_m`
    metres from any road, or on an island.
    """
    travel = network.matrix(_snap_locations(problem, network, limit_m))
    return problem.with_matrix(TravelMatrix(duration_s=travel.duration_s, distance_m=travel.distance_m))


def with_timed_roads(problem: Problem, network: TimedRoadNetwork, limit_m: float = FAR_M) -> Problem:
    """As `with_roads`, with travel that changes over the hours of the problem's shifts, which lie on one day.

    Raises InputError when the problem has no shift, or shifts on several days, which one stack of hours cannot tell.
    """
    days = sorted({shift.day for shift in problem.shifts})
    if len(days) != 1:
        told = f"has shifts on {len(days)} days ({days[0]} to {days[-1]})" if days else "has no shifts"
        raise InputError(f"the problem {told}; travel by time of day needs shifts on one day, so solve day by day")
    start_s = min(shift.start_s for shift in problem.shifts)
    end_s = max(shift.end_s + shift.max_overtime_s for shift in problem.shifts)
    places = _snap_locations(problem, network, limit_m)
    return problem.with_matrices(network.matrices(places, days[0], start_s, end_s))


def _snap_locations(problem: Problem, network: RoadNetwork, limit_m: float) -> Snapped:
    names = [place.id for place in problem.locations]
    lonlat = np.empty((len(names), 2), np.float64)
    for i, place in enumerate(problem.locations):
        if place.lon is None or place.lat is None:
            raise InputError(f"locations[{i}] ({place.id!r}) has no lon and lat; add them, or give a matrix")
        lonlat[i] = place.lon, place.lat
    snapped = network.snap(lonlat)
    require_on_roads(snapped, names, limit_m)
    return snapped
