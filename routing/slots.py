"""Times to offer a caller: where a wanted visit fits into a plan that stands, and what each place costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from routing.documents import Day as DayField
from routing.documents import Document, Id, Seconds, SignedSeconds
from routing.errors import InputError
from routing.events import EventList, Insert, before_all, check_events
from routing.plan import Plan
from routing.problem import Problem, Visit
from routing.repair.aftermath import problem_after
from routing.repair.rest import Day, Rest, day_of, rest_of
from routing.repair.state import state_of
from routing.solve.places import Insertions

_ROWS_TIMED = 3
"""Places timed exactly for one shift, those of least detour first."""
PER_SHIFT = 2
"""Offers of one shift at most, with spans that do not overlap."""


class SlotOffer(Document):
    """A span of starts on a shift; nothing else that is planned is displaced, whichever start of it is taken.

    `cost_s` is what the objective loses beside the visit's worth: extra travel, waiting, lateness and overtime at
    their prices, less the rep's preference for the visit. `after` is the stop before, None at the start of the day.
    `instead_of` are planned stops that would wait for another day (`routing.making_room`); mostly there are none.
    """

    shift: Id
    rep: Id
    day: DayField
    after: Id | None
    start_s: Seconds
    end_s: Seconds
    extra_travel_s: SignedSeconds
    extra_late_s: SignedSeconds
    extra_overtime_s: SignedSeconds
    cost_s: SignedSeconds
    instead_of: tuple[Id, ...] = ()


def offer_slots(
    problem: Problem, plan: Plan, visit: Visit, *, limit: int = 5, now: EventList | None = None
) -> tuple[SlotOffer, ...]:
    """The cheapest slots for a visit that is in no route, best first; empty where it fits nowhere.

    `visit` may be one of the problem's or a new one. `now` (its day, time and progress; its events count too) leaves
    out what is over; without it every shift is open from its start. The costs are exact for the first start of a span.
    Raises InputError when the visit is planned, its location or shift is unknown, or `limit` is below 1.
    """
    if limit < 1:
        raise InputError(f"limit is {limit}; give 1 or more")
    asked = ask(problem, plan, visit, now)
    return () if asked is None else free_slots(asked, limit)


@dataclass(frozen=True, slots=True)
class Asked:
    """The open days with a visit that is wanted: the small problem of their rest, its routes, the visit's position."""

    day: Day
    rest: Rest
    insertions: Insertions
    wanted: int


def ask(problem: Problem, plan: Plan, visit: Visit, now: EventList | None) -> Asked | None:
    """What slots for a visit are sought in; None where no shift is left or none may serve it. Raises InputError."""
    problem.require_travel()
    if any(stop.visit == visit.id for route in plan.routes for stop in route.stops):
        raise InputError(f"visit {visit.id!r} is already in the plan; ask for a visit that is not")
    day = open_day(problem, plan, now, visit)
    if day is None:
        return None
    board = {position: state.rest for position, state in day.state.open.items()}
    rest = rest_of(day, tuple(day.state.open), board, [visit.id], keep_times=False)
    if rest is None or visit.id not in rest.problem.visit_index:
        return None
    return Asked(day, rest, Insertions(rest.clock, rest.sequences(board)), rest.problem.visit_index[visit.id])


def free_slots(asked: Asked, limit: int) -> tuple[SlotOffer, ...]:
    """The cheapest slots for which nobody has to make room, best first."""
    candidate = np.array([asked.wanted], np.int64)
    offers = [
        offer
        for number in range(len(asked.rest.positions))
        for offer in offers_on(asked.day, asked.rest, asked.insertions, number, candidate)
    ]
    return tuple(sorted(offers, key=lambda one: (one.cost_s, one.day, one.start_s, one.shift))[:limit])


def open_day(problem: Problem, plan: Plan, now: EventList | None, visit: Visit | None = None) -> Day | None:
    """The open day, with the visit in its problem where one is given; None without shifts."""
    if not problem.shifts:
        return None
    any_day = now is None
    now = now or before_all(problem)
    if visit is not None and visit.id not in problem.visit_index:
        now = now.model_copy(update={"events": (*now.events, Insert(type="insert", visit=visit))})
    elif visit is not None:
        others = [visit if one.id == visit.id else one for one in problem.visits]
        problem = problem.with_parts(shifts=problem.shifts, visits=others)
    check_events(problem, plan, now, any_day=any_day)
    state = state_of(problem, plan, now)
    return day_of(problem_after(problem, now, plan), state, now)


def offers_on(day: Day, rest: Rest, insertions: Insertions, number: int, candidate: np.ndarray) -> Iterator[SlotOffer]:
    """The offers of one shift of `rest` for the visit whose position is all that `candidate` holds."""
    if not insertions.allowed(number)[candidate[0]]:
        return
    position = rest.positions[number]
    places = insertions.places(number, candidate)
    rows = np.flatnonzero(places.fits[:, 0])
    rows = rows[np.argsort(places.detour_s[rows, 0], kind="stable")][:_ROWS_TIMED]
    sequence, visit = insertions.sequences[number], int(candidate[0])
    shift, state = day.problem.shifts[position], day.state.open[position]
    used = bool(sequence or state.locked)
    base = rest.clock.schedule(number, sequence) if used and rows.size else None
    found: list[SlotOffer] = []
    for row in rows.tolist():
        timing = rest.clock.schedule(number, (*sequence[:row], visit, *sequence[row:]))
        span = insertions.start_span(number, visit, row)
        if timing is None or span is None:
            continue
        start = timing.starts_s[row]
        price = timing.price_s + timing.travel_price_s - (base.price_s + base.travel_price_s if base else 0)
        found.append(
            SlotOffer(
                shift=shift.id,
                rep=shift.rep,
                day=shift.day,
                after=rest.problem.visits[sequence[row - 1]].id
                if row
                else (state.locked[-1].visit if state.locked else None),
                start_s=start,
                end_s=max(start, span[1]),
                extra_travel_s=timing.travel_s - (base.travel_s if base else 0),
                extra_late_s=timing.lateness_s - (base.lateness_s if base else 0),
                extra_overtime_s=timing.overtime_s - (base.overtime_s if base else 0),
                cost_s=price - rest.problem.visits[visit].rep_preference_s.get(shift.id, 0),
            )
        )
    kept: list[SlotOffer] = []
    for one in sorted(found, key=lambda one: (one.cost_s, one.start_s)):
        if len(kept) < PER_SHIFT and all(one.start_s > other.end_s or one.end_s < other.start_s for other in kept):
            kept.append(one)
    yield from kept
