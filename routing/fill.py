"""What could fill the gaps of a plan that stands: visits in no route, each tried alone at its best place."""

from __future__ import annotations

from collections.abc import Collection

from routing.events import EventList, check_events
from routing.plan import Plan, Suggestion
from routing.problem import Problem
from routing.repair.aftermath import problem_after
from routing.repair.candidates import candidates
from routing.repair.rest import day_of, rest_of
from routing.repair.state import state_of
from routing.repair.suggestions import MOST, suggestions


def offer_fill_ins(
    problem: Problem, plan: Plan, shifts: Collection[str], *, now: EventList, limit: int = MOST
) -> tuple[Suggestion, ...]:
    """The best visits for free time on these shifts (ids), by value less extra travel; the plan stays as it is.

    `now` is how far the day has come, as for a repair. Raises InputError as a repair does.
    """
    problem.require_travel()
    check_events(problem, plan, now)
    state = state_of(problem, plan, now)
    day = day_of(problem_after(problem, now, plan), state, now)
    scope = [position for position in state.open if problem.shifts[position].id in shifts]
    board = {position: state.open[position].rest for position in scope}
    planned = {stop.visit for route in plan.routes for stop in route.stops}
    outside = [visit.id for visit in problem.visits if visit.id not in planned]
    rest = rest_of(day, scope, board, candidates(day, scope, board, outside), keep_times=False)
    return () if rest is None else suggestions(day, rest, board, scope, limit)
