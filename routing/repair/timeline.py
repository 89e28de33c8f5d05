"""A route told second by second: from what is decided to what follows, in the way the evaluator reads it.

Decided are the order of the stops, the earliest start and departure of each, and when breaks begin. Where a decision
has become impossible (an earlier stop went, and the way without it is longer) starts, departures and breaks are moved
later, never earlier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from routing.plan import BreakTaken, Route, Stop
from routing.problem import Problem, Shift, Visit
from routing.travel import Travel


@dataclass(frozen=True, slots=True)
class Decided:
    """A stop with the earliest its service and its departure may begin."""

    visit: int
    start_s: int
    departure_s: int
    locked: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A route, what its visits are worth and what it costs of the objective, in seconds."""

    route: Route
    worth_s: int
    price_s: int


def tell(
    problem: Problem,
    shift_index: int,
    leave_s: int,
    decided: Sequence[Decided],
    breaks: Sequence[tuple[int, int]],
) -> Told:
    """The route of these decisions; `breaks` are (start, duration) in seconds. A missing road counts as no time."""
    return _Teller(problem, problem.shifts[shift_index], leave_s, breaks).tell(decided)


class _Teller:
    def __init__(self, problem: Problem, shift: Shift, leave_s: int, breaks: Sequence[tuple[int, int]]) -> None:
        self.problem = problem
        self.travel: Travel = problem.require_travel()
        self.shift = shift
        self.begin = max(leave_s, shift.start_s)
        self.now = self.begin
        self.pauses = [list(pause) for pause in sorted(breaks)]
        self.next = 0
        self.seconds = 0
        self.metres = 0

    def tell(self, decided: Sequence[Decided]) -> Told:
        places = self.problem.location_index
        place = places[self.shift.start]
        stops: list[Stop] = []
        late = service = worth = 0
        for one in decided:
            visit = self.problem.visits[one.visit]
            target = places[visit.location]
            drive = self._drive(place, target)
            arrival = self.now
            start = self._wait(one.start_s)
            departure = self._serve(start, visit.service_s, one.departure_s)
            stops.append(
                Stop(
                    visit=visit.id,
                    arrival_s=arrival,
                    start_s=start,
                    departure_s=departure,
                    travel_s=drive,
                    locked=one.locked,
                )
            )
            late += late_s(visit, self.shift, start)
            service += visit.service_s
            worth += visit.worth_s(self.shift.rep)
            place = target
        self._drive(place, places[self.shift.end])
        while self.next < len(self.pauses):
            self._pause(self.now)
        paused = sum(length for _, length in self.pauses)
        waiting = self.now - self.begin - self.seconds - service - paused
        weights = self.problem.objective
        price = weights.travel * self.seconds + weights.waiting * waiting + weights.lateness * late
        price += weights.overtime * max(0, self.now - self.shift.end_s)
        route = Route(
            shift=self.shift.id,
            travel_s=self.seconds,
            distance_m=self.metres,
            stops=tuple(stops),
            breaks=tuple(BreakTaken(start_s=start, duration_s=length) for start, length in self.pauses),
            start_s=self.begin,
            end_s=self.now,
        )
        return Told(route, worth, price)

    def _drive(self, origin: int, target: int) -> int:
        """Drives from where the rep is; breaks that begin before the arrival interrupt it."""
        drive = max(0, self.travel.duration(origin, target, self.now))
        self.seconds += drive
        self.metres += max(0, self.travel.distance(origin, target, self.now))
        left = drive
        while self.next < len(self.pauses) and self.pauses[self.next][0] < self.now + left:
            start = max(self.pauses[self.next][0], self.now)
            left -= start - self.now
            self.now = start
            self._pause(start)
        self.now += left
        return drive

    def _wait(self, start_s: int) -> int:
        """When the service begins; breaks planned before that are taken first."""
        start = max(start_s, self.now)
        while self.next < len(self.pauses) and self.pauses[self.next][0] < start:
            self._pause(self.now)
            start = max(start, self.now)
        self.now = start
        return start

    def _serve(self, start: int, service_s: int, departure_s: int) -> int:
        """When the rep leaves; a break that would begin during the service begins after it."""
        self.now = start + service_s
        departure = max(departure_s, self.now)
        while self.next < len(self.pauses):
            begins = max(self.pauses[self.next][0], self.now)
            if begins >= departure:
                break
            self._pause(self.now)
            departure = max(departure, self.now)
        self.now = departure
        return departure

    def _pause(self, earliest: int) -> None:
        pause = self.pauses[self.next]
        pause[0] = max(pause[0], earliest)
        self.now = pause[0] + pause[1]
        self.next += 1


def late_s(visit: Visit, shift: Shift, start_s: int) -> int:
    """Seconds after the last window of the day that began by the start; 0 without windows."""
    ends = [window.end_s for window in visit.windows if window.day == shift.day and window.start_s <= start_s]
    return max(0, start_s - max(ends)) if ends else 0
