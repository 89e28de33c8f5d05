"""The OR-Tools routing model of a problem: the second engine, and the cross-check of the first.

One vehicle per shift, one optional node per visit, one time line on which the days follow each other. The model runs on
the coarse clock of `routing.solve.coarse`; what it finds is timed again to the second, and gaps are filled then.
Mandatory visits are optional at a price above everything else, so that the best plan without an impossible one comes
out. The library holds the interpreter's lock while it searches: call it in a process of its own
(`routing.child`) wherever other threads must go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.problem import Problem
from routing.solve.coarse import coarsen, slowest_drives, tick_of, usual_drives
from routing.solve.construct import Sequences, trim
from routing.solve.pauses import NEVER
from routing.solve.schedule import Scheduler
from routing.solve.starts import StartSpan

OnSolution = Callable[[int, Callable[[], Sequences]], None]
CHECKS_PER_ITERATION = 500
"""Times the search asks whether to go on, per solution wanted: it ends there where no more solutions come."""
ASK_EVERY = 64
"""The search asks hundreds of thousands of times a second; the caller is asked once in so many."""
LARGE_STEP_MS = 60_000
"""Also bounds the taking over of a first solution, which fails silently when it takes longer (50 shifts: 0.2 s)."""


@dataclass(frozen=True, slots=True)
class SearchLimits:
    """When the search ends: seconds, or a number of accepted solutions, or the caller's wish."""

    seconds: float | None
    solutions: int | None
    should_stop: Callable[[], bool] | None
    seed: int


