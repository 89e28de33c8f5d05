"""From the database to problems, through the solver, to stored plan versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from routing.evaluate import require_valid
from routing.plan import Plan
from routing.solve.options import Progress, SolveOptions
from visits.day_plan import DayPlan
from visits.errors import BeatplanError, InputError, StaleError
from visits.models import PlanPart, PlanRun, RunState, utc_now
from visits.needs import CustomerHistory
from visits.part_watch import PartWatch
from visits.plan_drafting import keep_drafts
from visits.plan_storing import RUN, Cause, store_plan
from visits.problem_building import PlanningInput, TerritoryData, build_problem
from visits.run_keeping import Claim, ClaimLostError, abandon_run, claim_part, end_part, split_run
from visits.run_result import LISTED, NotPlanned, RunResult, sum_of_all
from visits.scope import SYSTEM
from visits.solving import OnProgress, ShouldStop, Tools
from visits.store import Store
from visits.territory_data import load_territory

ATTEMPTS = 3
HERE = "here"


@dataclass(frozen=True, slots=True)
class SolvedPart:
    """A problem of the run and its plan."""

    inputs: PlanningInput
    plan: Plan


class _StoppedError(Exception):
    """Somebody asked the run to stop, or another worker has this part of it."""


def run_planning(
    store: Store,
    run_id: str,
    tools: Tools,
    *,
    now: datetime,
    worker_id: str = HERE,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> RunResult:
    """Carry out a queued run here, one part after the other; see `plan_part`.

    A run that is over is not repeated, and what others have taken of it is left to them. Raises what made it fail,
    after writing it down: InputError, RoadError, SolveError, NotFoundError.
    """
    for part_id in split_run(store, run_id):
        claim = claim_part(store, part_id, worker_id)
        if claim is None:
            continue
        try:
            plan_part(store, claim, tools, now=now, on_progress=on_progress, should_stop=should_stop)
        except ClaimLostError:
            continue
        except BeatplanError as error:
            abandon_run(store, run_id, RunState.FAILED, str(error))
            raise
        except BaseException as error:
            abandon_run(store, run_id, RunState.FAILED, f"stopped by a fault of the program: {type(error).__name__}")
            raise
        if should_stop is not None and should_stop():
            abandon_run(store, run_id, RunState.CANCELLED, "cancelled")
    with store.reading() as session:
        run = session.get_one(PlanRun, run_id)
    if run.status == RunState.FAILED and run.result is None:
        raise InputError(run.message)
    return RunResult.model_validate(run.result or {})


def plan_part(
    store: Store,
    claim: Claim,
    tools: Tools,
    *,
    now: datetime,
    on_progress: OnProgress | None = None,
    should_stop: ShouldStop | None = None,
) -> None:
    """Plan one territory, a problem per week, and store its plans and the end of the part in one transaction.

    The plans of a run that does not publish are stored as drafts, and no plan changes.

    Keeps the part's progress and looks for a wish to cancel; then nothing of the part is stored. A plan that changed
    meanwhile is planned again, three times. Raises InputError, RoadError, SolveError; ClaimLostError when another
    worker has taken the part, and StaleError when plans kept changing.
    """
    with store.reading() as session:
        run, part = session.get_one(PlanRun, claim.run_id), session.get_one(PlanPart, claim.part_id)
    work = _Work(store, run, part, claim, tools, now, on_progress, should_stop)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            work.carry_out()
        except _StoppedError:
            with store.session() as session:
                end_part(session, claim, RunState.CANCELLED, "cancelled")
            return
        except ClaimLostError:
            raise
        except StaleError:
            if attempt == ATTEMPTS:
                raise
        else:
            return


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


def seconds_for(asked: float | None, attempt: int) -> float | None:
    """Search time of an attempt: as asked the first time, then twice as long each time.

    A busy machine may need all of it before the first plan is there; without more time the next attempt would fail too.
    """
    return None if asked is None else asked * 2 ** max(0, attempt - 1)


class _Work:
    """One part of a run being carried out."""

    def __init__(
        self,
        store: Store,
        run: PlanRun,
        part: PlanPart,
        claim: Claim,
        tools: Tools,
        now: datetime,
        on_progress: OnProgress | None,
        should_stop: ShouldStop | None,
    ) -> None:
        self.store, self.run, self.part, self.claim = store, run, part, claim
        self.tools, self.now = tools, now
        self.on_progress, self.should_stop = on_progress, should_stop
        self.watch = PartWatch(store, claim)
        self.weeks = weeks_of(run.first_day, run.days)

    def carry_out(self) -> None:
        horizon, read_at = (self.weeks[0][0], self.weeks[-1][-1]), utc_now()
        with self.store.reading() as session:
            data = load_territory(session, self.part.territory_id, horizon, self.now)
        solved: list[SolvedPart] = []
        for number, week in enumerate(self.weeks):
            self._stop_if_wished()
            inputs = build_problem(data, week, self.tools.travel, now=self.now)
            if inputs is not None:
                plan = self._solve(inputs, number, sum(one.plan.objective_s for one in solved))
                solved.append(SolvedPart(inputs, plan))
                data = after_week(data, inputs, plan)
        documents: list[DayPlan] = []
        with self.store.session() as session:
            for one in solved:
                if self.run.publish:
                    cause = Cause(RUN, self.run.id)
                    documents += store_plan(session, SYSTEM, one.inputs, one.plan, cause, self.now)
                else:
                    documents += keep_drafts(session, one.inputs, one.plan, self.run.id, self.now, read_at=read_at)
            end_part(session, self.claim, RunState.DONE, "", self._result(solved, documents))

    def _solve(self, inputs: PlanningInput, number: int, won_s: int) -> Plan:
        run, week = self.run, self.weeks[number]
        options = SolveOptions(
            engine="ortools" if run.engine == "ortools" else "search",
            seconds=seconds_for(run.seconds, self.part.attempts),
            iterations=run.iterations,
            seed=run.seed,
        )
        allowed_s = options.time_s

        def tell(progress: Progress) -> None:
            share = min(1.0, progress.elapsed_s / allowed_s) if allowed_s else 0.0
            best = None if progress.objective_s is None else won_s + progress.objective_s
            self.watch.note(min(99, int(100 * (number + share) / len(self.weeks))), best, f"{week[0]} to {week[-1]}")
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
        return self.watch.should_stop() or (self.should_stop is not None and self.should_stop())

    def _stop_if_wished(self) -> None:
        if self._wished_to_stop():
            raise _StoppedError

    def _result(self, solved: Sequence[SolvedPart], documents: Sequence[DayPlan]) -> RunResult:
        left = _left_out(solved)
        return RunResult(
            plans=len(documents),
            stops=sum(len(route.stops) for one in solved for route in one.plan.routes),
            value_s=sum(one.plan.value_s for one in solved),
            travel_s=sum(one.plan.travel_s for one in solved),
            objective_s=sum(one.plan.objective_s for one in solved),
            bound_s=sum_of_all([one.plan.bound_s for one in solved]),
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
