"""Where more is to be had: white space, places for one more rep; and the factors that the hours are told by."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api.auth.guard import GuardedRoute
from api.deps import ServicesDep, ThingId, ViewerDep
from api.routes.describe import CREATE, READ, READ_ONE, problems
from api.schemas.territory_proposals import TaskOut, WorkloadOut
from visits.territories.learning import latest_fit
from visits.territories.proposing import STUDIES, get_proposal
from visits.territories.tasks import LEARN, add_task
from visits.territories.white_space import BaseAnswer, BaseRequest, suggest_bases, white_space

router = APIRouter(route_class=GuardedRoute, tags=["territories"])


@router.get(
    "/territory-proposals/{proposal_id}/white-space",
    operation_id="get_white_space",
    summary="Potential per reachable hour",
    response_model=dict[str, Any],
    responses=problems(*READ_ONE, 409),
)
def read_white_space(proposal_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> Response:
    """A GeoJSON FeatureCollection of cells with what visits there are worth per hour of work, way there included."""
    with services.store.reading() as session:
        study = STUDIES.of(get_proposal(session, viewer, proposal_id))
    return JSONResponse(white_space(study))


@router.post(
    "/territory-proposals/{proposal_id}/bases",
    operation_id="suggest_bases",
    summary="Where one more rep should live",
    responses=problems(*CREATE),
)
def read_bases(proposal_id: ThingId, body: BaseRequest, services: ServicesDep, viewer: ViewerDep) -> BaseAnswer:
    """Places for the base of one more rep, scored by what no plan could beat with it; nothing changes."""
    with services.store.reading() as session:
        study = STUDIES.of(get_proposal(session, viewer, proposal_id))
    return suggest_bases(study, services.tools.travel, body)


@router.get(
    "/workload", operation_id="get_workload", summary="The factors of the monthly work", responses=problems(*READ)
)
def read_workload(services: ServicesDep, viewer: ViewerDep) -> WorkloadOut:
    """The factors that proposals are told by, and how far off they were on days they were not fitted on."""
    del viewer
    with services.store.reading() as session:
        row = latest_fit(session)
    fitted_at = row.created_at if row.days else None
    return WorkloadOut(**row.model_dump(exclude={"id", "created_at"}), fitted_at=fitted_at)


@router.post(
    "/workload/fits",
    operation_id="fit_workload",
    summary="Fit the factors anew",
    status_code=202,
    responses=problems(*CREATE),
)
def fit_workload(services: ServicesDep, viewer: ViewerDep) -> TaskOut:
    """Queues a fit on the planned days around today; it is done every night as well."""
    del viewer
    with services.store.session() as session:
        task = TaskOut.model_validate(add_task(session, LEARN))
    services.runner.wake()
    return task
