"""Stored problems come back as they were, byte for byte."""

from __future__ import annotations

import numpy as np
from sqlmodel import func, select

from routing.problem import Problem, TravelMatrix, TravelSlice
from visits.models import StoredProblem
from visits.problem_store import keep_problem, load_problem
from visits.store import Store


def _problem() -> Problem:
    return Problem.model_validate(
        {
            "version": 1,
            "locations": [{"id": "h", "lon": 24.9, "lat": 60.2}, {"id": "ä", "lon": 24.91, "lat": 60.21}],
            "shifts": [
                {"id": "a/1", "rep": "a", "day": "2026-11-23", "start": "h", "end": "h", "start_s": 0, "end_s": 9000}
            ],
            "visits": [{"id": "v", "location": "ä", "service_s": 60, "value_s": 100}],
        }
    )


def _matrix(seconds: int) -> np.ndarray:
    return np.array([[0, seconds], [seconds, 0]], np.int32)


def test_a_problem_comes_back_equal_and_is_kept_once(store: Store) -> None:
    plain = _problem().with_matrix(TravelMatrix(duration_s=_matrix(60), distance_m=_matrix(500)))
    by_time = _problem().with_matrices(
        tuple(TravelSlice(at_s=at, duration_s=_matrix(60 + at), distance_m=_matrix(500)) for at in (0, 100))
    )
    for problem in (plain, by_time):
        with store.session() as session:
            name = keep_problem(session, problem)
        with store.session() as session:
            assert keep_problem(session, problem) == name
        with store.reading() as session:
            assert load_problem(session, name).to_json() == problem.to_json()
    with store.reading() as session:
        assert session.exec(select(func.count()).select_from(StoredProblem)).one() == 2
        assert load_problem(session, "unknown") is None
