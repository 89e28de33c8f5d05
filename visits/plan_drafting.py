"""Keeping what a planning run found as drafts: no plan changes, and no rep sees them."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, select

from routing.plan import Plan as SolvedPlan
from visits.day_plan import DayPlan
from visits.errors import StaleError
from visits.models import Plan, PlanDraft
from visits.plan_storing import RUN, SolvedDay, solved_days
from visits.problem_building import PlanningInput
from visits.problem_store import keep_problem


def keep_drafts(
    session: Session, inputs: PlanningInput, plan: SolvedPlan, run_id: str, now: datetime, *, read_at: datetime
) -> list[DayPlan]:
    """Store a plan that passed the evaluator as drafts of a run; the documents of the rep-days that it would change.

    A rep-day that the run has a draft of already gets no second one. `read_at` is when `inputs` was read. Raises
    StaleError when a plan changed since.
    """
    problem_hash = keep_problem(session, inputs.problem)
    known = {(one.rep_id, one.day) for one in session.exec(select(PlanDraft).where(PlanDraft.run_id == run_id))}
    versions = _versions(inputs)
    drafted = []
    for one in solved_days(inputs, plan, RUN, now):
        rep, day = one.frame.rep, one.frame.local.day
        number = session.exec(select(Plan.number).where(Plan.rep_id == rep.id, Plan.day == day)).first() or 0
        if number != one.number:
            raise StaleError(f"the plan of {rep.name} on {day} changed meanwhile; plan it again", number)
        if one.stays or (rep.id, day) in known:
            continue
        progress = inputs.data.progress.get(f"{rep.id}/{day}")
        session.add(
            PlanDraft(
                run_id=run_id,
                rep_id=rep.id,
                day=day,
                number=one.number,
                document=one.document.to_json(),
                seen={name: versions.get(name, 0) for name in _concerned(one)},
                executed=[stop.visit for stop in progress.locked] if progress is not None else [],
                problem_hash=problem_hash,
                seed=plan.seed,
                iterations=plan.iterations,
                engine=plan.engine,
                read_at=read_at,
            )
        )
        drafted.append(one.document)
    session.flush()
    return drafted


def _versions(inputs: PlanningInput) -> dict[str, int]:
    """The version of every stored visit that was read."""
    still_open = (visit for history in inputs.data.histories.values() for visit in history.open_visits)
    return {visit.id: visit.version for visit in (*still_open, *inputs.data.visits.values())}


def _concerned(one: SolvedDay) -> list[str]:
    """The visits that a rep-day has or had and that are still open there."""
    stops = (*one.document.stops, *(one.former.stops if one.former is not None else ()))
    return sorted({stop.visit for stop in stops})
