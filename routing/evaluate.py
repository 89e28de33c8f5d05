"""The judge: what a plan really does, worked out from the matrix alone, and every rule it breaks.

A plan states decisions (the order of stops, when each service, break and departure begins) and results (arrivals,
travel, totals). Decisions are followed; results are derived anew and compared. Nothing here is shared with a solver.

How a leg is driven: the rep leaves at `departure_s`, the drive lasts what the matrix says for a drive that begins
then, and a break that begins before the arrival interrupts it. A break that begins at the very second of departure or
arrival may be seen as taken at that stop; the plan's own `travel_s` and `arrival_s` say which, and both are accepted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from routing.errors import SolveError
from routing.plan import BreakTaken, Plan, Route, Stop
from routing.problem import Break, Problem, Shift, Visit
from routing.travel import Travel
from routing.verdict import Evaluation, Kind, RouteTiming, StopTiming, Violation

__all__ = ["Evaluation", "Kind", "RouteTiming", "StopTiming", "Violation", "evaluate", "require_valid"]


def evaluate(problem: Problem, plan: Plan) -> Evaluation:
    """Judges a plan against its problem.

    Raises InputError when the problem carries no travel times.
    """
    travel = problem.require_travel()
    violations: list[Violation] = []
    timings: list[RouteTiming] = []
    value = 0
    served: Counter[str] = Counter()
    last_position = -1
    for route in plan.routes:
        position = problem.shift_index.get(route.shift)
        if position is None:
            violations.append(
                Violation(kind="unknown", shift=route.shift, detail=f"the problem has no shift {route.shift!r}")
            )
            continue
        if position <= last_position:
            again = any(timing.shift == route.shift for timing in timings)
            said = "has two routes" if again else "stands before a shift that comes earlier in the problem"
            violations.append(
                Violation(
                    kind="duplicate" if again else "order", shift=route.shift, detail=f"shift {route.shift!r} {said}"
                )
            )
        last_position = max(position, last_position)
        shift = problem.shifts[position]
        judge = _RouteJudge(problem, travel, shift, route)
        timings.append(judge.judge())
        violations.extend(judge.violations)
        for visit in judge.known:
            served[visit.id] += 1
            if served[visit.id] == 1:
                value += visit.worth_s(shift.rep)
    violations.extend(_served_once(problem, plan, served))
    weights = problem.objective
    sums = {
        name: sum(getattr(timing, name) for timing in timings)
        for name in ("travel_s", "distance_m", "waiting_s", "lateness_s", "overtime_s")
    }
    objective = (
        value
        - weights.travel * sums["travel_s"]
        - weights.waiting * sums["waiting_s"]
        - weights.lateness * sums["lateness_s"]
        - weights.overtime * sums["overtime_s"]
    )
    for name, stated, true in (
        ("objective_s", plan.objective_s, objective),
        ("value_s", plan.value_s, value),
        ("travel_s", plan.travel_s, sums["travel_s"]),
    ):
        if stated != true:
            violations.append(Violation(kind="totals", detail=f"the plan states {name} {stated}; it is {true}"))
    if plan.bound_s is not None and plan.bound_s < objective:
        violations.append(
            Violation(kind="totals", detail=f"the plan states bound_s {plan.bound_s}, below its objective {objective}")
        )
    return Evaluation(
        valid=not violations,
        objective_s=objective,
        value_s=value,
        served=len(served),
        unserved=len(problem.visits) - len(served),
        violations=tuple(violations),
        routes=tuple(timings),
        **sums,
    )


def require_valid(problem: Problem, plan: Plan, allow_missing: frozenset[str] = frozenset()) -> Evaluation:
    """The evaluation of a plan that must be sound before anyone sees it.

    `allow_missing` names mandatory visits that were proven impossible. Raises SolveError naming the first violation.
    """
    verdict = evaluate(problem, plan)
    for fault in verdict.violations:
        if not (fault.kind == "mandatory" and fault.visit in allow_missing):
            raise SolveError(f"the solver broke a rule ({fault.kind}): {fault.detail}; please report this problem")
    return verdict


def _served_once(problem: Problem, plan: Plan, served: Counter[str]) -> Iterator[Violation]:
    for name, times in served.items():
        if times > 1:
            yield Violation(kind="duplicate", visit=name, detail=f"visit {name!r} is served {times} times")
    listed = Counter(entry.visit for entry in plan.unserved)
    for visit in problem.visits:
        if visit.id in served:
            if listed[visit.id]:
                yield Violation(
                    kind="unserved", visit=visit.id, detail=f"visit {visit.id!r} is served and listed as unserved"
                )
            continue
        if visit.must:
            what = "promised" if visit.promise else "mandatory"
            yield Violation(kind="mandatory", visit=visit.id, detail=f"{what} visit {visit.id!r} is not served")
        if listed[visit.id] != 1:
            yield Violation(
                kind="unserved",
                visit=visit.id,
                detail=f"visit {visit.id!r} is not served and listed {listed[visit.id]} times as unserved",
            )
    for name in listed:
        if name not in problem.visit_index:
            yield Violation(kind="unknown", visit=name, detail=f"the problem has no visit {name!r}")


class _RouteJudge:
    """Walks one route second by second; collects violations as it goes."""

    def __init__(self, problem: Problem, travel: Travel, shift: Shift, route: Route) -> None:
        self.problem = problem
        self.travel = travel
        self.shift = shift
        self.route = route
        self.violations: list[Violation] = []
        self.known: list[Visit] = []
        self.breaks = sorted(route.breaks, key=lambda pause: (pause.start_s, pause.duration_s))
        self.next_break = 0

    def judge(self) -> RouteTiming:
        shift, route = self.shift, self.route
        if not route.stops:
            self._fault("order", f"shift {shift.id!r} is unused; leave its route out")
        if route.start_s < shift.start_s:
            self._fault("shift_start", f"route {shift.id!r} starts at {route.start_s}, before {shift.start_s}")
        place = self.problem.location_index[shift.start]
        now = begin = max(route.start_s, shift.start_s)
        total_travel = total_distance = total_service = lateness = 0
        stops: list[StopTiming] = []
        for stop in route.stops:
            index = self.problem.visit_index.get(stop.visit)
            if index is None:
                self._fault("unknown", f"the problem has no visit {stop.visit!r}", stop.visit)
                continue
            visit = self.problem.visits[index]
            self.known.append(visit)
            target = self.problem.location_index[visit.location]
            left = now
            seconds, metres, arrival = self._drive(place, target, left, stop)
            timing = self._serve(visit, stop, seconds, arrival)
            self._may_serve(visit)
            lateness += timing.late_s
            total_travel += seconds
            total_distance += metres
            total_service += visit.service_s
            stops.append(timing)
            now, place = timing.departure_s, target
        seconds, metres, arrival = self._drive(place, self.problem.location_index[shift.end], now, None)
        total_travel += seconds
        total_distance += metres
        end = self._rest(arrival)
        if route.end_s != end:
            self._fault("timing", f"route {shift.id!r} states end_s {route.end_s}; it is over at {end}")
        self._close(begin, end, total_travel, total_distance)
        paused = sum(pause.duration_s for pause in self.breaks)
        return RouteTiming(
            shift=shift.id,
            start_s=begin,
            end_s=end,
            travel_s=total_travel,
            distance_m=total_distance,
            service_s=total_service,
            break_s=paused,
            waiting_s=end - begin - total_travel - total_service - paused,
            lateness_s=lateness,
            overtime_s=max(0, end - shift.end_s),
            stops=tuple(stops),
        )

    def _drive(self, origin: int, target: int, left: int, stop: Stop | None) -> tuple[int, int, int]:
        """Seconds, metres and arrival of a drive; takes the breaks that begin before the arrival."""
        begins = left
        seconds = self.travel.duration(origin, target, begins)
        upcoming = self._upcoming()
        if stop is not None and stop.travel_s != seconds and upcoming is not None and upcoming.start_s == left:
            rested = left + upcoming.duration_s
            if self.travel.duration(origin, target, rested) == stop.travel_s:
                begins, seconds = rested, stop.travel_s
        metres = self.travel.distance(origin, target, begins)
        if seconds < 0:
            where = f"to visit {stop.visit!r}" if stop else "to its end"
            self._fault(
                "unreachable", f"no road leads {where} on route {self.shift.id!r}", stop.visit if stop else None
            )
            seconds = metres = 0
        now, remaining = left, seconds
        while (pause := self._upcoming()) is not None:
            arrives = now + remaining
            if pause.start_s > arrives or (pause.start_s == arrives and (stop is None or stop.arrival_s == arrives)):
                break
            self._not_before(pause, now)
            remaining -= max(0, pause.start_s - now)
            now = max(now, pause.start_s) + pause.duration_s
            self.next_break += 1
        return seconds, max(metres, 0), now + remaining

    def _serve(self, visit: Visit, stop: Stop, seconds: int, arrival: int) -> StopTiming:
        """Timing of a stop: breaks and waiting before the service, the service, breaks and waiting after it."""
        if stop.travel_s != seconds:
            self._stated(visit, "travel_s", stop.travel_s, seconds)
        if stop.arrival_s != arrival:
            self._stated(visit, "arrival_s", stop.arrival_s, arrival)
        now, paused = arrival, 0
        while (pause := self._upcoming()) is not None and (
            pause.start_s < stop.start_s or pause.start_s + pause.duration_s <= stop.start_s
        ):
            self._not_before(pause, now)
            now = max(now, pause.start_s) + pause.duration_s
            paused += pause.duration_s
            self.next_break += 1
        if stop.start_s < now:
            self._stated(visit, "start_s", stop.start_s, now)
        start = max(stop.start_s, now)
        served = now = start + visit.service_s
        while (pause := self._upcoming()) is not None and (
            pause.start_s < served or pause.start_s + pause.duration_s <= stop.departure_s
        ):
            if pause.start_s == start and visit.service_s:
                self._fault("break", f"a break begins at {pause.start_s}, during the service of {visit.id!r}", visit.id)
            else:
                self._not_before(pause, now)
            now = max(now, pause.start_s) + pause.duration_s
            self.next_break += 1
        if stop.departure_s < now:
            self._stated(visit, "departure_s", stop.departure_s, now)
        return StopTiming(
            visit=visit.id,
            arrival_s=arrival,
            start_s=start,
            departure_s=max(stop.departure_s, now),
            travel_s=seconds,
            wait_s=start - arrival - paused,
            late_s=self._lateness(visit, start),
        )

    def _lateness(self, visit: Visit, start: int) -> int:
        """Seconds after the last window that began by `start`; faults where no window or promise allows it."""
        promise = visit.promise
        if promise is not None:
            if promise.shift != self.shift.id:
                self._fault("promise", f"visit {visit.id!r} is promised on shift {promise.shift!r}", visit.id)
            elif not promise.start_s <= start <= promise.end_s:
                self._fault(
                    "promise",
                    f"visit {visit.id!r} starts at {start}, promised {promise.start_s} to {promise.end_s}",
                    visit.id,
                    max(promise.start_s - start, start - promise.end_s),
                )
        if not visit.windows:
            return 0
        ends = [w.end_s for w in visit.windows if w.day == self.shift.day and w.start_s <= start]
        late = max(0, start - max(ends)) if ends else -1
        if late < 0 or late > visit.max_late_s:
            said = "outside every window" if late < 0 else f"{late} s late, {visit.max_late_s} s allowed"
            by_s = None if late < 0 else late - visit.max_late_s
            self._fault("window", f"visit {visit.id!r} starts at {start} on {self.shift.day}, {said}", visit.id, by_s)
        return max(0, late)

    def _rest(self, arrival: int) -> int:
        """When the route is over: at the arrival, or when the breaks left over are taken."""
        now = arrival
        while (pause := self._upcoming()) is not None:
            self._not_before(pause, now)
            now = max(now, pause.start_s) + pause.duration_s
            self.next_break += 1
        return now

    def _may_serve(self, visit: Visit) -> None:
        if visit.shifts is not None and self.shift.id not in visit.shifts:
            self._fault("not_allowed", f"visit {visit.id!r} may not be on shift {self.shift.id!r}", visit.id)
        missing = set(visit.skills) - set(self.shift.skills)
        if missing:
            named = ", ".join(sorted(missing))
            self._fault("skill", f"shift {self.shift.id!r} lacks {named} for visit {visit.id!r}", visit.id)

    def _close(self, begin: int, end: int, travel: int, distance: int) -> None:
        shift, route = self.shift, self.route
        latest = shift.end_s + shift.max_overtime_s
        if end > latest:
            self._fault("shift_end", f"route {shift.id!r} is over at {end}, after {latest}", by_s=end - latest)
        if shift.max_travel_s is not None and travel > shift.max_travel_s:
            over = travel - shift.max_travel_s
            self._fault(
                "max_travel", f"route {shift.id!r} travels {travel} s, {shift.max_travel_s} s allowed", by_s=over
            )
        for pause in self.breaks:
            if pause.start_s < begin:
                self._fault("break", f"a break of route {shift.id!r} begins at {pause.start_s}, before it starts")
        if not _match_breaks(shift.breaks, self.breaks):
            taken = [(pause.start_s, pause.duration_s) for pause in self.breaks]
            self._fault("break", f"route {shift.id!r} takes breaks {taken}, which are not those of its shift")
        for name, stated, true in (("travel_s", route.travel_s, travel), ("distance_m", route.distance_m, distance)):
            if stated != true:
                self._fault("totals", f"route {shift.id!r} states {name} {stated}; it is {true}")

    def _upcoming(self) -> BreakTaken | None:
        return self.breaks[self.next_break] if self.next_break < len(self.breaks) else None

    def _not_before(self, pause: BreakTaken, now: int) -> None:
        if pause.start_s < now:
            self._fault("break", f"a break begins at {pause.start_s} on {self.shift.id!r}, during a service or break")

    def _stated(self, visit: Visit, field: str, stated: int, true: int) -> None:
        self._fault("timing", f"visit {visit.id!r} states {field} {stated}; it is {true}", visit.id)

    def _fault(self, kind: Kind, detail: str, visit: str | None = None, by_s: int | None = None) -> None:
        self.violations.append(Violation(kind=kind, detail=detail, shift=self.shift.id, visit=visit, by_s=by_s))


def _match_breaks(wanted: Sequence[Break], taken: Sequence[BreakTaken]) -> bool:
    """Whether each wanted break can be told apart among the taken ones, one to one (augmenting paths, Kuhn 1955)."""
    holder: dict[int, int] = {}

    def place(i: int, tried: set[int]) -> bool:
        for j, pause in enumerate(taken):
            fits = pause.duration_s == wanted[i].duration_s
            if j in tried or not fits or not wanted[i].earliest_s <= pause.start_s <= wanted[i].latest_s:
                continue
            tried.add(j)
            if j not in holder or place(holder[j], tried):
                holder[j] = i
                return True
        return False

    return len(wanted) == len(taken) and all(place(i, set()) for i in range(len(wanted)))
