"""Proposals: what the plans would become after events or a move by hand. Asking changes no plan.

A proposal is worked out from the days as they stand, kept with the versions it was worked out from, and shown as the
difference. Deciding about it is the business of `visits.deciding`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from routing.evaluate import Violation
from routing.events import Cancel, Event, Insert, NoShow
from routing.moves import Assign, Pin, Remove, price_move
from routing.repair import problem_after
from visits.asking import (
    Asked,
    absences_in,
    inserted_needs,
    later_events,
    need_to_place,
    placed_visit,
    target_shift,
    understand,
)
from visits.day_problem import Extra, Question, question_of
from visits.errors import InputError, NotFoundError
from visits.models import Proposal, ProposalState, Role
from visits.nearby import nearest_candidates
from visits.needs import Need
from visits.problem_store import keep_problem
from visits.proposal_diff import proposal_diff
from visits.proposal_sweeping import sweep_proposals
from visits.proposal_views import (
    Base,
    Draft,
    GoneVisit,
    NewVisit,
    ProposalAnswer,
    ProposalRequest,
    ProposedDay,
)
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.rep_days import TeamDays, read_days
from visits.repairing import Effort, Outcome, outcome_of, repaired
from visits.scope import Viewer
from visits.solving import TravelSource
from visits.store import Store
from visits.territory_data import visits_by_id

LIFE = timedelta(minutes=15)
"""How long a proposal may be committed."""
_WHY = {"cancel": "called_off", "no_show": "nobody_there"}


@dataclass(frozen=True, slots=True)
class _Worked:
    """An answer before it is kept."""

    outcome: Outcome
    gone: tuple[GoneVisit, ...] = ()
    inserted: tuple[NewVisit, ...] = ()
    broken: tuple[Violation, ...] = ()
    price_s: int | None = None
    why_gone: dict[str, str] | None = None


def propose(
    store: Store,
    viewer: Viewer,
    request: ProposalRequest,
    *,
    now: datetime,
    travel: TravelSource,
    effort: Effort | None = None,
) -> ProposalAnswer:
    """Work out what a request would change and keep it for a quarter of an hour; no plan changes.

    Raises InputError for a request that names what the viewer may not see or that fits no plan, ConflictError for a day
    that is over, SolveError when no repair was found.
    """
    answer = propose_if(store, viewer, request, lambda _: True, now=now, travel=travel, effort=effort)
    assert answer is not None
    return answer


def propose_if(
    store: Store,
    viewer: Viewer,
    request: ProposalRequest,
    worthwhile: Callable[[ProposalAnswer], bool],
    *,
    now: datetime,
    travel: TravelSource,
    effort: Effort | None = None,
) -> ProposalAnswer | None:
    """As `propose`; None, and nothing kept, where the answer is not worthwhile."""
    began = time.perf_counter()
    with store.reading() as session:
        asked = understand(session, viewer, request)
        team = read_days(session, asked.scope, now)
        need = need_to_place(session, request, asked, team) if request.move is not None else None
        inserts = inserted_needs(session, request, asked, team)
        visits = _visit_versions(session, team, inserts[2])
    worked = (
        _moved(request, asked, team, need, travel)
        if request.move is not None
        else _repaired(request, asked, team, inserts, travel, effort or Effort())
    )
    answer, row = _answered(viewer, request, worked, visits, now, began)
    if not worthwhile(answer):
        return None
    with store.session() as session:
        sweep_proposals(session, now)
        row.problem_hash = keep_problem(session, worked.outcome.problem)
        session.add(row)
        said = {"date": request.date.isoformat(), "days": [day.shift for day in answer.days], "reason": request.reason}
        one = answer.territories[0] if len(answer.territories) == 1 else None
        record(session, viewer, "proposal.made", row.id, said, territory_id=one)
    return answer


def _visit_versions(session: Session, team: TeamDays, inserted: Sequence[NewVisit]) -> dict[str, int]:
    """Versions of the stored visits that a proposal may touch; those that are not stored have none."""
    names = {*team.planned, *(need.visit_id for need in team.candidates), *(one.visit for one in inserted)}
    return {name: row.version for name, row in {**team.rows, **visits_by_id(session, names)}.items()}


def _repaired(
    request: ProposalRequest,
    asked: Asked,
    team: TeamDays,
    inserts: tuple[list[Event], dict[str, Need], list[NewVisit]],
    travel: TravelSource,
    effort: Effort,
) -> _Worked:
    events, anew = later_events(request, asked, team)
    events = [*(event for event in events if not isinstance(event, Insert)), *inserts[0]]
    wanted = {one.customer for one in inserts[2]}
    others = tuple(need for need in nearest_candidates(team) if need.customer.id not in wanted)
    question = question_of(team, travel, Extra(places=asked.customers, anew=anew, candidates=others))
    gone = tuple(
        GoneVisit(visit=event.visit, action=event.type)
        for event in request.events
        if isinstance(event, Cancel | NoShow)
    )
    if not question.problem.shifts:
        outcome = outcome_of(question, question.problem, question.plan, anew)
    else:
        outcome = repaired(question, events, inserts[1], effort, fill=request.fill)
    return _Worked(outcome, gone, tuple(inserts[2]), why_gone={one.visit: _WHY[one.action] for one in gone})


def _moved(request: ProposalRequest, asked: Asked, team: TeamDays, need: Need | None, travel: TravelSource) -> _Worked:
    move = request.move
    assert move is not None
    visit = placed_visit(request, team, need)
    question = question_of(team, travel, Extra(places=asked.customers, candidates=() if need is None else (need,)))
    if visit not in question.problem.visit_index:
        raise InputError(f"the visit {visit!r} cannot be planned on these days: it is closed then, or executed")
    if move.type == "assign":
        shift = target_shift(request)
        if shift not in question.problem.shift_index:
            raise InputError(f"the rep {move.rep!r} has no work left on {move.date}; choose another rep or date")
        wanted: Assign | Remove | Pin = Assign(visit, shift, _after(question, shift, move.after))
    else:
        wanted = Remove(visit) if move.type == "remove" else Pin(visit, locked=move.type == "lock")
    priced = price_move(question.problem, question.plan, wanted, now=question.events)
    after = problem_after(question.problem, question.events, question.plan)
    outcome = outcome_of(question, after, priced.plan)
    return _Worked(outcome, broken=priced.broken, price_s=priced.price_s, why_gone={visit: "taken_out"})


def _after(question: Question, shift: str, after: str | None) -> str | None:
    """The stop before, as the core names it: all that is executed is one stop there."""
    progress = question.team.by_shift[shift].progress
    if after is not None and progress is not None and any(stop.visit == after for stop in progress.locked[-1:]):
        return None
    return after


def _answered(
    viewer: Viewer, request: ProposalRequest, worked: _Worked, visits: dict[str, int], now: datetime, began: float
) -> tuple[ProposalAnswer, Proposal]:
    """The answer as it is shown, and the row that keeps it."""
    outcome, team = worked.outcome, worked.outcome.question.team
    touched = {stop.visit for document in outcome.documents.values() for stop in document.stops if not stop.locked}
    for name in outcome.documents:
        former = outcome.former(name)
        if former is not None:
            touched.update(stop.visit for stop in former.stops)
    touched.update(one.visit for one in worked.gone)
    touched.update(one.visit for one in worked.inserted)
    base = Base(
        plans={name: team.by_shift[name].version for name in outcome.documents},
        visits={name: visits.get(name, 0) for name in sorted(touched)},
        executed={
            name: tuple(stop.visit for stop in progress.locked)
            for name in outcome.documents
            if (progress := team.by_shift[name].progress) is not None
        },
    )
    draft = Draft(
        days=tuple(
            ProposedDay(shift=name, version=team.by_shift[name].version, plan=document)
            for name, document in sorted(outcome.documents.items())
        ),
        gone=worked.gone,
        inserted=worked.inserted,
        absences=tuple(absences_in(request, team)),
        seed=outcome.plan.seed,
        iterations=outcome.plan.iterations,
    )
    territories = sorted({one.frame.rep.territory_id for one in team.by_shift.values()}, key=lambda name: name or "")
    row = Proposal(
        day=request.date,
        territory_ids=territories,
        request=request.model_dump(mode="json"),
        base=base.model_dump(mode="json"),
        shown="",
        draft=draft.model_dump_json(),
        actor=viewer.person_id,
        expires_at=now + LIFE,
    )
    answer = ProposalAnswer(
        id=row.id,
        state=row.state,
        request=request,
        territories=tuple(territories),
        created_by=viewer.person_id,
        created_at=now,
        expires_at=row.expires_at,
        etag=base.etag,
        diff=proposal_diff(
            {name: one.document for name, one in team.by_shift.items()}, outcome.documents, worked.why_gone or {}
        ),
        days=draft.days,
        broken=worked.broken,
        price_s=worked.price_s,
        repair_ms=round((time.perf_counter() - began) * 1000),
    )
    row.shown = answer.to_json()
    return answer, row


def get_proposal(session: Session, viewer: Viewer, proposal_id: str) -> Proposal:
    """One proposal. Raises NotFoundError when there is none or the viewer may not see all of its territories."""
    row = session.get(Proposal, proposal_id)
    if row is None or not may_see(viewer, row):
        raise NotFoundError(f"there is no proposal {proposal_id!r}; check the id")
    return row


def may_see(viewer: Viewer, row: Proposal) -> bool:
    """Whether the viewer sees every territory of a proposal; a rep sees those they made themselves."""
    if viewer.role is Role.REP:
        return row.actor == viewer.person_id
    return viewer.sees_all or set(row.territory_ids) <= set(viewer.territory_ids or ())


def show(row: Proposal, now: datetime) -> ProposalAnswer:
    """A proposal as it stands now."""
    state = row.state
    if state == ProposalState.OPEN and now >= row.expires_at:
        state = "expired"
    answer = ProposalAnswer.model_validate_json(row.shown)
    return answer.model_copy(update={"state": state, "change": row.change_id, "replaced_by": row.replaced_by})


def list_proposals(
    session: Session, viewer: Viewer, page: PageRequest, *, state: str | None, now: datetime
) -> Page[ProposalAnswer]:
    """Proposals, the newest last; a page may be shorter where others' territories are left out."""
    statement = select(Proposal)
    if state == "expired":
        statement = statement.where(Proposal.state == ProposalState.OPEN, col(Proposal.expires_at) <= now)
    elif state is not None:
        statement = statement.where(Proposal.state == state)
        if state == ProposalState.OPEN:
            statement = statement.where(col(Proposal.expires_at) > now)
    found = fetch_page(session, statement, page, keys=(col(Proposal.id),), key_of=lambda row: (row.id,))
    return Page(tuple(show(row, now) for row in found.items if may_see(viewer, row)), found.next_cursor)
