"""Exact timing of a fixed sequence of visits on one shift, and the plan made of such sequences.

The rep drives as soon as a service is over; breaks fall on the way or at a stop. Among all break placements, orders of
breaks and choices of window the cheapest in lateness, overtime and waiting is found by labels (time, cost, breaks
taken) with dominance; where waiting has a price, `routing.solve.waiting` finds the exact optimum over all departures.
With travel by time of day the drive's price is part of a label's cost, and waiting is priced for each choice of windows
and breaks at its earliest end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from routing.plan import BreakTaken, Engine, Plan, Route, Stop, Unserved
from routing.problem import Problem, Shift
from routing.solve.labels import Label, Step, steps_to, undominated
from routing.solve.pauses import NO_PAUSES, PauseTable
from routing.solve.starts import (
    SpanTable,
    StartSpan,
    VisitGroup,
    day_table,
    groups,
    may_serve,
    possible_starts,
    promised,
    span_table,
    window_spans,
)
from routing.solve.waiting import Leg, cheapest_chain


@dataclass(frozen=True, slots=True)
class Timing:
    """One timed route: seconds from midnight per visit, `drives_s` and `metres` per leg (one more than visits).

    `break_starts_s` are in the order of the shift's breaks. `price_s` is lateness, overtime and waiting at the
    weights of the problem's objective; `travel_price_s` is travel at its weight.
    """

    shift: int
    visits: tuple[int, ...]
    start_s: int
    end_s: int
    arrivals_s: tuple[int, ...]
    starts_s: tuple[int, ...]
    departures_s: tuple[int, ...]
    drives_s: tuple[int, ...]
    metres: tuple[int, ...]
    break_starts_s: tuple[int, ...]
    lateness_s: int
    overtime_s: int
    waiting_s: int
    price_s: int
    travel_price_s: int

    @property
    def travel_s(self) -> int:
        """Seconds of driving."""
        return sum(self.drives_s)


class Scheduler:
    """Times sequences of one problem; what does not change from call to call is worked out once per shift and visit.

    Raises InputError when the problem has no travel times.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.travel = problem.require_travel()
        self._constant = self.travel.duration_s[0] if self.travel.is_constant else None
        self._place = tuple(problem.location_index[visit.location] for visit in problem.visits)
        self._service = tuple(visit.service_s for visit in problem.visits)
        self._ends = tuple((problem.location_index[s.start], problem.location_index[s.end]) for s in problem.shifts)
        self._pauses: dict[int, PauseTable] = {}
        self._spans: dict[tuple[int, int], tuple[StartSpan, ...]] = {}
        self._tables: dict[object, SpanTable] = {}
        self._any_shift = all(visit.shifts is None and visit.promise is None for visit in problem.visits)
        self._day_tables: dict[date, SpanTable] = {}
        self._groups: tuple[VisitGroup, ...] | None = None
        self._day_spans: dict[tuple[int, date], tuple[StartSpan, ...]] = {}

    def spans(self, shift_index: int, visit_index: int) -> tuple[StartSpan, ...]:
        """When the visit's service may start on the shift; empty if never."""
        key = (shift_index, visit_index)
        found = self._spans.get(key)
        if found is None:
            visit, shift = self.problem.visits[visit_index], self.problem.shifts[shift_index]
            found = promised(visit, self._window_spans(visit_index, shift)) if may_serve(visit, shift) else ()
            self._spans[key] = found
        return found

    def _window_spans(self, visit_index: int, shift: Shift) -> tuple[StartSpan, ...]:
        """The day's spans, worked out once for all shifts of a day."""
        key = (visit_index, shift.day)
        found = self._day_spans.get(key)
        if found is None:
            found = window_spans(self.problem.visits[visit_index], shift.day)
            self._day_spans[key] = found
        return found

    def span_table(self, shift_index: int) -> SpanTable:
        """The start spans of all visits on the shift."""
        shift = self.problem.shifts[shift_index]
        key = (shift.day, shift.skills) if self._any_shift else shift_index
        table = self._tables.get(key)
        if table is None:
            day = self._day_tables.get(shift.day)
            if day is None:
                day = self._day_tables[shift.day] = day_table(self.problem, shift.day)
            if self._groups is None:
                self._groups = groups(self.problem)
            table = self._tables[key] = span_table(self.problem, shift, day, self._groups)
        return table

    def pauses(self, shift_index: int) -> PauseTable:
        """The ways to take the shift's breaks."""
        table = self._pauses.get(shift_index)
        if table is None:
            table = PauseTable(self.problem.shifts[shift_index].breaks)
            self._pauses[shift_index] = table
        return table

    def duration(self, origin: int, target: int, at_s: int) -> int:
        """Seconds of a drive between two locations that begins at `at_s`, or -1."""
        if self._constant is not None:
            return int(self._constant[origin, target])
        return self.travel.duration(origin, target, at_s)

    def schedule(
        self, shift_index: int, visit_indices: Sequence[int], *, latest_end_s: int | None = None
    ) -> Timing | None:
        """The cheapest timing of the visits in this order, or None when there is none.

        `latest_end_s` replaces the shift's end with its overtime as the hard limit (to measure what is missing).
        """
        shift = self.problem.shifts[shift_index]
        limit = shift.end_s + shift.max_overtime_s if latest_end_s is None else latest_end_s
        if any(not self.spans(shift_index, visit) for visit in visit_indices):
            return None
        if not self._drives_allowed(shift_index, visit_indices, shift):
            return None
        weights = self.problem.objective
        steps = None
        if weights.waiting and self._constant is not None:
            steps = self._cheapest_with_waiting(shift_index, visit_indices, limit)
        else:
            steps = self._cheapest_by_labels(shift_index, visit_indices, limit)
        return None if steps is None else self._timing(shift_index, tuple(visit_indices), steps)

    def _drives_allowed(self, shift_index: int, visits: Sequence[int], shift: Shift) -> bool:
        """Whether a road leads from stop to stop and, where travel is constant, its sum is allowed."""
        total = 0
        for origin, target in self._legs(shift_index, visits):
            drive = self.duration(origin, target, shift.start_s)
            if drive < 0:
                return False
            total += drive
        return self._constant is None or shift.max_travel_s is None or total <= shift.max_travel_s

    def _legs(self, shift_index: int, visits: Sequence[int]) -> Iterable[tuple[int, int]]:
        first, last = self._ends[shift_index]
        places = [first, *(self._place[visit] for visit in visits), last]
        return pairwise(places)

    def _cheapest_by_labels(self, shift_index: int, visits: Sequence[int], limit_s: int) -> list[Step] | None:
        shift, weights = self.problem.shifts[shift_index], self.problem.objective
        table = self.pauses(shift_index)
        timed = self._constant is None
        max_travel = shift.max_travel_s if timed else None
        labels = [Label(shift.start_s, 0, 0, 0, 0, NO_PAUSES, None)]
        legs = list(self._legs(shift_index, visits))
        for (origin, target), visit in zip(legs[:-1], visits, strict=True):
            spans, service = self.spans(shift_index, visit), self._service[visit]
            longer: list[Label] = []
            for label in labels:
                drive = self.duration(origin, target, label.time_s)
                travel = label.travel_s + drive
                if max_travel is not None and travel > max_travel:
                    continue
                cost = label.cost + (weights.travel * drive if timed else 0)
                for way in table.after(label.mask):
                    if label.time_s > way.leave_by_s:
                        continue
                    ready = max(label.time_s + drive + way.total_s, way.free_at_s)
                    for start, late in possible_starts(spans, ready):
                        if start + service > limit_s:
                            break
                        longer.append(
                            Label(
                                start + service,
                                cost + weights.lateness * late,
                                travel,
                                label.mask | way.mask,
                                start,
                                way,
                                label,
                            )
                        )
            labels = undominated(longer, by_travel=max_travel is not None)
            if not labels:
                return None
        origin, target = legs[-1]
        best: tuple[tuple[int, int], Label] | None = None
        for label in labels:
            drive = self.duration(origin, target, label.time_s)
            if max_travel is not None and label.travel_s + drive > max_travel:
                continue
            for way in table.after(label.mask):
                if label.mask | way.mask != table.full or label.time_s > way.leave_by_s:
                    continue
                end = max(label.time_s + drive + way.total_s, way.free_at_s)
                if end > limit_s:
                    continue
                cost = label.cost + weights.overtime * max(0, end - shift.end_s) + weights.waiting * end
                cost += weights.travel * drive if timed else 0
                if best is None or (cost, end) < best[0]:
                    last = Label(end, cost, 0, table.full, end, way, label)
                    best = ((cost, end), last)
        return None if best is None else self._leave_late(shift_index, visits, steps_to(best[1]))

    def _leave_late(self, shift_index: int, visits: Sequence[int], steps: list[Step]) -> list[Step]:
        """The same timing, leaving home as late as the first service allows (and, by time of day, when it is fast)."""
        left, way, start = steps[0]
        origin, target = next(iter(self._legs(shift_index, visits)))
        latest = min(way.leave_by_s, start - way.total_s)
        if self._constant is not None:
            latest = min(latest, start - way.total_s - self.duration(origin, target, left))
            return [Step(latest, way, start), *steps[1:]]
        low, high = left, latest
        while low < high:
            middle = (low + high + 1) // 2
            arrives = middle + self.duration(origin, target, middle) + way.total_s
            low, high = (middle, high) if arrives <= start else (low, middle - 1)
        weights, allowed = self.problem.objective, self.duration(origin, target, left)
        best = (weights.travel * allowed - weights.waiting * (left + allowed), -left)
        for at in {low} | {int(at) for at in self.travel.at_s if left < at < low}:
            drive = self.duration(origin, target, at)
            if drive <= allowed or self.problem.shifts[shift_index].max_travel_s is None:
                best = min(best, (weights.travel * drive - weights.waiting * (at + drive), -at))
        return [Step(-best[1], way, start), *steps[1:]]

    def _cheapest_with_waiting(self, shift_index: int, visits: Sequence[int], limit_s: int) -> list[Step] | None:
        shift, weights = self.problem.shifts[shift_index], self.problem.objective
        legs = [
            Leg(
                drive_s=self.duration(origin, target, shift.start_s),
                spans=(StartSpan(0, limit_s, shift.end_s),) if visit is None else self.spans(shift_index, visit),
                price=weights.overtime if visit is None else weights.lateness,
                service_s=0 if visit is None else self._service[visit],
            )
            for (origin, target), visit in zip(self._legs(shift_index, visits), [*visits, None], strict=True)
        ]
        chain = cheapest_chain(
            legs, self.pauses(shift_index), weights.waiting, earliest_s=shift.start_s, latest_s=limit_s
        )
        return None if chain is None else [Step(*link) for link in chain]

    def _timing(self, shift_index: int, visits: tuple[int, ...], steps: list[Step]) -> Timing:
        shift, weights = self.problem.shifts[shift_index], self.problem.objective
        arrivals, starts, departures, drives, metres = [], [], [], [], []
        breaks = [0] * len(shift.breaks)
        late = 0
        for number, ((origin, target), step) in enumerate(zip(self._legs(shift_index, visits), steps, strict=True)):
            drive = self.duration(origin, target, step.left_s)
            drives.append(drive)
            metres.append(max(0, self.travel.distance(origin, target, step.left_s)))
            for position, begins in zip(step.pauses.order, step.pauses.starts(shift.breaks, step.left_s), strict=True):
                breaks[position] = begins
            if number == len(visits):
                continue
            visit = visits[number]
            arrivals.append(step.pauses.arrival(shift.breaks, step.left_s, drive))
            starts.append(step.start_s)
            departures.append(step.start_s + self._service[visit])
            late += next(
                max(0, step.start_s - span.due_s)
                for span in self.spans(shift_index, visit)
                if span.first_s <= step.start_s <= span.last_s
            )
        start, end = steps[0].left_s, steps[-1].start_s
        service = sum(self._service[visit] for visit in visits)
        waiting = end - start - sum(drives) - service - sum(pause.duration_s for pause in shift.breaks)
        overtime = max(0, end - shift.end_s)
        return Timing(
            shift=shift_index,
            visits=visits,
            start_s=start,
            end_s=end,
            arrivals_s=tuple(arrivals),
            starts_s=tuple(starts),
            departures_s=tuple(departures),
            drives_s=tuple(drives),
            metres=tuple(metres),
            break_starts_s=tuple(breaks),
            lateness_s=late,
            overtime_s=overtime,
            waiting_s=waiting,
            price_s=weights.lateness * late + weights.overtime * overtime + weights.waiting * waiting,
            travel_price_s=weights.travel * sum(drives),
        )


