"""Boards as timed routes of the whole problem, and what they are worth after the price of changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.events import Hours
from routing.plan import Route
from routing.repair.rest import RETIMED_S, Board, Day, Rest
from routing.repair.state import ShiftState
from routing.repair.timeline import Decided, Told, tell

Score = tuple[int, int]
"""Visits served of those that must be, then the objective less the price of changes, in seconds."""


def disturbed(day: Day) -> frozenset[int]:
    """Positions of the shifts whose route cannot simply stand: an event or the told progress changes it."""
    hours = {event.visit for event in day.events.events if isinstance(event, Hours)}
    delayed = day.events.delays()
    found = set()
    for position, state in day.state.open.items():
        route = day.state.routes.get(state.shift.id)
        if route is None:
            continue
        names = [stop.visit for stop in route.stops]
        moved = (
            state.shift.id in delayed
            or state.until_s is not None
            or any(name in day.events.gone or name in hours for name in names)
            or day.problem.shifts[position] != state.shift
            or (state.shift.id in day.events.progress and _differs(state, route))
            or (state.leave_s is None and route.start_s < state.available_s)
        )
        if moved:
            found.add(position)
    return frozenset(found)


def _differs(state: ShiftState, route: Route) -> bool:
    """Whether told progress is not what the plan says."""
    stops = route.stops[: len(state.locked)]
    as_planned = [(stop.visit, stop.start_s, stop.departure_s) for stop in stops] == [
        (stop.visit, stop.start_s, stop.departure_s) for stop in state.locked
    ]
    leaves = stops[-1].departure_s if stops else route.start_s
    starts = {pause.start_s for pause in route.breaks}
    had = sum(pause.start_s < leaves for pause in route.breaks)
    return (
        not as_planned
        or state.available_s > leaves
        or state.at != state.before
        or len(state.taken) != had
        or not starts.issuperset(state.taken.values())
        or (state.leave_s is None and state.available_s > route.start_s)
    )


@dataclass(slots=True)
class Teller:
    """Tells the routes of boards; a route told once is remembered. Positions are those of the whole problem."""

    day: Day
    disturbed: frozenset[int]
    known: dict[tuple[int, tuple[str, ...]], Told | None] = field(default_factory=dict)

    def stands(self, position: int, names: tuple[str, ...]) -> bool:
        """Whether the shift's route with these open stops is the one it had."""
        return position not in self.disturbed and names == self.day.state.open[position].rest

    def told(self, position: int, names: tuple[str, ...], rest: Rest | None) -> Told | None:
        """The route of a shift with these open stops; None when it is unused. `rest` times what is not as planned.

        Raises ValueError when the stops cannot be timed in this order.
        """
        key = (position, names)
        if key not in self.known:
            state = self.day.state.open[position]
            if self.stands(position, names):
                self.known[key] = self._as_it_was(position, state)
            else:
                self.known[key] = self._anew(position, state, names, rest)
        return self.known[key]

    def board(self, board: Board, rest: Rest | None) -> dict[int, Told]:
        """The used routes of all open shifts; `rest` must have the shifts that are not as they were."""
        found = {}
        for position in self.day.state.open:
            told = self.told(position, board[position], rest)
            if told is not None:
                found[position] = told
        return found

    def score(self, told: Mapping[int, Told]) -> Score:
        """Musts served, and the objective of open shifts less the price of changes."""
        starts = {stop.visit: (at, stop.start_s) for at, one in told.items() for stop in one.route.stops}
        index, visits = self.day.problem.visit_index, self.day.problem.visits
        musts = sum(visits[index[name]].must or name in self.day.pinned for name in starts)
        objective = sum(one.worth_s - one.price_s for one in told.values())
        return musts, objective - self.day.events.change_price_s * self._changes(starts)

    def _changes(self, starts: Mapping[str, tuple[int, int]]) -> int:
        """Open stops that changed rep or day or were dropped, and promised ones that were retimed."""
        day, count = self.day, 0
        for name in day.homes:
            if name not in starts or not day.stays(name, starts[name][0]):
                count += 1
            elif abs(starts[name][1] - day.starts[name]) > RETIMED_S:
                count += day.problem.visits[day.problem.visit_index[name]].promise is not None
        return count

    def _as_it_was(self, position: int, state: ShiftState) -> Told | None:
        route = self.day.state.routes.get(state.shift.id)
        if route is None:
            return None
        index = self.day.problem.visit_index
        locked = {stop.visit for stop in state.locked} | self.day.pinned
        decided = [
            Decided(index[stop.visit], stop.start_s, stop.departure_s, stop.visit in locked) for stop in route.stops
        ]
        breaks = [(pause.start_s, pause.duration_s) for pause in route.breaks]
        return tell(self.day.problem, position, route.start_s, decided, breaks)

    def _anew(self, position: int, state: ShiftState, names: tuple[str, ...], rest: Rest | None) -> Told | None:
        index, visits = self.day.problem.visit_index, self.day.problem.visits
        if not names and not state.locked:
            return None
        shift = self.day.problem.shifts[position]
        breaks = [(start, shift.breaks[i].duration_s) for i, start in state.taken.items()]
        timing = None
        if rest is not None and position in rest.positions:
            of_rest = rest.problem.visit_index
            timing = rest.clock.schedule(rest.positions.index(position), [of_rest[name] for name in names])
        if timing is None and names:
            raise ValueError(f"the stops of shift {shift.id!r} cannot be timed")
        decided = [Decided(index[stop.visit], stop.start_s, stop.departure_s, locked=True) for stop in state.locked]
        if decided and state.at == state.before:
            last = decided[-1]
            decided[-1] = Decided(last.visit, last.start_s, max(last.departure_s, state.available_s), locked=True)
        if timing is None:
            breaks += [
                (max(state.available_s, shift.breaks[i].earliest_s), shift.breaks[i].duration_s)
                for i in state.breaks_left
            ]
            leave = state.available_s if state.leave_s is None else state.leave_s
        else:
            starts = zip(state.breaks_left, timing.break_starts_s, strict=True)
            breaks += [(start, shift.breaks[i].duration_s) for i, start in starts]
            leave = timing.start_s if state.leave_s is None else state.leave_s
            for name, start in zip(names, timing.starts_s, strict=True):
                service = visits[index[name]].service_s
                decided.append(Decided(index[name], start, start + service, name in self.day.pinned))
        return tell(self.day.problem, position, leave, decided, breaks)