class RoutingModel:
    """The model of one problem. Raises InputError when the problem has no travel times."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.tick = tick_of(problem)
        self.coarse = coarsen(problem, self.tick)
        self._scheduler = Scheduler(self.coarse)
        self._line = _day_offsets(self.coarse)
        self._allowed = _allowed(self._scheduler)
        self._visits = [int(visit) for visit in np.flatnonzero(self._allowed.any(axis=0))]
        self._node_of = {visit: node for node, visit in enumerate(self._visits)}
        self._build()

    def _build(self) -> None:
        places = self.problem.location_index
        shifts = self.problem.shifts
        depots = sorted({places[shift.start] for shift in shifts} | {places[shift.end] for shift in shifts})
        self._places = np.array(
            [places[self.problem.visits[visit].location] for visit in self._visits] + depots, np.int64
        )
        node_of_depot = {place: len(self._visits) + i for i, place in enumerate(depots)}
        self._manager = pywrapcp.RoutingIndexManager(
            len(self._places),
            len(shifts),
            [node_of_depot[places[shift.start]] for shift in shifts],
            [node_of_depot[places[shift.end]] for shift in shifts],
        )
        self._model = pywrapcp.RoutingModel(self._manager)
        self._set_costs()
        self._add_travel_limit()
        self._add_time()
        self._add_visits()
        self._parameters = pywrapcp.DefaultRoutingSearchParameters()
        self._parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.LOCAL_CHEAPEST_INSERTION
        self._parameters.lns_time_limit.FromMilliseconds(LARGE_STEP_MS)
        self._parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH

    def _set_costs(self) -> None:
        """Arc costs in seconds of the objective; what a rep adds or takes from a visit's worth is on its arcs."""
        drives = usual_drives(self.problem)[np.ix_(self._places, self._places)].astype(np.int64)
        costs = np.maximum(drives, 0) * self.problem.objective.travel
        visits = [self.problem.visits[visit] for visit in self._visits]
        reps = sorted({shift.rep for shift in self.problem.shifts})
        preference = np.array(
            [[visit.rep_preference_s.get(rep, 0) for visit in visits] for rep in reps], np.int64
        ).reshape(len(reps), len(visits))
        self._bonus = np.maximum(preference.max(axis=0, initial=0), 0)
        if not preference.any():
            self._model.SetArcCostEvaluatorOfAllVehicles(self._model.RegisterTransitMatrix(costs.tolist()))
            return
        evaluators = {}
        for rep, row in zip(reps, preference, strict=True):
            own = costs.copy()
            own[:, : len(visits)] += (self._bonus - row)[None, :]
            evaluators[rep] = self._model.RegisterTransitMatrix(own.tolist())
        for vehicle, shift in enumerate(self.problem.shifts):
            self._model.SetArcCostEvaluatorOfVehicle(evaluators[shift.rep], vehicle)

    def _add_travel_limit(self) -> None:
        limits = [shift.max_travel_s for shift in self.problem.shifts]
        if all(limit is None for limit in limits):
            return
        drives = slowest_drives(self.problem)[np.ix_(self._places, self._places)].astype(np.int64)
        transit = self._model.RegisterTransitMatrix(np.where(drives < 0, NEVER >> 20, drives).tolist())
        capacities = [NEVER >> 22 if limit is None else limit for limit in limits]
        self._model.AddDimensionWithVehicleCapacity(transit, 0, capacities, True, "travel")

    def _add_time(self) -> None:
        coarse, objective = self.coarse, self.problem.objective
        horizon = 1 + max(
            (self._line[i] + shift.end_s + shift.max_overtime_s for i, shift in enumerate(coarse.shifts)), default=0
        )
        drives = coarse.require_travel().duration_s[0][np.ix_(self._places, self._places)].astype(np.int64)
        service = np.zeros(len(self._places), np.int64)
        service[: len(self._visits)] = [coarse.visits[visit].service_s for visit in self._visits]
        transit = np.where(drives < 0, 2 * horizon, drives + service[:, None])
        self._model.AddDimension(self._model.RegisterTransitMatrix(transit.tolist()), horizon, horizon, False, "time")
        self._time = self._model.GetDimensionOrDie("time")
        solver = self._model.solver()
        at_node = [int(service[self._manager.IndexToNode(i)]) for i in range(self._model.Size())]
        for vehicle, shift in enumerate(coarse.shifts):
            offset, limit = self._line[vehicle], shift.end_s + shift.max_overtime_s
            for index in (self._model.Start(vehicle), self._model.End(vehicle)):
                self._time.CumulVar(index).SetRange(offset + shift.start_s, offset + limit)
            if shift.max_overtime_s:
                price = objective.overtime * self.tick
                self._time.SetCumulVarSoftUpperBound(self._model.End(vehicle), offset + shift.end_s, price)
            if objective.waiting:
                self._time.SetSlackCostCoefficientForVehicle(objective.waiting * self.tick, vehicle)
            if shift.breaks:
                intervals = [
                    solver.FixedDurationIntervalVar(
                        offset + max(pause.earliest_s, shift.start_s),
                        offset + max(shift.start_s, min(pause.latest_s, limit - pause.duration_s)),
                        pause.duration_s,
                        False,
                        f"break {vehicle} {i}",
                    )
                    for i, pause in enumerate(shift.breaks)
                ]
                self._time.SetBreakIntervalsOfVehicle(intervals, vehicle, at_node)

    def _add_visits(self) -> None:
        visits = [self.problem.visits[visit] for visit in self._visits]
        worths = [visit.value_s + int(bonus) for visit, bonus in zip(visits, self._bonus, strict=True)]
        weights = self.problem.objective
        hours = sum(shift.end_s + shift.max_overtime_s - shift.start_s for shift in self.problem.shifts)
        priceless = 1 + sum(worths) + hours * (weights.travel + weights.waiting + weights.overtime)
        priceless += weights.lateness * sum(visit.max_late_s for visit in visits)
        self._full_cost = sum(worths)
        for node, (position, visit) in enumerate(zip(self._visits, visits, strict=True)):
            index = self._manager.NodeToIndex(node)
            self._model.AddDisjunction([index], worths[node] + (priceless if visit.must else 0))
            possible = self._allowed[:, position]
            barred = [int(vehicle) for vehicle in np.flatnonzero(~possible)]
            if barred:
                self._model.VehicleVar(index).RemoveValues(barred)
            self._set_starts(index, position, possible)

    def _set_starts(self, index: int, position: int, possible: npt.NDArray[np.bool_]) -> None:
        """The starts allowed on the time line: each day's spans, cut to its shifts."""
        allowed: dict[int, tuple[int, int]] = {}
        spans: dict[int, tuple[StartSpan, ...]] = {}
        for vehicle in (int(i) for i in np.flatnonzero(possible)):
            shift, offset = self.coarse.shifts[vehicle], self._line[vehicle]
            low, high = allowed.get(offset, (NEVER, 0))
            latest = shift.end_s + shift.max_overtime_s
            allowed[offset] = (min(low, shift.start_s), max(high, latest))
            spans[offset] = self._scheduler.spans(vehicle, position)
        pieces = sorted(
            (offset + max(span.first_s, low), offset + min(span.last_s, high))
            for offset, (low, high) in allowed.items()
            for span in spans[offset]
            if span.first_s <= high and span.last_s >= low
        )
        cumul = self._time.CumulVar(index)
        cumul.SetRange(pieces[0][0], pieces[-1][1])
        for (_, closes), (opens, _) in pairwise(pieces):
            if opens > closes + 1:
                cumul.RemoveInterval(closes + 1, opens - 1)
        visit = self.coarse.visits[position]
        if visit.max_late_s and len(visit.windows) == 1:
            (offset,) = allowed
            due = offset + visit.windows[0].end_s
            self._time.SetCumulVarSoftUpperBound(index, due, self.problem.objective.lateness * self.tick)

    def improve(
        self, start: Sequence[Sequence[int]], limits: SearchLimits, on_solution: OnSolution | None = None
    ) -> tuple[Sequences, int]:
        """The best sequences found from `start`, and the number of solutions accepted on the way.

        `start` is cut down to what fits the coarse clock. Without a time limit the result is the same on every run.
        """
        if not self._visits:
            return [()] * len(self.problem.shifts), 0
        solver = self._model.solver()
        solver.ReSeed(limits.seed)
        if limits.seconds is not None:
            self._parameters.time_limit.FromMilliseconds(max(1, int(limits.seconds * 1000)))
        if limits.solutions is not None:
            self._parameters.solution_limit = max(1, limits.solutions)
        accepted = 0

        def at_solution() -> None:
            nonlocal accepted
            accepted += 1
            if on_solution is not None:
                on_solution(self._full_cost - self._model.CostVar().Max(), self._current)

        self._model.AddAtSolutionCallback(at_solution)
        self._model.AddSearchMonitor(solver.CustomLimit(_limit(limits)))
        self._model.CloseModelWithParameters(self._parameters)
        routes = [[self._manager.NodeToIndex(self._node_of[visit]) for visit in one] for one in self._cut(start)]
        given = self._model.ReadAssignmentFromRoutes(routes, True)
        if given is None:
            found = self._model.SolveWithParameters(self._parameters)
        else:
            found = self._model.SolveFromAssignmentWithParameters(given, self._parameters)
        if found is None:
            return [tuple(sequence) for sequence in start], accepted
        return self._sequences(lambda index: int(found.Value(self._model.NextVar(index)))), accepted

    def _cut(self, start: Sequence[Sequence[int]]) -> Sequences:
        """The sequences without what does not fit the coarse clock."""
        possible = [
            [visit for visit in sequence if self._allowed[position, visit]] for position, sequence in enumerate(start)
        ]
        return trim(self._scheduler, possible)

    def _current(self) -> Sequences:
        """The sequences of the solution the search stands at; to be asked for in a solution callback only."""
        return self._sequences(lambda index: int(self._model.NextVar(index).Value()))

    def _sequences(self, following: Callable[[int], int]) -> Sequences:
        sequences: Sequences = []
        for vehicle in range(len(self.problem.shifts)):
            index, sequence = following(self._model.Start(vehicle)), []
            while not self._model.IsEnd(index):
                sequence.append(self._visits[self._manager.IndexToNode(index)])
                index = following(index)
            sequences.append(tuple(sequence))
        return sequences


