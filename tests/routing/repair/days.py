"""Random days for repairs: a small problem, a plan of it, and events while it is under way."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from routing.documents import from_values
from routing.events import EventList
from routing.plan import Plan
from routing.problem import Problem
from routing.solve.construct import Deadline, construct
from routing.solve.finish import finish
from routing.solve.schedule import Scheduler
from tests.routing.solve.tiny import DAY, NEXT_DAY, tiny_problems


def plan_of(problem: Problem) -> Plan:
    """A quick plan of a problem."""
    clock = Scheduler(problem)
    return finish(clock, construct(clock, Deadline(None)), seed=1, iterations=0, engine="search")


def events_of(now_s: int, *events: dict[str, Any], day: str = DAY, **more: Any) -> EventList:
    """An event list from values."""
    return from_values(EventList, {"day": day, "now_s": now_s, "events": list(events), **more}, "the events")


@st.composite
def tiny_days(
    draw: st.DrawFn,
    *,
    timed: bool = False,
    price: int | None = None,
    visits: int = 6,
    shifts: int = 3,
    simple: bool = False,
) -> tuple[Problem, Plan, EventList]:
    """A tiny problem, a quick plan of it, and one to three events that fit."""
    musts = draw(st.booleans())
    problem = draw(
        tiny_problems(visits=visits, shifts=shifts, timed=timed, musts=musts, waiting=not simple, wild=not simple)
    )
    plan = plan_of(problem)
    now_s = draw(st.integers(0, 20))
    history = {
        stop.visit
        for route in plan.routes
        for stop in route.stops
        if route.start_s <= now_s and stop.departure_s <= now_s
    }
    under_way = history | {
        stop.visit for route in plan.routes for stop in route.stops if stop.arrival_s <= now_s or route.start_s <= now_s
    }
    names = [visit.id for visit in problem.visits]
    planned = {stop.visit for route in plan.routes for stop in route.stops}
    events: list[dict[str, Any]] = []
    for name in draw(st.lists(st.sampled_from(names), unique=True, max_size=3)):
        kinds = [
            "no_show",
            *(["lock"] if name in planned else []),
            *(["cancel", "cancel"] if name not in history else []),
        ]
        kinds += ["hours"] if name not in under_way else []
        kind = draw(st.sampled_from(kinds))
        event: dict[str, Any] = {"type": kind, "visit": name}
        if kind == "hours":
            first = draw(st.integers(0, 20))
            event["windows"] = [{"day": DAY, "start_s": first, "end_s": first + draw(st.integers(0, 9))}]
        events.append(event)
    today = [shift for shift in problem.shifts if str(shift.day) == DAY]
    if draw(st.integers(0, 3)) == 0:
        events.append({"type": "late", "shift": draw(st.sampled_from(today)).id, "delay_s": draw(st.integers(0, 8))})
    if draw(st.integers(0, 4)) == 0:
        events.append({"type": "absent", "rep": draw(st.sampled_from(today)).rep, "from_s": draw(st.integers(0, 20))})
    if draw(st.integers(0, 2)) == 0:
        events.append({"type": "insert", "visit": _visit(draw, problem)})
    if price is None:
        price = draw(st.sampled_from([0, 3, 8, 1000]))
    return problem, plan, events_of(now_s, *events, change_price_s=price)


def _visit(draw: st.DrawFn, problem: Problem) -> dict[str, Any]:
    first = draw(st.integers(0, 20))
    day = draw(st.sampled_from([DAY, DAY, NEXT_DAY]))
    return {
        "id": "new",
        "location": draw(st.sampled_from(problem.locations)).id,
        "service_s": draw(st.integers(0, 3)),
        "value_s": draw(st.integers(0, 30)),
        "mandatory": draw(st.booleans()),
        "windows": draw(st.sampled_from([[], [{"day": day, "start_s": first, "end_s": first + 5}]])),
    }
