"""Fitting the factors of the monthly work on days that were planned, and keeping them with their error."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta

import numpy as np
import numpy.typing as npt
from sqlmodel import Session, col, select

from routing.roads.network import FAR_M, RoadNetwork
from routing.territories.assembling import beeline_near, beeline_seconds
from routing.territories.neighbours import road_parts
from routing.territories.workload import DrivenDay, Workload, fit
from visits.day_plan import DayPlan
from visits.models import Customer, Plan, PlanVersion, WorkloadFit
from visits.queries.events import record
from visits.scope import SYSTEM
from visits.solving import TravelSource
from visits.store import Store
from visits.territories.collecting import network_behind
from visits.territories.tasks import TaskClaim, end_task

LOOK_BACK_DAYS = 60
LOOK_AHEAD_DAYS = 28


def learn(store: Store, claim: TaskClaim, travel: TravelSource, today: date) -> Workload:
    """Fit the factors on the current plans around today and store them with the end of the task.

    With too few days the usual factors stay, and nothing is stored. Raises RoadError; TaskLostError.
    """
    with store.reading() as session:
        plans = _plans(session, today)
        places = _near_by_customer(session, network_behind(travel))
    found = fit(driven_days(plans, places, network_behind(travel)))
    with store.session() as session:
        end_task(session, claim)
        if found.days:
            session.add(
                WorkloadFit(
                    local=found.local,
                    haul=found.haul,
                    visits_per_day=found.visits_per_day,
                    days=found.days,
                    error=found.error,
                    worst=found.worst,
                )
            )
            told = {"days": found.days, "local": found.local, "haul": found.haul, "error": found.error}
            record(session, SYSTEM, "workload.fitted", "workload", told)
    return found


def latest_fit(session: Session) -> WorkloadFit:
    """The last fit, or the usual factors, not stored, with 0 days."""
    row = session.exec(select(WorkloadFit).order_by(col(WorkloadFit.created_at).desc()).limit(1)).first()
    usual = Workload()
    return row or WorkloadFit(
        id="usual",
        local=usual.local,
        haul=usual.haul,
        visits_per_day=usual.visits_per_day,
        days=0,
        created_at=datetime(1970, 1, 1, tzinfo=UTC),
    )


def driven_days(plans: list[DayPlan], near_s: dict[str, float], network: RoadNetwork | None) -> list[DrivenDay]:
    """What each planned day drove, beside what the formula knows of it. Days with an unknown customer are left out."""
    days = []
    by_rep: dict[tuple[str, float, float], list[DayPlan]] = defaultdict(list)
    for plan in plans:
        if plan.stops and all(stop.customer in near_s for stop in plan.stops):
            by_rep[plan.rep, plan.start.lon, plan.start.lat].append(plan)
    for (rep, lon, lat), theirs in sorted(by_rep.items()):
        stops = [stop for plan in theirs for stop in plan.stops]
        from_base = _from_base(network, (lon, lat), np.array([(stop.lon, stop.lat) for stop in stops]))
        at = 0
        for plan in theirs:
            here = from_base[at : at + len(plan.stops)]
            at += len(plan.stops)
            if not np.isfinite(here).all():
                continue
            days.append(
                DrivenDay(
                    visits=len(plan.stops),
                    travel_s=float(plan.totals.travel_s),
                    near_s=sum(near_s[stop.customer] for stop in plan.stops),
                    base_s=float(here.sum()),
                    service_s=float(plan.totals.service_s),
                    group=f"{rep}/{plan.date.isocalendar()[0]}-{plan.date.isocalendar()[1]}",
                )
            )
    return days


def _plans(session: Session, today: date) -> list[DayPlan]:
    span = (today - timedelta(days=LOOK_BACK_DAYS), today + timedelta(days=LOOK_AHEAD_DAYS))
    statement = (
        select(PlanVersion.document)
        .join(Plan, (col(PlanVersion.plan_id) == Plan.id) & (col(PlanVersion.number) == Plan.number))
        .where(col(Plan.day).between(*span))
        .order_by(col(Plan.rep_id), col(Plan.day))
    )
    return [DayPlan.model_validate_json(document) for document in session.exec(statement)]


def _near_by_customer(session: Session, network: RoadNetwork | None) -> dict[str, float]:
    """Seconds from every active customer on the map to its three nearest."""
    rows = session.exec(
        select(Customer.id, Customer.lon, Customer.lat).where(col(Customer.active)).order_by(col(Customer.id))
    ).all()
    if not rows:
        return {}
    names = [name for name, _, _ in rows]
    lonlat = np.array([(lon, lat) for _, lon, lat in rows], np.float64)
    if network is None:
        return dict(zip(names, beeline_near(lonlat).tolist(), strict=True))
    snapped = network.snap(lonlat)
    on_roads = np.flatnonzero(snapped.off_road_m <= FAR_M)
    if not len(on_roads):
        return {}
    near = road_parts(network, network.snap(lonlat[on_roads]))[1]
    return {names[i]: float(seconds) for i, seconds in zip(on_roads.tolist(), near.tolist(), strict=True)}


def _from_base(
    network: RoadNetwork | None, base: tuple[float, float], places: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Seconds from a base to places, float64 [n]; infinite where no road leads."""
    if network is None:
        return beeline_seconds(np.array([base]), places)[:, 0].astype(np.float64)
    seconds = network.matrix(network.snap(np.array([base])), network.snap(places)).duration_s[0]
    return np.where(seconds < 0, np.inf, seconds).astype(np.float64)
