"""The dispatcher's board: what events or a move by hand would change, looked at, committed, discarded, undone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Response

from api.auth.guard import GuardedRoute
from api.deps import PageDep, ServicesDep, TagDep, ThingId, ViewerDep
from api.errors import bad_field
from api.routes.describe import CHANGE, CREATE, READ, READ_ONE, TAP, problems
from api.schemas.repair import Commit, ProposalPage, Undo
from visits.deciding import CommitAnswer, commit_proposal, discard_proposal
from visits.proposal_views import ProposalAnswer, ProposalRequest
from visits.proposing import get_proposal, list_proposals, propose, show
from visits.repairing import Effort
from visits.undoing import UndoAnswer, undo_plan

router = APIRouter(route_class=GuardedRoute, tags=["proposals"])
State = Literal["open", "expired", "committed", "discarded", "replaced"]
JSON = "application/json"


@router.post(
    "/proposals",
    operation_id="create_proposal",
    summary="Propose what events or a move would change",
    status_code=201,
    response_model=ProposalAnswer,
    responses=problems(*CREATE),
)
def create_proposal(body: ProposalRequest, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Works out the repaired plans and answers with the difference; no plan changes.

    It can be committed for 15 minutes.

    Shifts are named REP/2026-11-23, and the location of an inserted visit is its customer.
    """
    answer = propose(
        services.store, viewer, body, now=datetime.now(UTC), travel=services.tools.travel, effort=_effort(services)
    )
    where = f"/api/v1/proposals/{answer.id}"
    return Response(answer.to_json(), 201, {"Location": where, "ETag": answer.etag}, JSON)


@router.get("/proposals", operation_id="list_proposals", summary="Proposals", responses=problems(*READ))
def read_proposals(
    services: ServicesDep,
    viewer: ViewerDep,
    page: PageDep,
    state: Annotated[State | None, Query(description="Only those in this state.")] = None,
) -> ProposalPage:
    """The proposals whose territories you see. A page may hold fewer than asked for."""
    with services.store.reading() as session:
        found = list_proposals(session, viewer, page, state=state, now=datetime.now(UTC))
    return ProposalPage(items=found.items, next_cursor=found.next_cursor)


@router.get(
    "/proposals/{proposal_id}",
    operation_id="get_proposal",
    summary="One proposal",
    response_model=ProposalAnswer,
    responses=problems(*READ_ONE),
)
def read_proposal(proposal_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> Response:
    """A proposal as it stands; its ETag is what a commit sends as If-Match."""
    with services.store.reading() as session:
        answer = show(get_proposal(session, viewer, proposal_id), datetime.now(UTC))
    return Response(answer.to_json(), 200, {"ETag": answer.etag, "Cache-Control": "private, no-cache"}, JSON)


@router.post(
    "/proposals/{proposal_id}/commit",
    operation_id="commit_proposal",
    summary="Commit a proposal",
    response_model=CommitAnswer,
    responses=problems(*CHANGE),
)
def commit(
    proposal_id: ThingId, services: ServicesDep, viewer: ViewerDep, tag: TagDep, body: Commit | None = None
) -> Response:
    """Writes new versions of the plans, the events and the record in one transaction; sending it again changes nothing.

    412 when somebody was faster, the day went on or the proposal expired: Location and ETag then name a fresh proposal
    for the same request. 409 for a move that breaks rules and is not confirmed.
    """
    answer = commit_proposal(
        services.store,
        viewer,
        proposal_id,
        etag=tag,
        confirm=(body or Commit()).confirm,
        now=datetime.now(UTC),
        travel=services.tools.travel,
        effort=_effort(services),
    )
    return Response(answer.to_json(), media_type=JSON)


@router.delete(
    "/proposals/{proposal_id}",
    operation_id="discard_proposal",
    summary="Discard a proposal",
    status_code=204,
    responses=problems(*READ_ONE, 409),
)
def discard(proposal_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Puts a proposal away; one that is committed cannot be discarded, only undone."""
    discard_proposal(services.store, viewer, proposal_id, now=datetime.now(UTC))
    return Response(status_code=204)


@router.post(
    "/plans/{plan_id}/undo",
    operation_id="undo_plan",
    summary="Take the last change back",
    responses=problems(*TAP, 412),
)
def undo(
    plan_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    if_match: Annotated[
        str | None, Header(max_length=60, description='The version to take back, such as "4"; left out: the current.')
    ] = None,
    body: Undo | None = None,
) -> UndoAnswer:
    """The former versions of all plans that the change touched stand again, byte for byte.

    412 when the plan has another version than that in If-Match, 409 when something was executed or built upon it since.
    A rep may take back their own changes of their own day.
    """
    del body
    return undo_plan(services.store, viewer, plan_id, now=datetime.now(UTC), expected=_version(if_match))


def _version(if_match: str | None) -> int | None:
    """The number at the end of a version's tag."""
    if if_match is None:
        return None
    digits = if_match.strip().removeprefix("W/").strip('"').rpartition("-")[2]
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise bad_field("If-Match", f'is {if_match!r}; send the version that you saw, such as "4"', status=412)
    return int(digits)


def _effort(services: ServicesDep) -> Effort:
    return Effort(seconds=services.settings.repair_seconds)
