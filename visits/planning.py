"""From the database to problems, through the solver, to stored plan versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from routing.documents import Count, Day, Document, Flag, Id
from routing.evaluate import require_valid
from routing.plan import Plan, Reason
from routing.solve.options import Progress, SolveOptions
from visits.day_plan import DayPlan
from visits.errors import BeatplanError, InputError, StaleError
from visits.models import PlanRun, RunState
from visits.needs import CustomerHistory
from visits.plan_storing import Cause, store_plan, stored_by_run
from visits.problem_building import PlanningInput, TerritoryData, build_problem
from visits.run_keeping import RunWatch, begin_run, end_run
from visits.scope import SYSTEM
from visits.solving import OnProgress, ShouldStop, Tools
from visits.store import Store
from visits.territory_data import load_territory, territories_to_plan

ATTEMPTS = 3
LISTED = 500


class NotPlanned(Document):
    """A due customer that no plan of the run visits, and the checked reason."""

    visit: Id
    customer: Id
    name: str
    must: Flag
    reason: Reason
    detail: str = ""


class RunResult(Document):
    """What a planning run brought: sums over its rep-days, and who was left out (the musts first, at most 500)."""

    plans: Count = 0
    stops: Count = 0
    value_s: int = 0
    travel_s: Count = 0
    objective_s: int = 0
    days: tuple[Day, ...] = ()
    not_planned: tuple[NotPlanned, ...] = ()
    not_planned_count: Count = 0
    must_not_planned: Count = 0


@dataclass(frozen=True, slots=True)
class SolvedPart:
    """A problem of the run and its plan."""

    inputs: PlanningInput
    plan: Plan


class _CancelledError(Exception):
    """Somebody asked the run to stop."""


def run_planning(
    store: Store,
    run_id: str,
    tools: Tools,
    *,
    now: datetime,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> RunResult:
    """Carry out a queued run: one problem per territory and week, each territory stored as one transaction.

    Keeps the run's row up to date (status, percent, best objective, message, result) and looks there for a wish to
    cancel; territories stored by then stay. A run started again after a crash stores nothing twice. A run that is over
    is not repeated. Raises what made it fail, after writing it down: InputError, RoadError, SolveError, NotFoundError.
    """
    run = begin_run(store, run_id, now)
    if run.status != RunState.RUNNING:
        return RunResult.model_validate(run.result or {})
    work = _Work(store, run, tools, now, RunWatch(store, run_id), on_progress, should_stop)
    try:
        work.carry_out()
    except _CancelledError:
        end_run(store, run_id, RunState.CANCELLED, "cancelled", now, work.result().model_dump(mode="json"))
        return work.result()
    except BeatplanError as error:
        end_run(store, run_id, RunState.FAILED, str(error), now)
        raise
    except BaseException as error:
        end_run(store, run_id, RunState.FAILED, f"stopped by a fault of the program: {type(error).__name__}", now)
        raise
    result = work.result()
    end_run(store, run_id, RunState.DONE, _summary(result), now, result.model_dump(mode="json"))
    return result


def weeks_of(first_day: date, days: int) -> list[tuple[date, ...]]:
    """The days of a horizon, split at the turn of each week (Monday)."""
    all_days = [first_day + timedelta(days=i) for i in range(days)]
    return [tuple(week) for _, week in groupby(all_days, key=lambda day: day.isocalendar()[:2])]


def after_week(data: TerritoryData, inputs: PlanningInput, plan: Plan) -> TerritoryData:
    """The territory as the next week sees it: what this week's plan visits counts as visited."""
    histories = dict(data.histories)
    for route in plan.routes:
        day = inputs.frames[route.shift].local.day
        for stop in route.stops:
            need = inputs.needs[stop.visit]
            former = histories.get(need.customer.id, CustomerHistory())
            still_open = tuple(visit for visit in former.open_visits if visit.id != need.visit_id)
            is_new = len(still_open) == len(former.open_visits)
            histories[need.customer.id] = replace(
                former,
                open_visits=still_open,
                visits_so_far=former.visits_so_far + is_new,
                last_visit=max(day, former.last_visit) if former.last_visit else day,
            )
    return replace(data, histories=histories)


