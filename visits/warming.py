"""Makes the first repair as quick as the others: compiled code loaded, travel times of coming days read."""

from __future__ import annotations

from datetime import date

from sqlmodel import col, select

from routing.events import Cancel, EventList
from routing.explain import what_would_make_room
from routing.fill import offer_fill_ins
from routing.moves import Assign, price_move
from routing.plan import Plan, Route, Stop, Unserved
from routing.problem import Location, Problem, Shift, TravelMatrix, Visit
from routing.repair import repair
from routing.slots import offer_slots
from visits.models import Plan as StoredPlan
from visits.models import PlanVersion
from visits.problem_store import MOST_IN_MEMORY, load_problem
from visits.store import Store

_DAY = date(2026, 1, 1)


def warm_repairs(store: Store, today: date) -> None:
    """Does every kind of repair once on a day of three visits, and reads the problems of the plans from `today` on.

    Raises StoreError.
    """
    _repair_once()
    statement = (
        select(PlanVersion.problem_hash)
        .join(StoredPlan, col(StoredPlan.id) == PlanVersion.plan_id)
        .where(StoredPlan.day >= today, PlanVersion.cause == "run", col(PlanVersion.problem_hash).is_not(None))
        .group_by(PlanVersion.problem_hash)
        .order_by(col(PlanVersion.problem_hash))
        .limit(MOST_IN_MEMORY)
    )
    with store.reading() as session:
        for name in session.exec(statement).all():
            if name is not None:
                load_problem(session, name)


def _repair_once() -> None:
    names = ("a", "b", "c")
    problem = Problem(
        version=1,
        locations=tuple(Location(id=name) for name in ("home", *names)),
        matrix=TravelMatrix(
            duration_s=[[0 if i == j else 600 for j in range(4)] for i in range(4)], distance_m=[[0] * 4] * 4
        ),
        shifts=tuple(
            Shift(id=rep, rep=rep, day=_DAY, start="home", end="home", start_s=0, end_s=9000) for rep in ("x", "y")
        ),
        visits=tuple(Visit(id=name, location=name, service_s=600, value_s=7200) for name in names),
    )
    stops = tuple(
        Stop(visit=name, arrival_s=at, start_s=at, departure_s=at + 600, travel_s=600)
        for name, at in (("a", 600), ("b", 1800))
    )
    plan = Plan(
        objective_s=0,
        value_s=0,
        travel_s=0,
        routes=(Route(shift="x", travel_s=1800, distance_m=0, stops=stops, start_s=0, end_s=3000),),
        unserved=(Unserved(visit="c", reason="time"),),
    )
    now = EventList(day=_DAY, now_s=0, progress={}, events=(Cancel(type="cancel", visit="b"),))
    repair(problem, plan, now)
    still = now.model_copy(update={"events": ()})
    offer_slots(problem, plan, problem.visits[2], now=still)
    offer_fill_ins(problem, plan, {"x"}, now=still)
    price_move(problem, plan, Assign("c", "y"), now=still)
    what_would_make_room(problem, plan, "c")
