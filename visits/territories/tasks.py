"""Tasks of workers: queued in the transaction that wants them, taken under a claim, ended with their effect."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import Session, col, select

from visits.errors import ConflictError
from visits.models import RunState, TerritoryProposal, TerritoryProposalState, TerritoryTask, utc_now
from visits.queries.events import record
from visits.scope import SYSTEM
from visits.store import Store

PROPOSE, VALIDATE, LEARN = "propose", "validate", "learn"


class TaskLostError(ConflictError):
    """The task was given to another worker, or is over: what this one found is thrown away."""


@dataclass(frozen=True, slots=True)
class TaskClaim:
    """A worker's right to a task, until somebody else takes it."""

    task_id: str
    number: int


def add_task(
    session: Session, kind: str, proposal_id: str | None = None, argument: str = "", schedule_key: str | None = None
) -> TerritoryTask:
    """Queue a task in the caller's transaction."""
    task = TerritoryTask(
        proposal_id=proposal_id,
        kind=kind,
        argument=argument,
        status=RunState.QUEUED.value,
        schedule_key=schedule_key,
    )
    session.add(task)
    return task


def waiting_tasks(session: Session) -> list[tuple[str, int]]:
    """Ids and claims of tasks that wait, the oldest first."""
    statement = (
        select(TerritoryTask.id, TerritoryTask.claim)
        .where(TerritoryTask.status == RunState.QUEUED)
        .order_by(col(TerritoryTask.created_at), col(TerritoryTask.id))
    )
    return list(session.exec(statement))


def take_task(store: Store, task_id: str, worker_id: str, most_attempts: int | None = None) -> TaskClaim | None:
    """Take a task that waits; None when another has it, it is over, or it was tried `most_attempts` times."""
    with store.session() as session:
        task = _locked(session, task_id)
        if task is None or task.status != RunState.QUEUED:
            return None
        if most_attempts is not None and task.attempts >= most_attempts:
            said = task.message or "the process ended each time"
            fail_task(session, task, f"given up after {task.attempts} attempts: {said}")
            return None
        task.status, task.worker_id, task.started_at = RunState.RUNNING.value, worker_id, utc_now()
        task.claim, task.attempts = task.claim + 1, task.attempts + 1
        session.add(task)
        return TaskClaim(task.id, task.claim)


def hold_task(session: Session, claim: TaskClaim) -> TerritoryTask:
    """The task of a claim, locked until the transaction ends. Raises TaskLostError."""
    task = _locked(session, claim.task_id)
    if task is None or task.claim != claim.number or task.status != RunState.RUNNING:
        raise TaskLostError("this task is over or was given to another worker; nothing was stored")
    return task


def end_task(session: Session, claim: TaskClaim) -> TerritoryTask:
    """Close a task in the transaction of its effect. Raises TaskLostError."""
    task = hold_task(session, claim)
    task.status, task.message, task.finished_at = RunState.DONE.value, "", utc_now()
    session.add(task)
    return task


def fail_task(session: Session, task: TerritoryTask, message: str) -> None:
    """Close a task that cannot be done, and the proposal with it where it was to be worked out."""
    task.status, task.message, task.finished_at = RunState.FAILED.value, message, utc_now()
    session.add(task)
    proposal = None if task.proposal_id is None else session.get(TerritoryProposal, task.proposal_id)
    if proposal is None:
        return
    if task.kind == PROPOSE and proposal.state == TerritoryProposalState.QUEUED:
        proposal.state, proposal.message = TerritoryProposalState.FAILED.value, message
        session.add(proposal)
    record(session, SYSTEM, "territory_proposal.failed", proposal.id, {"task": task.kind, "message": message})


def give_back_tasks(session: Session, worker_id: str, *, counts: bool) -> int:
    """Let a worker's tasks wait for the others; `counts` says whether its takings were attempts."""
    held = select(TerritoryTask).where(
        col(TerritoryTask.worker_id) == worker_id, TerritoryTask.status == RunState.RUNNING
    )
    found = session.exec(held.with_for_update()).all()
    for task in found:
        task.status, task.worker_id = RunState.QUEUED.value, None
        task.message = "its worker ended"
        task.attempts -= 0 if counts else 1
        session.add(task)
    return len(found)


def return_task(store: Store, claim: TaskClaim, message: str) -> None:
    """Let a task wait again after its process died; a claim that is lost stays lost."""
    with store.session() as session:
        try:
            task = hold_task(session, claim)
        except TaskLostError:
            return
        task.status, task.worker_id, task.message = RunState.QUEUED.value, None, message
        session.add(task)


def _locked(session: Session, task_id: str) -> TerritoryTask | None:
    statement = select(TerritoryTask).where(TerritoryTask.id == task_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).first()
