"""What could fill the gaps of a plan that stands: visits in no route, each tried alone at its best place."""

from __future__ import annotations

from collections.abc import Collection

from routing.events import EventList, check_events
from routing.plan import Plan, Suggestion
from routing.problem import Problem
from routing.repair.aftermath import problem_after
from routing.repair.rest import day_of
from routing.repair.state import state_of
from routing.repair.suggestions import MOST, fill_ins


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
    board = {position: still.rest for position, still in state.open.items()}
    return fill_ins(day, board, scope, limit)
