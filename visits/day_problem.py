"""From days as they stand to what a repair is given: the rest of every day as a problem, its plan, and how far it is.

What is executed of a day enters as one stop of no length, at the door and the moment where the rep is free: the past is
what the taps say, not what travel times would allow, and the way home still counts for a rep with nothing left to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from routing.events import Event, EventList, Late, Progress
from routing.plan import BreakTaken, Plan, Route, Stop, Unserved
from routing.problem import Location, Problem, Promise, Shift, TimeWindow
from routing.problem import Visit as ProblemVisit
from routing.roads.network import FAR_M
from visits.day_documents import home_of
from visits.day_plan import PlannedStop
from visits.errors import InputError
from visits.hours import shift_id
from visits.known_travel import knows, with_travel_of
from visits.models import Customer, SlotHold
from visits.nearby import nearest_candidates
from visits.needs import Need
from visits.placing import place_promised
from visits.problem_building import problem_visit
from visits.rep_days import RepDay, TeamDays
from visits.solving import TravelSource

BY_HAND_S = 900
"""A stop that a hand put outside the customer's hours may still start so much later."""


@dataclass(frozen=True, slots=True)
class Question:
    """The open part of some days as the routing core sees it. `events` holds progress and late reps, nothing new.

    `needs` by visit id are those behind the problem's visits, without stand-ins for what is executed or held.
    """

    team: TeamDays
    problem: Problem
    plan: Plan
    events: EventList
    needs: Mapping[str, Need]
    stand_ins: frozenset[str]
    held: tuple[str, ...] = ()

    def with_events(self, happened: Sequence[Event]) -> EventList:
        """What is known of the day, and these events."""
        late = {event.shift for event in happened if isinstance(event, Late)}
        known = [event for event in self.events.events if not (isinstance(event, Late) and event.shift in late)]
        return EventList(
            day=self.events.day,
            now_s=self.events.now_s,
            progress=self.events.progress,
            events=(*known, *happened),
        )

    def standing(self, plan: Plan) -> EventList:
        """How far the day is in another plan of it: its reps are free when that plan says so."""
        progress = {
            route.shift: Progress(
                locked=(route.stops[0].visit,), available_s=route.stops[0].departure_s, break_taken=False
            )
            for route in plan.routes
            if route.stops and route.stops[0].visit in self.stand_ins and route.shift in self.events.progress
        }
        return EventList(day=self.events.day, now_s=self.events.now_s, progress=progress)


@dataclass(frozen=True, slots=True)
class Extra:
    """What a question holds beside the days: places and customers that events bring in, and shifts to plan anew.

    With `make_room` a held slot stands also where due stops would have to wait for it: as a caller's next question sees
    it. Nothing leaves a plan for a slot that is only held.
    """

    places: Mapping[str, Customer] = field(default_factory=dict)
    locations: tuple[Location, ...] = ()
    anew: frozenset[str] = frozenset()
    candidates: tuple[Need, ...] | None = None
    make_room: bool = False


