"""Which visits outside the plan are worth trying on some shifts: the best bargains along their routes."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from routing.problem import Shift, Visit
from routing.repair.rest import Board, Day
from routing.solve.starts import may_serve

PER_SHIFT = 40
"""Visits outside the plan that are considered for each shift, the best bargains first."""
TOGETHER = 120
"""The same for all shifts together, where that leaves each at least `LEAST`."""
LEAST = 6


def candidates(
    day: Day, scope: Sequence[int], board: Board, outside: Collection[str], always: Collection[str] = ()
) -> list[str]:
    """The visits of `outside` that the shifts may serve, the best of each shift, in the order of the problem.

    A bargain is worth less the least detour, per second of service and detour; clocks are not looked at. Visits that
    must be served and those named in `always` are among them wherever they may be served.
    """
    problem = day.problem
    index = problem.visit_index
    wanted = [index[name] for name in outside]
    musts = {visit for visit in wanted if problem.visits[visit].must} | {index[name] for name in always}
    most = max(LEAST, min(PER_SHIFT, TOGETHER // max(1, len(scope))))
    chosen: set[int] = set()
    for position in scope:
        shift = problem.shifts[position]
        able = [
            visit
            for visit in wanted
            if may_serve(problem.visits[visit], shift)
            and opens(problem.visits[visit], shift, day.state.open[position].available_s)
        ]
        chosen.update(visit for visit in able if visit in musts)
        optional = np.array([visit for visit in able if visit not in musts], np.int64)
        if optional.size:
            rank = _bargains(day, position, board.get(position, ()), optional)
            best = np.argsort(-rank, kind="stable")[:most]
            chosen.update(int(visit) for visit in optional[best])
    return [problem.visits[visit].id for visit in sorted(chosen)]


def opens(visit: Visit, shift: Shift, from_s: int) -> bool:
    """Whether the visit's service may begin on the shift's day at or after a time."""
    return not visit.windows or any(
        window.day == shift.day and window.end_s + visit.max_late_s >= from_s for window in visit.windows
    )


def _bargains(
    day: Day, position: int, sequence: Sequence[str], visits: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    problem, state = day.problem, day.state.open[position]
    places, index = problem.location_index, problem.visit_index
    drives = problem.require_travel().duration_s[0].astype(np.int64)
    shift = problem.shifts[position]
    stops = [places[state.at], *(places[problem.visits[index[name]].location] for name in sequence), places[shift.end]]
    before, after = np.array(stops[:-1]), np.array(stops[1:])
    targets = np.array([places[problem.visits[visit].location] for visit in visits])
    there, back = drives[before[:, None], targets], drives[targets[None, :], after[:, None]]
    detour = np.where((there < 0) | (back < 0), np.iinfo(np.int32).max, there + back - drives[before, after][:, None])
    least = np.maximum(0, detour.min(axis=0))
    worth = np.array([problem.visits[visit].worth_s(shift.rep) for visit in visits])
    service = np.array([problem.visits[visit].service_s for visit in visits])
    return np.asarray((worth - problem.objective.travel * least) / (service + least + 60.0))
