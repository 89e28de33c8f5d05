"""Where a promised visit goes in a plan that stands, and who waits for it where the day is full."""

from __future__ import annotations

from dataclasses import dataclass

from routing.events import EventList
from routing.making_room import offer_slots_or_room
from routing.moves import Assign, Remove, price_move
from routing.plan import Plan, Unserved
from routing.problem import Problem
from routing.problem import Visit as ProblemVisit
from routing.slots import offer_slots


@dataclass(frozen=True, slots=True)
class Placed:
    """The problem with the visit, the plan in which it is served, and the stops that wait for another day instead."""

    problem: Problem
    plan: Plan
    instead_of: tuple[str, ...]


def place_promised(
    problem: Problem, plan: Plan, visit: ProblemVisit, now: EventList, *, make_room: bool
) -> Placed | None:
    """Put a promised visit where it costs least; None where it fits nowhere.

    With `make_room` stops with neither promise nor lock may leave the plan for it, once it fits nowhere without.
    Raises InputError as `offer_slots` does.
    """
    if make_room:
        offers = offer_slots_or_room(problem, plan, visit, limit=1, enough=1, now=now)
    else:
        offers = offer_slots(problem, plan, visit, limit=1, now=now)
    if not offers:
        return None
    best = offers[0]
    longer = problem.with_parts(shifts=problem.shifts, visits=(*problem.visits, visit))
    waiting = Unserved(visit=visit.id, reason="time", detail="to be placed")
    plan = plan.model_copy(update={"unserved": (*plan.unserved, waiting)})
    for name in best.instead_of:
        plan = price_move(longer, plan, Remove(name), now=now).plan
    placed = price_move(longer, plan, Assign(visit.id, best.shift, best.after), now=now)
    return Placed(longer, placed.plan, best.instead_of)
