"""Plans of rep-days, served as the ready documents they are stored as."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response

from api.auth.guard import GuardedRoute
from api.conditional import etag_of, matches
from api.deps import Filter, PageDep, ServicesDep, ThingId, ViewerDep
from api.routes.days import day_of_rep, parse_day
from api.routes.describe import READ, READ_ONE, problems
from api.schemas.base import Page
from visits.day_line import DriveLine, drive_line
from visits.day_plan import DayPlan
from visits.queries.plans import current_plan, list_plans, plan_version_number

router = APIRouter(route_class=GuardedRoute, tags=["plans"])
DayText = Annotated[str, Path(max_length=40, description="A date such as 2026-11-23, or `today` where the rep is.")]


@router.get(
    "/reps/{rep_id}/plans/{date}",
    operation_id="get_rep_plan",
    summary="A rep's plan of a day",
    response_model=DayPlan,
    responses={304: {"description": "You have this version already."}, **problems(*READ_ONE)},
)
def get_rep_plan(
    rep_id: ThingId,
    date: DayText,
    services: ServicesDep,
    viewer: ViewerDep,
    if_none_match: Annotated[str | None, Header(description="The ETag you have; 304 when it still stands.")] = None,
) -> Response:
    """The current version, with an ETag. With If-None-Match only the version is read; 304 when you have it."""
    store = services.store
    day = day_of_rep(store, viewer, rep_id, date)
    if if_none_match is not None:
        with store.reading() as session:
            etag = etag_of(day.isoformat(), plan_version_number(session, viewer, rep_id, day))
        if matches(if_none_match, etag):
            return Response(status_code=304, headers=_headers(etag))
    with store.reading() as session:
        plan = current_plan(session, viewer, rep_id, day)
    return _document(plan.document, _headers(etag_of(day.isoformat(), plan.version)))


@router.get(
    "/plans",
    operation_id="list_plans",
    summary="The plans of a day",
    response_model=Page[DayPlan],
    responses=problems(*READ),
)
def get_plans(
    services: ServicesDep,
    viewer: ViewerDep,
    page: PageDep,
    date: Annotated[str, Query(max_length=40, description="A date such as 2026-11-23.")],
    territory: Filter = None,
) -> Response:
    """Current plans of all reps you may see, of one territory where asked."""
    day = parse_day("date", date)
    with services.store.reading() as session:
        found = list_plans(session, viewer, page, day=day, territory_id=territory)
    documents = ",".join(plan.document for plan in found.items)
    return _document(f'{{"items":[{documents}],"next_cursor":{json.dumps(found.next_cursor)}}}')


@router.get(
    "/reps/{rep_id}/plans/{date}/line",
    operation_id="get_rep_line",
    summary="A rep's drive of a day, for the map",
    responses={304: {"description": "You have this version already."}, **problems(*READ_ONE)},
)
def get_rep_line(
    rep_id: ThingId,
    date: DayText,
    services: ServicesDep,
    viewer: ViewerDep,
    response: Response,
    if_none_match: Annotated[str | None, Header(description="The ETag you have; 304 when it still stands.")] = None,
) -> DriveLine:
    """From home by every stop to home along the roads of now, simplified to a few metres; straight where none leads."""
    day = day_of_rep(services.store, viewer, rep_id, date)
    with services.store.reading() as session:
        plan = DayPlan.model_validate_json(current_plan(session, viewer, rep_id, day).document)
    headers = _headers(etag_of("line", day.isoformat(), plan.version))
    if matches(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)  # type: ignore[return-value]  # FastAPI passes it through
    response.headers.update(headers)
    return drive_line(plan, services.tools.travel)


def _headers(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}


def _document(text: str, headers: dict[str, str] | None = None) -> Response:
    return Response(text, media_type="application/json", headers=headers)
