"""The states of a visit, and what every message about it does to them: the one state machine.

What happened beats what was planned, and of two things that happened the visit that took place beats the one that did
not. A message that comes late (its moment lies before the one that led to the present state) never undoes what is known
by now; it fills in what it knows of the past, or is kept for people to see. Nothing is dropped: whatever was said
stands in the history of the visit, refused or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlmodel import Session

from visits.models import Visit, VisitState, VisitTransition
from visits.scope import Viewer


class Action(StrEnum):
    """What is said of a visit. The first four are the office's and the plan's, the others the rep's."""

    PLACE = "place"
    RELEASE = "release"
    CANCEL = "cancel"
    RESTORE = "restore"
    DEPART = "depart"
    ARRIVE = "arrive"
    COMPLETE = "complete"
    NO_SHOW = "no_show"
    SKIP = "skip"


class Settled(StrEnum):
    """What came of it: the state changed; a fact was added to it; it stands in the history alone; it was refused."""

    MOVED = "moved"
    NOTED = "noted"
    KEPT = "kept"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an action does in a state: the state after, and how it is settled when it comes in time and when late."""

    state: VisitState | None
    in_time: Settled
    late: Settled


_S, _A = VisitState, Action
_MOVED, _NOTED, _KEPT, _REFUSED = Settled.MOVED, Settled.NOTED, Settled.KEPT, Settled.REFUSED
_AHEAD = (_S.PLANNED, _S.PROMISED)
_ON_ITS_WAY = (*_AHEAD, _S.EN_ROUTE)
_AT_WORK = (*_ON_ITS_WAY, _S.ARRIVED)
_CALLED_OFF = (_S.CANCELLED, _S.SKIPPED)


def _rule(state: VisitState | None, in_time: Settled, late: Settled | None = None) -> Rule:
    return Rule(state, in_time, in_time if late is None else late)


RULES: dict[tuple[VisitState, Action], Rule] = {
    # depart: the rep sets out
    **{(state, _A.DEPART): _rule(_S.EN_ROUTE, _MOVED) for state in _AHEAD},
    (_S.EN_ROUTE, _A.DEPART): _rule(None, _NOTED),
    **{(state, _A.DEPART): _rule(None, _REFUSED, _NOTED) for state in (_S.ARRIVED, _S.DONE, _S.NO_SHOW)},
    **{(state, _A.DEPART): _rule(None, _REFUSED, _KEPT) for state in (*_CALLED_OFF, _S.SUGGESTED)},
    # arrive: the rep is at the door
    **{(state, _A.ARRIVE): _rule(_S.ARRIVED, _MOVED) for state in _ON_ITS_WAY},
    (_S.ARRIVED, _A.ARRIVE): _rule(None, _NOTED),
    **{(state, _A.ARRIVE): _rule(None, _REFUSED, _NOTED) for state in (_S.DONE, _S.NO_SHOW)},
    **{(state, _A.ARRIVE): _rule(None, _REFUSED, _KEPT) for state in (*_CALLED_OFF, _S.SUGGESTED)},
    # complete: it took place, which nothing undoes
    **{(state, _A.COMPLETE): _rule(_S.DONE, _MOVED) for state in (*_AT_WORK, _S.NO_SHOW, *_CALLED_OFF)},
    (_S.DONE, _A.COMPLETE): _rule(None, _REFUSED, _KEPT),
    (_S.SUGGESTED, _A.COMPLETE): _rule(None, _REFUSED, _KEPT),
    # no_show: nobody was there
    **{(state, _A.NO_SHOW): _rule(_S.NO_SHOW, _MOVED) for state in _AT_WORK},
    **{
        (state, _A.NO_SHOW): _rule(None, _REFUSED, _KEPT) for state in (_S.NO_SHOW, _S.DONE, *_CALLED_OFF, _S.SUGGESTED)
    },
    # skip: the rep decides against it; cancel: the customer or the office does
    **{(state, _A.SKIP): _rule(_S.SKIPPED, _MOVED) for state in _ON_ITS_WAY},
    **{
        (state, _A.SKIP): _rule(None, _REFUSED, _KEPT)
        for state in (_S.ARRIVED, _S.DONE, _S.NO_SHOW, *_CALLED_OFF, _S.SUGGESTED)
    },
    **{(state, _A.CANCEL): _rule(_S.CANCELLED, _MOVED) for state in (_S.SUGGESTED, *_ON_ITS_WAY)},
    **{(state, _A.CANCEL): _rule(None, _REFUSED, _KEPT) for state in (_S.ARRIVED, _S.DONE, _S.NO_SHOW, *_CALLED_OFF)},
    # the plan: places, moves and releases what is open, and nothing else
    **{(state, _A.PLACE): _rule(_S.PLANNED, _MOVED) for state in (_S.SUGGESTED, *_AHEAD)},
    **{(state, _A.RELEASE): _rule(_S.SUGGESTED, _MOVED) for state in (_S.SUGGESTED, *_AHEAD)},
    **{
        (state, action): _rule(None, _REFUSED)
        for state in (_S.EN_ROUTE, _S.ARRIVED, _S.DONE, _S.NO_SHOW, *_CALLED_OFF)
        for action in (_A.PLACE, _A.RELEASE)
    },
    # restore: a change is taken back whose effects nobody built upon; what happened stays
    **{(state, _A.RESTORE): _rule(_S.SUGGESTED, _MOVED) for state in (_S.SUGGESTED, *_AHEAD, *_CALLED_OFF)},
    **{(state, _A.RESTORE): _rule(None, _REFUSED) for state in (_S.EN_ROUTE, _S.ARRIVED, _S.DONE, _S.NO_SHOW)},
}
"""Every action in every state. PLACE, RELEASE and RESTORE name the least state: a promise makes it promised."""


@dataclass(frozen=True, slots=True)
class Said:
    """Who says what of a visit: `at` is when it happened, `now` when it is told, `cause` in whose course or why."""

    viewer: Viewer
    action: Action
    at: datetime
    now: datetime
    cause: str = ""
    outcome: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules make of something said."""

    settled: Settled
    state: VisitState

    @property
    def refused(self) -> bool:
        """Whether it was not followed and nobody is told that it was."""
        return self.settled is Settled.REFUSED


def judge(visit: Visit, action: Action, at: datetime) -> Verdict:
    """What an action does to the visit as it stands; nothing is changed."""
    state = VisitState(visit.state)
    rule = RULES[state, action]
    since = _since(visit)
    settled = rule.late if since is not None and at < since else rule.in_time
    return Verdict(settled, rule.state if settled is Settled.MOVED and rule.state is not None else state)


def _since(visit: Visit) -> datetime | None:
    """When what led to the present state happened; None for a visit still ahead."""
    if visit.ended_at is not None:
        return visit.ended_at
    return visit.arrived_at if visit.state == VisitState.ARRIVED else None


def settle(session: Session, visit: Visit, said: Said, verdict: Verdict, to: VisitState | None = None) -> None:
    """Carry out a verdict and write it into the visit's history. `to` replaces the verdict's state where it moved."""
    before = VisitState(visit.state)
    if verdict.settled is Settled.MOVED:
        visit.state = (to or verdict.state).value
        session.add(visit)
    session.add(
        VisitTransition(
            visit_id=visit.id,
            action=said.action,
            from_state=before,
            to_state=visit.state,
            settled=verdict.settled,
            at=said.at,
            recorded_at=said.now,
            actor=said.viewer.person_id,
            cause=said.cause,
            rep_id=visit.rep_id,
            outcome=said.outcome,
            note=said.note,
        )
    )
