"""What could still fill a repaired day: visits outside the plan that fit as it stands, each timed exactly."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from routing.plan import Suggestion
from routing.repair.candidates import candidates
from routing.repair.rest import Board, Day, Rest, rest_of
from routing.solve.places import Insertions

MOST = 5
_TIMED = 12
"""Places timed exactly for one shift, the best bargains first."""


def fill_ins(day: Day, board: Board, shifts: Collection[int], most: int = MOST) -> tuple[Suggestion, ...]:
    """`suggestions` out of all visits that are in no route, for those of the shifts (positions) that are today."""
    today = sorted(position for position in shifts if day.problem.shifts[position].day == day.events.day)
    served = day.state.locked.union(*board.values(), *(_names(day, position) for position in day.state.over))
    outside = [visit.id for visit in day.problem.visits if visit.id not in served and visit.value_s > 0]
    rest = rest_of(day, today, board, candidates(day, today, board, outside), keep_times=False)
    return () if rest is None else suggestions(day, rest, board, today, most)


def suggestions(
    day: Day, rest: Rest, board: Board, shifts: Collection[int], most: int = MOST
) -> tuple[Suggestion, ...]:
    """The visits of `rest` outside the board that fit on the `shifts` (positions), by value less extra travel.

    Each is tried alone, at its place of least detour. `after` is the stop before it, None at the start of the day.
    """
    insertions = Insertions(rest.clock, rest.sequences(board))
    left = np.array([i for i in insertions.unserved() if rest.problem.visits[i].value_s > 0], np.int64)
    found: dict[str, Suggestion] = {}
    for number, position in enumerate(rest.positions):
        if position not in shifts:
            continue
        for one in _on_shift(day, rest, insertions, number, left):
            known = found.get(one.visit)
            if known is None or _gain(one) > _gain(known):
                found[one.visit] = one
    return tuple(sorted(found.values(), key=lambda one: (-_gain(one), one.visit))[:most])


def _names(day: Day, position: int) -> tuple[str, ...]:
    """The stops of a shift that is over."""
    route = day.state.routes.get(day.problem.shifts[position].id)
    return () if route is None else tuple(stop.visit for stop in route.stops)


def _gain(one: Suggestion) -> int:
    return one.value_s - one.extra_travel_s


def _on_shift(day: Day, rest: Rest, insertions: Insertions, number: int, outside: np.ndarray) -> Sequence[Suggestion]:
    candidates = outside[insertions.allowed(number)[outside]]
    if not candidates.size:
        return []
    places = insertions.places(number, candidates)
    detour = np.where(places.fits, places.detour_s, np.iinfo(np.int64).max)
    rows = detour.argmin(axis=0)
    least = detour[rows, np.arange(len(candidates))]
    position = rest.positions[number]
    shift = day.problem.shifts[position]
    sequence = insertions.sequences[number]
    whole = rest.clock.schedule(number, sequence)
    locked = day.state.open[position].locked
    used = whole is not None and bool(sequence or locked)
    before_s = whole.travel_s if whole is not None and used else 0
    end_s = whole.end_s if whole is not None and used else None
    index = day.problem.visit_index
    worth = np.array([day.problem.visits[index[rest.problem.visits[i].id]].worth_s(shift.rep) for i in candidates])
    found = []
    for column in np.argsort(-(worth - least), kind="stable")[:_TIMED]:
        if least[column] == np.iinfo(np.int64).max:
            continue
        visit, row = int(candidates[column]), int(rows[column])
        timing = rest.clock.schedule(number, (*sequence[:row], visit, *sequence[row:]))
        if timing is None:
            continue
        after = rest.problem.visits[sequence[row - 1]].id if row else (locked[-1].visit if locked else None)
        found.append(
            Suggestion(
                visit=rest.problem.visits[visit].id,
                shift=shift.id,
                after=after,
                start_s=timing.starts_s[row],
                extra_travel_s=timing.travel_s - before_s,
                value_s=int(worth[column]),
                later_s=timing.end_s - (timing.start_s if end_s is None else end_s),
            )
        )
    return found