def question_of(team: TeamDays, travel: TravelSource, extra: Extra | None = None) -> Question:
    """The days as a question. Raises RoadError when travel times are needed from roads and a place lies off them."""
    extra = extra or Extra()
    working = {name: one for name, one in team.by_shift.items() if one.shift is not None}
    places = {**team.places, **extra.places}
    planned = _planned_visits(team)
    chosen = nearest_candidates(team) if extra.candidates is None else extra.candidates
    candidates = _candidate_visits(team, chosen, planned)
    locations = _locations(team, places, [*planned.values(), *candidates.values()], extra)
    stored = team.stored
    if stored is not None and knows(stored, locations):
        bare = with_travel_of(Problem(version=1, locations=locations, shifts=(), visits=()), stored)
    else:
        candidates = _on_roads(candidates, places, travel)
        locations = _locations(team, places, [*planned.values(), *candidates.values()], extra)
        bare = travel(Problem(version=1, locations=locations, shifts=(), visits=()))
    anchors = {name: _anchor(one) for name, one in working.items() if one.begun}
    shifts = tuple(_with_way_home(bare, one) for one in _in_order(working.values()))
    problem = bare.with_parts(shifts=shifts, visits=(*anchors.values(), *planned.values(), *candidates.values()))
    routes = tuple(
        _route(one, anchors.get(one.shift_id)) for one in _in_order(working.values()) if one.begun or one.open_stops
    )
    served = {stop.visit for route in routes for stop in route.stops}
    plan = Plan(objective_s=0, value_s=0, travel_s=0, routes=routes, unserved=_outside(problem, served))
    events = _known(team, working, problem, extra.anew)
    needs = {need.visit_id: need for need in (*team.planned.values(), *chosen)}
    found = Question(
        team=team,
        problem=problem,
        plan=plan,
        events=events,
        needs={name: need for name, need in needs.items() if name in problem.visit_index},
        stand_ins=frozenset(anchor.id for anchor in anchors.values()),
    )
    holds = [hold for hold in team.holds if shift_id(hold.rep_id, hold.day) in problem.shift_index]
    return with_held(found, holds, make_room=extra.make_room)


def with_held(question: Question, holds: Iterable[SlotHold], *, make_room: bool = False) -> Question:
    """The question with held slots as promised stops; one that can no longer be kept holds nothing."""
    for hold in holds:
        visit = _held_visit(hold, question.problem)
        placed = place_promised(question.problem, question.plan, visit, question.events, make_room=make_room)
        if placed is not None:
            question = replace(question, problem=placed.problem, plan=placed.plan, held=(*question.held, visit.id))
    return question


def hold_place(hold: SlotHold) -> str:
    """The location id of a held slot."""
    return hold.customer_id or f"hold/{hold.id}"


def _held_visit(hold: SlotHold, problem: Problem) -> ProblemVisit:
    shift = shift_id(hold.rep_id, hold.day)
    return ProblemVisit(
        id=hold.id,
        location=hold_place(hold) if hold_place(hold) in problem.location_index else f"hold/{hold.id}",
        service_s=hold.service_s,
        promise=Promise(start_s=hold.start_s, end_s=hold.end_s, shift=shift),
    )


def _in_order(rep_days: Iterable[RepDay]) -> list[RepDay]:
    return sorted(rep_days, key=lambda one: (one.frame.local.day, one.frame.rep.id))


def _planned_visits(team: TeamDays) -> dict[str, ProblemVisit]:
    found = {}
    for one in team.by_shift.values():
        for stop in one.open_stops:
            found[stop.visit] = _planned_visit(team, one, stop, team.planned[stop.visit])
    return found


def _planned_visit(team: TeamDays, home: RepDay, stop: PlannedStop, need: Need) -> ProblemVisit:
    """A stop that stands in a plan, with the hours it was planned by; on other days those of the customer.

    What a hand put there against hours or skills is right there, and there alone.
    """
    here, promise = home.frame.local.day, need.promise
    windows = tuple(TimeWindow(day=here, start_s=span.start_s, end_s=span.end_s) for span in stop.windows)
    promised = None
    if promise is not None:
        shift = shift_id(promise.rep_id, promise.day)
        working = team.by_shift.get(shift)
        if working is not None and working.shift is not None:
            promised = Promise(start_s=promise.start_s, end_s=promise.end_s, shift=shift)
        windows = (TimeWindow(day=promise.day, start_s=promise.start_s, end_s=promise.end_s),)
    elif len(team.days) > 1 and not team.plans_alone:
        windows = _windows_on_all_days(team, home, windows, need)
    if windows and promise is None and not any(w.day == here and w.start_s <= stop.start_s <= w.end_s for w in windows):
        windows = (*windows, TimeWindow(day=here, start_s=stop.start_s, end_s=stop.start_s + BY_HAND_S))
    held = set(need.customer.skills) & set(home.frame.rep.skills)
    by_hand = held != set(need.customer.skills)
    return ProblemVisit(
        id=stop.visit,
        location=stop.customer,
        service_s=stop.departure_s - stop.start_s,
        value_s=need.value_s,
        mandatory=need.must,
        windows=() if promised else windows,
        skills=tuple(sorted(held)) if by_hand else tuple(need.customer.skills),
        shifts=(home.shift_id,) if by_hand and home.shift is not None else None,
        promise=promised,
    )


