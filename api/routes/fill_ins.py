"""The rep chooses what to do with freed time: a suggested visit comes into their own day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.auth.guard import GuardedRoute
from api.deps import ServicesDep, ThingId, ViewerDep
from api.routes.days import day_of_rep
from api.routes.describe import TAP, problems
from api.routes.visits import IdempotencyKey, required_key
from api.schemas.repair import FillInChoice
from visits.day_plan import CancelAnswer
from visits.filling import take_fill_in

router = APIRouter(route_class=GuardedRoute, tags=["visits"])


@router.post(
    "/reps/{rep_id}/plans/{date}/fill-ins",
    operation_id="take_fill_in",
    summary="Take a suggested visit into the day",
    response_model=CancelAnswer,
    responses=problems(*TAP),
)
def take(
    rep_id: ThingId,
    date: Annotated[str, Path(max_length=40, description="A date such as 2026-11-23, or `today`.")],
    body: FillInChoice,
    services: ServicesDep,
    viewer: ViewerDep,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Puts the visit at its cheapest place of the rep's day; what is planned stays. 409 when it no longer fits."""
    key = required_key(idempotency_key)
    day = day_of_rep(services.store, viewer, rep_id, date)
    now, travel = datetime.now(UTC), services.tools.travel
    answer = take_fill_in(services.store, viewer, rep_id, day, body.visit, key=key, now=now, travel=travel)
    return Response(answer.to_json(), media_type="application/json")
