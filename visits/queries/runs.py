"""Planning runs."""

from __future__ import annotations

from sqlmodel import Session, col, select

from visits.errors import ConflictError, InputError, NotFoundError
from visits.models import PlanRun, RunState, utc_now
from visits.queries.page import Page, PageRequest, fetch_page
from visits.run_keeping import OPEN_RUN, cancel_parts, locked_run, parts_of
from visits.scope import Viewer

MOST_DAYS = 28


def add_run(session: Session, viewer: Viewer, run: PlanRun) -> PlanRun:
    """Store a new run as queued. Raises InputError when it spans no day or more than 28."""
    if not 1 <= run.days <= MOST_DAYS:
        raise InputError(f"days is {run.days}; plan 1 to {MOST_DAYS} days")
    if not viewer.sees_all:
        allowed = viewer.territory_ids or frozenset()
        asked = frozenset(run.territory_ids) if run.territory_ids is not None else allowed
        if not asked <= allowed or not asked:
            raise NotFoundError(f"there is no territory {min(asked - allowed, default='')!r}; check the ids")
        run.territory_ids = sorted(asked)
    run.actor = viewer.person_id
    session.add(run)
    return run


def get_run(session: Session, viewer: Viewer, run_id: str) -> PlanRun:
    """One run. Raises NotFoundError when there is none or the viewer may not see it."""
    run = session.get(PlanRun, run_id)
    if run is None or not _sees(viewer, run):
        raise NotFoundError(f"there is no planning run {run_id!r}; check the id")
    return run


def list_runs(session: Session, viewer: Viewer, request: PageRequest) -> Page[PlanRun]:
    """Runs, the newest first. Raises InputError for a bad cursor."""
    statement = select(PlanRun)
    if not viewer.sees_all:
        statement = statement.where(col(PlanRun.actor) == viewer.person_id)
    return fetch_page(
        session,
        statement,
        request,
        keys=(col(PlanRun.created_at), col(PlanRun.id)),
        key_of=lambda run: (run.created_at, run.id),
        descending=True,
    )


def request_cancel(session: Session, viewer: Viewer, run_id: str) -> PlanRun:
    """Ask a run to stop; one that still waits is cancelled at once.

    Raises NotFoundError, and ConflictError when it is already over.
    """
    get_run(session, viewer, run_id)
    run = locked_run(session, run_id)
    if run.status not in OPEN_RUN:
        raise ConflictError(f"the planning run {run_id!r} is already {run.status}; nothing is left to cancel")
    run.cancel_requested = True
    if run.status == RunState.QUEUED and not parts_of(session, [run_id]):
        run.status, run.message, run.finished_at = RunState.CANCELLED.value, "cancelled", utc_now()
    session.add(run)
    cancel_parts(session, run, RunState.CANCELLED, "cancelled", waiting_only=True)
    return run


def _sees(viewer: Viewer, run: PlanRun) -> bool:
    return viewer.sees_all or run.actor == viewer.person_id