def _windows_on_all_days(
    team: TeamDays, home: RepDay, planned: tuple[TimeWindow, ...], need: Need
) -> tuple[TimeWindow, ...]:
    here = home.frame.local.day
    row = team.rows.get(need.visit_id)
    refused = team.histories[need.customer.id].refused if need.customer.id in team.histories else frozenset()
    others = tuple(
        day
        for day in team.days
        if day != here
        and day not in refused
        and (row is None or row.not_before is None or day >= row.not_before)
        and (row is None or row.not_after is None or day <= row.not_after)
    )
    if not planned:
        planned = (TimeWindow(day=here, start_s=0, end_s=home.frame.local.length_s),)
    if not others:
        return planned
    try:
        wanted = Need(need.visit_id, need.customer, need.cause, 0, others, agreed_s=need.agreed_s)
        elsewhere = problem_visit(wanted, team.zone)
    except InputError:  # closed on all other days, or hours that cannot be read: it stays on its day
        return planned
    return (*planned, *elsewhere.windows)


def _candidate_visits(
    team: TeamDays, candidates: Iterable[Need], planned: Mapping[str, ProblemVisit]
) -> dict[str, ProblemVisit]:
    found = {}
    for need in candidates:
        if need.visit_id in planned:
            continue
        try:
            found[need.visit_id] = problem_visit(need, team.zone)
        except InputError:  # closed on these days, or hours that cannot be read
            continue
    return found


def _on_roads(
    candidates: dict[str, ProblemVisit], places: Mapping[str, Customer], travel: TravelSource
) -> dict[str, ProblemVisit]:
    where = [(places[visit.location].lon, places[visit.location].lat) for visit in candidates.values()]
    off_road_m = travel.off_road_m(np.array(where).reshape(-1, 2))
    return {
        name: visit for (name, visit), metres in zip(candidates.items(), off_road_m, strict=True) if metres <= FAR_M
    }


def _locations(
    team: TeamDays, places: Mapping[str, Customer], visits: Iterable[ProblemVisit], extra: Extra
) -> tuple[Location, ...]:
    """The homes, then the customers of visits, of doors where reps are, and of what events and holds bring in."""
    reps = {one.frame.rep.id: one.frame.rep for one in team.by_shift.values()}
    used = [visit.location for visit in visits]
    for one in team.by_shift.values():
        if one.progress is not None:
            used += [one.progress.at] if one.progress.at is not None else []
            used += [stop.customer for stop in one.progress.locked[-1:]]
    used += extra.places
    loose = {f"hold/{hold.id}": hold for hold in team.holds if hold_place(hold) not in used}
    return (
        *(Location(id=home_of(rep.id), lon=rep.home_lon, lat=rep.home_lat) for rep in reps.values()),
        *(Location(id=name, lon=places[name].lon, lat=places[name].lat) for name in dict.fromkeys(used)),
        *(Location(id=name, lon=hold.lon, lat=hold.lat) for name, hold in loose.items()),
        *extra.locations,
    )


def _anchor(one: RepDay) -> ProblemVisit:
    """What is executed of a day, as a stop of no length."""
    shift = one.shift
    assert shift is not None
    return ProblemVisit(id=f"now/{shift.id}", location=shift.start, service_s=0, mandatory=True, shifts=(shift.id,))