def _limit(limits: SearchLimits) -> Callable[[], bool]:
    """The question the search asks at every step, the caller's wish and the most steps in one."""
    most = None if limits.solutions is None else CHECKS_PER_ITERATION * (limits.solutions + 4)
    asked = 0

    def over() -> bool:
        nonlocal asked
        asked += 1
        if most is not None and asked > most:
            return True
        return limits.should_stop is not None and asked % ASK_EVERY == 0 and limits.should_stop()

    return over


def _day_offsets(coarse: Problem) -> list[int]:
    """What to add to a shift's clock so that the days follow each other with a tick between them."""
    days = sorted({shift.day for shift in coarse.shifts})
    offsets, end = {}, 0
    for day in days:
        shifts = [shift for shift in coarse.shifts if shift.day == day]
        offsets[day] = end - min(shift.start_s for shift in shifts)
        end = offsets[day] + 2 + max(shift.end_s + shift.max_overtime_s for shift in shifts)
    return [offsets[shift.day] for shift in coarse.shifts]


def _allowed(scheduler: Scheduler) -> npt.NDArray[np.bool_]:
    """Which shift may serve which visit at a time within it: bool [shifts, visits]."""
    shifts = scheduler.problem.shifts
    rows = []
    for i, shift in enumerate(shifts):
        table = scheduler.span_table(i)
        meets = (table.last >= shift.start_s) & (table.first <= shift.end_s + shift.max_overtime_s)
        rows.append(table.allowed & meets.any(axis=1))
    return np.array(rows, np.bool_).reshape(len(shifts), len(scheduler.problem.visits))
