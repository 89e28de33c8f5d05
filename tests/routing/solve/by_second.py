"""The cheapest timing of a sequence by walking second by second: the oracle of the schedule."""

from __future__ import annotations

import heapq

from routing.problem import Problem, Visit

INFINITE = 10**9


def cheapest_by_second(problem: Problem, shift_index: int, sequence: tuple[int, ...]) -> int | None:
    """Least lateness, overtime, waiting and travel price, or None; with timed travel the rep leaves at the start."""
    travel = problem.require_travel()
    shift, weights = problem.shifts[shift_index], problem.objective
    index = problem.location_index
    places = [index[shift.start], *(index[problem.visits[v].location] for v in sequence), index[shift.end]]
    full = (1 << len(shift.breaks)) - 1
    last = shift.end_s + shift.max_overtime_s
    queue: list[tuple[int, int, int, int, int, int]] = []

    def push(cost: int, now: int, leg: int, remaining: int, mask: int, driven: int) -> None:
        if now <= last and (shift.max_travel_s is None or driven <= shift.max_travel_s):
            heapq.heappush(queue, (cost, now, leg, remaining, mask, driven))

    def leave(cost: int, now: int, leg: int, mask: int, driven: int) -> None:
        drive = travel.duration(places[leg], places[leg + 1], now)
        if drive >= 0:
            push(cost + weights.travel * drive, now, leg, drive, mask, driven + drive)

    departures = range(shift.start_s, last + 1) if travel.is_constant else [shift.start_s]
    for departure in departures:
        leave(0, departure, 0, 0, 0)
    seen = set()
    while queue:
        cost, now, leg, remaining, mask, driven = heapq.heappop(queue)
        if (now, leg, remaining, mask, driven) in seen:
            continue
        seen.add((now, leg, remaining, mask, driven))
        if leg == len(sequence) and remaining == 0 and mask == full:
            return cost
        if remaining:
            push(cost + _over(shift.end_s, now, weights.overtime), now + 1, leg, remaining - 1, mask, driven)
        elif leg < len(sequence):
            visit = problem.visits[sequence[leg]]
            late = lateness(visit, problem, shift_index, now)
            if late is not None:
                after = now + visit.service_s
                over = weights.overtime * (max(0, after - shift.end_s) - max(0, now - shift.end_s))
                leave(cost + weights.lateness * late + over, after, leg + 1, mask, driven)
        for number, pause in enumerate(shift.breaks):
            if not mask >> number & 1 and pause.earliest_s <= now <= pause.latest_s:
                after = now + pause.duration_s
                over = weights.overtime * (max(0, after - shift.end_s) - max(0, now - shift.end_s))
                push(cost + over, after, leg, remaining, mask | 1 << number, driven)
        push(cost + weights.waiting + _over(shift.end_s, now, weights.overtime), now + 1, leg, remaining, mask, driven)
    return None


def _over(end_s: int, now: int, price: int) -> int:
    return price if now >= end_s else 0


def lateness(visit: Visit, problem: Problem, shift_index: int, start: int) -> int | None:
    """Lateness of a start on a shift, None when it is not allowed."""
    shift = problem.shifts[shift_index]
    if visit.shifts is not None and shift.id not in visit.shifts:
        return None
    if not set(visit.skills).issubset(shift.skills):
        return None
    promise = visit.promise
    if promise is not None and not (promise.shift == shift.id and promise.start_s <= start <= promise.end_s):
        return None
    if not visit.windows:
        return 0
    best = None
    for window in visit.windows:
        if window.day == shift.day and window.start_s <= start <= window.end_s + visit.max_late_s:
            late = max(0, start - window.end_s)
            best = late if best is None else min(best, late)
    return best
