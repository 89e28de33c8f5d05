# ruff: noqa: PLC0415 -- what a cell does not need is not imported before its clock starts
"""Field-sales problems as OR-Tools, PyVRP and VROOM take them: each model as a user of that library would write it.

Every function gives visit positions, one list per shift. All peers know one clock only, so the days follow each other
on it. VROOM gets priorities (worth in steps of a hundredth of the most), PyVRP prizes, one client per visit and window,
grouped, and only where shifts have no breaks; OR-Tools its routing model with its default first solution and guided
local search, in ticks of ten seconds where the days are many, because it keeps one bit per time.
"""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import pairwise
from typing import Any

from routing.problem import Problem, Visit

Routes = list[list[int]]


def day_starts(problem: Problem) -> dict[Any, int]:
    """A clock on which days follow each other without overlap."""
    days = sorted({shift.day for shift in problem.shifts})
    longest = max(shift.end_s for shift in problem.shifts) + 1
    return {day: i * longest for i, day in enumerate(days)}


def spans_on(problem: Problem, visit: Visit, offset: dict[Any, int]) -> list[tuple[int, int]]:
    """Start windows on that clock, clipped to the day's shifts."""
    spans = []
    for day, at in offset.items():
        first = min(shift.start_s for shift in problem.shifts if shift.day == day)
        last = max(shift.end_s for shift in problem.shifts if shift.day == day)
        windows = [(w.start_s, w.end_s) for w in visit.windows if w.day == day] if visit.windows else [(first, last)]
        spans += [(at + max(a, first), at + min(b, last)) for a, b in windows if a <= last and b >= first]
    return sorted(spans)


