"""A small world for the tests of planning: reps and customers on a plain, and travel across it in a straight line."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from routing.plan import Plan, Unserved
from routing.problem import Problem, TravelMatrix
from routing.solve.construct import Deadline, construct
from routing.solve.options import SolveOptions
from routing.solve.schedule import Scheduler, routes_to_plan
from visits.models import Customer, PlanRun, Rep, Territory, Visit, VisitState
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.solving import Tools
from visits.store import Store

HELSINKI = ZoneInfo("Europe/Helsinki")
MONDAY = date(2026, 11, 23)
SUNDAY_NOON = datetime(2026, 11, 22, 12, tzinfo=HELSINKI)
WEEK = tuple(MONDAY + timedelta(days=i) for i in range(5))
METRES_PER_S = 10.0


class StraightTravel:
    """Travel as the crow flies at a steady speed; places north of 70 degrees are off the map."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, problem: Problem) -> Problem:
        self.asked += 1
        lonlat = np.array([(place.lon, place.lat) for place in problem.locations]).reshape(-1, 2)
        scale = np.array([math.cos(math.radians(60.0)), 1.0]) * 111_195
        metres = np.linalg.norm((lonlat[:, None] - lonlat[None]) * scale, axis=2)
        distance = np.rint(metres).astype(np.int32)
        return problem.with_matrix(
            TravelMatrix(duration_s=np.rint(metres / METRES_PER_S).astype(np.int32), distance_m=distance)
        )

    def off_road_m(self, lonlat: np.ndarray) -> np.ndarray:
        return np.where(lonlat[:, 1] > 70, 80_000.0, 5.0)

    def line(self, lonlat: np.ndarray) -> np.ndarray:
        return lonlat


def solve_by_insertion(problem: Problem, options: SolveOptions, **_) -> Plan:
    """The solver's own first plan, made in this process: quick, sound and the same every time."""
    clock = Scheduler(problem)
    sequences = construct(clock, Deadline.after(None))
    served = {index for sequence in sequences for index in sequence}
    return routes_to_plan(
        problem,
        sequences,
        seed=options.seed,
        iterations=0,
        engine=options.engine,
        unserved=[Unserved(visit=visit.id, reason="time") for i, visit in enumerate(problem.visits) if i not in served],
        scheduler=clock,
    )


def quick_tools() -> Tools:
    return Tools(StraightTravel(), solve_by_insertion)


def rep(name: str = "ana", territory: str | None = "ter_n", **changes) -> Rep:
    values = {
        "id": f"rep_{name}",
        "external_id": name,
        "name": name.title(),
        "home_lon": 24.90,
        "home_lat": 60.20,
        "timezone": "Europe/Helsinki",
        "weekly_hours": "Mo-Fr 08:00-17:00",
        "lunch": "11:30-13:30/45",
        "territory_id": territory,
    }
    return Rep(**{**values, **changes})


def customer(name: str, territory: str | None = "ter_n", *, ago: int | None = 14, **changes) -> Customer:
    """A customer near the rep, last visited so many days before Monday; its place follows from its name."""
    number = sum(ord(letter) * 31**i for i, letter in enumerate(name))
    values = {
        "id": f"cus_{name}",
        "external_id": name,
        "name": name.title(),
        "lon": 24.90 + (number % 97 - 48) / 1500,
        "lat": 60.20 + (number // 97 % 89 - 44) / 2500,
        "tier": "ABC"[number % 3],
        "service_minutes": 30,
        "cadence_days": 14,
        "last_visit": None if ago is None else MONDAY - timedelta(days=ago),
        "territory_id": territory,
        "address": f"{number % 100} Market Street",
        "phone": "+358 1",
    }
    return Customer(**{**values, **changes})


def appointment(who: str, day: date = MONDAY, rep_name: str = "ana", start: int = 10, end: int = 11) -> Visit:
    """A visit promised between two full hours."""
    return Visit(
        id=f"vis_{who}",
        customer_id=f"cus_{who}",
        state=VisitState.PROMISED,
        mandatory=True,
        cause="appointment",
        promise_rep_id=f"rep_{rep_name}",
        promise_day=day,
        promise_start_s=start * 3600,
        promise_end_s=end * 3600,
    )


def fill(store: Store, *rows) -> None:
    """Store a territory `ter_n`, and the rows in an order that keeps references."""
    with store.session() as session:
        if session.get(Territory, "ter_n") is None:
            session.add(Territory(id="ter_n", name="North"))
            session.flush()
        for kind in (Territory, Rep, Customer):
            session.add_all([row for row in rows if isinstance(row, kind)])
            session.flush()
        session.add_all([row for row in rows if not isinstance(row, Territory | Rep | Customer)])


def fill_town(store: Store, customers: int = 24, *rows) -> None:
    """One rep and so many due customers."""
    fill(store, rep(), *(customer(f"c{i:02}") for i in range(customers)), *rows)


def queue_run(store: Store, first_day: date = MONDAY, days: int = 1, **changes) -> str:
    with store.session() as session:
        return add_run(session, SYSTEM, PlanRun(first_day=first_day, days=days, iterations=1, **changes)).id


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=HELSINKI)
