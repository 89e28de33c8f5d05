"""A rep takes a fill-in: one due customer comes into their own day at its best place, and nothing else changes."""

from __future__ import annotations

import time
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from routing.moves import Assign, price_move
from routing.repair import problem_after
from routing.slots import offer_slots
from visits.day_diff import day_diff
from visits.day_plan import CancelAnswer
from visits.day_problem import Extra, question_of
from visits.day_writing import DayChange, Touched, lock_days, write_days
from visits.errors import ConflictError, NotFoundError, StaleError
from visits.hours import shift_id
from visits.idempotency import keep_answer, stored_answer
from visits.needs import Need
from visits.plan_storing import Placing, Provenance
from visits.problem_store import keep_problem
from visits.queries.events import record
from visits.queries.reps import get_rep
from visits.rep_days import Scope, TeamDays, read_days
from visits.repairing import Outcome, outcome_of
from visits.scope import Viewer
from visits.solving import TravelSource
from visits.store import Store

ATTEMPTS = 3


def take_fill_in(
    store: Store,
    viewer: Viewer,
    rep_id: str,
    day: date,
    visit_id: str,
    *,
    key: str,
    now: datetime,
    travel: TravelSource,
) -> CancelAnswer:
    """Put a visit that was suggested as a fill-in into the rep's day. The answer to a repeated `key` is the stored one.

    Raises NotFoundError for a rep the viewer may not see, ConflictError when the customer is no longer due or free, the
    visit no longer fits, the day is over, or the key was used for another request.
    """
    request = {"kind": "filled_in", "rep": rep_id, "date": day.isoformat(), "visit": visit_id}
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _take(store, viewer, rep_id, day, visit_id, request, key, now, travel)
        except StaleError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError  # the loop returns or raises


def _take(
    store: Store,
    viewer: Viewer,
    rep_id: str,
    day: date,
    visit_id: str,
    request: dict[str, Any],
    key: str,
    now: datetime,
    travel: TravelSource,
) -> CancelAnswer:
    began = time.perf_counter()
    with store.reading() as session:
        rep = get_rep(session, viewer, rep_id)
        known = stored_answer(session, viewer, key, request, CancelAnswer)
        if known is not None:
            return known
        team = read_days(session, Scope((rep.territory_id,), day, day, frozenset({rep.id})), now)
    shift = shift_id(rep_id, day)
    need = next((need for need in team.candidates if need.visit_id == visit_id), None)
    if shift not in team.by_shift or team.by_shift[shift].shift is None:
        raise NotFoundError(f"there is no working time of rep {rep_id!r} left on {day}")
    if need is None:
        raise ConflictError(f"the visit {visit_id!r} is no longer free or due; look at the suggestions again")
    outcome = _with(team, need, shift, travel)
    change = DayChange(outcome.former(shift), outcome.documents[shift])
    with store.session() as session:
        held = lock_days(session, {shift: change})
        known = stored_answer(session, viewer, key, request, CancelAnswer)
        if known is not None:
            return known
        made_from = Provenance.of(outcome.plan, keep_problem(session, outcome.problem))
        placing = Placing(viewer, "fill_in", now)
        made, written = write_days(session, placing, held, {shift: change}, made_from, Touched())
        _record(session, viewer, need, request, rep_id)
        after = written[shift]
        answer = CancelAnswer(
            visit=visit_id,
            rep=rep_id,
            date=day,
            version=after.version,
            plan=after,
            before=change.former,
            diff=day_diff(change.former, after, shift) if change.former is not None else None,
            change=made.id,
            repair_ms=round((time.perf_counter() - began) * 1000),
        )
        keep_answer(session, viewer, key, request, answer)
        return answer


def _with(team: TeamDays, need: Need, shift: str, travel: TravelSource) -> Outcome:
    """The day with the visit at its cheapest place. Raises ConflictError when it has none."""
    question = question_of(team, travel, Extra(candidates=(need,)))
    place = question.problem.visit_index.get(need.visit_id)
    offers = (
        offer_slots(question.problem, question.plan, question.problem.visits[place], limit=1, now=question.events)
        if place is not None
        else ()
    )
    if not offers:
        raise ConflictError(f"{need.customer.name} no longer fits into the day; look at the suggestions again")
    after = None if offers[0].after in question.stand_ins else offers[0].after
    priced = price_move(question.problem, question.plan, Assign(need.visit_id, shift, after), now=question.events)
    return outcome_of(question, problem_after(question.problem, question.events, question.plan), priced.plan)


def _record(session: Session, viewer: Viewer, need: Need, request: dict[str, Any], rep_id: str) -> None:
    territory_id = need.customer.territory_id
    record(session, viewer, "visit.filled_in", need.visit_id, request, rep_id=rep_id, territory_id=territory_id)
