"""What changed between the plan before and the plan after."""

from __future__ import annotations

from routing.plan import Change, Delta, Diff, Move, Placement, Plan
from routing.problem import Problem

RETIMED_FROM_S = 60
"""A stop on the same shift that starts less than this many seconds sooner or later counts as unchanged."""


def difference(problem: Problem, before: Plan, after: Plan) -> Diff:
    """The change from one plan to another; sums as after minus before.

    `moved` changed shift, `removed` were called off or dropped. A shift without a route counts as over at its start.
    """
    old, new = _placements(before), _placements(after)
    moved, retimed, unchanged = [], [], 0
    for name, place in new.items():
        was = old.get(name)
        if was is None:
            continue
        move = Move(**{"visit": name, "from": was, "to": place})
        if was.shift != place.shift:
            moved.append(move)
        elif abs(was.start_s - place.start_s) >= RETIMED_FROM_S:
            retimed.append(move)
        else:
            unchanged += 1
    return Diff(
        unchanged=unchanged,
        moved=tuple(moved),
        added=tuple(_change(name, place) for name, place in new.items() if name not in old),
        removed=tuple(_change(name, place) for name, place in old.items() if name not in new),
        retimed=tuple(retimed),
        delta=Delta(
            value_s=after.value_s - before.value_s,
            travel_s=after.travel_s - before.travel_s,
            end_s=_later_ends(problem, before, after),
        ),
    )


def _placements(plan: Plan) -> dict[str, Placement]:
    return {
        stop.visit: Placement(shift=route.shift, start_s=stop.start_s) for route in plan.routes for stop in route.stops
    }


def _change(name: str, place: Placement) -> Change:
    return Change(visit=name, shift=place.shift, start_s=place.start_s)


def _later_ends(problem: Problem, before: Plan, after: Plan) -> dict[str, int]:
    old = {route.shift: route.end_s for route in before.routes}
    new = {route.shift: route.end_s for route in after.routes}
    ends = {
        shift.id: new.get(shift.id, shift.start_s) - old.get(shift.id, shift.start_s)
        for shift in problem.shifts
        if shift.id in old or shift.id in new
    }
    return {name: seconds for name, seconds in ends.items() if seconds}
