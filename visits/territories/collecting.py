"""From rows to the problem of sharing customers out: who there is, what they need, how many hours there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol, runtime_checkable

import numpy as np
from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, func, select

from routing.roads.network import FAR_M, RoadNetwork
from routing.territories.document import Base, CustomerIn, TerritoryIn, TerritoryProblem, WorkloadIn
from routing.territories.workload import MONTH_DAYS
from visits.errors import InputError, NotFoundError
from visits.hours import shifts_of
from visits.models import Customer, Rep, Territory, Visit, VisitState, WorkloadFit
from visits.problem_building import worker_of
from visits.queries.policies import value_policy
from visits.scope import Viewer, visible_territories
from visits.solving import RoadTravel, TravelSource
from visits.territories.requests import TerritoryRequest
from visits.territories.snapshot import LeftOut, Snapshot, SnapshotCustomer, SnapshotTerritory

_YEAR = 365.25
_WEEKS = MONTH_DAYS / 7


@runtime_checkable
class _Opening(Protocol):
    """Travel whose roads are opened when they are first asked for."""

    def open(self) -> RoadTravel:
        """The travel. Raises RoadError."""
        ...


def network_behind(travel: TravelSource) -> RoadNetwork | None:
    """The road network that travel times come from; None where they come from elsewhere. Raises RoadError."""
    source = travel.open() if isinstance(travel, _Opening) else travel
    return source.network if isinstance(source, RoadTravel) else None


@dataclass(frozen=True, slots=True)
class _Rows:
    """What is stored of the territories asked for."""

    territories: Sequence[Territory]
    reps: Mapping[str, list[Rep]]
    customers: Sequence[Customer]
    since: Mapping[str, date]
    tier_s: Mapping[str, int]


def territories_asked(session: Session, viewer: Viewer, asked: Sequence[str] | None) -> list[str]:
    """Ids of the territories of a request, in order. Raises NotFoundError for one that the viewer may not see."""
    found = session.exec(visible_territories(select(Territory.id).where(col(Territory.active)), viewer)).all()
    if asked is None:
        if not found:
            raise InputError("there is no territory to share out; make one and give it reps")
        return sorted(found)
    strange = set(asked) - set(found)
    if strange:
        raise NotFoundError(f"there is no territory {min(strange)!r}; check the ids")
    return sorted(set(asked))


def collect(
    session: Session, territory_ids: Sequence[str], request: TerritoryRequest, travel: TravelSource, today: date
) -> Snapshot:
    """The snapshot of a request: its customers, and its territories with the hours of their reps.

    Customers without a territory take part where the request is about all territories. Raises InputError naming what
    cannot be: no reps, a rep that is not there, hours that cannot be read.
    """
    rows = _read(session, territory_ids, with_nobodys=request.territories is None)
    factors = current_fit(session)
    reps = _reps(rows, request)
    territories, described = _territories(rows, reps, request, today)
    if not territories:
        raise InputError("none of the territories has an active rep; give one a rep, or add a rep to the request")
    customers, told, left_out = _customers(rows, territories, request, travel, today)
    if not customers:
        raise InputError("the territories have no customers on this map's roads; import customers or build more roads")
    vacant = sorted({one.name for one in rows.territories} - {one.name for one in described})
    notes = [f"the territory {name!r} has no rep: its customers are shared out" for name in vacant]
    if left_out:
        notes.append(f"{len(left_out)} customers lie on no road of this map and stay where they are")
    return Snapshot(
        problem=TerritoryProblem(
            version=1, customers=customers, territories=territories, wish=request.wish, workload=factors
        ),
        customers=told,
        territories=described,
        left_out=left_out,
        travel="beeline" if network_behind(travel) is None else "roads",
        notes=tuple(notes),
    )


def current_fit(session: Session) -> WorkloadIn:
    """The factors that were fitted last, the usual ones before the first fit."""
    row = session.exec(select(WorkloadFit).order_by(col(WorkloadFit.created_at).desc()).limit(1)).first()
    if row is None:
        return WorkloadIn()
    return WorkloadIn(local=row.local, haul=row.haul, visits_per_day=row.visits_per_day)


def _read(session: Session, territory_ids: Sequence[str], *, with_nobodys: bool) -> _Rows:
    territories = session.exec(
        select(Territory).where(col(Territory.id).in_(territory_ids)).order_by(col(Territory.name), col(Territory.id))
    ).all()
    reps: dict[str, list[Rep]] = defaultdict(list)
    wanted = select(Rep).where(col(Rep.active), col(Rep.territory_id).in_(territory_ids)).order_by(col(Rep.id))
    for rep in session.exec(wanted):
        reps[str(rep.territory_id)].append(rep)
    theirs: ColumnElement[bool] = col(Customer.territory_id).in_(territory_ids)
    if with_nobodys:
        theirs = or_(theirs, col(Customer.territory_id).is_(None))
    customers = session.exec(select(Customer).where(col(Customer.active), theirs).order_by(col(Customer.id))).all()
    first = (
        select(Visit.customer_id, func.min(Visit.day))
        .join(Rep, col(Visit.rep_id) == col(Rep.id))
        .join(Customer, col(Visit.customer_id) == col(Customer.id))
        .where(Visit.state == VisitState.DONE, col(Rep.territory_id) == col(Customer.territory_id))
        .group_by(col(Visit.customer_id))
    )
    since = {name: day for name, day in session.exec(first) if day is not None}
    return _Rows(territories, reps, customers, since, value_policy(session).tier_s)


def _reps(rows: _Rows, request: TerritoryRequest) -> dict[str, list[tuple[Rep, float, float, float]]]:
    """Reps of each territory with the lon and lat of their base and their share of hours, as the request has them."""
    known = {rep.id for reps in rows.reps.values() for rep in reps}
    asked = [*request.remove, *(one.rep for one in request.move), *(one.rep for one in request.part_time)]
    strange = set(asked) - known
    if strange:
        raise InputError(f"{min(strange)!r} is no active rep of these territories; correct remove, move or part_time")
    homes = {one.rep: (one.lon, one.lat) for one in request.move}
    shares = {one.rep: one.share for one in request.part_time}
    found: dict[str, list[tuple[Rep, float, float, float]]] = {}
    for territory, reps in rows.reps.items():
        kept = [rep for rep in reps if rep.id not in request.remove]
        found[territory] = [
            (rep, *homes.get(rep.id, (rep.home_lon, rep.home_lat)), shares.get(rep.id, 1.0)) for rep in kept
        ]
    return found


def _territories(
    rows: _Rows,
    reps: Mapping[str, list[tuple[Rep, float, float, float]]],
    request: TerritoryRequest,
    today: date,
) -> tuple[tuple[TerritoryIn, ...], tuple[SnapshotTerritory, ...]]:
    """Territories that somebody works in, with their hours a month, and what else is said of them."""
    region = {name: f"region-{number}" for number, group in enumerate(request.regions) for name in group}
    days = [today + timedelta(days=i) for i in range(MONTH_DAYS)]
    problem: list[TerritoryIn] = []
    told: list[SnapshotTerritory] = []
    for row in rows.territories:
        working = reps.get(row.id, [])
        if not working:
            continue
        for rep, lon, lat, _ in working:
            if lon == lat == 0.0:
                raise InputError(
                    f"the rep {rep.name!r} has no base: home_lon and home_lat are 0; give the rep a home, or move the "
                    "base to the middle of the customers in the request"
                )
        capacity = sum(_hours_s(rep, days) * share for rep, _, _, share in working) * request.field_share
        skills = sorted({skill for rep, *_ in working for skill in rep.skills})
        problem.append(
            TerritoryIn(
                id=row.id,
                bases=tuple(Base(lon=lon, lat=lat) for _, lon, lat, _ in working),
                capacity_s=round(capacity),
                skills=tuple(skills),
                regions=(region[row.id],) if row.id in region else None,
            )
        )
        told.append(SnapshotTerritory(name=row.name, reps=tuple(rep.id for rep, *_ in working)))
    for number, new in enumerate(request.add, 1):
        hours_s = round(new.weekly_hours * 3600 * _WEEKS * request.field_share)
        problem.append(
            TerritoryIn(
                id=f"new-{number}", bases=(Base(lon=new.lon, lat=new.lat),), capacity_s=hours_s, skills=new.skills
            )
        )
        told.append(SnapshotTerritory(name=new.name, is_new=True))
    return tuple(problem), tuple(told)


def _hours_s(rep: Rep, days: Sequence[date]) -> int:
    """Seconds of work in these days, breaks taken off. Raises InputError for hours that cannot be read."""
    shifts = shifts_of(worker_of(rep), days)
    return sum(one.end_s - one.start_s - sum(pause.duration_s for pause in one.breaks) for one in shifts)


def _customers(
    rows: _Rows, territories: Sequence[TerritoryIn], request: TerritoryRequest, travel: TravelSource, today: date
) -> tuple[tuple[CustomerIn, ...], tuple[SnapshotCustomer, ...], tuple[LeftOut, ...]]:
    working = {one.id for one in territories}
    region = {name: f"region-{number}" for number, group in enumerate(request.regions) for name in group}
    known = {customer.id for customer in rows.customers}
    for customer_id, territory_id in request.pins.items():
        if customer_id not in known:
            raise InputError(f"pins name the customer {customer_id!r}, who is not in these territories; correct it")
        if territory_id not in working:
            raise InputError(f"pins put {customer_id!r} into {territory_id!r}, where nobody works; correct it")
    places = np.array([(one.lon, one.lat) for one in rows.customers]).reshape(-1, 2)
    off_road_m = travel.off_road_m(places)
    problem: list[CustomerIn] = []
    told: list[SnapshotCustomer] = []
    left: list[LeftOut] = []
    for row, metres in zip(rows.customers, off_road_m.tolist(), strict=True):
        if not metres <= FAR_M:
            left.append(LeftOut(customer=row.id, name=row.name, reason=f"{metres / 1000:.1f} km from any road"))
            continue
        visits = MONTH_DAYS / row.cadence_days if row.cadence_days else 0.0
        problem.append(
            CustomerIn(
                id=row.id,
                lon=row.lon,
                lat=row.lat,
                visits=visits,
                service_s=row.service_minutes * 60,
                present=row.territory_id if row.territory_id in working else None,
                pinned=request.pins.get(row.id),
                key=row.tier in request.key_tiers,
                skills=tuple(sorted(row.skills)),
                region=region.get(row.territory_id or ""),
                value=visits * rows.tier_s.get(row.tier, 0),
            )
        )
        since = rows.since.get(row.id)
        years = None if since is None else round((today - since).days / _YEAR, 1)
        told.append(SnapshotCustomer(name=row.name, tier=row.tier, years=years))
    return tuple(problem), tuple(told), tuple(left)
