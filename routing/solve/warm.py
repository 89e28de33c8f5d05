"""Compile the search's kernels, so that the first solve finds them ready: `python -m routing.solve.warm`."""

from __future__ import annotations

from routing.problem import Problem
from routing.solve.anneal import anneal
from routing.solve.bound import Known, upper_bound
from routing.solve.options import SolveOptions
from routing.solve.search import LANES, Tuning, search

DAY = "2026-01-01"


def two_visits() -> Problem:
    """The least problem that makes every kernel work: two visits, two shifts on `DAY`."""
    return Problem.model_validate(
        {
            "version": 1,
            "locations": [{"id": "home"}, {"id": "a"}, {"id": "b"}],
            "matrix": {"duration_s": [[0, 60, 60], [60, 0, 60], [60, 60, 0]], "distance_m": [[0] * 3] * 3},
            "shifts": [
                {"id": rep, "rep": rep, "day": DAY, "start": "home", "end": "home", "start_s": 0, "end_s": 3600}
                for rep in ("x", "y")
            ],
            "visits": [{"id": place, "location": place, "service_s": 60, "value_s": 600} for place in ("a", "b")],
        }
    )


def one_shift() -> Problem:
    """The same for the first shift alone."""
    problem = two_visits()
    return problem.with_parts(shifts=problem.shifts[:1], visits=problem.visits)


def warm() -> None:
    """Run every kernel once on a problem of two visits; compiles what is not in the cache."""
    found = search(two_visits(), SolveOptions(iterations=20), tuning=Tuning(exact=False))
    upper_bound(two_visits(), known=Known(found.sequences, found.objective_s))
    upper_bound(one_shift())


def load_search() -> None:
    """Bring the kernels of the search into memory, where they are not: part of a second from the cache."""
    if not getattr(anneal, "signatures", ()):
        search(one_shift(), SolveOptions(iterations=LANES), tuning=Tuning(exact=False))


if __name__ == "__main__":
    warm()
