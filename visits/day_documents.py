"""The ready document of a rep-day: executed stops first, then the route that was planned for the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from routing.plan import Route
from routing.problem import Problem, Shift
from routing.problem import Visit as ProblemVisit
from visits.day_plan import DayBreak, DayPlan, Place, PlannedStop, Span, Totals
from visits.local_day import LocalDay
from visits.models import Rep, VisitState
from visits.needs import Need
from visits.progress import DayProgress


@dataclass(frozen=True, slots=True)
class DayFrame:
    """What is fixed of a rep-day before it is planned: whose, where, and its whole span."""

    rep: Rep
    local: LocalDay
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Version:
    """Which version of which plan a document is."""

    plan_id: str
    number: int
    cause: str


def span(local: LocalDay, start_s: int, end_s: int) -> Span:
    """A span of a day in seconds and as moments."""
    return Span(start_s=start_s, end_s=end_s, start=local.moment(start_s), end=local.moment(end_s))


def day_document(
    frame: DayFrame,
    version: Version,
    problem: Problem,
    route: Route | None,
    needs: Mapping[str, Need],
    progress: DayProgress | None = None,
) -> DayPlan:
    """The document of one version.

    `route` is the problem's route of this rep-day, None when it is unused; with `progress` it begins where the
    executed part ends. `needs` by visit id has every visit of the route.
    """
    local = frame.local
    executed = progress.locked if progress else ()
    stops = (*executed, *(_stops(local, problem, route, needs) if route else ()))
    breaks = (*(progress.breaks_taken if progress else ()), *(_breaks(local, problem, route) if route else ()))
    leave_s = _leave_s(frame, route, progress)
    whence, free_s = _whence(stops, route, progress) or (None, leave_s)
    home_s, home_m = _way_home(problem, frame.rep, whence, free_s)
    end_s = max(
        [route.end_s if route else free_s + home_s, leave_s, *(pause.start_s + pause.duration_s for pause in breaks)]
    )
    travel_s = sum(stop.travel_s for stop in stops) + home_s
    service_s = sum(stop.departure_s - stop.start_s for stop in stops)
    rested_s = sum(pause.duration_s for pause in breaks)
    value_s = sum(stop.why.value_s for stop in stops)
    home = Place(name=frame.rep.name, lon=frame.rep.home_lon, lat=frame.rep.home_lat)
    return DayPlan(
        plan=version.plan_id,
        rep=frame.rep.id,
        rep_name=frame.rep.name,
        date=local.day,
        timezone=frame.rep.timezone,
        version=version.number,
        cause=version.cause,
        shift=span(local, frame.start_s, frame.end_s),
        start=home,
        end=home,
        leave_s=leave_s,
        leave=local.moment(leave_s),
        stops=stops,
        breaks=breaks,
        totals=Totals(
            stops=len(stops),
            travel_s=travel_s,
            distance_m=sum(stop.distance_m for stop in stops) + home_m,
            service_s=service_s,
            waiting_s=max(0, end_s - leave_s - travel_s - service_s - rested_s),
            value_s=value_s,
            end_s=end_s,
            end=local.moment(end_s),
        ),
        objective_s=value_s - travel_s * problem.objective.travel,
    )


def home_of(rep_id: str) -> str:
    """The location id of a rep's home in a problem."""
    return f"home/{rep_id}"


def _leave_s(frame: DayFrame, route: Route | None, progress: DayProgress | None) -> int:
    if progress is not None and progress.leave_s is not None:
        return progress.leave_s
    return route.start_s if route else frame.start_s


def _whence(stops: Sequence[PlannedStop], route: Route | None, progress: DayProgress | None) -> tuple[str, int] | None:
    """The customer from whom a rep goes home, and when; None for a rep who goes nowhere.

    With nothing left to do that may be the door of one who has just called off: no stop of the day any more.
    """
    if progress is not None and progress.at is not None and not (route and route.stops):
        return progress.at, progress.available_s
    return (stops[-1].customer, stops[-1].departure_s) if stops else None


def _way_home(problem: Problem, rep: Rep, customer: str | None, at_s: int) -> tuple[int, int]:
    """Seconds and metres from a customer to the rep's home; nothing for an unused day."""
    origin = problem.location_index.get(customer) if customer is not None else None
    target = problem.location_index.get(home_of(rep.id))
    if origin is None or target is None:
        return 0, 0
    travel = problem.require_travel()
    return max(0, travel.duration(origin, target, at_s)), max(0, travel.distance(origin, target, at_s))


def _stops(local: LocalDay, problem: Problem, route: Route, needs: Mapping[str, Need]) -> tuple[PlannedStop, ...]:
    travel = problem.require_travel()
    shift = problem.shifts[problem.shift_index[route.shift]]
    place, left_s = problem.location_index[shift.start], route.start_s
    stops = []
    for stop in route.stops:
        visit = problem.visits[problem.visit_index[stop.visit]]
        need = needs[stop.visit]
        customer = need.customer
        target = problem.location_index[visit.location]
        promise = need.promise
        if promise is not None and not (promise.day == local.day and promise.start_s <= stop.start_s <= promise.end_s):
            promise = None  # a hand moved it
        stops.append(
            PlannedStop(
                visit=visit.id,
                customer=customer.id,
                name=customer.name,
                address=customer.address,
                lon=customer.lon,
                lat=customer.lat,
                phone=customer.phone,
                notes=customer.notes,
                tier=customer.tier,
                state=VisitState.PROMISED if promise else VisitState.PLANNED,
                pinned=stop.locked or need.locked_to is not None,
                arrival_s=stop.arrival_s,
                start_s=stop.start_s,
                departure_s=stop.departure_s,
                arrival=local.moment(stop.arrival_s),
                start=local.moment(stop.start_s),
                departure=local.moment(stop.departure_s),
                travel_s=stop.travel_s,
                distance_m=max(0, travel.distance(place, target, left_s)),
                windows=_windows(local, visit, shift),
                promise=span(local, promise.start_s, promise.end_s) if promise else None,
                why=need.why(local.day),
            )
        )
        place, left_s = target, stop.departure_s
    return tuple(stops)


def _windows(local: LocalDay, visit: ProblemVisit, shift: Shift) -> tuple[Span, ...]:
    """When the service may start on the day; empty when it may at any time."""
    today = [window for window in visit.windows if window.day == shift.day]
    if any(window.start_s == 0 and window.end_s >= local.length_s for window in today):
        return ()
    return tuple(span(local, window.start_s, window.end_s) for window in today)


def _breaks(local: LocalDay, problem: Problem, route: Route) -> tuple[DayBreak, ...]:
    wanted = problem.shifts[problem.shift_index[route.shift]].breaks
    return tuple(
        DayBreak(
            start_s=taken.start_s,
            duration_s=taken.duration_s,
            earliest_s=pause.earliest_s,
            latest_s=pause.latest_s,
            start=local.moment(taken.start_s),
            end=local.moment(taken.start_s + taken.duration_s),
        )
        for taken, pause in zip(route.breaks, wanted, strict=True)
    )
