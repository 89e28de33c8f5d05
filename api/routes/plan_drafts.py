"""Drafts of planning runs: what waits to be published, against the plans as they are; published or discarded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.auth.guard import GuardedRoute
from api.deps import OnceKey, ServicesDep, TagDep, ThingId, ViewerDep
from api.routes.days import parse_day
from api.routes.describe import CHANGE, READ, READ_ONE, problems
from api.routes.editing import once
from visits.board_views import DriveLines
from visits.day_plan import DayPlan
from visits.draft_views import DraftedRuns, PublishAnswer, PublishRequest, RunDrafts
from visits.drafts import list_drafted_runs, run_drafts, visible_drafts
from visits.drive_lines import drive_lines
from visits.publishing import discard_drafts, publish_drafts

router = APIRouter(route_class=GuardedRoute, tags=["planning"])
DateText = Annotated[str, Query(max_length=40, description="A date such as 2026-11-23.")]


@router.get(
    "/plan-drafts", operation_id="list_plan_drafts", summary="Runs that wait to be published", responses=problems(*READ)
)
def read_plan_drafts(services: ServicesDep, viewer: ViewerDep) -> DraftedRuns:
    """Whoever asked for them: those with a rep-day that you may see."""
    with services.store.reading() as session:
        return list_drafted_runs(session, viewer)


@router.get(
    "/plan-runs/{run_id}/drafts",
    operation_id="get_plan_drafts",
    summary="What waits of a run",
    responses=problems(*READ_ONE),
)
def read_run_drafts(run_id: ThingId, services: ServicesDep, viewer: ViewerDep, response: Response) -> RunDrafts:
    """Every rep-day as it is and as it would become, and whether it may still be published.

    The ETag goes into If-Match of the publication.
    """
    with services.store.reading() as session:
        told, tag = run_drafts(session, viewer, run_id, datetime.now(UTC))
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-store"
    return told


@router.get(
    "/plan-runs/{run_id}/drafts/plans",
    operation_id="list_drafted_plans",
    summary="Drafted plans of a day",
    response_model=list[DayPlan],
    responses=problems(*READ_ONE),
)
def read_drafted_plans(run_id: ThingId, services: ServicesDep, viewer: ViewerDep, date: DateText) -> Response:
    """The plans of that day as they would become; their versions are those that they would replace."""
    day = parse_day("date", date)
    with services.store.reading() as session:
        documents = [draft.document for draft in visible_drafts(session, viewer, run_id, day)]
    body = f"[{','.join(documents)}]"
    return Response(body, media_type="application/json", headers={"Cache-Control": "private, no-store"})


@router.get(
    "/plan-runs/{run_id}/drafts/lines",
    operation_id="list_drafted_lines",
    summary="The drives of drafted plans",
    responses=problems(*READ_ONE),
)
def read_drafted_lines(run_id: ThingId, services: ServicesDep, viewer: ViewerDep, date: DateText) -> DriveLines:
    """The drive of every drafted plan of that day, along the roads."""
    day = parse_day("date", date)
    with services.store.reading() as session:
        documents = [draft.document for draft in visible_drafts(session, viewer, run_id, day)]
    return drive_lines([DayPlan.model_validate_json(text) for text in documents], services.tools.travel)


@router.post(
    "/plan-runs/{run_id}/publish",
    operation_id="publish_plan_drafts",
    summary="Publish what waits of a run",
    responses=problems(*CHANGE),
)
def publish(
    run_id: ThingId,
    body: PublishRequest,
    services: ServicesDep,
    viewer: ViewerDep,
    tag: TagDep,
    key: OnceKey = None,
) -> PublishAnswer:
    """Rep-days go to the phones in one transaction; POST /plans/{id}/undo takes that back while nothing came of it.

    412 names the rep-days that changed since they were planned: publish the others, or plan again. 409 when rep-days
    are left out with which others must go.
    """

    def make(session: Session) -> PublishAnswer:
        return publish_drafts(session, viewer, run_id, body, tag=tag, now=datetime.now(UTC))

    return once(services.store, viewer, key, f"publish_plan_drafts {run_id}", body, make, PublishAnswer)


@router.delete(
    "/plan-runs/{run_id}/drafts",
    operation_id="discard_plan_drafts",
    summary="Discard what waits of a run",
    status_code=204,
    responses=problems(*READ_ONE, 409),
)
def discard(run_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Puts the drafts away that you may see; no plan changes."""
    with services.store.session() as session:
        discard_drafts(session, viewer, run_id)
    return Response(status_code=204)
