"""Travel times for a problem whose locations have coordinates."""

from __future__ import annotations

import numpy as np

from routing.errors import InputError
from routing.problem import Problem
from routing.roads.network import FAR_M, RoadNetwork, require_on_roads
from routing.travel import TravelMatrix


def with_roads(problem: Problem, network: RoadNetwork, limit_m: float = FAR_M) -> Problem:
    """The same problem with travel between all its locations taken from a road network, in place of any it had.

    Raises InputError naming a location without coordinates, and RoadError naming each one further than `limit_m`
    metres from any road.
    """
    names = [place.id for place in problem.locations]
    lonlat = np.empty((len(names), 2), np.float64)
    for i, place in enumerate(problem.locations):
        if place.lon is None or place.lat is None:
            raise InputError(f"locations[{i}] ({place.id!r}) has no lon and lat; add them, or give a matrix")
        lonlat[i] = place.lon, place.lat
    snapped = network.snap(lonlat)
    require_on_roads(snapped, names, limit_m)
    travel = network.matrix(snapped)
    return problem.with_matrix(TravelMatrix(duration_s=travel.duration_s, distance_m=travel.distance_m))
