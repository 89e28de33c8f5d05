"""A rep's own calendar: a secret address that other calendars read, opened and ended by the rep."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response
from sqlmodel import Session

from api.auth.cookies import base_url
from api.auth.guard import GuardedRoute
from api.calendar_file import calendar_file
from api.conditional import matches
from api.deps import Services, ServicesDep, ViewerDep
from api.errors import not_found
from api.routes.describe import CREATE, READ, problems
from api.schemas.calendars import CalendarOpened, CalendarState
from visits.local_day import today_in, zone_named
from visits.models import Rep, SignInKind
from visits.queries.calendars import calendar_entries
from visits.queries.sign_ins import calendar_sign_in, end_sign_ins, hash_token, holder_of, open_calendar

router = APIRouter(route_class=GuardedRoute, tags=["calendars"])
MEDIA_TYPE = "text/calendar; charset=utf-8"
FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/calendar": {"schema": {"type": "string"}}}, "description": "The calendar (RFC 5545)."},
    304: {"description": "You have it already."},
}


@router.get("/me/calendar", operation_id="get_my_calendar", summary="Your calendar", responses=problems(*READ))
def read_my_calendar(services: ServicesDep, viewer: ViewerDep) -> CalendarState:
    """Whether there is an address at which calendars read your visits, and when they last did."""
    with services.store.reading() as session:
        row = calendar_sign_in(session, viewer.person_id)
    return CalendarState(
        opened_at=None if row is None else row.created_at, last_read_at=None if row is None else row.last_used_at
    )


@router.post(
    "/me/calendar",
    operation_id="create_my_calendar",
    summary="A fresh address for your calendar",
    status_code=201,
    responses=problems(*CREATE),
)
def create_my_calendar(request: Request, services: ServicesDep, viewer: ViewerDep) -> CalendarOpened:
    """An address at which calendars read your visits without signing in; the one before ends now.

    Whoever knows it sees when and where you visit whom: it is yours to give away, and to end.
    """
    with services.store.session() as session:
        secret = open_calendar(session, viewer)
    base = base_url(request, services.settings.public_url)
    return CalendarOpened(url=f"{base}/api/v1/calendars/{secret}.ics")


@router.delete(
    "/me/calendar",
    operation_id="delete_my_calendar",
    summary="End your calendar's address",
    status_code=204,
    responses=problems(*READ),
)
def delete_my_calendar(services: ServicesDep, viewer: ViewerDep) -> Response:
    """From now on nothing is read there. The same where there is no address."""
    with services.store.session() as session:
        end_sign_ins(session, viewer, viewer.person_id, kind=SignInKind.CALENDAR)
    return Response(status_code=204)


@router.get(
    "/calendars/{token}.ics",
    operation_id="get_calendar",
    summary="A rep's visits for other calendars",
    response_class=Response,
    responses={**FILE, **problems(404, 422, 429, 503)},
)
def read_calendar(
    token: Annotated[str, Path(max_length=200, description="The secret of the address.")],
    request: Request,
    services: ServicesDep,
    if_none_match: Annotated[str | None, Header(description="The ETag you have; 304 when it still stands.")] = None,
) -> Response:
    """Two weeks back and all that is planned. A visit keeps its UID, and one that was called off is told so."""
    now = datetime.now(UTC)
    with services.store.reading() as session:
        held = holder_of(session, token, now, calendar=True)
        if held is None:
            raise not_found()
        person, row = held
        services.sign_in.uses.note(hash_token(token), row.last_used_at, now)
        if person.rep_id is None:
            raise not_found()
        content = _content(session, services, request, person.rep_id, now)
    etag = f'"{hashlib.sha256(content).hexdigest()[:24]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"}
    if matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=MEDIA_TYPE, headers=headers)


def _content(session: Session, services: Services, request: Request, rep_id: str, now: datetime) -> bytes:
    rep = session.get_one(Rep, rep_id)
    entries = calendar_entries(session, rep_id, today_in(zone_named(rep.timezone), now))
    return calendar_file(rep.name, entries, f"{base_url(request, services.settings.public_url)}/today")
