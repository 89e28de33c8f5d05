"""What a rep's report means for colleagues: a proposal for the office, never a change of their days."""

from __future__ import annotations

import logging
from datetime import datetime

from sqlmodel import Session

from routing.events import Event, Insert
from routing.problem import TimeWindow
from routing.problem import Visit as ProblemVisit
from visits.day_plan import CancelAnswer, DayPlan, PlannedStop
from visits.errors import BeatplanError
from visits.hours import shift_id
from visits.models import Customer, Rep, Visit
from visits.proposal_views import ProposalAnswer, ProposalRequest
from visits.proposing import propose_if
from visits.queries.reps import reps_beside
from visits.repairing import Effort
from visits.scope import SYSTEM
from visits.solving import TravelSource
from visits.store import Store

log = logging.getLogger("beatplan.office")
LEAST_GAIN_S = 900
"""What a change of colleagues' days must gain before the office is asked to look at it."""


def offer_to_office(
    store: Store, answer: CancelAnswer, *, now: datetime, travel: TravelSource, effort: Effort | None = None
) -> ProposalAnswer | None:
    """The proposal that a report leads to: a colleague for stops that lost their place, or use for the freed time.

    None where no colleague's day would change for it or it would not pay. What goes wrong is logged: the report itself
    stands.
    """
    if answer.plan is None or answer.before is None:
        return None
    try:
        return _offer(store, answer.before, answer.plan, now, travel, effort)
    except BeatplanError as error:
        log.warning("no proposal after the report about visit %s: %s", answer.visit, error)
        return None


def _offer(
    store: Store,
    before: DayPlan,
    after: DayPlan,
    now: datetime,
    travel: TravelSource,
    effort: Effort | None,
) -> ProposalAnswer | None:
    shift = shift_id(after.rep, after.date)
    stays = {stop.visit for stop in after.stops}
    with store.reading() as session:
        if len(_team(session, after)) < 2:
            return None
        lost = [stop for stop in before.stops if stop.visit not in stays and _homeless(session, stop)]
        events = [_again(session, stop, after) for stop in lost]
    request = ProposalRequest(
        date=after.date,
        events=tuple(events),
        anew=() if events else (shift,),
        reason=f"after {after.cause} by {after.rep_name}",
    )
    names = {stop.visit for stop in lost}

    def worthwhile(proposal: ProposalAnswer) -> bool:
        return _worthwhile(proposal, shift, names)

    return propose_if(store, SYSTEM, request, worthwhile, now=now, travel=travel, effort=effort)


def _team(session: Session, plan: DayPlan) -> list[str]:
    return reps_beside(session, session.get_one(Rep, plan.rep))


def _homeless(session: Session, stop: PlannedStop) -> bool:
    """Whether a stop's visit is still wanted and stands nowhere."""
    row = session.get(Visit, stop.visit)
    return row is not None and row.rep_id is None and row.state in {"suggested", "promised"}


def _again(session: Session, stop: PlannedStop, plan: DayPlan) -> Event:
    """The stop as a visit looking for a place: a promise keeps its time, with any rep."""
    spans = (stop.promise,) if stop.promise is not None else stop.windows
    row, customer = session.get_one(Visit, stop.visit), session.get_one(Customer, stop.customer)
    return Insert(
        type="insert",
        visit=ProblemVisit(
            id=stop.visit,
            location=stop.customer,
            service_s=stop.departure_s - stop.start_s,
            value_s=stop.why.value_s,
            mandatory=row.mandatory or row.promise_day is not None,
            windows=tuple(TimeWindow(day=plan.date, start_s=one.start_s, end_s=one.end_s) for one in spans),
            skills=tuple(customer.skills),
        ),
    )


def _worthwhile(proposal: ProposalAnswer, own: str, lost: set[str]) -> bool:
    others = [one for one in proposal.diff.reps if one.shift != own]
    if not others:
        return False
    if lost & {one.visit for one in proposal.diff.added}:
        return True
    gain_s = proposal.diff.delta.value_s - proposal.diff.delta.travel_s
    return gain_s >= LEAST_GAIN_S