def schedule(
    problem: Problem, shift_index: int, visit_indices: Sequence[int], *, latest_end_s: int | None = None
) -> Timing | None:
    """The cheapest timing of the visits in this order on the shift, or None; see `Scheduler.schedule`."""
    return Scheduler(problem).schedule(shift_index, visit_indices, latest_end_s=latest_end_s)


def route_of(problem: Problem, timing: Timing) -> Route:
    """The timed route in the plan's form."""
    shift = problem.shifts[timing.shift]
    return Route(
        shift=shift.id,
        travel_s=timing.travel_s,
        distance_m=sum(timing.metres),
        stops=tuple(
            Stop(
                visit=problem.visits[visit].id,
                arrival_s=timing.arrivals_s[i],
                start_s=timing.starts_s[i],
                departure_s=timing.departures_s[i],
                travel_s=timing.drives_s[i],
            )
            for i, visit in enumerate(timing.visits)
        ),
        breaks=tuple(
            BreakTaken(start_s=begins, duration_s=pause.duration_s)
            for begins, pause in zip(timing.break_starts_s, shift.breaks, strict=True)
        ),
        start_s=timing.start_s,
        end_s=timing.end_s,
    )


def routes_to_plan(
    problem: Problem,
    sequences: Sequence[Sequence[int]],
    *,
    seed: int,
    iterations: int,
    engine: Engine,
    unserved: Iterable[Unserved] = (),
    bound_s: int | None = None,
    scheduler: Scheduler | None = None,
) -> Plan:
    """The plan of these sequences of visit positions, one per shift in the order of the problem's shifts.

    Raises ValueError naming the shift when a sequence cannot be timed.
    """
    clock = scheduler or Scheduler(problem)
    routes: list[Route] = []
    value = travel = price = 0
    for position, sequence in enumerate(sequences):
        if not sequence:
            continue
        shift = problem.shifts[position]
        timing = clock.schedule(position, sequence)
        if timing is None:
            raise ValueError(f"the sequence of shift {shift.id!r} cannot be timed")
        routes.append(route_of(problem, timing))
        value += sum(problem.visits[visit].worth_s(shift.rep) for visit in sequence)
        travel += timing.travel_s
        price += timing.price_s + timing.travel_price_s
    return Plan(
        objective_s=value - price,
        value_s=value,
        travel_s=travel,
        seed=seed,
        iterations=iterations,
        engine=engine,
        bound_s=bound_s,
        routes=tuple(routes),
        unserved=tuple(unserved),
    )
