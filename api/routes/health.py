"""Is the process alive, can it work, what has it done: for supervisors and monitoring, without sign-in."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field
from sqlalchemy import text

from api.auth.guard import GuardedRoute
from api.deps import ServicesDep
from api.routes.describe import problems
from api.schemas.base import Shown
from api.version import installed_version

router = APIRouter(route_class=GuardedRoute, tags=["operations"])


class Health(Shown):
    """The process answers."""

    status: Literal["ok"] = "ok"
    version: str


class Readiness(Shown):
    """The service can work."""

    status: Literal["ready"] = "ready"
    roads: Annotated[bool, Field(description="Whether a road network is there; planning needs one.")]


@router.get("/healthz", operation_id="get_health", summary="Whether the process answers")
async def get_health() -> Health:
    """Answers as long as the process lives; asks nothing of the database."""
    return Health(version=installed_version())


@router.get("/readyz", operation_id="get_readiness", summary="Whether the service can work", responses=problems(503))
def get_readiness(services: ServicesDep) -> Readiness:
    """Asks the database a trivial question; 503 when it does not answer."""
    with services.store.reading() as session:
        session.connection().execute(text("SELECT 1"))
    return Readiness(roads=bool(services.settings.osrm_url) or services.settings.roads_path.is_dir())


@router.get(
    "/metrics",
    operation_id="get_metrics",
    summary="Counters in the Prometheus text format",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "The counters."}},
)
async def get_metrics(services: ServicesDep) -> Response:
    """Requests by operation and status, times to answer, repairs and planning runs. Names nobody."""
    return Response(services.metrics.text(), media_type="text/plain; version=0.0.4")
