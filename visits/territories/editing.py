"""The draft: an alternative that a manager goes on with by hand, step by step, each of which can be taken back."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator
from sqlmodel import Session, select

from routing.documents import Document, Flag, Id
from routing.territories.alternatives import usual_price
from routing.territories.case import NOBODY, Owners, Wish, objective
from routing.territories.search import Effort, Found, search
from visits.errors import ConflictError, InputError, StaleError
from visits.models import TerritoryAlternative, TerritoryProposal
from visits.queries.events import record
from visits.scope import Viewer
from visits.territories.proposing import (
    STUDIES,
    alternative_row,
    get_alternative,
    locked_proposal,
    owners_of,
    require_ready,
    wish_stored,
)
from visits.territories.requests import WhatIf
from visits.territories.snapshot import Study
from visits.territories.views import AlternativeView, found_by_hand, view

DRAFT, WHAT_IF = "draft", "what_if"
QUICK_TRIALS_PER_CUSTOMER = 1_250
_QUICK_CARE = 0.1
_MOST_QUICK = 5_000_000


class Step(Document):
    """One step by hand: customers moved to a territory, pinned where they are then, or freed of their pins."""

    customers: Annotated[tuple[Id, ...], Field(min_length=1, max_length=20_000)]
    to: Id | None = None
    pin: Flag | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.to is None and self.pin is None:
            raise ValueError("neither moves nor pins: give `to`, `pin`, or both")
        return self


def begin_draft(
    session: Session, viewer: Viewer, proposal: TerritoryProposal, source: str, *, expected: int | None
) -> TerritoryAlternative:
    """The draft, begun anew from an alternative. `expected` is the version of the draft it takes the place of, if any.

    Raises NotFoundError, ConflictError, StaleError.
    """
    require_ready(proposal)
    study, start = STUDIES.of(proposal), get_alternative(session, proposal.id, source)
    owner, wish = owners_of(start), wish_stored(start)
    shown = view(study, DRAFT, found_by_hand(study, owner, wish, objective(study.case, wish, owner)), wish).to_json()
    row = _draft(session, proposal.id)
    fresh = alternative_row(proposal.id, DRAFT, wish, owner, shown)
    if row is None:
        row = fresh
    else:
        require_expected(row, expected)
        row.wish, row.owners, row.shown = fresh.wish, fresh.owners, fresh.shown
        row.edits, row.pins, row.validation = [], {}, None
    session.add(row)
    session.flush()
    record(session, viewer, "territory_proposal.drafted", proposal.id, {"from": source})
    return row


def edit_draft(
    session: Session, viewer: Viewer, proposal: TerritoryProposal, step: Step, *, expected: int
) -> TerritoryAlternative:
    """The draft after a step. A customer goes wherever it may, connected or not: that is shown as an exception.

    Raises NotFoundError, ConflictError, StaleError, InputError for a customer that is not there or may not go there.
    """
    require_ready(proposal)
    study, row = STUDIES.of(proposal), get_alternative(session, proposal.id, DRAFT)
    require_expected(row, expected)
    numbers = [_number(study, name) for name in step.customers]
    before = [[u, int(row.owners[u]), row.pins.get(str(u))] for u in numbers]
    owners, pins = list(row.owners), dict(row.pins)
    if step.to is not None:
        target = _territory(study, step.to)
        for u in numbers:
            if not np.isfinite(study.case.drive_s[u, target]):
                raise InputError(
                    f"the customer {study.snapshot.customers[u].name!r} may not go to "
                    f"{study.snapshot.territories[target].name!r}: its skills, region, pin or the roads forbid it"
                )
            owners[u] = target
    for u in numbers:
        if step.pin is True:
            pins[str(u)] = owners[u]
        elif step.pin is False:
            pins.pop(str(u), None)
        elif str(u) in pins:
            pins[str(u)] = owners[u]
    row.owners, row.pins = owners, pins
    row.edits = [*row.edits, {"before": before, "step": step.model_dump(mode="json")}]
    return _changed(session, viewer, study, proposal, row, "territory_proposal.edited", {"customers": len(numbers)})


def undo_edit(session: Session, viewer: Viewer, proposal: TerritoryProposal, *, expected: int) -> TerritoryAlternative:
    """The draft without its last step. Raises NotFoundError, ConflictError when there is none, StaleError."""
    require_ready(proposal)
    study, row = STUDIES.of(proposal), get_alternative(session, proposal.id, DRAFT)
    require_expected(row, expected)
    if not row.edits:
        raise ConflictError("the draft has no step to take back; it is as it was begun")
    owners, pins = list(row.owners), dict(row.pins)
    for u, owner, pin in row.edits[-1]["before"]:
        owners[u] = owner
        pins.pop(str(u), None)
        if pin is not None:
            pins[str(u)] = pin
    row.owners, row.pins, row.edits = owners, pins, list(row.edits[:-1])
    return _changed(session, viewer, study, proposal, row, "territory_proposal.edited", {"undone": True})


def what_if(session: Session, proposal: TerritoryProposal, asked: WhatIf) -> tuple[AlternativeView, Owners, Wish]:
    """What the sliders lead to, stored nowhere. Raises ConflictError, NotFoundError, InputError, SolveError."""
    study = STUDIES.of(proposal)
    wish = asked.wish.priced(usual_price(study.case))
    case = study.case
    if asked.from_draft:
        pins = np.full(case.n, NOBODY)
        for u, owner in get_alternative(session, proposal.id, DRAFT).pins.items():
            pins[int(u)] = owner
        case = case.pinned(pins)
    trials = min(case.n * QUICK_TRIALS_PER_CUSTOMER, _MOST_QUICK)
    found: Found = search(case, wish, Effort(trials, both_starts=False, care=_QUICK_CARE))
    return view(study, WHAT_IF, found, wish), found.owner, wish


def keep_what_if(
    session: Session, viewer: Viewer, proposal: TerritoryProposal, shown: AlternativeView, owner: Owners, wish: Wish
) -> TerritoryAlternative:
    """Store what sliders led to as the alternative "what_if". Raises ConflictError."""
    require_ready(proposal)
    fresh = alternative_row(proposal.id, WHAT_IF, wish, owner, shown.to_json())
    statement = select(TerritoryAlternative).where(
        TerritoryAlternative.proposal_id == proposal.id, TerritoryAlternative.name == WHAT_IF
    )
    row = session.exec(statement).first() or fresh
    row.wish, row.owners, row.shown, row.validation = fresh.wish, fresh.owners, fresh.shown, None
    session.add(row)
    session.flush()
    record(session, viewer, "territory_proposal.kept", proposal.id, {"alternative": WHAT_IF})
    return row


def require_expected(row: TerritoryAlternative, expected: int | None) -> None:
    """Raises StaleError unless the draft has the version that the caller saw."""
    if row.version != expected:
        raise StaleError("somebody else changed the draft meanwhile; load it again and repeat the step", row.version)


def _changed(
    session: Session,
    viewer: Viewer,
    study: Study,
    proposal: TerritoryProposal,
    row: TerritoryAlternative,
    kind: str,
    payload: dict[str, int | bool],
) -> TerritoryAlternative:
    """Stores a draft whose owners or pins changed, with its figures and the event."""
    owner, wish = owners_of(row), wish_stored(row)
    found = found_by_hand(study, owner, wish, objective(study.case, wish, owner))
    row.shown, row.validation = view(study, DRAFT, found, wish).to_json(), None
    session.add(row)
    session.flush()
    record(session, viewer, kind, proposal.id, dict(payload))
    return row


def _draft(session: Session, proposal_id: str) -> TerritoryAlternative | None:
    locked_proposal(session, proposal_id)
    statement = select(TerritoryAlternative).where(
        TerritoryAlternative.proposal_id == proposal_id, TerritoryAlternative.name == DRAFT
    )
    return session.exec(statement).first()


def _number(study: Study, customer_id: str) -> int:
    number = study.customer_number.get(customer_id)
    if number is None:
        raise InputError(f"customers name {customer_id!r}, who takes no part in this proposal; correct it")
    return number


def _territory(study: Study, territory_id: str) -> int:
    number = study.territory_number.get(territory_id)
    if number is None:
        raise InputError(f"to is {territory_id!r}, no territory of this proposal; correct it")
    return number
