"""Whether the hours of a proposal are true: a month of it planned on real roads, predicted beside simulated.

Every territory's visits of a month are spread over its weeks as the cadence wants them and each week is solved as
planning would solve it, with shifts as long as need be, so that all the work shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from routing.documents import Document, Id
from routing.problem import Location, Problem, Shift, TimeWindow, Visit
from routing.solve.options import SolveOptions
from routing.territories.case import Owners
from routing.territories.workload import MONTH_DAYS
from visits.models import TerritoryProposal
from visits.queries.events import record
from visits.scope import SYSTEM
from visits.solving import Tools
from visits.store import Store
from visits.territories.proposing import STUDIES, get_alternative, owners_of
from visits.territories.snapshot import Study
from visits.territories.tasks import TaskClaim, end_task, hold_task
from visits.territories.views import digest_of

WEEKS, DAYS = MONTH_DAYS // 7, 5
_MONDAY = date(2026, 1, 5)
_START_S, _LONGEST_S = 6 * 3600, 16 * 3600
ITERATIONS_PER_VISIT = 60
_WORTH_S = 100_000
_OVERTIME_PRICE = 3


class SimulatedTerritory(Document):
    """A territory's month: hours told by the formula beside hours of solved plans, and visits that found no place."""

    territory: Id
    name: str
    predicted_s: int
    simulated_s: int
    error: float
    visits: int
    unserved: int


class Validation(Document):
    """Predicted against simulated hours of an alternative whose owners had this `digest`.

    `error` is the mean absolute share by which a territory is missed, `worst` the largest.
    """

    digest: str
    weeks: int
    territories: tuple[SimulatedTerritory, ...]
    error: float
    worst: float


@dataclass(frozen=True, slots=True)
class _Month:
    """A territory's simulated month, seconds and visits."""

    work_s: int
    visits: int
    unserved: int


def validate(store: Store, claim: TaskClaim, proposal_id: str, name: str, tools: Tools) -> Validation:
    """Simulate an alternative and store the result with the end of the task. Raises SolveError; TaskLostError."""
    with store.reading() as session:
        study = STUDIES.of(session.get_one(TerritoryProposal, proposal_id))
        owner = owners_of(get_alternative(session, proposal_id, name))
    found = simulate(study, owner, tools)
    with store.session() as session:
        hold_task(session, claim)
        row = get_alternative(session, proposal_id, name)
        if digest_of(owners_of(row)) == found.digest:
            row.validation = found.model_dump(mode="json")
            session.add(row)
        end_task(session, claim)
        told = {"alternative": name, "error": found.error}
        record(session, SYSTEM, "territory_proposal.validated", proposal_id, told)
    return found


def simulate(study: Study, owner: Owners, tools: Tools) -> Validation:
    """Solve a month of every territory. Raises SolveError, RoadError."""
    predicted = study.case.loads(owner)[:, 0]
    told = []
    for j, territory in enumerate(study.snapshot.problem.territories):
        mine = np.flatnonzero(owner == j)
        months = [_week(study, j, mine, week, tools) for week in range(WEEKS)]
        simulated = sum(one.work_s for one in months)
        told.append(
            SimulatedTerritory(
                territory=territory.id,
                name=study.snapshot.territories[j].name,
                predicted_s=round(float(predicted[j])),
                simulated_s=simulated,
                error=round(float(predicted[j]) / simulated - 1, 4) if simulated else 0.0,
                visits=sum(one.visits for one in months),
                unserved=sum(one.unserved for one in months),
            )
        )
    errors = [abs(one.error) for one in told if one.simulated_s]
    return Validation(
        digest=digest_of(owner),
        weeks=WEEKS,
        territories=tuple(told),
        error=round(float(np.mean(errors)), 4) if errors else 0.0,
        worst=max(errors, default=0.0),
    )


def visits_in_week(visits: float, number: int, week: int) -> int:
    """How many of a customer's monthly visits fall into a week: spread evenly, customers one after the other.

    Over the weeks of the month these add up to the nearest whole number of visits that the customer's turn allows.
    """
    begin = number * 0.618034 % 1.0  # each customer's own turn, so that the weeks are alike
    per_week = visits / WEEKS
    return int(np.floor(per_week * (week + 1) + begin)) - int(np.floor(per_week * week + begin))


def _week(study: Study, territory: int, mine: Owners, week: int, tools: Tools) -> _Month:
    problem, customers = study.snapshot.problem, study.snapshot.problem.customers
    bases = problem.territories[territory].bases
    visits = []
    for u in mine.tolist():
        count = visits_in_week(customers[u].visits, u, week)
        for turn in range(count):
            days = [day for day in range(DAYS) if day * count // DAYS == turn]
            windows = tuple(TimeWindow(day=_day(day), start_s=0, end_s=86_400) for day in days)
            visits.append(
                Visit(
                    id=f"{u}/{turn}",
                    location=f"c{u}",
                    service_s=customers[u].service_s,
                    value_s=_WORTH_S,
                    windows=windows if count > 1 else (),
                )
            )
    if not visits:
        return _Month(0, 0, 0)
    used = sorted({int(visit.location[1:]) for visit in visits})
    usual_s = problem.territories[territory].capacity_s // (len(bases) * WEEKS * DAYS)
    shifts = tuple(
        Shift(
            id=f"b{number}/{day}",
            rep=f"b{number}",
            day=_day(day),
            start=f"b{number}",
            end=f"b{number}",
            start_s=_START_S,
            end_s=_START_S + min(_LONGEST_S, usual_s),
            max_overtime_s=max(0, _LONGEST_S - usual_s),
        )
        for number in range(len(bases))
        for day in range(DAYS)
    )
    asked = Problem.model_validate(
        {
            "version": 1,
            "locations": (
                *(Location(id=f"b{number}", lon=base.lon, lat=base.lat) for number, base in enumerate(bases)),
                *(Location(id=f"c{u}", lon=customers[u].lon, lat=customers[u].lat) for u in used),
            ),
            "shifts": shifts,
            "visits": tuple(visits),
            "objective": {"travel": 1, "waiting": 0, "lateness": 10, "overtime": _OVERTIME_PRICE},
        }
    )
    plan = tools.solve(tools.travel(asked), SolveOptions(iterations=ITERATIONS_PER_VISIT * len(visits) + 500))
    service = {visit.id: visit.service_s for visit in visits}
    served = sum(service[stop.visit] for route in plan.routes for stop in route.stops)
    return _Month(plan.travel_s + served, len(visits), len(plan.unserved))


def _day(number: int) -> date:
    return _MONDAY + timedelta(days=number)
