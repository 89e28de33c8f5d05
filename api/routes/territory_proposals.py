"""Proposals of other territories: asked for, read, approved, published from a day on, rolled back."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Response
from sqlmodel import Session, col, select

from api.auth.guard import GuardedRoute
from api.conditional import etag_of
from api.deps import OnceKey, PageDep, ServicesDep, ThingId, VersionDep, ViewerDep
from api.routes.describe import CHANGE, CREATE, READ, READ_ONE, problems
from api.routes.editing import once
from api.routes.territory_alternatives import summary
from api.schemas.base import Page
from api.schemas.territory_proposals import (
    ApprovalIn,
    ApprovalOut,
    ProposalCustomer,
    ProposalCustomers,
    ProposalTerritory,
    TaskOut,
    TerritoryProposalDetail,
    TerritoryProposalOut,
)
from visits.models import RunState, TerritoryApproval, TerritoryProposal, TerritoryTask
from visits.territories.proposing import STUDIES, alternatives_of, ask, get_proposal, list_proposals, owners_of
from visits.territories.publishing import (
    PublishAnswer,
    Publishing,
    approvals_of,
    approve,
    discard,
    publish,
    roll_back,
)
from visits.territories.requests import TerritoryRequest
from visits.territories.views import digest_of

router = APIRouter(route_class=GuardedRoute, prefix="/territory-proposals", tags=["territories"])


@router.post(
    "",
    operation_id="create_territory_proposal",
    summary="Propose territories",
    status_code=202,
    responses=problems(*CREATE),
)
def create_proposal(
    body: TerritoryRequest, services: ServicesDep, viewer: ViewerDep, response: Response, key: OnceKey = None
) -> TerritoryProposalOut:
    """Queues the work and answers at once; Location is where to watch it. It is ready with five alternatives."""

    def make(session: Session) -> TerritoryProposalOut:
        return TerritoryProposalOut.model_validate(ask(session, viewer, body))

    made = once(services.store, viewer, key, "create_territory_proposal", body, make, TerritoryProposalOut)
    services.runner.wake()
    response.headers["Location"] = f"/api/v1/territory-proposals/{made.id}"
    response.headers["ETag"] = etag_of(made.version)
    return made


@router.get("", operation_id="list_territory_proposals", summary="Proposals of territories", responses=problems(*READ))
def read_proposals(services: ServicesDep, viewer: ViewerDep, page: PageDep) -> Page[TerritoryProposalOut]:
    """The proposals all of whose territories you see, the newest first. A page may hold fewer than asked for."""
    with services.store.reading() as session:
        found = list_proposals(session, viewer, page)
    items = tuple(TerritoryProposalOut.model_validate(row) for row in found.items)
    return Page(items=items, next_cursor=found.next_cursor)


@router.get(
    "/{proposal_id}",
    operation_id="get_territory_proposal",
    summary="One proposal of territories",
    responses=problems(*READ_ONE),
)
def read_proposal(
    proposal_id: ThingId, services: ServicesDep, viewer: ViewerDep, response: Response
) -> TerritoryProposalDetail:
    """A proposal with its alternatives' figures, approvals and open tasks; its version is the ETag."""
    with services.store.reading() as session:
        row = get_proposal(session, viewer, proposal_id)
        detail = _detail(session, row)
    response.headers["ETag"] = etag_of(row.version)
    return detail


