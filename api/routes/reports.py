"""Key figures of past days and the forecast of coming weeks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api.auth.guard import GuardedRoute
from api.deps import Filter, ServicesDep, ViewerDep
from api.routes.days import parse_day
from api.routes.describe import READ, problems
from visits.forecast import MOST_WEEKS, Forecast, forecast
from visits.kpis import Kpis, Span, kpis
from visits.queries.territories import get_territory

router = APIRouter(route_class=GuardedRoute, tags=["reports"])
FirstDay = Annotated[str, Query(alias="from", max_length=40, description="The first day, such as 2026-11-23.")]
LastDay = Annotated[str, Query(alias="to", max_length=40, description="The last day; at most 92 days in all.")]
Weeks = Annotated[int, Query(ge=1, le=MOST_WEEKS, description="How many weeks.")]


@router.get("/kpis", operation_id="get_kpis", summary="Key figures", responses=problems(*READ))
def read_kpis(
    services: ServicesDep, viewer: ViewerDep, first_day: FirstDay, last_day: LastDay, territory: Filter = None
) -> Kpis:
    """Visits by what became of them, promises kept, driving and service, by rep and in all; who is due and overdue."""
    span = Span(parse_day("from", first_day), parse_day("to", last_day))
    with services.store.reading() as session:
        if territory is not None:
            get_territory(session, viewer, territory)
        return kpis(session, viewer, span, territory)


@router.get("/forecast", operation_id="get_forecast", summary="What coming weeks ask for", responses=problems(*READ))
def read_forecast(
    services: ServicesDep, viewer: ViewerDep, first_day: FirstDay, weeks: Weeks = 8, territory: Filter = None
) -> Forecast:
    """Visits that fall due, the hours they take with their driving, and the hours that the reps have, week by week."""
    day = parse_day("from", first_day)
    with services.store.reading() as session:
        if territory is not None:
            get_territory(session, viewer, territory)
        return forecast(session, viewer, day, weeks, territory)
