"""A rep's day as a file to take along."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from api.auth.guard import GuardedRoute
from api.auth.policies import sees_contacts
from api.deps import ServicesDep, ThingId, ViewerDep
from api.routes.days import day_of_rep
from api.routes.describe import READ_ONE, problems
from api.routes.plans import DayText
from visits.day_plan import DayPlan
from visits.drive_lines import drive_lines
from visits.queries.plans import current_plan
from visits.route_files import route_csv, route_gpx

router = APIRouter(route_class=GuardedRoute, tags=["plans"])
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file.",
        "content": {kind: {"schema": {"type": "string"}} for kind in ("text/csv", "application/gpx+xml")},
    }
}


@router.get(
    "/reps/{rep_id}/plans/{date}/file",
    operation_id="get_rep_plan_file",
    summary="A rep's plan as CSV or GPX",
    response_class=Response,
    responses={**FILE, **problems(*READ_ONE)},
)
def get_rep_plan_file(
    rep_id: ThingId,
    date: DayText,
    services: ServicesDep,
    viewer: ViewerDep,
    kind: Annotated[Literal["csv", "gpx"], Query(alias="format", description="csv or gpx.")] = "csv",
) -> Response:
    """The stops in driving order for a spreadsheet, or stops, route and drive for a navigation device."""
    day = day_of_rep(services.store, viewer, rep_id, date)
    with services.store.reading() as session:
        plan = DayPlan.model_validate_json(current_plan(session, viewer, rep_id, day).document)
    if kind == "gpx":
        text, media = route_gpx(plan, drive_lines([plan], services.tools.travel)), "application/gpx+xml"
    else:
        shown = sees_contacts(viewer, services.sign_in.contact_roles)
        text, media = route_csv(plan if shown else _without_phones(plan)), "text/csv"
    headers = {"Content-Disposition": f'attachment; filename="route-{day.isoformat()}.{kind}"'}
    return Response(text, media_type=media, headers={**headers, "Cache-Control": "private, no-store"})


def _without_phones(plan: DayPlan) -> DayPlan:
    return plan.model_copy(update={"stops": tuple(stop.model_copy(update={"phone": ""}) for stop in plan.stops)})
