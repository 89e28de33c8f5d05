"""Why: of a stop its rep, day and time; of a customer why it is in no plan, and what would make room."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.auth.guard import GuardedRoute
from api.deps import ServicesDep, ThingId, ViewerDep
from api.language import LanguageDep
from api.routes.days import parse_day
from api.routes.describe import READ_ONE, problems
from visits.explaining import MOST_ALTERNATIVES, explain_visit
from visits.explaining_absence import explain_customer
from visits.explanations import Explanation

router = APIRouter(route_class=GuardedRoute, tags=["explanations"])


@router.get(
    "/visits/{visit_id}/explanation",
    operation_id="explain_visit",
    summary="Why this rep, day and time",
    responses=problems(*READ_ONE, 409),
)
def of_visit(
    visit_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    language: LanguageDep,
    response: Response,
    alternatives: Annotated[int, Query(ge=1, le=500, description="At most this many.")] = MOST_ALTERNATIVES,
) -> Explanation:
    """Facts behind a planned stop, and what every other rep and day would cost, each found by trying."""
    response.headers["Content-Language"] = language
    return explain_visit(
        services.store,
        viewer,
        visit_id,
        language=language,
        now=datetime.now(UTC),
        travel=services.tools.travel,
        most=alternatives,
    )


@router.get(
    "/customers/{customer_id}/explanation",
    operation_id="explain_customer",
    summary="Why a customer is in no plan of a day",
    responses=problems(*READ_ONE, 409),
)
def of_customer(
    customer_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    language: LanguageDep,
    response: Response,
    date: Annotated[str, Query(max_length=40, description="A date such as 2026-11-23.")],
) -> Explanation:
    """The checked reason, and the cheapest changes that would make room, each carried out and timed."""
    response.headers["Content-Language"] = language
    return explain_customer(
        services.store,
        viewer,
        customer_id,
        parse_day("date", date),
        language=language,
        now=datetime.now(UTC),
        travel=services.tools.travel,
    )
