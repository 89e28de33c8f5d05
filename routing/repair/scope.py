"""Which shifts a repair plans anew: those the events touch, and the few that could take what found no place there.

A shift is a good taker where the visit's least detour is small and time is left. Clocks are not looked at here: the
search that follows finds out exactly.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import numpy as np
import numpy.typing as npt

from routing.events import Hours, Lock
from routing.repair.candidates import opens
from routing.repair.rest import Board, Day
from routing.solve.starts import may_serve

Ints = npt.NDArray[np.int64]
NO_ROAD = np.iinfo(np.int32).max
TAKERS = 6
"""Shifts looked at for each visit without a place."""
MOST = 20
"""Shifts planned anew together at most, beside those that the events touch."""


def touched_shifts(day: Day, disturbed: Collection[int]) -> list[int]:
    """Positions of the shifts that the events are about: those disturbed, and homes of stops with other rules."""
    found = set(disturbed)
    for event in day.events.events:
        if isinstance(event, Hours | Lock) and event.visit in day.homes:
            found.add(day.homes[event.visit])
    return sorted(found)


def scope_of(day: Day, board: Board, touched: Sequence[int], homeless: Sequence[str]) -> list[int]:
    """The touched shifts and the best takers of the homeless visits, each one's first choice before second choices."""
    found = dict.fromkeys(touched)
    if homeless:
        ranked = takers(day, board, homeless)
        limit = len(found) + MOST
        for choice in range(TAKERS):
            for positions in ranked:
                if choice < len(positions) and len(found) < limit:
                    found[positions[choice]] = None
    return sorted(found)


def takers(day: Day, board: Board, names: Iterable[str]) -> list[list[int]]:
    """For each visit the open shifts that may serve it, those that lose least time by it first."""
    problem, legs = day.problem, _Legs(day, board)
    ranked = []
    for name in names:
        visit = problem.visits[problem.visit_index[name]]
        need = legs.detour_s(problem.location_index[visit.location])
        lacks = np.maximum(0, need + visit.service_s - legs.spare_s)
        able = [
            row
            for row, position in enumerate(legs.positions)
            if need[row] < NO_ROAD
            and may_serve(visit, problem.shifts[position])
            and not day.state.open[position].closed
            and opens(visit, problem.shifts[position], day.state.open[position].available_s)
        ]
        loss = need + lacks
        ranked.append([legs.positions[row] for row in sorted(able, key=lambda row: (int(loss[row]), row))])
    return ranked


class _Legs:
    """The drives of all open shifts as they stand; `spare_s` [K] is what no drive, service or break of each needs."""

    def __init__(self, day: Day, board: Board) -> None:
        problem, index = day.problem, day.problem.visit_index
        places = problem.location_index
        self.positions = list(day.state.open)
        self._drives = problem.require_travel().duration_s[0]
        before: list[int] = []
        after: list[int] = []
        self._first: list[int] = []
        used: list[bool] = []
        spare: list[int] = []
        for position in self.positions:
            state, shift = day.state.open[position], problem.shifts[position]
            visits = [problem.visits[index[name]] for name in board[position]]
            stops = [places[state.at], *(places[visit.location] for visit in visits), places[shift.end]]
            self._first.append(len(before))
            before += stops[:-1]
            after += stops[1:]
            used.append(bool(visits) or bool(state.locked))
            pauses = sum(shift.breaks[i].duration_s for i in state.breaks_left)
            left = shift.end_s + shift.max_overtime_s - max(state.available_s, shift.start_s)
            spare.append(left - pauses - sum(visit.service_s for visit in visits))
        self._before, self._after = np.array(before, np.int64), np.array(after, np.int64)
        base = np.maximum(0, self._drives[self._before, self._after].astype(np.int64))
        legs = np.diff([*self._first, len(before)])
        self._base = np.where(np.repeat(np.array(used, np.bool_), legs), base, 0)
        driven = np.add.reduceat(self._base, self._first) if before else np.zeros(0, np.int64)
        self.spare_s = np.array(spare, np.int64) - driven

    def detour_s(self, place: int) -> Ints:
        """Least detour over a place: int64 [K], NO_ROAD where no road leads."""
        if not self.positions:
            return np.zeros(0, np.int64)
        there, back = self._drives[self._before, place], self._drives[place, self._after]
        detour = there.astype(np.int64) + back - self._base
        detour[(there < 0) | (back < 0)] = NO_ROAD
        least: Ints = np.minimum.reduceat(detour, self._first)
        return least
