"""Asks the repair and reads its answer: which rep-days change, and what their documents become."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from routing.errors import SolveError
from routing.events import Event
from routing.moves import Remove, price_move
from routing.plan import Plan, Route
from routing.problem import Problem
from routing.repair import problem_after, repair
from visits.day_documents import Version, day_document
from visits.day_plan import DayPlan, PlannedStop
from visits.day_problem import Question
from visits.needs import Need
from visits.rep_days import RepDay

DRAFT = "draft"
"""The plan id in documents that are not stored yet."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a repair searches: so many seconds or iterations, or without any as much as a rep's day needs.

    Without seconds it does the same every time.
    """

    seconds: float | None = None
    iterations: int | None = None
    seed: int = 1


MOST_OTHERS = 2
"""So many other stops may come or go by themselves when a rep reports something; more are offered to choose from."""
AT_ONCE = Effort(iterations=0)
"""No search: driving on without what was called off."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What some days become. `documents` by shift id are those that change, as drafts without a number.

    `problem` and `plan` are what the evaluator judges, held slots taken out.
    """

    question: Question
    problem: Problem
    plan: Plan
    documents: Mapping[str, DayPlan]

    def former(self, shift: str) -> DayPlan | None:
        """The rep-day as it stands."""
        return self.question.team.by_shift[shift].document


def repaired(
    question: Question,
    happened: Sequence[Event],
    needs: Mapping[str, Need],
    effort: Effort,
    *,
    fill: bool,
    most_others: int | None = None,
) -> Outcome:
    """The days after the events; `needs` are those behind inserted visits.

    With `most_others` no more fill-ins are taken in than leave so many stops changed, those that lost their place
    counted; the best stay.

    Raises InputError for events that do not fit the days, SolveError when no repair was found.
    """
    question = replace(question, needs={**question.needs, **needs})
    events = question.with_events(happened)
    plan = repair(
        question.problem,
        question.plan,
        events,
        seconds=effort.seconds,
        iterations=effort.iterations,
        seed=effort.seed,
        fill=fill,
    )
    after = problem_after(question.problem, events, question.plan)
    if most_others is not None:
        plan = _with_few_changes(question, after, plan, most_others)
    anew = {event.shift for event in events.events if event.type == "late"}
    return outcome_of(question, after, plan, anew)


def _with_few_changes(question: Question, problem: Problem, plan: Plan, most: int) -> Plan:
    """The plan without its least worthwhile fill-ins, until no more than `most` stops came or went."""
    before, musts = _served(question.plan), {visit.id for visit in problem.visits if visit.must}
    while True:
        served = _served(plan)
        added = sorted(served - before - musts)
        if not added or len(served ^ before) <= most:
            return plan
        now = question.standing(plan)
        without = (price_move(problem, plan, Remove(name), now=now).plan for name in added)
        plan = max(without, key=lambda one: one.objective_s)


def _served(plan: Plan) -> set[str]:
    return {stop.visit for route in plan.routes for stop in route.stops}


def own_day(
    question: Question, effort: Effort, happened: Sequence[Event] = (), *, fill: bool = True
) -> tuple[Outcome, Outcome]:
    """The repaired day, with `fill` its freed time filled, and the one that only drives on, as fill-ins see it.

    Raises SolveError when neither was found.
    """
    if not question.problem.shifts:
        over = outcome_of(question, question.problem, question.plan, question.team.by_shift)
        return over, over
    bare = repaired(question, happened, {}, AT_ONCE, fill=False)
    try:
        better = repaired(question, happened, {}, effort, fill=fill, most_others=MOST_OTHERS)
    except SolveError:
        return bare, bare
    return max((bare, better), key=_merit), bare if fill else better


def _merit(outcome: Outcome) -> tuple[int, int]:
    served = _served(outcome.plan)
    return sum(visit.must for visit in outcome.problem.visits if visit.id in served), outcome.plan.objective_s


def outcome_of(question: Question, problem: Problem, plan: Plan, anew: Collection[str] = ()) -> Outcome:
    """What a plan of the days means for their documents. `anew` are shifts that may not stay as they are."""
    problem, plan = _without_held(question, problem, plan)
    routes = {route.shift: route for route in plan.routes}
    documents = {}
    for name, one in question.team.by_shift.items():
        if one.shift is None and (name not in anew or one.document is None):
            continue
        document = _document(one, problem, _bare(routes.get(name), question), question.needs)
        if one.document is None and not document.stops:
            continue
        if one.document is None or course(document) != course(one.document):
            documents[name] = document
    return Outcome(question, problem, plan, documents)


def _without_held(question: Question, problem: Problem, plan: Plan) -> tuple[Problem, Plan]:
    """The plan timed anew without held slots: they keep time free and are no stops."""
    served = _served(plan)
    for name in question.held:
        if name in served:
            plan = price_move(problem, plan, Remove(name), now=question.standing(plan)).plan
    if question.held:
        problem = problem.with_parts(
            shifts=problem.shifts, visits=[visit for visit in problem.visits if visit.id not in question.held]
        )
        unserved = tuple(entry for entry in plan.unserved if entry.visit not in question.held)
        plan = plan.model_copy(update={"unserved": unserved})
    return problem, plan


def _bare(route: Route | None, question: Question) -> Route | None:
    """The route without the stop that stands for what is executed."""
    if route is None:
        return None
    stops = tuple(stop for stop in route.stops if stop.visit not in question.stand_ins)
    return route.model_copy(update={"stops": stops})


def _document(one: RepDay, problem: Problem, route: Route | None, needs: Mapping[str, Need]) -> DayPlan:
    plan_id = one.document.plan if one.document is not None else DRAFT
    return day_document(one.frame, Version(plan_id, one.version, DRAFT), problem, route, needs, one.progress)


def course(document: DayPlan) -> tuple[object, ...]:
    """What a rep does on a day: two documents of the same course need no new version."""
    return (
        tuple(_key(stop) for stop in document.stops),
        tuple((pause.start_s, pause.duration_s) for pause in document.breaks),
    )


def _key(stop: PlannedStop) -> tuple[object, ...]:
    return (stop.visit, stop.arrival_s, stop.start_s, stop.departure_s, stop.travel_s, stop.pinned, stop.promise)
