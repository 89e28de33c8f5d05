from __future__ import annotations

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from routing.problem import Problem
from routing.solve.places import Insertions
from routing.solve.schedule import Scheduler
from tests.routing.solve.tiny import tiny_problems


def _check(problem: Problem, data: st.DataObject, *, exact: bool) -> None:
    scheduler = Scheduler(problem)
    order = data.draw(st.permutations(range(len(problem.visits))))
    kept: list[int] = []
    for visit in order[:-1]:
        if scheduler.schedule(0, [*kept, visit]) is not None:
            kept.append(visit)
    if scheduler.schedule(0, kept) is None:
        return
    insertions = Insertions(scheduler, [kept])
    candidates = np.array([visit for visit in order if visit not in kept], np.int64)
    places = insertions.places(0, candidates)
    for row in range(len(kept) + 1):
        for column, visit in enumerate(candidates):
            longer = [*kept[:row], int(visit), *kept[row:]]
            fits = scheduler.schedule(0, longer) is not None
            event(f"fits: {fits}")
            if exact:
                assert bool(places.fits[row, column]) == fits, (row, visit)
            else:
                assert bool(places.fits[row, column]) >= fits, (row, visit)


@settings(max_examples=600, deadline=None)
@given(tiny_problems(visits=4, length=24), st.data())
def test_a_visit_fits_exactly_where_the_schedule_says(problem: Problem, data: st.DataObject) -> None:
    _check(problem, data, exact=True)


@settings(max_examples=300, deadline=None)
@given(tiny_problems(visits=4, length=24, timed=True), st.data())
def test_timed_travel_fits_where_the_schedule_says(problem: Problem, data: st.DataObject) -> None:
    _check(problem, data, exact=all(shift.max_travel_s is None for shift in problem.shifts))
