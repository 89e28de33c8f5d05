"""Moves by hand: what a dispatcher wants, done at once, with every rule it breaks and its price in seconds.

A move is never refused because it is bad: stops that no timing can keep are told as late as they become.
"""

from __future__ import annotations

from dataclasses import dataclass

from routing.documents import Document, Id
from routing.errors import InputError
from routing.evaluate import Violation, evaluate
from routing.events import EventList, before_all, check_events
from routing.plan import Diff, Plan, Route, Unserved
from routing.problem import Problem
from routing.repair.aftermath import problem_after
from routing.repair.differences import difference
from routing.repair.rest import Day, day_of, rest_of
from routing.repair.state import DayState, state_of
from routing.repair.telling import Teller, disturbed
from routing.repair.timeline import Decided, Told, tell
from routing.solve.starts import possible_starts, promised, window_spans


@dataclass(frozen=True, slots=True)
class Assign:
    """Put a visit, planned or not, on a shift: after a stop, or as its first open stop."""

    visit: str
    shift: str
    after: str | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a visit out of the plan."""

    visit: str


@dataclass(frozen=True, slots=True)
class Pin:
    """Lock a planned stop to its shift, or with `locked` false let it move again."""

    visit: str
    locked: bool = True


ManualMove = Assign | Remove | Pin


class PricedMove(Document):
    """A move carried out. `broken` are the rules that hold no longer and held before, as the evaluator says them.

    `price_s` is what the objective loses, the price of each changed stop included; negative where the plan gains.
    """

    visit: Id
    plan: Plan
    diff: Diff
    broken: tuple[Violation, ...]
    price_s: int


def price_move(problem: Problem, plan: Plan, move: ManualMove, *, now: EventList | None = None) -> PricedMove:
    """The plan after a move by hand, timed anew where it changes, with its price and the rules it breaks.

    `now` gives the day, time, progress and change price; without it the whole plan is open.
    Raises InputError when the visit, shift or stop is unknown, or history would have to change.
    """
    problem.require_travel()
    any_day = now is None
    now = now or before_all(problem)
    check_events(problem, plan, now, any_day=any_day)
    state = state_of(problem, plan, now)
    day = day_of(problem_after(problem, now, plan), state, now)
    source = _open_home(day, state, move.visit)
    if isinstance(move, Pin):
        return _pinned(day, plan, move, source)
    boards = {position: list(one.rest) for position, one in state.open.items()}
    if source is not None:
        boards[source].remove(move.visit)
    elif isinstance(move, Remove):
        raise InputError(f"visit {move.visit!r} is in no route; nothing is to be removed")
    if isinstance(move, Assign):
        _put(day, state, boards, move)
    changed = [p for p, one in state.open.items() if tuple(boards[p]) != one.rest]
    told = {p: _retold(day, p, tuple(boards[p])) for p in changed}
    return _priced(day, plan, move, told)


def _open_home(day: Day, state: DayState, visit: str) -> int | None:
    """The open shift a visit stands on, None when it is in no route."""
    if visit not in day.problem.visit_index:
        raise InputError(f"visit is {visit!r}, which the problem does not have; correct it")
    over = {
        stop.visit
        for position in state.over
        for stop in getattr(state.routes.get(day.problem.shifts[position].id), "stops", ())
    }
    if visit in state.locked | over:
        raise InputError(f"visit {visit!r} is executed or under way; only open stops can be moved")
    return day.homes.get(visit)


def _put(day: Day, state: DayState, boards: dict[int, list[str]], move: Assign) -> None:
    position = day.problem.shift_index.get(move.shift)
    if position is None:
        raise InputError(f"shift is {move.shift!r}, which the problem does not have; correct it")
    if position not in state.open:
        raise InputError(f"shift {move.shift!r} is over; choose one of {day.events.day} or later")
    stops, locked = boards[position], [stop.visit for stop in state.open[position].locked]
    if move.after is None or (locked and move.after == locked[-1]):
        stops.insert(0, move.visit)
    elif move.after in stops:
        stops.insert(stops.index(move.after) + 1, move.visit)
    else:
        known = "is executed or under way" if move.after in locked else "is no stop of it"
        raise InputError(f"after is {move.after!r}, which {known}; name an open stop of shift {move.shift!r}")


def _retold(day: Day, position: int, names: tuple[str, ...]) -> Told | None:
    """The route of these stops: timed exactly where that can be, else as punctual as the order allows."""
    rest = rest_of(day, [position], {position: names}, (), keep_times=False)
    teller = Teller(day, disturbed(day) | {position})
    if not names or (rest is not None and all(name in rest.problem.visit_index for name in names)):
        try:
            return teller.told(position, names, rest)
        except ValueError:
            pass
    return _leniently(day, position, names)


def _leniently(day: Day, position: int, names: tuple[str, ...]) -> Told:
    """Each service begins as soon as it may, or on arrival when it no longer may at all."""
    state, problem = day.state.open[position], day.problem
    shift, index = problem.shifts[position], problem.visit_index
    decided = [Decided(index[stop.visit], stop.start_s, stop.departure_s, locked=True) for stop in state.locked]
    breaks = [(start, shift.breaks[i].duration_s) for i, start in state.taken.items()]
    breaks += [
        (max(state.available_s, shift.breaks[i].earliest_s), shift.breaks[i].duration_s) for i in state.breaks_left
    ]
    leave = state.available_s if state.leave_s is None else state.leave_s
    if decided:
        last = decided[-1]
        decided[-1] = Decided(last.visit, last.start_s, max(last.departure_s, state.available_s), locked=True)
    for name in names:
        visit = problem.visits[index[name]]
        trial = Decided(index[name], state.available_s, 0, name in day.pinned)
        ready = tell(problem, position, leave, [*decided, trial], breaks).route.stops[-1].start_s
        spans = promised(visit, window_spans(visit, shift.day))
        start = next((start for start, _ in possible_starts(spans, ready)), ready)
        decided.append(Decided(index[name], start, start + visit.service_s, name in day.pinned))
    return tell(problem, position, leave, decided, breaks)


def _pinned(day: Day, plan: Plan, move: Pin, source: int | None) -> PricedMove:
    if source is None:
        raise InputError(f"visit {move.visit!r} is in no route; only planned stops can be locked")
    routes = tuple(
        route.model_copy(
            update={
                "stops": tuple(
                    stop.model_copy(update={"locked": move.locked}) if stop.visit == move.visit else stop
                    for stop in route.stops
                )
            }
        )
        for route in plan.routes
    )
    after = plan.model_copy(update={"routes": routes})
    return PricedMove(visit=move.visit, plan=after, diff=difference(day.problem, plan, after), broken=(), price_s=0)


def _priced(day: Day, plan: Plan, move: Assign | Remove, told: dict[int, Told | None]) -> PricedMove:
    problem = day.problem
    routes: dict[int, Route] = {problem.shift_index[route.shift]: route for route in plan.routes}
    for position, one in told.items():
        if one is None:
            routes.pop(position, None)
        else:
            routes[position] = one.route
    unserved = [entry for entry in plan.unserved if entry.visit != move.visit]
    if isinstance(move, Remove):
        unserved.append(Unserved(visit=move.visit, reason="value", detail="taken out by hand", cost_s=0))
    draft = plan.model_copy(
        update={
            "routes": tuple(route for _, route in sorted(routes.items())),
            "unserved": tuple(unserved),
            "diff": None,
            "suggestions": None,
            "bound_s": None,
        }
    )
    before, verdict = evaluate(problem, plan), evaluate(problem, draft)
    sums = {"objective_s": verdict.objective_s, "value_s": verdict.value_s, "travel_s": verdict.travel_s}
    after = draft.model_copy(update=sums)
    held = {(fault.kind, fault.shift, fault.visit) for fault in before.violations}
    broken = tuple(
        fault for fault in evaluate(problem, after).violations if (fault.kind, fault.shift, fault.visit) not in held
    )
    changes = _changed(day, move)
    price = before.objective_s - verdict.objective_s + day.events.change_price_s * changes
    return PricedMove(visit=move.visit, plan=after, diff=difference(problem, plan, after), broken=broken, price_s=price)


def _changed(day: Day, move: Assign | Remove) -> int:
    """1 when a planned stop changes rep or day or goes, else 0."""
    if move.visit not in day.homes:
        return 0
    stays = isinstance(move, Assign) and day.stays(move.visit, day.problem.shift_index[move.shift])
    return int(not stays)


__all__ = ["Assign", "ManualMove", "Pin", "PricedMove", "Remove", "price_move"]
