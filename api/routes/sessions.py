"""Signing in by password or link, seeing one's own sign-ins, ending them."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from api.auth.cookies import base_url, drop_cookie
from api.auth.guard import GuardedRoute
from api.deps import AddressDep, PageDep, ServicesDep, ThingId, ViewerDep
from api.errors import ApiError
from api.routes.describe import READ, problems
from api.routes.entering import answer, enter
from api.schemas.base import Page
from api.schemas.sessions import LinkIn, ProviderShown, SessionIn, SessionMade, SessionOut, SignInWays
from visits.models import SignIn, SignInKind
from visits.queries.people import get_person, person_by_email
from visits.queries.sign_ins import NewSignIn, end_sign_in, list_sign_ins, redeem_link
from visits.scope import Viewer

router = APIRouter(route_class=GuardedRoute, prefix="/sessions", tags=["sign-in"])
_SIGN_IN = problems(400, 401, 408, 413, 415, 422, 429, 503)


@router.get("/ways", operation_id="get_sign_in_ways", summary="How to sign in", responses=problems(422))
async def get_sign_in_ways(services: ServicesDep) -> SignInWays:
    """By password, by a link that somebody gives you, and by the OpenID provider where one is configured."""
    provider = services.sign_in.provider
    shown = None if provider is None else ProviderShown(name=provider.name, url="/api/v1/sessions/provider")
    return SignInWays(provider=shown)


@router.post("", operation_id="create_session", summary="Sign in by password", status_code=201, responses=_SIGN_IN)
async def create_session(
    body: SessionIn, request: Request, services: ServicesDep, address: AddressDep, response: Response
) -> SessionMade:
    """A new sign-in. The same 401 for an unknown address, a person without a password and a wrong one."""
    email, desk = body.email.lower(), services.sign_in
    await run_in_threadpool(desk.attempts.attempt, address, email)

    def stored() -> tuple[str | None, str | None]:
        with services.store.reading() as session:
            person = person_by_email(session, email)
            return (person.id, person.password_hash) if person is not None and person.active else (None, None)

    def sign_them_in(person_id: str, before: str | None, fits: str) -> tuple[NewSignIn, Viewer]:
        with services.store.session() as session:
            person = get_person(session, person_id)
            if person.password_hash != before or not person.active:
                raise _refused()
            if fits != before:
                person.password_hash = fits
                session.add(person)
            return enter(services, request, session, person, SignInKind.SESSION, body.label)

    person_id, before = await run_in_threadpool(stored)
    fits = await desk.passwords.check_aside(body.password, before)
    if person_id is None or fits is None:
        raise _refused()
    made, viewer = await run_in_threadpool(sign_them_in, person_id, before, fits)
    await run_in_threadpool(desk.attempts.succeeded, address, email)
    return answer(request, services, response, made, viewer, cookie=body.cookie)


@router.post(
    "/link", operation_id="redeem_sign_in_link", summary="Sign in by link", status_code=201, responses=_SIGN_IN
)
def redeem_sign_in_link(
    body: LinkIn, request: Request, services: ServicesDep, address: AddressDep, response: Response
) -> SessionMade:
    """Signs this device in by the code of a link; the code is used up."""
    services.sign_in.attempts.attempt(address)
    with services.store.session() as session:
        person = redeem_link(session, body.code, datetime.now(UTC))
        if person is None:
            raise ApiError(401, "This link was used already or is older than ten minutes; ask for a new one.")
        made, viewer = enter(services, request, session, person, SignInKind.DEVICE, body.label)
    return answer(request, services, response, made, viewer, cookie=body.cookie)


@router.get("", operation_id="list_sessions", summary="Your sign-ins", responses=problems(*READ))
def list_sessions(services: ServicesDep, viewer: ViewerDep, page: PageDep) -> Page[SessionOut]:
    """Where you are signed in, the newest first."""
    with services.store.reading() as session:
        found = list_sign_ins(session, viewer.person_id, page, datetime.now(UTC))
    return Page(items=tuple(show(row, viewer) for row in found.items), next_cursor=found.next_cursor)


@router.delete(
    "/current",
    operation_id="end_current_session",
    summary="Sign out",
    status_code=204,
    responses=problems(*READ),
)
def end_current_session(request: Request, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Ends the sign-in that this request came with; its token is worth nothing from now on."""
    with services.store.session() as session:
        end_sign_in(session, viewer, viewer.person_id, viewer.sign_in_id or "")
    response = Response(status_code=204)
    drop_cookie(response, base_url(request, services.settings.public_url))
    return response


@router.delete(
    "/{session_id}",
    operation_id="end_session",
    summary="End one of your sign-ins",
    status_code=204,
    responses=problems(*READ),
)
def end_session(session_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Ends a sign-in of yours, such as that of a phone you lost."""
    with services.store.session() as session:
        end_sign_in(session, viewer, viewer.person_id, session_id)
    return Response(status_code=204)


def show(row: SignIn, viewer: Viewer) -> SessionOut:
    """A sign-in as it goes out."""
    return SessionOut(current=row.id == viewer.sign_in_id, **row.model_dump())


def _refused() -> ApiError:
    return ApiError(401, "The address or the password is wrong; correct it and try again.")
