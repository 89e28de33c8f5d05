"""Travel times that a stored problem already has, so that a repair need not ask roads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from routing.problem import Location, Problem, TravelMatrix, TravelSlice


def knows(stored: Problem, places: Sequence[Location]) -> bool:
    """Whether a stored problem has travel times for these places as they are now."""
    index = stored.location_index
    return all(place.id in index and stored.locations[index[place.id]] == place for place in places)


def with_travel_of(problem: Problem, stored: Problem) -> Problem:
    """The problem with the travel times that a larger one has between the same places."""
    rows = np.array([stored.location_index[place.id] for place in problem.locations], np.int64)
    cut = np.ix_(rows, rows)
    if stored.matrices is not None:
        return problem.with_matrices(
            tuple(
                TravelSlice(at_s=piece.at_s, duration_s=piece.duration_s[cut], distance_m=piece.distance_m[cut])
                for piece in stored.matrices
            )
        )
    travel = stored.require_travel()
    return problem.with_matrix(TravelMatrix(duration_s=travel.duration_s[0][cut], distance_m=travel.distance_m[0][cut]))