def _with_way_home(problem: Problem, one: RepDay) -> Shift:
    """What is left of a shift: as long as a hand made it, and for a rep who is late until home, all breaks had."""
    shift, document = one.shift, one.document
    assert shift is not None
    if document is not None and shift.end_s == document.shift.end_s < document.totals.end_s and document.stops:
        shift = shift.model_copy(update={"end_s": document.totals.end_s})
    if not one.begun:
        return shift
    places, travel = problem.location_index, problem.require_travel()
    home_s = max(0, travel.duration(places[shift.start], places[shift.end], shift.start_s))
    rested = shift.start_s + sum(pause.duration_s for pause in shift.breaks)
    if rested + home_s <= shift.end_s:
        return shift
    later_s = max(travel.duration(places[shift.start], places[shift.end], at) for at in (shift.start_s, rested))
    return shift.model_copy(update={"end_s": rested + max(home_s, later_s) + 1})


def _route(one: RepDay, anchor: ProblemVisit | None) -> Route:
    document, shift, progress = one.document, one.shift, one.progress
    assert document is not None
    assert shift is not None
    assert progress is not None
    stops = [
        Stop(
            visit=stop.visit,
            arrival_s=stop.arrival_s,
            start_s=stop.start_s,
            departure_s=stop.departure_s,
            travel_s=stop.travel_s,
            locked=stop.pinned,
        )
        for stop in one.open_stops
    ]
    start_s = document.leave_s
    if anchor is not None:
        start_s = shift.start_s
        stops.insert(
            0, Stop(visit=anchor.id, arrival_s=start_s, start_s=start_s, departure_s=start_s, travel_s=0, locked=True)
        )
    return Route(
        shift=shift.id,
        travel_s=document.totals.travel_s,
        distance_m=document.totals.distance_m,
        stops=tuple(stops),
        breaks=tuple(BreakTaken(start_s=start, duration_s=seconds) for start, seconds in _breaks_ahead(one)),
        start_s=start_s,
        end_s=document.totals.end_s,
    )


def _breaks_ahead(one: RepDay) -> list[tuple[int, int]]:
    """Start and length of the planned breaks that are still to be had."""
    assert one.document is not None
    assert one.shift is not None
    left = [(pause.duration_s, pause.earliest_s) for pause in one.shift.breaks]
    return [
        (pause.start_s, pause.duration_s)
        for pause in one.document.breaks
        if pause.start_s >= one.shift.start_s and (pause.duration_s, pause.earliest_s) in left
    ]


def _outside(problem: Problem, served: set[str]) -> tuple[Unserved, ...]:
    return tuple(
        Unserved(visit=visit.id, reason="time", detail="in no plan")
        for visit in problem.visits
        if visit.id not in served
    )


def _known(team: TeamDays, working: Mapping[str, RepDay], problem: Problem, anew: frozenset[str]) -> EventList:
    """How far the day is: every begun shift stands at its anchor; those that cannot go on as planned are late."""
    progress, late = {}, []
    for name, one in working.items():
        if one.frame.local.day != team.day:
            continue
        assert one.shift is not None
        if one.begun:
            progress[name] = Progress(locked=(f"now/{name}",), available_s=one.shift.start_s, break_taken=False)
        if name in anew or _behind(one, problem):
            late.append(Late(type="late", shift=name, delay_s=0))
    return EventList(day=team.day, now_s=team.now_s, progress=progress, events=tuple(late))


def _behind(one: RepDay, problem: Problem) -> bool:
    """Whether the rep cannot be at the next stop as planned, or the breaks left are not those planned."""
    assert one.shift is not None
    if one.document is None or not one.open_stops:
        return False
    if len(_breaks_ahead(one)) != len(one.shift.breaks):
        return True
    first, places = one.open_stops[0], problem.location_index
    drive_s = problem.require_travel().duration(places[one.shift.start], places[first.customer], one.shift.start_s)
    free_s = one.shift.start_s if one.begun else max(one.shift.start_s, one.document.leave_s)
    return free_s + max(0, drive_s) > first.arrival_s or one.open_stops[-1].departure_s > one.shift.end_s
