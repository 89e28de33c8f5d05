"""The repair of a day: events in, the next plan out."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from routing.errors import InputError, SolveError
from routing.evaluate import Violation, evaluate
from routing.events import EventList, check_events
from routing.plan import Plan, Unserved
from routing.problem import Problem
from routing.repair.aftermath import problem_after
from routing.repair.differences import difference
from routing.repair.improve import Effort
from routing.repair.leftovers import leftovers
from routing.repair.mend import Mended, Mender
from routing.repair.rest import Day, Rest, day_of
from routing.repair.scope import touched_shifts
from routing.repair.state import DayState, state_of
from routing.repair.suggestions import fill_ins
from routing.repair.telling import Teller, disturbed
from routing.solve.construct import Deadline


def repair(
    problem: Problem,
    plan: Plan,
    events: EventList,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 1,
    should_stop: Callable[[], bool] | None = None,
    fill: bool = True,
) -> Plan:
    """The plan after the events, with `diff` and `suggestions`; it is judged against `problem_after`.

    Stops executed or under way stay as they are; promised stops keep their span and shift. What is maximised is the
    objective less `change_price_s` for each open stop that changes rep or day or is dropped, and for each promised stop
    that starts more than 15 minutes sooner or later than planned. The plan is never worth less than the one that only
    leaves out what was called off. Without `seconds` it is the same on every run; with neither
    they nor `iterations` the effort is what a day's repair needs. Without `fill` no
    visit from outside the plan is put into freed time, and `suggestions` say what could be.

    Where the events leave it open: a cancelled visit that was planned is in `diff.removed` and no longer in `unserved`.
    A stop under way that becomes late is kept, and its lateness is a violation when `max_late_s` does not allow it.
    Open stops of a late rep that can no longer be kept move or are dropped. The rep who is absent drives home after the
    locked stops; what was promised there keeps its time, with any rep (see `problem_after`).

    Raises InputError for events that do not fit the problem and plan, SolveError when a rule was broken.
    """
    _check_limits(seconds, iterations, seed)
    problem.require_travel()
    check_events(problem, plan, events)
    state = state_of(problem, plan, events)
    after = problem_after(problem, events, plan)
    day = day_of(after, state, events)
    teller = Teller(day, disturbed(day))
    effort = Effort(seconds, iterations, seed, should_stop)
    mender = Mender(day, teller, _outside(problem, plan, events, fill=fill), effort)
    mended = mender.mend()
    rest = mended.rest()
    patience = mender.deadline if effort.long else Deadline(0.0)
    entries, better = leftovers(day, plan, mended.board, rest, patience)
    if better and rest is not None and _take(mended, teller, rest, better):
        entries, _ = leftovers(day, plan, mended.board, rest, patience)
    result = _judged(day, _plan_of(after, state, mended, entries, seed), mended)
    changed = {position for position, one in state.open.items() if mended.board[position] != one.rest}
    offers = fill_ins(day, mended.board, changed.union(touched_shifts(day, teller.disturbed)))
    return result.model_copy(update={"diff": difference(problem, plan, result), "suggestions": offers})


def _check_limits(seconds: float | None, iterations: int | None, seed: int) -> None:
    if seconds is not None and not (math.isfinite(seconds) and seconds > 0):
        raise InputError(f"seconds is {seconds}; give a finite number above 0")
    if iterations is not None and iterations < 0:
        raise InputError(f"iterations is {iterations}; give 0 or more")
    if not 0 <= seed < 2**31:
        raise InputError(f"seed is {seed}; give a whole number from 0 to {2**31 - 1}")


def _outside(problem: Problem, plan: Plan, events: EventList, *, fill: bool) -> list[str]:
    """Visits in no route that may come in."""
    inserted = [visit.id for visit in events.inserted()]
    planned = {stop.visit for route in plan.routes for stop in route.stops}
    return [
        visit.id
        for visit in problem.visits
        if visit.id not in planned and visit.id not in events.gone and (fill or visit.must)
    ] + inserted


def _take(mended: Mended, teller: Teller, rest: Rest, better: Mapping[int, tuple[str, ...]]) -> bool:
    """Takes what trying the reasons found to be better."""
    taken = False
    for position, names in better.items():
        board = mended.board | {position: names}
        told = teller.board(board, rest)
        score = teller.score(told)
        if score > mended.score:
            mended.board, mended.told, mended.score, taken = board, told, score, True
    return taken


def _plan_of(problem: Problem, state: DayState, mended: Mended, entries: tuple[Unserved, ...], seed: int) -> Plan:
    """The plan with routes in the order of the shifts; its sums are still to be judged."""
    told = {position: one.route for position, one in mended.told.items()}
    over = {p: state.routes[problem.shifts[p].id] for p in state.over if problem.shifts[p].id in state.routes}
    routes = [route for _, route in sorted((told | over).items())]
    return Plan(
        objective_s=0,
        value_s=0,
        travel_s=0,
        seed=seed,
        iterations=mended.iterations,
        engine="search",
        routes=tuple(routes),
        unserved=entries,
    )


def _judged(day: Day, plan: Plan, mended: Mended) -> Plan:
    """The plan with its true sums. Raises SolveError when it breaks a rule that was the repair's to keep."""
    verdict = evaluate(day.problem, plan)
    for fault in verdict.violations:
        if fault.kind != "totals" or fault.shift is not None:
            _excuse(day, mended, fault)
    sums = {"objective_s": verdict.objective_s, "value_s": verdict.value_s, "travel_s": verdict.travel_s}
    return plan.model_copy(update=sums)


def _excuse(day: Day, mended: Mended, fault: Violation) -> None:
    if not _excused(day, mended, fault):
        raise SolveError(f"the repair broke a rule ({fault.kind}): {fault.detail}; please report this problem")


def _excused(day: Day, mended: Mended, fault: Violation) -> bool:
    """Faults that no repair can help.

    Musts without a place; stops executed or under way; a shift that has nothing but such stops, or still all the stops
    it had in their order: what is wrong with it then came with the plan or with the day.
    """
    if fault.kind == "mandatory" or (fault.visit is not None and fault.visit in day.state.locked):
        return True
    if fault.shift is None or fault.shift not in day.problem.shift_index:
        return False
    position = day.problem.shift_index[fault.shift]
    state = day.state.open.get(position)
    return state is None or mended.board[position] in {(), state.rest}