class _Work:
    """One run being carried out."""

    def __init__(
        self,
        store: Store,
        run: PlanRun,
        tools: Tools,
        now: datetime,
        watch: RunWatch,
        on_progress: OnProgress | None,
        should_stop: ShouldStop | None,
    ) -> None:
        self.store, self.run, self.tools, self.now, self.watch = store, run, tools, now, watch
        self.on_progress, self.should_stop = on_progress, should_stop
        self.weeks = weeks_of(run.first_day, run.days)
        self.parts_done = self.parts = 0
        self.objective_s = 0
        self.solved: list[SolvedPart] = []
        self.documents: list[DayPlan] = []

    def carry_out(self) -> None:
        with self.store.reading() as session:
            territories = territories_to_plan(session, self.run.territory_ids)
        if not territories:
            raise InputError("there are no active reps to plan for; import reps, or name territories that have some")
        self.parts = len(territories) * len(self.weeks)
        for number, territory_id in enumerate(territories):
            for attempt in range(1, ATTEMPTS + 1):
                self.parts_done = number * len(self.weeks)
                try:
                    self._plan_territory(territory_id)
                    break
                except StaleError:
                    if attempt == ATTEMPTS:
                        raise
        self.watch.note(100, self.objective_s, at_once=True)

    def _plan_territory(self, territory_id: str | None) -> None:
        horizon = (self.weeks[0][0], self.weeks[-1][-1])
        with self.store.reading() as session:
            data = load_territory(session, territory_id, horizon, self.now)
            if stored_by_run(session, self.run.id, data.reps):
                return
        solved: list[SolvedPart] = []
        for week in self.weeks:
            self._stop_if_wished()
            inputs = build_problem(data, week, self.tools.travel, now=self.now)
            if inputs is not None:
                plan = self._solve(inputs)
                solved.append(SolvedPart(inputs, plan))
                data = after_week(data, inputs, plan)
            self.parts_done += 1
        with self.store.session() as session:
            for part in solved:
                cause = Cause("run", self.run.id)
                self.documents += store_plan(session, SYSTEM, part.inputs, part.plan, cause, self.now)
        self.solved += solved
        self.objective_s += sum(part.plan.objective_s for part in solved)

    def _solve(self, inputs: PlanningInput) -> Plan:
        run = self.run
        options = SolveOptions(
            engine="ortools" if run.engine == "ortools" else "search",
            seconds=run.seconds,
            iterations=run.iterations,
            seed=run.seed,
        )
        allowed_s = options.time_s

        def tell(progress: Progress) -> None:
            share = min(1.0, progress.elapsed_s / allowed_s) if allowed_s else 0.0
            percent = int(100 * (self.parts_done + share) / self.parts)
            best = None if progress.objective_s is None else self.objective_s + progress.objective_s
            self.watch.note(min(percent, 99), best)
            if self.on_progress is not None:
                self.on_progress(progress)

        try:
            plan = self.tools.solve(inputs.problem, options, on_progress=tell, should_stop=self._wished_to_stop)
        finally:
            self._stop_if_wished()  # a solve that was stopped before its first plan fails, but nothing went wrong
        impossible = frozenset(entry.visit for entry in plan.unserved)
        require_valid(inputs.problem, plan, allow_missing=impossible)
        return plan

    def _wished_to_stop(self) -> bool:
        return self.watch.cancelled() or (self.should_stop is not None and self.should_stop())

    def _stop_if_wished(self) -> None:
        if self._wished_to_stop():
            raise _CancelledError

    def result(self) -> RunResult:
        left = _left_out(self.solved)
        return RunResult(
            plans=len(self.documents),
            stops=sum(len(route.stops) for part in self.solved for route in part.plan.routes),
            value_s=sum(part.plan.value_s for part in self.solved),
            travel_s=sum(part.plan.travel_s for part in self.solved),
            objective_s=self.objective_s,
            days=tuple(day for week in self.weeks for day in week),
            not_planned=tuple(left[:LISTED]),
            not_planned_count=len(left),
            must_not_planned=sum(entry.must for entry in left),
        )


def _left_out(solved: Sequence[SolvedPart]) -> list[NotPlanned]:
    """Who got no visit in the whole horizon, the musts first; the reason is that of the last week that tried."""
    visited = {part.inputs.needs[name].customer.id for part in solved for name in _served(part.plan)}
    found: dict[str, NotPlanned] = {}
    for part in solved:
        for entry in part.plan.unserved:
            need = part.inputs.needs[entry.visit]
            found[entry.visit] = NotPlanned(
                visit=entry.visit,
                customer=need.customer.id,
                name=need.customer.name,
                must=need.must,
                reason=entry.reason,
                detail=_in_names(entry.detail, part.inputs),
            )
        for left in part.inputs.left_out:
            found[left.need.visit_id] = NotPlanned(
                visit=left.need.visit_id,
                customer=left.need.customer.id,
                name=left.need.customer.name,
                must=left.need.must,
                reason=left.reason,
                detail=left.detail,
            )
    missed = [entry for entry in found.values() if entry.must or entry.customer not in visited]
    return sorted(missed, key=lambda entry: (not entry.must, entry.name, entry.visit))


def _in_names(detail: str, inputs: PlanningInput) -> str:
    """A solver's sentence with the names of customers and reps in place of the ids it quotes."""

    def name(quoted: re.Match[str]) -> str:
        need, frame = inputs.needs.get(quoted[1]), inputs.frames.get(quoted[1])
        if need is not None:
            return repr(need.customer.name)
        return quoted[0] if frame is None else f"{frame.rep.name} on {frame.local.day}"

    return re.sub(r"'([^']+)'", name, detail)


def _served(plan: Plan) -> Iterable[str]:
    return (stop.visit for route in plan.routes for stop in route.stops)


def _summary(result: RunResult) -> str:
    text = f"{result.stops} stops planned, {result.plans} rep-days changed"
    if result.must_not_planned:
        missing = next(entry for entry in result.not_planned if entry.must)
        text += f"; {result.must_not_planned} must-visits have no place, first {missing.name}: {missing.reason}"
    return text
