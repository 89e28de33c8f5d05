"""Taking a change back: the former versions stand again, byte for byte, if nothing was built upon it since."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from routing.documents import Document, Id
from visits.day_plan import DayPlan
from visits.day_writing import told
from visits.errors import ConflictError, NotFoundError, StaleError
from visits.local_day import LocalDay, zone_named
from visits.models import Absence, Plan, PlanChange, PlanVersion, Role, Visit, VisitState
from visits.plan_storing import locked_plan
from visits.progress import progress_of
from visits.queries.events import record
from visits.scope import Viewer, visible_plans
from visits.states import Action, Said, judge, settle
from visits.store import Store
from visits.territory_data import visits_by_id

_TAPS = frozenset({"departed", "arrived", "done", "no_show"})


class UndoAnswer(Document):
    """What an undo gives: the change taken back, the plans that stand again, and rep-days that have none any more."""

    change: Id
    plans: tuple[DayPlan, ...]
    emptied: tuple[Id, ...] = ()


def undo_plan(store: Store, viewer: Viewer, plan_id: str, *, now: datetime, expected: int | None = None) -> UndoAnswer:
    """Take back the change that made a plan's current version, on every plan that it touched.

    `expected` is the version that the viewer saw. Raises NotFoundError for a plan the viewer may not see, StaleError
    when it has another version by now, and ConflictError when there is nothing to take back, when something was
    executed or changed since, or when it touched plans that the viewer may not change.
    """
    with store.session() as session:
        plan = session.exec(visible_plans(select(Plan).where(Plan.id == plan_id), viewer)).first()
        if plan is None:
            raise NotFoundError(f"there is no plan {plan_id!r}; check the id")
        _require_seen(plan, expected)
        change = _change_of(session, viewer, plan)
        versions = list(session.exec(select(PlanVersion).where(PlanVersion.change_id == change.id)))
        plans = _held(session, viewer, versions)
        _require_seen(plans[plan_id], expected)
        for version in versions:
            _require_nothing_since(session, plans[version.plan_id], version, change, now)
        _restore_visits(session, viewer, change, now)
        for name in change.touched.get("absences", ()):
            absence = session.get(Absence, name)
            if absence is not None:
                session.delete(absence)
        answer = _point_back(session, viewer, plans, versions, change)
        change.undone_at, change.undone_by = now, viewer.person_id
        session.add(change)
        return answer


def _require_seen(plan: Plan, expected: int | None) -> None:
    if expected is not None and plan.number != expected:
        raise StaleError(f"the plan has version {plan.number}, not {expected}; look again", plan.number)


def _change_of(session: Session, viewer: Viewer, plan: Plan) -> PlanChange:
    current = session.exec(
        select(PlanVersion).where(PlanVersion.plan_id == plan.id, PlanVersion.number == plan.number)
    ).first()
    if current is None:
        raise ConflictError("the plan has no version that could be taken back")
    if current.cause in _TAPS:
        raise ConflictError("a visit of the plan was executed since; what happened cannot be taken back")
    if current.change_id is None:
        raise ConflictError("the plan was made by a planning run; start another run instead")
    change = session.get_one(PlanChange, current.change_id)
    if viewer.role is Role.REP and change.actor != viewer.person_id:
        raise ConflictError("somebody else made this change; ask the office to take it back")
    return change


def _held(session: Session, viewer: Viewer, versions: list[PlanVersion]) -> dict[str, Plan]:
    """The plans of these versions, locked in their order. Raises ConflictError for one that may not be seen."""
    ids = [version.plan_id for version in versions]
    seen = session.exec(visible_plans(select(Plan).where(col(Plan.id).in_(ids)), viewer)).all()
    if len(seen) < len(ids):
        raise ConflictError("the change touches plans that are not yours; ask somebody who sees them all")
    plans = {}
    for plan in sorted(seen, key=lambda one: f"{one.rep_id}/{one.day}"):
        locked_plan(session, plan.rep_id, plan.day)
        session.refresh(plan)
        plans[plan.id] = plan
    return plans


def _require_nothing_since(
    session: Session, plan: Plan, version: PlanVersion, change: PlanChange, now: datetime
) -> None:
    document = DayPlan.model_validate_json(version.document)
    if plan.number != version.number:
        raise ConflictError(
            f"the plan of {document.rep_name} on {document.date} changed since; take that change back first"
        )
    rows = visits_by_id(session, (stop.visit for stop in document.stops))
    former = None
    if version.parent is not None:
        parent = session.exec(
            select(PlanVersion).where(PlanVersion.plan_id == plan.id, PlanVersion.number == version.parent)
        ).one()
        former = DayPlan.model_validate_json(parent.document)
    local = LocalDay(document.date, zone_named(document.timezone))
    if local.since_midnight(now) >= local.length_s:
        raise ConflictError(f"{document.date} is over; what happened then stays as it is")
    for one in (document, former):
        if one is None:
            continue
        locked = [
            [stop.visit for stop in progress_of(one, rows, local, moment).locked] for moment in (change.created_at, now)
        ]
        if locked[0] != locked[1]:
            raise ConflictError(f"{document.rep_name} has gone on since; what happened cannot be taken back")


def _restore_visits(session: Session, viewer: Viewer, change: PlanChange, now: datetime) -> None:
    """Visits as they were before. Raises ConflictError when one of them has changed since."""
    touched = change.touched.get("visits", {})
    rows = visits_by_id(session, touched)
    for name, one in touched.items():
        row = rows.get(name)
        if row is None or told(row) != one["after"]:
            raise ConflictError(f"the visit {name!r} changed since; take that change back first")
        said = Said(viewer, Action.RESTORE, now, now, "undo")
        verdict = judge(row, said.action, now)
        if verdict.refused:
            raise ConflictError(f"the visit {name!r} is {row.state}; what happened cannot be taken back")
        if one["before"] is None:
            settle(session, row, said, verdict)
            session.flush()
            session.delete(row)
            continue
        before = Visit.model_validate({**one["before"], "id": row.id, "customer_id": row.customer_id})
        settle(session, row, said, verdict, VisitState(before.state))
        for field in one["before"]:
            setattr(row, field, getattr(before, field))
        session.add(row)
    session.flush()


def _point_back(
    session: Session, viewer: Viewer, plans: dict[str, Plan], versions: list[PlanVersion], change: PlanChange
) -> UndoAnswer:
    """Make the former versions current again; those taken back stay in the record."""
    documents, emptied = [], []
    for version in sorted(versions, key=lambda one: one.plan_id):
        plan = plans[version.plan_id]
        plan.number = version.parent or 0
        session.add(plan)
        record(
            session,
            viewer,
            "plan.undone",
            plan.id,
            {"date": plan.day.isoformat(), "from": version.number, "version": plan.number, "change": change.id},
            rep_id=plan.rep_id,
        )
        if version.parent is None:
            emptied.append(f"{plan.rep_id}/{plan.day.isoformat()}")
            continue
        former = session.exec(
            select(PlanVersion.document).where(PlanVersion.plan_id == plan.id, PlanVersion.number == plan.number)
        ).one()
        documents.append(DayPlan.model_validate_json(former))
    session.flush()
    ordered = sorted(documents, key=lambda one: (one.date, one.rep))
    return UndoAnswer(change=change.id, plans=tuple(ordered), emptied=tuple(emptied))