@router.delete(
    "/{proposal_id}",
    operation_id="discard_territory_proposal",
    summary="Discard a proposal of territories",
    status_code=204,
    responses=problems(*READ_ONE, 409),
)
def discard_proposal(proposal_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Puts a proposal away; one that is scheduled or in effect can only be rolled back."""
    with services.store.session() as session:
        get_proposal(session, viewer, proposal_id)
        discard(session, viewer, proposal_id)
    return Response(status_code=204)


@router.get(
    "/{proposal_id}/customers",
    operation_id="get_territory_proposal_customers",
    summary="Who is shared out",
    responses=problems(*READ_ONE, 409),
)
def read_customers(proposal_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> ProposalCustomers:
    """All customers and territories of a proposal, in the order that owners go by."""
    with services.store.reading() as session:
        study = STUDIES.of(get_proposal(session, viewer, proposal_id))
    problem, told = study.snapshot.problem, study.snapshot
    work, present = study.case.work[:, 0].tolist(), study.case.present.tolist()
    return ProposalCustomers(
        territories=tuple(
            ProposalTerritory(
                id=one.id,
                name=told.territories[j].name,
                is_new=told.territories[j].is_new,
                reps=told.territories[j].reps,
                bases=tuple((base.lon, base.lat) for base in one.bases),
                capacity_s=one.capacity_s,
            )
            for j, one in enumerate(problem.territories)
        ),
        customers=tuple(
            ProposalCustomer(
                id=one.id,
                name=told.customers[u].name,
                tier=told.customers[u].tier,
                lon=one.lon,
                lat=one.lat,
                visits=round(one.visits, 3),
                work_s=round(work[u]),
                value_s=round(one.value),
                years=told.customers[u].years,
                key=one.key,
                present=present[u] if present[u] >= 0 else None,
            )
            for u, one in enumerate(problem.customers)
        ),
    )


@router.post(
    "/{proposal_id}/approvals",
    operation_id="approve_territory_proposal",
    summary="Approve an alternative",
    status_code=201,
    responses=problems(*CREATE),
)
def approve_proposal(proposal_id: ThingId, body: ApprovalIn, services: ServicesDep, viewer: ViewerDep) -> ApprovalOut:
    """Your yes to an alternative as it is now; a change of it by hand asks for a fresh one. Not for one's own."""
    with services.store.session() as session:
        row = get_proposal(session, viewer, proposal_id)
        given = approve(session, viewer, row, body.alternative, body.comment)
        return _approval(given, {given.digest})


@router.post(
    "/{proposal_id}/publish",
    operation_id="publish_territory_proposal",
    summary="Put an alternative into effect",
    responses=problems(*CHANGE),
)
def publish_proposal(
    proposal_id: ThingId,
    body: Publishing,
    services: ServicesDep,
    viewer: ViewerDep,
    version: VersionDep,
    response: Response,
    key: OnceKey = None,
) -> PublishAnswer:
    """From its day on customers belong to their new territories; until then the proposal is scheduled.

    Key accounts and old relationships that change hands get a first joint visit. 409 while approvals are missing, or
    when customers changed hands since it was worked out.
    """

    def make(session: Session) -> PublishAnswer:
        get_proposal(session, viewer, proposal_id)
        return publish(session, viewer, proposal_id, body, expected=version, today=datetime.now(UTC).date())

    answer = once(services.store, viewer, key, f"publish/{proposal_id}", body, make, PublishAnswer)
    response.headers["ETag"] = etag_of(answer.version)
    return answer


@router.post(
    "/{proposal_id}/roll-back",
    operation_id="roll_back_territory_proposal",
    summary="Take a published proposal back",
    responses=problems(*CHANGE),
)
def roll_back_proposal(
    proposal_id: ThingId, services: ServicesDep, viewer: ViewerDep, version: VersionDep, response: Response
) -> PublishAnswer:
    """Customers that still are where the proposal put them go back; their open joint visits are called off."""
    with services.store.session() as session:
        get_proposal(session, viewer, proposal_id)
        answer = roll_back(session, viewer, proposal_id, expected=version)
    response.headers["ETag"] = etag_of(answer.version)
    return answer


def _detail(session: Session, row: TerritoryProposal) -> TerritoryProposalDetail:
    alternatives = alternatives_of(session, row.id)
    digests = {digest_of(owners_of(one)) for one in alternatives}
    open_tasks = select(TerritoryTask).where(
        TerritoryTask.proposal_id == row.id, col(TerritoryTask.status) != RunState.DONE.value
    )
    tasks = session.exec(open_tasks.order_by(col(TerritoryTask.created_at))).all()
    snapshot = STUDIES.of(row).snapshot if row.snapshot else None
    return TerritoryProposalDetail(
        **TerritoryProposalOut.model_validate(row).model_dump(),
        travel=snapshot.travel if snapshot else None,
        customers=len(snapshot.customers) if snapshot else 0,
        left_out=len(snapshot.left_out) if snapshot else 0,
        notes=snapshot.notes if snapshot else (),
        alternatives=tuple(summary(one) for one in alternatives),
        approvals=tuple(_approval(one, digests) for one in approvals_of(session, row.id)),
        tasks=tuple(TaskOut.model_validate(task) for task in tasks),
    )


def _approval(row: TerritoryApproval, digests: set[str]) -> ApprovalOut:
    return ApprovalOut(
        person_id=row.person_id,
        alternative=row.alternative,
        comment=row.comment,
        created_at=row.created_at,
        current=row.digest in digests,
    )
