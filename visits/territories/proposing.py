"""Asking for a proposal, and working its five alternatives out."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from threading import Lock

import numpy as np
from sqlmodel import Session, col, select

from routing.documents import from_values
from routing.territories.alternatives import AS_NOW, NAMES, propose, usual_price, wish_of
from routing.territories.assembling import assemble
from routing.territories.case import Owners, Wish
from routing.territories.search import Effort
from visits.errors import ConflictError, NotFoundError
from visits.models import TerritoryAlternative, TerritoryProposal, TerritoryProposalState
from visits.queries.events import record
from visits.queries.page import Page, PageRequest, fetch_page
from visits.scope import SYSTEM, Viewer
from visits.solving import TravelSource
from visits.store import Store
from visits.territories.collecting import collect, network_behind, territories_asked
from visits.territories.requests import TerritoryRequest
from visits.territories.snapshot import Study, pack, unpack
from visits.territories.tasks import PROPOSE, TaskClaim, add_task, end_task
from visits.territories.views import view

_KEPT_STUDIES = 4


def ask(session: Session, viewer: Viewer, request: TerritoryRequest) -> TerritoryProposal:
    """Store a question and queue the work. Raises NotFoundError, InputError."""
    row = TerritoryProposal(
        name=request.name,
        territory_ids=territories_asked(session, viewer, request.territories),
        request=request.model_dump(mode="json"),
        approvals_needed=request.approvals,
        actor=viewer.person_id,
    )
    session.add(row)
    session.flush()
    add_task(session, PROPOSE, row.id)
    record(session, viewer, "territory_proposal.asked", row.id, {"name": row.name})
    return row


def work_out(store: Store, claim: TaskClaim, proposal_id: str, travel: TravelSource, effort: Effort) -> None:
    """Work the five alternatives of a proposal out and store them with the end of the task.

    Raises InputError, RoadError, SolveError; TaskLostError when another worker has taken the task.
    """
    with store.reading() as session:
        row = session.get_one(TerritoryProposal, proposal_id)
        request = from_values(TerritoryRequest, row.request, "the stored request")
        ids: Sequence[str] = row.territory_ids
        snapshot = collect(session, ids, request, travel, datetime.now(UTC).date())
    text = snapshot.to_json()
    arrays = pack(assemble(snapshot.problem, network_behind(travel)))
    study = unpack(text, arrays)
    common = common_wish(study)
    rows = [_alternative(study, proposal_id, name, common, effort) for name in NAMES]
    with store.session() as session:
        end_task(session, claim)
        row = locked_proposal(session, proposal_id)
        if row.state != TerritoryProposalState.QUEUED:
            return
        row.state, row.message = TerritoryProposalState.READY.value, ""
        row.snapshot, row.arrays = text, arrays
        session.add(row)
        session.add_all(rows)
        record(session, SYSTEM, "territory_proposal.ready", row.id, {"name": row.name})


def common_wish(study: Study) -> Wish:
    """What the manager asked for, with the usual price of a move where none was named."""
    return study.snapshot.problem.wish.priced(usual_price(study.case))


def _alternative(study: Study, proposal_id: str, name: str, common: Wish, effort: Effort) -> TerritoryAlternative:
    found = propose(study.case, name, common, effort)
    wish = common if name == AS_NOW else wish_of(name, common)
    return alternative_row(proposal_id, name, wish, found.owner, view(study, name, found, wish).to_json())


def alternative_row(proposal_id: str, name: str, wish: Wish, owner: Owners, shown: str) -> TerritoryAlternative:
    """An alternative as it is stored."""
    return TerritoryAlternative(
        proposal_id=proposal_id,
        name=name,
        wish={
            "tolerance": wish.tolerance,
            "move_price_s": wish.move_price_s,
            "compactness": wish.compactness,
            "most_moved": wish.most_moved,
        },
        owners=owner.tolist(),
        shown=shown,
    )


def wish_stored(row: TerritoryAlternative) -> Wish:
    """The wish that an alternative was sought with."""
    return Wish(**row.wish)


def owners_of(row: TerritoryAlternative) -> Owners:
    """The owners of an alternative, int64 [n]."""
    return np.array(row.owners, np.int64)


def get_proposal(session: Session, viewer: Viewer, proposal_id: str) -> TerritoryProposal:
    """One proposal. Raises NotFoundError when there is none or the viewer may not see all of it."""
    row = session.get(TerritoryProposal, proposal_id)
    if row is None or not _sees(viewer, row):
        raise NotFoundError(f"there is no territory proposal {proposal_id!r}; check the id")
    return row


def locked_proposal(session: Session, proposal_id: str) -> TerritoryProposal:
    """A proposal, held until the transaction ends. Raises NotFoundError."""
    statement = select(TerritoryProposal).where(TerritoryProposal.id == proposal_id).with_for_update()
    row = session.exec(statement.execution_options(populate_existing=True)).first()
    if row is None:
        raise NotFoundError(f"there is no territory proposal {proposal_id!r}; check the id")
    return row


def list_proposals(session: Session, viewer: Viewer, request: PageRequest) -> Page[TerritoryProposal]:
    """Proposals, the newest first. Raises InputError for a bad cursor. A page may hold fewer than asked for."""
    found = fetch_page(
        session,
        select(TerritoryProposal),
        request,
        keys=(col(TerritoryProposal.created_at), col(TerritoryProposal.id)),
        key_of=lambda row: (row.created_at, row.id),
        descending=True,
    )
    return Page(tuple(row for row in found.items if _sees(viewer, row)), found.next_cursor)


def require_ready(row: TerritoryProposal) -> None:
    """Raises ConflictError unless the proposal has been worked out and is not in effect yet."""
    if row.state != TerritoryProposalState.READY:
        why = f": {row.message}" if row.message else ""
        raise ConflictError(f"the proposal is {row.state}{why}; only one that is ready can be worked on")


def get_alternative(session: Session, proposal_id: str, name: str) -> TerritoryAlternative:
    """One alternative of a proposal. Raises NotFoundError."""
    statement = select(TerritoryAlternative).where(
        TerritoryAlternative.proposal_id == proposal_id, TerritoryAlternative.name == name
    )
    row = session.exec(statement).first()
    if row is None:
        raise NotFoundError(f"the proposal has no alternative {name!r}; ask for one of those it lists")
    return row


def alternatives_of(session: Session, proposal_id: str) -> list[TerritoryAlternative]:
    """The alternatives of a proposal, the five first."""
    rows = session.exec(select(TerritoryAlternative).where(TerritoryAlternative.proposal_id == proposal_id)).all()
    return sorted(rows, key=lambda row: (NAMES.index(row.name) if row.name in NAMES else len(NAMES), row.name))


class Studies:
    """Studies of proposals, the last few kept in memory: what stands in the database never changes once it is there."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Study] = OrderedDict()
        self._lock = Lock()

    def of(self, row: TerritoryProposal) -> Study:
        """The study of a proposal that has been worked out. Raises ConflictError, StoreError."""
        if not row.snapshot:
            why = f": {row.message}" if row.message else ""
            raise ConflictError(f"the proposal is {row.state}{why}; wait until it is ready")
        with self._lock:
            found = self._kept.get(row.id)
            if found is None:
                found = self._kept[row.id] = unpack(row.snapshot, row.arrays)
            self._kept.move_to_end(row.id)
            while len(self._kept) > _KEPT_STUDIES:
                self._kept.popitem(last=False)
            return found


STUDIES = Studies()


def _sees(viewer: Viewer, row: TerritoryProposal) -> bool:
    return viewer.sees_all or set(row.territory_ids) <= (viewer.territory_ids or frozenset())
