"""What becomes of a run's drafts: published to the reps in one transaction, or discarded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from visits.day_writing import DayChange, Touched, lock_days, write_days
from visits.draft_sweeping import drop_drafts
from visits.draft_views import PublishAnswer, PublishedDay, PublishRequest
from visits.drafts import StandingDraft, standing_of, tag_of, visible_drafts
from visits.errors import ConflictError, NotFoundError, StaleError
from visits.models import PlanDraft, Rep
from visits.plan_storing import RUN, Placing, Provenance
from visits.queries.events import record
from visits.scope import Viewer
from visits.territory_data import visits_by_id

NAMED = 5
_WHY = {
    "over": "the day is over",
    "plan": "the plan changed",
    "gone_on": "the rep has gone on",
    "visit": "a visit changed",
    "customer": "a customer left or has another visit",
    "away": "the rep is away",
}


def publish_drafts(
    session: Session, viewer: Viewer, run_id: str, request: PublishRequest, *, tag: str, now: datetime
) -> PublishAnswer:
    """Make drafts the current plans of their rep-days, in the caller's transaction: versions, visits, events, record.

    `tag` names the drafts that the viewer saw. Raises NotFoundError for a run or rep-day that the viewer may not see or
    that has no draft, StaleError, naming the rep-days, when drafts were decided on or what they were worked out from
    changed meanwhile, and ConflictError when rep-days are left out with which others must go.
    """
    waiting = _held(session, visible_drafts(session, viewer, run_id))
    if tag != tag_of(waiting):
        raise StaleError("somebody published or discarded drafts of this run meanwhile; look again")
    every = standing_of(session, waiting, now)
    chosen = _chosen(every, request)
    _require_fresh(chosen)
    _require_whole(chosen, every)
    changes = {
        one.shift: DayChange(
            one.former,
            one.document,
            Provenance(one.row.problem_hash, one.row.seed, one.row.iterations, one.row.engine),
        )
        for one in chosen
    }
    held = lock_days(session, changes)
    change, written = write_days(session, Placing(viewer, RUN, now), held, changes, None, Touched(), run_id=run_id)
    left = [one.row for one in every if one not in chosen]
    _see_own_work(session, left, {name: version for one in chosen for name, version in one.row.seen.items()})
    _tell(session, viewer, run_id, "run.published", [one.row for one in chosen], change.id)
    drop_drafts(session, [one.row for one in chosen])
    return PublishAnswer(
        run=run_id,
        change=change.id,
        plans=tuple(
            PublishedDay(plan=one.plan, rep=one.rep, rep_name=one.rep_name, date=one.date, version=one.version)
            for one in sorted(written.values(), key=lambda one: (one.date, one.rep))
        ),
        left=len(left),
    )


def discard_drafts(session: Session, viewer: Viewer, run_id: str) -> int:
    """Put away what waits of a run, as far as the viewer may see it; how many rep-days. Raises NotFoundError."""
    waiting = _held(session, visible_drafts(session, viewer, run_id))
    _tell(session, viewer, run_id, "run.discarded", waiting)
    drop_drafts(session, waiting)
    return len(waiting)


def _held(session: Session, drafts: Sequence[PlanDraft]) -> list[PlanDraft]:
    """These drafts, as far as they are still there, locked in their order until the transaction ends."""
    ids = [draft.id for draft in drafts]
    found: list[PlanDraft] = []
    for start in range(0, len(ids), 500):
        piece = select(PlanDraft).where(col(PlanDraft.id).in_(ids[start : start + 500]))
        ordered = piece.order_by(col(PlanDraft.day), col(PlanDraft.rep_id)).with_for_update()
        found += session.exec(ordered.execution_options(populate_existing=True))
    return found


def _chosen(every: Sequence[StandingDraft], request: PublishRequest) -> list[StandingDraft]:
    if request.days is None:
        if not every:
            raise ConflictError("nothing of this run waits to be published; plan again")
        return list(every)
    by_day = {(one.row.rep_id, one.row.day): one for one in every}
    chosen = {}
    for asked in request.days:
        one = by_day.get((asked.rep, asked.date))
        if one is None:
            raise NotFoundError(f"there is no draft of rep {asked.rep!r} on {asked.date}; look again")
        chosen[one.shift] = one
    return list(chosen.values())


def _require_fresh(chosen: Sequence[StandingDraft]) -> None:
    stale = [one for one in chosen if one.stale is not None]
    if not stale:
        return
    told = "; ".join(f"{_name(one)}: {_WHY[one.stale]}" for one in stale[:NAMED] if one.stale is not None)
    more = f"; and {len(stale) - NAMED} more" if len(stale) > NAMED else ""
    raise StaleError(f"changed since they were planned: {told}{more}; publish the rest, or plan again")


def _require_whole(chosen: Sequence[StandingDraft], every: Sequence[StandingDraft]) -> None:
    """Raises ConflictError when visits would stand twice, or a promise nowhere, because rep-days are left out."""
    names = {one.shift: one for one in every}
    there = {one.shift for one in chosen}
    for one in chosen:
        missing = [names[shift] for shift in one.goes_with if shift not in there]
        if missing:
            told = ", ".join(_name(other) for other in missing[:NAMED])
            raise ConflictError(f"visits move between {_name(one)} and {told}; publish them together")


def _name(one: StandingDraft) -> str:
    return f"{one.document.rep_name} on {one.row.day}"


def _see_own_work(session: Session, left: Sequence[PlanDraft], published: dict[str, int]) -> None:
    """What this publication did to visits is no news for the run's other drafts."""
    session.flush()
    rows = visits_by_id(session, published)
    for draft in left:
        shared = [name for name, version in draft.seen.items() if published.get(name) == version and name in rows]
        if shared:
            draft.seen = {**draft.seen, **{name: rows[name].version for name in shared}}
            session.add(draft)


def _tell(
    session: Session, viewer: Viewer, run_id: str, kind: str, drafts: Sequence[PlanDraft], change: str | None = None
) -> None:
    """The audit trail, once for each territory, so that its people hear of it."""
    ids = sorted({draft.rep_id for draft in drafts})
    homes = dict(session.exec(select(Rep.id, Rep.territory_id).where(col(Rep.id).in_(ids))).all())
    counted = Counter(homes.get(draft.rep_id) for draft in drafts)
    for territory_id, count in sorted(counted.items(), key=lambda one: one[0] or ""):
        said = {"rep_days": count, "change": change}
        record(session, viewer, kind, run_id, said, territory_id=territory_id)