def by_ortools(problem: Problem, seconds: float, seed: int) -> Routes:  # noqa: ARG001 -- its search has no seed
    """The OR-Tools routing model: one vehicle per shift, a disjunction per visit, a time dimension with breaks."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    ends_at = time.monotonic() + seconds
    offset = day_starts(problem)
    tick = 1 if len(offset) == 1 else 10
    places = problem.location_index
    depots = sorted({place for shift in problem.shifts for place in (shift.start, shift.end)})
    spans = {
        j: [(-(-a // tick), b // tick) for a, b in spans_on(problem, visit, offset) if -(-a // tick) <= b // tick]
        for j, visit in enumerate(problem.visits)
    }
    visits = [j for j, pieces in spans.items() if pieces]
    rows = [places[problem.visits[j].location] for j in visits] + [places[name] for name in depots]
    manager = pywrapcp.RoutingIndexManager(
        len(rows),
        len(problem.shifts),
        [len(visits) + depots.index(shift.start) for shift in problem.shifts],
        [len(visits) + depots.index(shift.end) for shift in problem.shifts],
    )
    model = pywrapcp.RoutingModel(manager)
    drives = problem.matrix.duration_s[rows][:, rows].astype(int)  # type: ignore[union-attr]
    service = [problem.visits[j].service_s for j in visits] + [0] * len(depots)
    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(drives.tolist()))
    spent = [[-(-(int(d) + service[i]) // tick) for d in row] for i, row in enumerate(drives)]
    horizon = (max(offset.values()) + max(shift.end_s for shift in problem.shifts)) // tick + 1
    model.AddDimension(model.RegisterTransitMatrix(spent), horizon, horizon, False, "time")
    clock = model.GetDimensionOrDie("time")
    for k, shift in enumerate(problem.shifts):
        at = offset[shift.day]
        for index in (model.Start(k), model.End(k)):
            clock.CumulVar(index).SetRange(-(-(at + shift.start_s) // tick), (at + shift.end_s) // tick)
        pauses = [
            model.solver().FixedDurationIntervalVar(
                -(-(at + b.earliest_s) // tick), (at + b.latest_s) // tick, -(-b.duration_s // tick), False, f"{k} {i}"
            )
            for i, b in enumerate(shift.breaks)
        ]
        if pauses:
            at_node = [-(-service[manager.IndexToNode(i)] // tick) for i in range(model.Size())]
            clock.SetBreakIntervalsOfVehicle(pauses, k, at_node)
    for node, j in enumerate(visits):
        visit, index = problem.visits[j], manager.NodeToIndex(node)
        model.AddDisjunction([index], 10_000_000 if visit.must else visit.value_s)
        clock.CumulVar(index).SetRange(spans[j][0][0], spans[j][-1][1])
        for (_, closes), (opens, _) in pairwise(spans[j]):
            if opens > closes + 1:
                clock.CumulVar(index).RemoveInterval(closes + 1, opens - 1)
        barred = [k for k, shift in enumerate(problem.shifts) if not set(visit.skills) <= set(shift.skills)]
        if barred:
            model.VehicleVar(index).RemoveValues(barred)
    settings = pywrapcp.DefaultRoutingSearchParameters()
    settings.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    settings.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    settings.time_limit.FromMilliseconds(max(1, int(1000 * (ends_at - time.monotonic()))))
    found = model.SolveWithParameters(settings)
    if found is None:
        raise ValueError("no first solution within the limit")
    routes: Routes = [[] for _ in problem.shifts]
    for k in range(len(problem.shifts)):
        index = found.Value(model.NextVar(model.Start(k)))
        while not model.IsEnd(index):
            routes[k].append(visits[manager.IndexToNode(index)])
            index = found.Value(model.NextVar(index))
    return routes


def by_vroom(problem: Problem, seconds: float, seed: int) -> Routes:  # noqa: ARG001 -- VROOM has no seed
    import vroom

    offset = day_starts(problem)
    model = vroom.Input()
    model.set_durations_matrix("car", problem.matrix.duration_s.astype("uint32"))  # type: ignore[union-attr]
    places = problem.location_index
    names = sorted({skill for visit in problem.visits for skill in visit.skills})
    for k, shift in enumerate(problem.shifts):
        at = offset[shift.day]
        breaks = [
            vroom.Break(i + 1, [vroom.TimeWindow(at + b.earliest_s, at + b.latest_s)], b.duration_s)
            for i, b in enumerate(shift.breaks)
        ]
        model.add_vehicle(
            vroom.Vehicle(
                k + 1,
                start=places[shift.start],
                end=places[shift.end],
                time_window=vroom.TimeWindow(at + shift.start_s, at + shift.end_s),
                skills={names.index(s) + 1 for s in shift.skills if s in names},
                breaks=breaks,
            )
        )
    most = max(visit.value_s for visit in problem.visits if not visit.must)
    for j, visit in enumerate(problem.visits):
        spans = spans_on(problem, visit, offset)
        if not spans:
            continue
        model.add_job(
            vroom.Job(
                j + 1,
                location=places[visit.location],
                default_service=visit.service_s,
                priority=100 if visit.must else max(0, min(99, round(99 * visit.value_s / most))),
                skills={names.index(s) + 1 for s in visit.skills},
                time_windows=[vroom.TimeWindow(a, b) for a, b in spans],
            )
        )
    answer = model.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=seconds))
    routes: Routes = [[] for _ in problem.shifts]
    for row in answer.routes.itertuples():
        if row.type == "job":
            routes[int(row.vehicle_id) - 1].append(int(row.id) - 1)
    return routes


def by_pyvrp(problem: Problem, seconds: float, seed: int) -> Routes:
    import pyvrp

    if any(shift.breaks for shift in problem.shifts):
        raise ValueError("PyVRP knows no breaks")
    offset = day_starts(problem)
    places = problem.location_index
    model = pyvrp.Model()
    names = sorted({skill for visit in problem.visits for skill in visit.skills})
    ends = sorted({shift.start for shift in problem.shifts})
    spots = [model.add_location(0, 0) for _ in problem.locations]
    depots = {name: model.add_depot(spots[places[name]]) for name in ends}
    clients: list[int] = []
    for j, visit in enumerate(problem.visits):
        spans = spans_on(problem, visit, offset)
        if not spans:
            continue
        group = model.add_client_group(required=visit.must) if len(spans) > 1 else None
        load = [int(name in visit.skills) for name in names] or [0]
        for a, b in spans:
            model.add_client(
                spots[places[visit.location]],
                delivery=load,
                service_duration=visit.service_s,
                tw_early=a,
                tw_late=b,
                prize=visit.value_s,
                required=visit.must and group is None,
                group=group,
            )
            clients.append(j)
    for shift in problem.shifts:
        at = offset[shift.day]
        model.add_vehicle_type(
            1,
            capacity=[10_000 if name in shift.skills else 0 for name in names] or [0],
            start_depot=depots[shift.start],
            end_depot=depots[shift.end],
            tw_early=at + shift.start_s,
            tw_late=at + shift.end_s,
            unit_distance_cost=1,
        )
    drives = problem.matrix.duration_s.tolist()  # type: ignore[union-attr]
    for i, a in enumerate(spots):
        for j, b in enumerate(spots):
            if i != j:
                model.add_edge(a, b, distance=drives[i][j], duration=drives[i][j])
    ends_at = time.process_time() + seconds
    answer = model.solve(lambda _: time.process_time() >= ends_at, seed=seed, display=False)
    routes: Routes = [[] for _ in problem.shifts]
    for route in answer.best.routes():
        routes[route.vehicle_type()] = [clients[int(str(stop)[1:])] for stop in route if str(stop).startswith("C")]
    return routes
