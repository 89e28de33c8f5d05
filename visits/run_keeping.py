"""The rows of a planning run while it is carried out: split into parts, taken, ended, and the run settled.

Whoever changes a run or a part of it locks the run first. A part is taken by raising its `claim`; whatever is written
for it afterwards must show that claim, so that a worker that was given up for dead changes nothing when it wakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from visits.errors import ConflictError, NotFoundError
from visits.models import JobQueue, PlanPart, PlanRun, RunState, Territory, utc_now
from visits.queries.events import record
from visits.run_result import RunResult, in_sum, sentence_of
from visits.scope import SYSTEM
from visits.store import Store
from visits.territory_data import territories_to_plan

OPEN_RUN = (RunState.QUEUED.value, RunState.RUNNING.value)
NO_REPS = "there are no active reps to plan for; import reps, or name territories that have some"
NAMED = 3


class ClaimLostError(ConflictError):
    """The part was given to another worker, or is over: what this one found is thrown away."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A worker's right to a part of a run, until somebody else takes it."""

    part_id: str
    run_id: str
    number: int


def split_run(store: Store, run_id: str, *, adopting: bool = False) -> tuple[str, ...]:
    """The ids of a run's parts, one per territory that has reps, made where there are none.

    A run with nothing to plan fails, one that was cancelled before ends; both have no parts. With `adopting` a run
    whose command died goes to the workers. Raises NotFoundError.
    """
    with store.session() as session:
        run = locked_run(session, run_id)
        if adopting:
            adopt(run)
            session.add(run)
        parts = parts_of(session, [run_id])
        if parts or run.status not in OPEN_RUN:
            if parts and run.status in OPEN_RUN:
                _settle(session, run)
            return tuple(part.id for part in parts)
        territories = [] if run.cancel_requested else territories_to_plan(session, run.territory_ids)
        if not territories:
            if run.cancel_requested:
                _end_run(session, run, RunState.CANCELLED, "cancelled", None)
            else:
                _end_run(session, run, RunState.FAILED, NO_REPS, None)
            return ()
        made = [
            PlanPart(
                run_id=run_id,
                position=number,
                territory_id=territory_id,
                label=_label(session, territory_id),
                status=RunState.QUEUED.value,
            )
            for number, territory_id in enumerate(territories)
        ]
        session.add_all(made)
        return tuple(part.id for part in made)


def claim_part(store: Store, part_id: str, worker_id: str, most_attempts: int | None = None) -> Claim | None:
    """Take a part that waits; None when another has it, it is over, or it has been tried `most_attempts` times.

    The first part that is taken makes its run a running one.
    """
    with store.session() as session:
        found = _locked_part(session, part_id)
        if found is None or found[1].status != RunState.QUEUED:
            return None
        run, part = found
        if run.cancel_requested:
            _end_part(session, run, part, RunState.CANCELLED, "cancelled", None)
            return None
        if most_attempts is not None and part.attempts >= most_attempts:
            said = part.message or "the planning process ended each time"
            text = f"given up after {part.attempts} attempts: {said}"
            _end_part(session, run, part, RunState.FAILED, text, None)
            return None
        part.status, part.worker_id, part.started_at = RunState.RUNNING.value, worker_id, utc_now()
        part.claim, part.attempts, part.percent = part.claim + 1, part.attempts + 1, 0
        session.add(part)
        if run.status == RunState.QUEUED:
            run.status, run.started_at = RunState.RUNNING.value, utc_now()
            record(session, SYSTEM, "run.started", run.id)
        session.flush()
        show_progress(session, run)
        return Claim(part.id, run.id, part.claim)


def hold_claim(session: Session, claim: Claim) -> tuple[PlanRun, PlanPart]:
    """The run and the part of a claim, locked until the transaction ends. Raises ClaimLostError."""
    found = _locked_part(session, claim.part_id)
    if found is None or found[1].claim != claim.number or found[1].status != RunState.RUNNING:
        raise ClaimLostError("this part of the run is over or was given to another worker; nothing was stored")
    return found


def end_part(
    session: Session, claim: Claim, status: RunState, message: str = "", result: RunResult | None = None
) -> None:
    """Close a part in the transaction of its effect, and its run with its last part. Raises ClaimLostError."""
    run, part = hold_claim(session, claim)
    _end_part(session, run, part, status, message, result)


def give_back(store: Store, claim: Claim, message: str = "", *, counts: bool = True) -> None:
    """Let a part wait again; `counts` says whether this taking was an attempt. A claim that is lost stays lost."""
    with store.session() as session:
        try:
            run, part = hold_claim(session, claim)
        except ClaimLostError:
            return
        requeue(part, message, counts=counts)
        session.add(part)
        session.flush()
        show_progress(session, run)


def requeue(part: PlanPart, message: str = "", *, counts: bool = True) -> None:
    """Make a taken part wait again."""
    part.status, part.worker_id, part.percent = RunState.QUEUED.value, None, 0
    part.message = message or part.message
    part.attempts -= 0 if counts else 1


def adopt(run: PlanRun) -> None:
    """Leave a run that a command began to the workers."""
    if run.queue == JobQueue.LOCAL:
        run.queue = JobQueue.BATCH.value


