"""Writing solved plans: a new version per rep-day, the visits' states and the events, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, func, select

from routing.plan import Plan as SolvedPlan
from visits.day_documents import DayFrame, Version, day_document
from visits.day_plan import DayPlan
from visits.errors import StaleError
from visits.local_day import LocalDay, zone_named
from visits.models import Plan, PlanVersion, Visit, VisitState
from visits.needs import Need
from visits.problem_building import PlanningInput
from visits.problem_store import keep_problem
from visits.queries.events import record
from visits.scope import Viewer
from visits.states import Action, Said, judge, settle
from visits.territory_data import visits_by_id

RUN = "run"
"""The cause of versions that a planning run made."""
UNSTORED = "draft"
"""Stands for the id of a plan that is not stored yet."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a version is written: its word for the document, and the run or the change it comes from."""

    name: str
    run_id: str | None = None
    change_id: str | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a version was solved from and how, for its replay."""

    problem_hash: str | None
    seed: int
    iterations: int
    engine: str

    @classmethod
    def of(cls, plan: SolvedPlan, problem_hash: str) -> Provenance:
        """The provenance of a solved plan."""
        return cls(problem_hash, plan.seed, plan.iterations, plan.engine)


def store_plan(
    session: Session, viewer: Viewer, inputs: PlanningInput, plan: SolvedPlan, cause: Cause, now: datetime
) -> list[DayPlan]:
    """Store a plan that passed the evaluator; the documents of the rep-days that changed.

    A rep-day that this run already stored, or that stays as it is, gets no new version. Visits that lose their place
    are suggestions again. Raises StaleError when a plan or visit changed since `inputs` was read.
    """
    made_from = Provenance.of(plan, keep_problem(session, inputs.problem))
    written = []
    for one in solved_days(inputs, plan, cause.name, now):
        row = plan_row(session, one.frame, expected=one.number, run_id=cause.run_id)
        if row is None or one.stays:
            continue
        document = one.document.model_copy(update={"plan": row.id, "version": next_number(session, row)})
        write_version(session, viewer, row, document, made_from, cause)
        written.append(document)
    _settle_visits(session, inputs, plan, Placing(viewer, cause.name, now))
    return written


@dataclass(frozen=True, slots=True)
class SolvedDay:
    """A rep-day as a plan has it, not yet a version of anything, and as it was (None: no plan)."""

    frame: DayFrame
    former: DayPlan | None
    document: DayPlan

    @property
    def number(self) -> int:
        """The version that it was worked out from, 0 without one."""
        return self.former.version if self.former is not None else 0

    @property
    def stays(self) -> bool:
        """Whether the plan changes nothing of it."""
        return self.former is not None and same_day(self.former, self.document)


def solved_days(inputs: PlanningInput, plan: SolvedPlan, cause: str, now: datetime) -> Iterator[SolvedDay]:
    """Every rep-day of a plan, those that it leaves as they are and those that lost their shift among them."""
    routes = {route.shift: route for route in plan.routes}
    for name, frame in {**inputs.frames, **_vacated(inputs, now)}.items():
        former = inputs.data.documents.get(name)
        version = Version(former.plan, former.version, cause) if former is not None else Version(UNSTORED, 0, cause)
        progress = inputs.data.progress.get(name)
        yield SolvedDay(
            frame, former, day_document(frame, version, inputs.problem, routes.get(name), inputs.needs, progress)
        )


def locked_plan(session: Session, rep_id: str, day: date) -> Plan | None:
    """The plan of a rep-day, held until the transaction ends.

    Whoever changes a plan or the state of its visits takes it first, so that two changes never wait for each other.
    """
    return session.exec(select(Plan).where(Plan.rep_id == rep_id, Plan.day == day).with_for_update()).first()


def plan_row(session: Session, frame: DayFrame, *, expected: int, run_id: str | None = None) -> Plan | None:
    """The plan of a rep-day, made when it is new; None when the run has already stored a version of it.

    Raises StaleError when its current version is not the expected one.
    """
    row = locked_plan(session, frame.rep.id, frame.local.day)
    if row is None:
        row = Plan(rep_id=frame.rep.id, day=frame.local.day)
        session.add(row)
        session.flush()
    elif run_id is not None:
        mine = select(PlanVersion.id).where(PlanVersion.plan_id == row.id, PlanVersion.run_id == run_id)
        if session.exec(mine).first() is not None:
            return None
    if row.number != expected:
        raise StaleError(
            f"the plan of {frame.rep.name} on {frame.local.day} changed meanwhile; plan it again", row.number
        )
    return row


def next_number(session: Session, row: Plan) -> int:
    """The number of the next version of a plan: above all it ever had, those that were taken back included."""
    highest = session.exec(select(func.max(PlanVersion.number)).where(PlanVersion.plan_id == row.id)).one()
    return (highest or 0) + 1


def write_version(
    session: Session,
    viewer: Viewer,
    row: Plan,
    document: DayPlan,
    made_from: Provenance,
    cause: Cause,
) -> None:
    """Make a document the current version of its plan, with its event."""
    session.add(
        PlanVersion(
            plan_id=row.id,
            number=document.version,
            parent=row.number or None,
            cause=cause.name,
            run_id=cause.run_id,
            change_id=cause.change_id,
            document=document.to_json(),
            problem_hash=made_from.problem_hash,
            seed=made_from.seed,
            iterations=made_from.iterations,
            engine=made_from.engine,
            objective_s=document.objective_s,
        )
    )
    row.number = document.version
    session.add(row)
    record(
        session,
        viewer,
        "plan.stored",
        row.id,
        {
            "rep": document.rep,
            "date": document.date.isoformat(),
            "version": document.version,
            "cause": cause.name,
            "run": cause.run_id,
            "stops": document.totals.stops,
            "travel_s": document.totals.travel_s,
        },
        rep_id=document.rep,
    )
    session.flush()


def same_day(former: DayPlan, document: DayPlan) -> bool:
    """Whether two versions show the same day."""
    return former == document.model_copy(update={"version": former.version, "cause": former.cause, "plan": former.plan})


@dataclass(frozen=True, slots=True)
class Placing:
    """By whom, in whose course and when visits are placed and released."""

    viewer: Viewer
    cause: str
    now: datetime


def place_visit(
    session: Session, row: Visit | None, need: Need, rep_id: str, local: LocalDay, start_s: int, placing: Placing
) -> Visit:
    """Write where a visit now stands. Raises StaleError when it is no longer open."""
    if row is None:
        row = Visit(id=need.visit_id, customer_id=need.customer.id, cause=need.cause)
    said = Said(placing.viewer, Action.PLACE, placing.now, placing.now, placing.cause)
    verdict = judge(row, said.action, said.at)
    if verdict.refused:
        raise StaleError(f"the visit to {need.customer.name} is {row.state} meanwhile; plan again")
    state = VisitState.PROMISED if need.promise else VisitState.PLANNED
    moves = (row.state, row.rep_id, row.day) != (state, rep_id, local.day)
    row.rep_id, row.day, row.start_s = rep_id, local.day, start_s
    session.add(row)
    if moves:
        settle(session, row, said, verdict, state)
    return row


def release_visit(session: Session, row: Visit, placing: Placing) -> None:
    """Take an open visit out of its plan: a suggestion again, or a promise without a place."""
    said = Said(placing.viewer, Action.RELEASE, placing.now, placing.now, placing.cause)
    verdict = judge(row, said.action, said.at)
    if verdict.refused or row.rep_id is None:
        return
    settle(session, row, said, verdict, VisitState.PROMISED if row.promise_day is not None else None)
    row.rep_id = row.day = row.start_s = None
    row.locked = False
    session.add(row)


def _settle_visits(session: Session, inputs: PlanningInput, plan: SolvedPlan, placing: Placing) -> None:
    """Bring the visits' rows in line with the new plan."""
    frames, needs = inputs.frames, inputs.needs
    placed = {stop.visit: (route.shift, stop.start_s) for route in plan.routes for stop in route.stops}
    rows = visits_by_id(session, {*placed, *_placed_before(inputs)})
    for visit_id, (shift, start_s) in placed.items():
        frame = frames[shift]
        place_visit(session, rows.get(visit_id), needs[visit_id], frame.rep.id, frame.local, start_s, placing)
    week = set(inputs.days)
    for visit_id, row in rows.items():
        if visit_id not in placed and row.day in week:
            release_visit(session, row, placing)
    session.flush()


def _placed_before(inputs: PlanningInput) -> set[str]:
    """Visits that the former plans of these days held and that were still open to change."""
    week = set(inputs.days)
    found: set[str] = set()
    for name, document in inputs.data.documents.items():
        if document.date in week:
            progress = inputs.data.progress.get(name)
            locked = {stop.visit for stop in progress.locked} if progress else set()
            found.update(stop.visit for stop in document.stops if stop.visit not in locked)
    return found


def _vacated(inputs: PlanningInput, now: datetime) -> Mapping[str, DayFrame]:
    """Rep-days that have a plan but no shift any more, because the rep became absent; not those that are over."""
    reps = {rep.id: rep for rep in inputs.data.reps}
    week = set(inputs.days)
    frames = {}
    for name, document in inputs.data.documents.items():
        local = LocalDay(document.date, zone_named(document.timezone))
        over = local.since_midnight(now) >= document.shift.end_s
        if document.date in week and name not in inputs.frames and not over and document.rep in reps:
            frames[name] = DayFrame(reps[document.rep], local, document.shift.start_s, document.shift.end_s)
    return frames
