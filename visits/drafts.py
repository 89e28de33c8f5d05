"""Drafts of planning runs: who may see them, whether they still stand, what they would change."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, func, select

from visits.day_diff import RETIMED_FROM_S
from visits.day_plan import DayPlan
from visits.draft_views import DraftDay, DraftedRun, DraftedRuns, RunDrafts, Stale
from visits.errors import NotFoundError
from visits.hours import shift_id
from visits.local_day import LocalDay, zone_named
from visits.models import (
    CLOSED_STATES,
    Absence,
    Customer,
    Plan,
    PlanDraft,
    PlanRun,
    PlanVersion,
    Rep,
    Visit,
    VisitState,
)
from visits.progress import progress_of
from visits.proposal_diff import proposal_diff
from visits.run_comparison import DaySums, added_up, day_sums
from visits.scope import Viewer, visible_plans, visible_reps
from visits.territory_data import visits_by_id

_AT_ONCE = 500
_SETTLED = (*CLOSED_STATES, VisitState.SUGGESTED)


@dataclass(frozen=True, slots=True)
class StandingDraft:
    """A draft read: the plan that it would replace as that is now, and whether it may still be published.

    `goes_with` are the shift ids of other drafts of the run that visits would have to leave, or stay promised in.
    """

    row: PlanDraft
    document: DayPlan
    former: DayPlan | None
    stale: Stale | None
    goes_with: tuple[str, ...]

    @property
    def shift(self) -> str:
        """The id of its shift."""
        return shift_id(self.row.rep_id, self.row.day)


def visible_drafts(session: Session, viewer: Viewer, run_id: str, day: date | None = None) -> list[PlanDraft]:
    """The drafts of a run that the viewer may see, by day and rep; of one day where asked.

    Raises NotFoundError for a run of another person that left nothing, waiting or published, for the viewer to see.
    """
    reps = visible_reps(select(Rep.id), viewer)
    of_run = select(PlanDraft).where(PlanDraft.run_id == run_id, col(PlanDraft.rep_id).in_(reps))
    found = list(session.exec(of_run.order_by(col(PlanDraft.day), col(PlanDraft.rep_id))).all())
    if not found:
        _require_concerned(session, viewer, run_id)
    return [draft for draft in found if day is None or draft.day == day]


def _require_concerned(session: Session, viewer: Viewer, run_id: str) -> None:
    run = session.get(PlanRun, run_id)
    published = (
        select(PlanVersion.id).join(Plan, col(Plan.id) == PlanVersion.plan_id).where(PlanVersion.run_id == run_id)
    )
    if run is None or not (
        viewer.sees_all
        or run.actor == viewer.person_id
        or session.exec(visible_plans(published, viewer).limit(1)).first() is not None
    ):
        raise NotFoundError(f"there is no planning run {run_id!r}; check the id")


def tag_of(drafts: Iterable[PlanDraft]) -> str:
    """The ETag of what waits: it changes when drafts are published or discarded."""
    named = sorted(f"{draft.id}/{draft.number}" for draft in drafts)
    return f'"{hashlib.sha256(" ".join(named).encode()).hexdigest()[:20]}"'


def list_drafted_runs(session: Session, viewer: Viewer) -> DraftedRuns:
    """Runs that wait to be published, as far as the viewer may see them."""
    counted = session.exec(
        select(PlanDraft.run_id, func.min(PlanDraft.day), func.max(PlanDraft.day), func.count(col(PlanDraft.id)))
        .where(col(PlanDraft.rep_id).in_(visible_reps(select(Rep.id), viewer)))
        .group_by(col(PlanDraft.run_id))
    ).all()
    runs = {
        run.id: run
        for run in session.exec(select(PlanRun).where(col(PlanRun.id).in_([run_id for run_id, *_ in counted])))
    }
    items = [
        DraftedRun(
            run=run_id,
            actor=runs[run_id].actor,
            first_day=first,
            last_day=last,
            rep_days=count,
            made_at=runs[run_id].created_at,
        )
        for run_id, first, last, count in counted
    ]
    return DraftedRuns(items=tuple(sorted(items, key=lambda one: one.made_at, reverse=True)))


def run_drafts(session: Session, viewer: Viewer, run_id: str, now: datetime) -> tuple[RunDrafts, str]:
    """What waits of a run, with its ETag. Raises NotFoundError."""
    rows = visible_drafts(session, viewer, run_id)
    run = session.get_one(PlanRun, run_id)
    standing = standing_of(session, rows, now)
    before = {one.shift: one.former for one in standing}
    diff = proposal_diff(before, {one.shift: one.document for one in standing}, {})
    days = tuple(
        DraftDay(
            rep=one.row.rep_id,
            rep_name=one.document.rep_name,
            date=one.row.day,
            before=DaySums() if one.former is None else day_sums(one.former),
            after=day_sums(one.document),
            shift=one.shift,
            version=one.row.number,
            changed=_changed(one.former, one.document),
            stale=one.stale,
            goes_with=one.goes_with,
        )
        for one in standing
    )
    told = RunDrafts(
        run=run_id,
        actor=run.actor,
        made_at=run.created_at,
        before=added_up([day.before for day in days]),
        after=added_up([day.after for day in days]),
        moved=len(diff.moved),
        added=len(diff.added),
        dropped=len(diff.removed),
        promises_at_risk=diff.promises_at_risk,
        days=days,
    )
    return told, tag_of(rows)


def standing_of(session: Session, drafts: Sequence[PlanDraft], now: datetime) -> list[StandingDraft]:
    """Drafts of one run with what has become of the plans and visits that they were worked out from."""
    if not drafts:
        return []
    world = _World.read(session, drafts)
    open_shifts = {shift_id(draft.rep_id, draft.day) for draft in drafts}
    found = []
    for draft in drafts:
        document = DayPlan.model_validate_json(draft.document)
        former = world.current.get((draft.rep_id, draft.day))
        found.append(
            StandingDraft(
                draft,
                document,
                former,
                _stale(draft, document, former, world, open_shifts, now),
                _goes_with(draft, document, former, world, open_shifts),
            )
        )
    return found


@dataclass(frozen=True, slots=True)
class _World:
    """What some drafts are held against: current plans, visits, absences made since, and who is still there."""

    current: Mapping[tuple[str, date], DayPlan]
    visits: Mapping[str, Visit]
    absences: Sequence[Absence]
    reps: Collection[str]
    customers: Collection[str]
    newcomers: Mapping[str, Sequence[Visit]]
    placed: Mapping[str, str]

    @classmethod
    def read(cls, session: Session, drafts: Sequence[PlanDraft]) -> _World:
        rep_ids = sorted({draft.rep_id for draft in drafts})
        since = min(draft.read_at for draft in drafts)
        visits = visits_by_id(session, (name for draft in drafts for name in draft.seen))
        documents = [DayPlan.model_validate_json(draft.document) for draft in drafts]
        customer_ids = sorted({stop.customer for document in documents for stop in document.stops})
        absences = select(Absence).where(col(Absence.rep_id).in_(rep_ids), col(Absence.created_at) > since)
        active = select(Rep.id).where(col(Rep.id).in_(rep_ids), col(Rep.active))
        return cls(
            current=_current(session, rep_ids, [draft.day for draft in drafts]),
            visits=visits,
            absences=session.exec(absences).all(),
            reps=set(session.exec(active)),
            customers=_active_customers(session, customer_ids),
            newcomers=_newcomers(session, customer_ids, since, drafts[0].run_id),
            placed={stop.visit: shift_id(one.rep, one.date) for one in documents for stop in one.stops},
        )


def _current(session: Session, rep_ids: Sequence[str], days: Sequence[date]) -> dict[tuple[str, date], DayPlan]:
    statement = (
        select(PlanVersion.document)
        .join(Plan, (col(Plan.id) == PlanVersion.plan_id) & (col(Plan.number) == PlanVersion.number))
        .where(col(Plan.rep_id).in_(rep_ids), col(Plan.day).in_(sorted(set(days))))
    )
    found = (DayPlan.model_validate_json(text) for text in session.exec(statement))
    return {(one.rep, one.date): one for one in found}


def _active_customers(session: Session, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for part in _pieces(ids):
        found.update(session.exec(select(Customer.id).where(col(Customer.id).in_(part), col(Customer.active))))
    return found


def _newcomers(session: Session, customer_ids: Sequence[str], since: datetime, run_id: str) -> dict[str, list[Visit]]:
    """Visits that customers got since then, but not by this run."""
    found: dict[str, list[Visit]] = {}
    for part in _pieces(customer_ids):
        statement = select(Visit).where(
            col(Visit.customer_id).in_(part), col(Visit.created_at) > since, col(Visit.state).not_in(_SETTLED)
        )
        for visit in session.exec(statement):
            found.setdefault(visit.customer_id, []).append(visit)
    if not found:
        return found
    published = session.exec(select(PlanVersion.document).where(PlanVersion.run_id == run_id)).all()
    own = {stop.visit for text in published for stop in DayPlan.model_validate_json(text).stops}
    return {name: [visit for visit in rows if visit.id not in own] for name, rows in found.items()}


def _pieces(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    """As many ids at a time as every database takes."""
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def _stale(
    draft: PlanDraft,
    document: DayPlan,
    former: DayPlan | None,
    world: _World,
    open_shifts: Collection[str],
    now: datetime,
) -> Stale | None:
    local = LocalDay(draft.day, zone_named(document.timezone))
    if local.since_midnight(now) >= document.shift.end_s:
        return "over"
    if (former.version if former is not None else 0) != draft.number:
        return "plan"
    if _has_gone_on(draft, document, former, world, local, now):
        return "gone_on"
    if any((world.visits[name].version if name in world.visits else 0) != seen for name, seen in draft.seen.items()):
        return "visit"
    if _elsewhere(document, world) - {shift_id(draft.rep_id, draft.day), *open_shifts}:
        return "visit"  # it would have to leave a rep-day whose own draft is gone
    open_stops = [stop for stop in document.stops if not stop.locked]
    if any(stop.customer not in world.customers for stop in open_stops) or any(
        visit.id not in draft.seen and visit.created_at > draft.read_at
        for stop in open_stops
        for visit in world.newcomers.get(stop.customer, ())
    ):
        return "customer"
    return "away" if _is_away(draft, document, world, local) else None


def _has_gone_on(
    draft: PlanDraft, document: DayPlan, former: DayPlan | None, world: _World, local: LocalDay, now: datetime
) -> bool:
    """Whether more of the day is executed than when it was planned, or its first open stop could not be reached."""
    executed = () if former is None else progress_of(former, world.visits, local, now).locked
    first = next((stop for stop in document.stops if stop.visit not in draft.executed), None)
    late = first is not None and first.arrival_s < local.since_midnight(now)
    return late or [stop.visit for stop in executed] != draft.executed


def _is_away(draft: PlanDraft, document: DayPlan, world: _World, local: LocalDay) -> bool:
    """Whether the rep left, or an absence that was entered since takes part of the time planned."""
    if not document.stops:
        return False
    begin, end = local.moment(document.leave_s), document.totals.end
    return draft.rep_id not in world.reps or any(
        one.rep_id == draft.rep_id and one.created_at > draft.read_at and one.starts_at < end and one.ends_at > begin
        for one in world.absences
    )


def _elsewhere(document: DayPlan, world: _World) -> set[str]:
    """The rep-days, its own among them, where the visits of a draft stand now."""
    rows = (world.visits.get(stop.visit) for stop in document.stops)
    return {shift_id(row.rep_id, row.day) for row in rows if row and row.rep_id is not None and row.day is not None}


def _goes_with(
    draft: PlanDraft, document: DayPlan, former: DayPlan | None, world: _World, open_shifts: Collection[str]
) -> tuple[str, ...]:
    """Where visits of this day stand now, lest they stand twice, and where those go that must keep a place."""
    own = shift_id(draft.rep_id, draft.day)
    needed = _elsewhere(document, world)
    for stop in former.stops if former is not None else ():
        row = world.visits.get(stop.visit)
        if row is not None and (row.promise_day is not None or row.mandatory):
            needed.add(world.placed.get(stop.visit, own))
    return tuple(sorted((needed & set(open_shifts)) - {own}))


def _changed(former: DayPlan | None, document: DayPlan) -> int:
    old = {stop.visit: stop.start_s for stop in former.stops} if former is not None else {}
    new = {stop.visit: stop.start_s for stop in document.stops}
    return sum(name not in old or name not in new or abs(old[name] - new[name]) >= RETIMED_FROM_S for name in old | new)