def abandon_run(store: Store, run_id: str, status: RunState, message: str) -> None:
    """End every part of a run that is still open, and so the run."""
    with store.session() as session:
        run = locked_run(session, run_id)
        cancel_parts(session, run, status, message, waiting_only=False)


def cancel_parts(session: Session, run: PlanRun, status: RunState, message: str, *, waiting_only: bool) -> None:
    """End the open parts of a locked run, or only those that wait; the run ends with the last of them."""
    open_states = OPEN_RUN[:1] if waiting_only else OPEN_RUN
    for part in parts_of(session, [run.id]):
        if part.status in open_states:
            part.status, part.message, part.finished_at = status.value, message, utc_now()
            session.add(part)
    session.flush()
    _settle(session, run)


def parts_of(session: Session, run_ids: Sequence[str]) -> list[PlanPart]:
    """The parts of some runs, in their order."""
    statement = select(PlanPart).where(col(PlanPart.run_id).in_(run_ids))
    ordered = statement.order_by(col(PlanPart.run_id), col(PlanPart.position))
    return list(session.exec(ordered.execution_options(populate_existing=True)))


def locked_run(session: Session, run_id: str) -> PlanRun:
    """A run, held until the transaction ends. Raises NotFoundError."""
    statement = select(PlanRun).where(PlanRun.id == run_id).with_for_update()
    run = session.exec(statement.execution_options(populate_existing=True)).first()
    if run is None:
        raise NotFoundError(f"there is no planning run {run_id!r}; check the id")
    return run


def show_progress(session: Session, run: PlanRun) -> None:
    """Bring a locked run's percent, objective and message in line with its parts."""
    parts = parts_of(session, [run.id])
    over = [part for part in parts if part.status not in OPEN_RUN]
    running = [part.label for part in parts if part.status == RunState.RUNNING]
    known = [part.objective_s for part in parts if part.objective_s is not None]
    done = 100 * len(over) + sum(part.percent for part in parts if part.status == RunState.RUNNING)
    run.percent = min(99, done // len(parts)) if parts else 0
    run.best_objective_s = sum(known) if known else None
    more = f" and {len(running) - NAMED} more" if len(running) > NAMED else ""
    run.message = f"planning {', '.join(running[:NAMED])}{more}" if running else "waiting for a worker"
    session.add(run)


def _locked_part(session: Session, part_id: str) -> tuple[PlanRun, PlanPart] | None:
    run_id = session.exec(select(PlanPart.run_id).where(PlanPart.id == part_id)).first()
    if run_id is None:
        return None
    run = locked_run(session, run_id)
    statement = select(PlanPart).where(PlanPart.id == part_id).with_for_update()
    return run, session.exec(statement.execution_options(populate_existing=True)).one()


def _end_part(
    session: Session, run: PlanRun, part: PlanPart, status: RunState, message: str, result: RunResult | None
) -> None:
    part.status, part.message, part.finished_at = status.value, message, utc_now()
    if result is not None:
        part.result, part.objective_s = result.model_dump(mode="json"), result.objective_s
    if status is RunState.DONE:
        part.percent = 100
    session.add(part)
    told: dict[str, Any] = {"territory": part.territory_id, "status": part.status}
    record(session, SYSTEM, "run.territory", run.id, told, territory_id=part.territory_id)
    session.flush()
    _settle(session, run)


def _settle(session: Session, run: PlanRun) -> None:
    """End a locked run whose parts are all over."""
    parts = parts_of(session, [run.id])
    if run.status not in OPEN_RUN:
        return
    if any(part.status in OPEN_RUN for part in parts):
        show_progress(session, run)
        return
    results = [RunResult.model_validate(part.result) for part in parts if part.result is not None]
    failed = [part for part in parts if part.status == RunState.FAILED]
    if any(part.status == RunState.CANCELLED for part in parts) and not failed:
        _end_run(session, run, RunState.CANCELLED, "cancelled", in_sum(results))
    elif failed:
        _end_run(session, run, RunState.FAILED, _why(failed, len(parts)), in_sum(results) if results else None)
    else:
        result = in_sum(results)
        _end_run(session, run, RunState.DONE, sentence_of(result, publish=run.publish), result)


def _why(failed: Sequence[PlanPart], parts: int) -> str:
    if parts == 1 or (all(part.message == failed[0].message for part in failed) and len(failed) == parts):
        return failed[0].message
    more = f" (and {len(failed) - 1} more of {parts} territories)" if len(failed) > 1 else ""
    return f"{failed[0].label}: {failed[0].message}{more}"


def _end_run(session: Session, run: PlanRun, status: RunState, message: str, result: RunResult | None) -> None:
    run.status, run.message, run.finished_at = status.value, message, utc_now()
    if status is RunState.DONE:
        run.percent = 100
    if result is not None:
        run.result, run.best_objective_s = result.model_dump(mode="json"), result.objective_s
    session.add(run)
    record(session, SYSTEM, f"run.{status.value}", run.id, {"message": message})
    session.flush()


def _label(session: Session, territory_id: str | None) -> str:
    territory = session.get(Territory, territory_id) if territory_id else None
    return territory.name if territory else "without territory"
