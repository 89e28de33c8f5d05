"""A reason for every visit that a repaired plan leaves out.

Visits that the repair considered are tried again on the shifts it planned anew, as they are from now on. What was found
when the plan was made still holds for the other shifts, so the better of both findings is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from routing.plan import Plan, Reason, Unserved
from routing.problem import Visit
from routing.repair.candidates import opens
from routing.repair.rest import Board, Day, Rest
from routing.solve.construct import Deadline
from routing.solve.reasons import examine
from routing.solve.starts import may_serve

_HOPE: Final[Mapping[Reason, int]] = {
    "skill": 0,
    "window": 1,
    "unreachable": 2,
    "shift": 3,
    "time": 4,
    "displaced": 5,
    "value": 6,
}
"""How near a visit came to being served."""


def leftovers(
    day: Day, before: Plan, board: Board, rest: Rest | None, deadline: Deadline
) -> tuple[tuple[Unserved, ...], dict[int, tuple[str, ...]]]:
    """An entry for each visit of the problem in no route, in its order; and shifts where trying found better stops."""
    served = set(day.state.locked)
    for position in day.state.open:
        served.update(board[position])
    for position in day.state.over:
        route = day.state.routes.get(day.problem.shifts[position].id)
        served.update(stop.visit for stop in (route.stops if route is not None else ()))
    tried: dict[str, Unserved] = {}
    better: dict[int, tuple[str, ...]] = {}
    if rest is not None:
        examination = examine(rest.clock, rest.sequences(board), deadline)
        tried = {entry.visit: entry for entry in examination.unserved}
        visits = rest.problem.visits
        better = {
            rest.positions[number]: tuple(visits[i].id for i in sequence)
            for number, sequence in examination.better.items()
        }
    known = {entry.visit: entry for entry in before.unserved}
    entries = []
    for visit in day.problem.visits:
        if visit.id not in served:
            old = known.get(visit.id)
            if old is not None and old.by is not None and not served.issuperset(old.by):
                old = None
            entries.append(_choose(tried.get(visit.id), old) or _closed(day, visit))
    return tuple(entries), better


def _choose(new: Unserved | None, old: Unserved | None) -> Unserved | None:
    """The finding that tells of the nearest chance."""
    if new is None or old is None:
        return new or old
    if new.reason == old.reason == "value":
        return new if (new.cost_s or 0) <= (old.cost_s or 0) else old
    return new if _HOPE[new.reason] >= _HOPE[old.reason] else old


def _closed(day: Day, visit: Visit) -> Unserved:
    """For a visit that was not tried again: whether any open shift may serve it from now on."""
    able = [
        state
        for state in day.state.open.values()
        if not state.closed and may_serve(visit, state.shift) and opens(visit, state.shift, state.available_s)
    ]
    if not able:
        return Unserved(visit=visit.id, reason="window", detail="no shift may serve it from now on")
    return Unserved(visit=visit.id, reason="time", detail="no shift has room for it without displacing another visit")
