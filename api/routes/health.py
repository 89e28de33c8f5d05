"""Is the process alive, can it work, what has it done: for supervisors and monitoring, without sign-in."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from api.auth.guard import GuardedRoute
from api.deps import ServicesDep
from api.errors import ApiError
from api.routes.describe import problems
from api.schemas.base import Shown
from api.version import installed_version
from visits.leases import living_workers
from visits.schema import head_revision, stored_revision

router = APIRouter(route_class=GuardedRoute, tags=["operations"])


class Health(Shown):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str


class Readiness(Shown):
    """The service can work."""

    status: Literal["ready"] = "ready"
    roads: Annotated[bool, Field(description="Whether a road network is there; planning needs one.")]
    schema_version: Annotated[str, Field(description="The form of the database, the one that is needed.")]
    workers: Annotated[int, Field(description="Workers alive, here or elsewhere; planning runs wait without one.")]


@router.get("/healthz", operation_id="get_health", summary="Whether the process answers")
async def get_health() -> Health:
    """Answers as long as the process lives; asks nothing of the database."""
    return Health(version=installed_version())


@router.get("/readyz", operation_id="get_readiness", summary="Whether the service can work", responses=problems(503))
def get_readiness(services: ServicesDep) -> Readiness:
    """Asks the database for its form and for living workers; 503 when it does not answer or has another form."""
    with services.store.reading() as session:
        found = stored_revision(session.connection())
        workers = living_workers(session, services.settings.lease_seconds)
    if found != head_revision():
        raise ApiError(503, f"The database has schema version {found}, not {head_revision()}; run beatplan migrate.")
    roads = bool(services.settings.osrm_url) or services.settings.roads_path.is_dir()
    return Readiness(roads=roads, schema_version=found, workers=workers)


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="Counters in the Prometheus text format",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The counters."},
        **problems(503),
    },
)
def get_metrics(services: ServicesDep) -> Response:
    """Requests, times to answer, repairs, runs, queues, the age and gap of plans, workers. Names nobody."""
    return Response(services.metrics.text(), media_type="text/plain; version=0.0.4")
