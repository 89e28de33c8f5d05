"""Promising a time where a visit stands."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter

from api.auth.guard import GuardedRoute
from api.deps import ServicesDep, ThingId, ViewerDep
from api.routes.describe import TAP, problems
from visits.promising import Promised, PromiseRequest, promise_visit

router = APIRouter(route_class=GuardedRoute, tags=["visits"])


@router.post(
    "/visits/{visit_id}/promise", operation_id="promise_visit", summary="Promise a time", responses=problems(*TAP)
)
def promise(visit_id: ThingId, body: PromiseRequest, services: ServicesDep, viewer: ViewerDep) -> Promised:
    """The service will begin within the span; every plan keeps it from now on. The plan's undo takes it back."""
    return promise_visit(services.store, viewer, visit_id, body, now=datetime.now(UTC))
