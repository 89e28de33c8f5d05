"""Why a stop is on this shift at this time, and what every other shift would cost: found by trying, told as data.

The visit is taken out of the plan and tried on every open shift, the order of the other stops kept; costs are exact.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from routing.documents import Day as DayField
from routing.documents import Document, Flag, Id, Seconds, SignedSeconds
from routing.errors import InputError
from routing.events import EventList
from routing.plan import Plan, Route, Stop
from routing.problem import Problem, Visit
from routing.repair.candidates import opens
from routing.repair.rest import Day, Rest, rest_of
from routing.repair.state import DayState
from routing.slots import SlotOffer, offers_on, open_day
from routing.solve.pauses import NEVER
from routing.solve.places import Insertions
from routing.solve.starts import may_serve

Timing = Literal["under_way", "promise", "opens", "break", "arrival"]
Choice = Literal[
    "under_way", "locked", "promise", "only_skill", "only_allowed", "only_possible", "preference", "cheapest"
]
Obstacle = Literal["over", "allowed", "skill", "window", "unreachable", "time"]


class Alternative(Document):
    """Another place: its first start, and by how much the objective would fall (rise, where negative) by the move."""

    shift: Id
    rep: Id
    day: DayField
    after: Id | None
    start_s: Seconds
    extra_s: SignedSeconds
    extra_travel_s: SignedSeconds


class Refusal(Document):
    """A shift that cannot take the visit as the plan stands; `short_s` is what the best place lacks."""

    shift: Id
    rep: Id
    day: DayField
    obstacle: Obstacle
    short_s: Seconds | None = None


class WhyHere(Document):
    """A stop explained.

    `timing` is what decides its start: under way, promised, waiting until the customer opens, after a break, or
    simply the arrival. From `earliest_s` to `latest_s` every start leaves all other stops possible.
    `choice` is what decides its rep and day; for `cheapest` and `preference`, `margin_s` is what the best alternative
    would cost more (less, where negative). Serving it adds `worth_s`, `preference_s` of it for this rep, and its place
    costs `cost_s` of the objective, `travel_s` of it driving. Where the stop cannot be moved, no alternatives are told.
    """

    visit: Id
    shift: Id
    rep: Id
    day: DayField
    start_s: Seconds
    movable: Flag
    timing: Timing
    earliest_s: Seconds
    latest_s: Seconds
    wait_s: Seconds
    choice: Choice
    margin_s: SignedSeconds | None
    worth_s: SignedSeconds
    preference_s: SignedSeconds
    cost_s: SignedSeconds
    travel_s: SignedSeconds
    alternatives: tuple[Alternative, ...]
    refusals: tuple[Refusal, ...]


def why_here(problem: Problem, plan: Plan, visit: str, *, limit: int = 5, now: EventList | None = None) -> WhyHere:
    """The explanation of a stop: at most `limit` alternatives, cheapest first, and every shift that is none.

    `now` (its day, time and progress) leaves out what is over. Raises InputError when the visit is not planned, or
    `limit` is below 1, or its route cannot be done.
    """
    if limit < 1:
        raise InputError(f"limit is {limit}; give 1 or more")
    if visit not in problem.visit_index:
        raise InputError(f"visit {visit!r} is not in the problem; check its id")
    route, stop = _planned(plan, visit)
    wanted = problem.visits[problem.visit_index[visit]]
    planned = open_day(problem, plan, now)
    if planned is None or _settled(planned, visit):
        return _fixed(problem, route, stop, wanted, "under_way", "under_way")
    without = plan.model_copy(update={"routes": _without(plan.routes, visit)})
    day = open_day(problem, without, now, wanted)
    assert day is not None, "a day that has a stop has a shift"
    return _Asked(day, planned.state, route, stop, wanted).answer(limit, pinned=visit in planned.pinned)


def _planned(plan: Plan, visit: str) -> tuple[Route, Stop]:
    for route in plan.routes:
        for stop in route.stops:
            if stop.visit == visit:
                return route, stop
    raise InputError(f"visit {visit!r} is in no route of the plan; ask why it is not planned")


def _without(routes: tuple[Route, ...], visit: str) -> tuple[Route, ...]:
    kept = [
        route.model_copy(update={"stops": tuple(stop for stop in route.stops if stop.visit != visit)})
        for route in routes
    ]
    return tuple(route for route in kept if route.stops)


def _settled(day: Day, visit: str) -> bool:
    """Whether the stop is executed, under way, or on a day that is over."""
    return visit not in day.homes


def _fixed(problem: Problem, route: Route, stop: Stop, visit: Visit, choice: Choice, timing: Timing) -> WhyHere:
    """For a stop that cannot be taken out: it is history, or the others cannot be reached without it."""
    shift = problem.shifts[problem.shift_index[route.shift]]
    return WhyHere(
        visit=stop.visit,
        shift=shift.id,
        rep=shift.rep,
        day=shift.day,
        start_s=stop.start_s,
        movable=False,
        timing=timing,
        earliest_s=stop.start_s,
        latest_s=stop.start_s,
        wait_s=_waited(route, stop),
        choice=choice,
        margin_s=None,
        worth_s=visit.worth_s(shift.rep),
        preference_s=visit.rep_preference_s.get(shift.rep, 0),
        cost_s=0,
        travel_s=0,
        alternatives=(),
        refusals=(),
    )


def _waited(route: Route, stop: Stop) -> int:
    """Idle seconds between arrival and start."""
    paused = sum(one.duration_s for one in route.breaks if stop.arrival_s <= one.start_s < stop.start_s)
    return max(0, stop.start_s - stop.arrival_s - paused)


class _Asked:
    """One stop, taken out of its day. `day` is without it, `planned` with it."""

    def __init__(self, day: Day, planned: DayState, route: Route, stop: Stop, visit: Visit) -> None:
        self.day, self.planned, self.route, self.stop, self.visit = day, planned, route, stop, visit
        board = {position: state.rest for position, state in day.state.open.items()}
        rest = rest_of(day, tuple(day.state.open), board, [visit.id], keep_times=False)
        home = day.problem.shift_index[route.shift]
        if rest is None or home not in rest.positions or visit.id not in rest.problem.visit_index:
            raise InputError(f"the route of shift {route.shift!r} cannot be done; evaluate the plan")
        self.rest: Rest = rest
        self.home = home
        self.insertions = Insertions(rest.clock, rest.sequences(board))
        self.place = rest.problem.visit_index[visit.id]

    def answer(self, limit: int, *, pinned: bool) -> WhyHere:
        """The whole explanation."""
        shift, number = self.day.problem.shifts[self.home], self.rest.positions.index(self.home)
        sequence = self.insertions.sequences[number]
        row = self.planned.open[self.home].rest.index(self.visit.id)
        whole = self.rest.clock.schedule(number, (*sequence[:row], self.place, *sequence[row:]))
        used = bool(sequence or self.day.state.open[self.home].locked)
        base = self.rest.clock.schedule(number, sequence) if used else None
        if whole is None:
            raise InputError(f"the route of shift {self.route.shift!r} cannot be done; evaluate the plan")
        if used and base is None:
            return _fixed(self.day.problem, self.route, self.stop, self.visit, "only_possible", self._timing())
        price = whole.price_s + whole.travel_price_s - (base.price_s + base.travel_price_s if base else 0)
        preference = self.visit.rep_preference_s.get(shift.rep, 0)
        offers, refusals = self._others()
        cost = price - preference
        alternatives = tuple(
            _alternative(offer, cost, whole.travel_s - (base.travel_s if base else 0)) for offer in offers
        )
        span = self.insertions.start_span(number, self.place, row)
        choice, margin = self._choice(alternatives, refusals, pinned=pinned)
        return WhyHere(
            visit=self.visit.id,
            shift=shift.id,
            rep=shift.rep,
            day=shift.day,
            start_s=self.stop.start_s,
            movable=not pinned and self.visit.promise is None,
            timing=self._timing(),
            earliest_s=min(self.stop.start_s, span[0] if span else self.stop.start_s),
            latest_s=max(self.stop.start_s, span[1] if span else self.stop.start_s),
            wait_s=_waited(self.route, self.stop),
            choice=choice,
            margin_s=margin,
            worth_s=self.visit.worth_s(shift.rep),
            preference_s=preference,
            cost_s=price,
            travel_s=whole.travel_s - (base.travel_s if base else 0),
            alternatives=alternatives[:limit],
            refusals=refusals,
        )

    def _others(self) -> tuple[list[SlotOffer], tuple[Refusal, ...]]:
        """The best offer of every other shift, cheapest first, and the shifts that make none."""
        candidate = np.array([self.place], np.int64)
        best: list[SlotOffer] = []
        refused: list[Refusal] = []
        at = {position: i for i, position in enumerate(self.rest.positions)}
        for position in self.day.state.open:
            if position == self.home:
                continue
            found = (
                list(offers_on(self.day, self.rest, self.insertions, at[position], candidate)) if position in at else []
            )
            if found:
                best.append(min(found, key=lambda one: (one.cost_s, one.start_s)))
            else:
                refused.append(self._refusal(position, at.get(position)))
        return sorted(best, key=lambda one: (one.cost_s, one.day, one.start_s, one.shift)), tuple(refused)

    def _refusal(self, position: int, number: int | None) -> Refusal:
        shift, state = self.day.problem.shifts[position], self.day.state.open[position]
        visit = self.visit
        obstacle: Obstacle
        short = None
        if (visit.shifts is not None and shift.id not in visit.shifts) or (
            visit.promise is not None and visit.promise.shift != shift.id
        ):
            obstacle = "allowed"
        elif not may_serve(visit, shift):
            obstacle = "skill"
        elif number is None:
            obstacle = "over"
        elif not opens(visit, shift, max(state.available_s, shift.start_s)):
            obstacle = "window"
        else:
            least = int(self.insertions.places(number, np.array([self.place], np.int64)).short_s.min())
            obstacle = "unreachable" if least >= NEVER else "time"
            short = least if 0 < least < NEVER else None
        return Refusal(shift=shift.id, rep=shift.rep, day=shift.day, obstacle=obstacle, short_s=short)

    def _timing(self) -> Timing:
        stop = self.stop
        if self.visit.promise is not None:
            return "promise"
        if _waited(self.route, stop) > 0:
            return "opens"
        if stop.start_s > stop.arrival_s:
            return "break"
        return "arrival"

    def _choice(
        self, alternatives: tuple[Alternative, ...], refusals: tuple[Refusal, ...], *, pinned: bool
    ) -> tuple[Choice, int | None]:
        """What decides rep and day, and what the best alternative would cost more."""
        if self.visit.promise is not None:
            return "promise", None
        if pinned:
            return "locked", None
        if not alternatives:
            kinds = {one.obstacle for one in refusals}
            if kinds and kinds <= {"skill", "allowed"}:
                return ("only_skill" if "skill" in kinds else "only_allowed"), None
            return "only_possible", None
        margin = alternatives[0].extra_s
        preferred = self.visit.rep_preference_s
        mine = preferred.get(self.day.problem.shifts[self.home].rep, 0)
        plain = min(one.extra_s - mine + preferred.get(one.rep, 0) for one in alternatives)
        return ("preference" if margin >= 0 > plain else "cheapest"), margin


def _alternative(offer: SlotOffer, cost_s: int, travel_s: int) -> Alternative:
    return Alternative(
        shift=offer.shift,
        rep=offer.rep,
        day=offer.day,
        after=offer.after,
        start_s=offer.start_s,
        extra_s=offer.cost_s - cost_s,
        extra_travel_s=offer.extra_travel_s - travel_s,
    )
