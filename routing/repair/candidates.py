"""Which visits outside the plan are worth trying on some shifts: the best bargains along their routes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from routing.problem import Shift, Visit
from routing.repair.rest import Board, Day
from routing.solve.starts import may_serve

Ints = npt.NDArray[np.int64]
PER_SHIFT = 40
"""Visits outside the plan that are considered for each shift, the best bargains first."""
TOGETHER = 72
"""The same for all shifts together, where that leaves each at least `LEAST`."""
LEAST = 6
_ALWAYS = np.iinfo(np.int64).max
_NEVER = -1


def candidates(
    day: Day, scope: Sequence[int], board: Board, outside: Collection[str], always: Collection[str] = ()
) -> list[str]:
    """The visits of `outside` that the shifts may serve, the best of each shift, in the order of the problem.

    A bargain is worth less the least detour, per second of service and detour; clocks are not looked at. Visits that
    must be served and those named in `always` are among them wherever they may be served.
    """
    problem = day.problem
    index = problem.visit_index
    pool = _Pool(day, [index[name] for name in outside])
    musts = {visit for visit in pool.rows if problem.visits[visit].must} | {index[name] for name in always}
    must = np.array([visit in musts for visit in pool.rows], np.bool_)
    most = max(LEAST, min(PER_SHIFT, TOGETHER // max(1, len(scope))))
    chosen: set[int] = set()
    for position in scope:
        able = pool.able(problem.shifts[position], day.state.open[position].available_s)
        chosen.update(pool.rows[i] for i in np.flatnonzero(able & must))
        optional = np.flatnonzero(able & ~must)
        if optional.size:
            rank = pool.bargains(position, board.get(position, ()), optional)
            best = np.argsort(-rank, kind="stable")[:most]
            chosen.update(pool.rows[i] for i in optional[best])
    return [problem.visits[visit].id for visit in sorted(chosen)]


def opens(visit: Visit, shift: Shift, from_s: int) -> bool:
    """Whether the visit's service may begin on the shift's day at or after a time."""
    return _latest_start(visit, shift.day) >= from_s


def _latest_start(visit: Visit, day: date) -> int:
    """The latest start on a day, lateness included."""
    if not visit.windows:
        return _ALWAYS
    return max((window.end_s + visit.max_late_s for window in visit.windows if window.day == day), default=_NEVER)


class _Pool:
    """Visits by row, with what their choice needs worked out once for all shifts."""

    def __init__(self, day: Day, rows: Sequence[int]) -> None:
        self.day = day
        self.rows = tuple(rows)
        self.visits = [day.problem.visits[row] for row in rows]
        places = day.problem.location_index
        self._place = np.array([places[visit.location] for visit in self.visits], np.int64)
        self._service = np.array([visit.service_s for visit in self.visits], np.int64)
        self._worth: dict[str, Ints] = {}
        self._latest: dict[date, Ints] = {}
        kinds: dict[object, int] = {}
        self._kind = np.array(
            [kinds.setdefault((v.skills, v.shifts, v.promise and v.promise.shift), len(kinds)) for v in self.visits],
            np.int64,
        )
        self._of_kind = [self.visits[int(np.argmax(self._kind == kind))] for kind in range(len(kinds))]

    def able(self, shift: Shift, from_s: int) -> npt.NDArray[np.bool_]:
        """Which visits the shift may serve at or after a time."""
        latest = self._latest.get(shift.day)
        if latest is None:
            latest = np.array([_latest_start(visit, shift.day) for visit in self.visits], np.int64)
            self._latest[shift.day] = latest
        served = np.array([may_serve(visit, shift) for visit in self._of_kind], np.bool_)
        return (latest >= from_s) & (served[self._kind] if self.rows else np.zeros(0, np.bool_))

    def bargains(self, position: int, sequence: Sequence[str], chosen: Ints) -> npt.NDArray[np.float64]:
        """How good each chosen visit is for a shift with these stops."""
        problem, state = self.day.problem, self.day.state.open[position]
        places, index = problem.location_index, problem.visit_index
        drives = problem.require_travel().duration_s[0]
        shift = problem.shifts[position]
        middle = [places[problem.visits[index[name]].location] for name in sequence]
        stops = np.array([places[state.at], *middle, places[shift.end]])
        before, after, targets = stops[:-1], stops[1:], self._place[chosen]
        there = drives[before[:, None], targets].astype(np.int64)
        back = drives[targets[None, :], after[:, None]].astype(np.int64)
        detour = np.where(
            (there < 0) | (back < 0), np.iinfo(np.int32).max, there + back - drives[before, after][:, None]
        )
        least = np.maximum(0, detour.min(axis=0))
        gain = self._worth_for(shift.rep)[chosen] - problem.objective.travel * least
        return np.asarray(gain / (self._service[chosen] + least + 60.0))

    def _worth_for(self, rep: str) -> Ints:
        worth = self._worth.get(rep)
        if worth is None:
            worth = self._worth[rep] = np.array([visit.worth_s(rep) for visit in self.visits], np.int64)
        return worth
