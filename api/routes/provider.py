"""Signing in at the OpenID provider: there and back."""

from __future__ import annotations

import hmac
import logging
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlmodel import Session

from api.auth.cookies import base_url, set_cookie
from api.auth.guard import GuardedRoute
from api.auth.provider import Identity, Provider, ProviderError, new_secrets
from api.deps import AddressDep, Services, ServicesDep
from api.errors import ApiError
from api.routes.describe import problems
from api.routes.entering import enter
from visits.models import Person, SignInKind
from visits.queries.people import bind_subject, person_by_email, person_by_subject
from visits.queries.sign_ins import LINK_LIFE, begin_provider_visit, end_provider_visit

router = APIRouter(route_class=GuardedRoute, prefix="/sessions/provider", tags=["sign-in"])
log = logging.getLogger("beatplan.api")
PATH = "/api/v1/sessions/provider"
VISIT_COOKIE = "beatplan-visit"
_SENT: dict[int | str, dict[str, Any]] = {
    303: {
        "description": "Where the browser goes on.",
        "headers": {"Location": {"schema": {"type": "string"}, "description": "The next address."}},
    }
}
Returned = Annotated[str | None, Query(max_length=4000)]


@router.get(
    "",
    operation_id="start_provider_sign_in",
    summary="Go to the OpenID provider",
    status_code=303,
    response_class=RedirectResponse,
    responses={**_SENT, **problems(404, 422, 429, 503)},
)
def start_provider_sign_in(request: Request, services: ServicesDep, address: AddressDep) -> Response:
    """Sends the browser to the provider, which sends it back within ten minutes. 404 where none is configured."""
    provider = _provider(services)
    services.sign_in.attempts.attempt(address)
    base = base_url(request, services.settings.public_url)
    nonce, verifier = new_secrets()
    with services.store.session() as session:
        state = begin_provider_visit(session, nonce, verifier, datetime.now(UTC))
    response = RedirectResponse(provider.depart(state, f"{base}{PATH}/callback", nonce, verifier), 303)
    response.set_cookie(
        VISIT_COOKIE,
        state,
        max_age=int(LINK_LIFE.total_seconds()),
        path=PATH,
        secure=base.startswith("https:"),
        httponly=True,
        samesite="lax",
    )
    return response


@router.get(
    "/callback",
    operation_id="finish_provider_sign_in",
    summary="Come back from the OpenID provider",
    status_code=303,
    response_class=RedirectResponse,
    responses={**_SENT, **problems(404, 422, 429, 503)},
)
def finish_provider_sign_in(
    request: Request,
    services: ServicesDep,
    address: AddressDep,
    state: Returned = None,
    code: Returned = None,
) -> Response:
    """Signs the browser in by cookie and sends it on; to the sign-in page with what failed when it does not hold.

    An account is bound to a person at its first sign-in, by the address that the provider has verified.
    """
    provider = _provider(services)
    services.sign_in.attempts.attempt(address)
    base = base_url(request, services.settings.public_url)
    if not code or not state or not hmac.compare_digest(state.encode(), _visit(request).encode()):
        return _back("failed=provider")
    with services.store.session() as session:
        visit = end_provider_visit(session, state, datetime.now(UTC))
    if visit is None:
        return _back("failed=late")
    try:
        identity = provider.identify(code, f"{base}{PATH}/callback", *visit)
    except ProviderError:
        return _back("failed=provider")
    with services.store.session() as session:
        person = _person(session, identity)
        if person is None:
            log.warning("somebody unknown came back from the OpenID provider")
            return _back("failed=unknown")
        made, _ = enter(services, request, session, person, SignInKind.SESSION)
    response = _back("welcome")
    set_cookie(response, base, made)
    return response


def _provider(services: Services) -> Provider:
    if services.sign_in.provider is None:
        raise ApiError(404, "No OpenID provider is configured here; sign in by password or link.")
    return services.sign_in.provider


def _visit(request: Request) -> str:
    return request.cookies.get(VISIT_COOKIE, "")


def _person(session: Session, identity: Identity) -> Person | None:
    """The active person of this account: bound before, or now by a verified address nobody else's account has."""
    person = person_by_subject(session, identity.subject)
    if person is None and identity.email is not None:
        person = person_by_email(session, identity.email)
        if person is None or person.external_subject is not None:
            return None
        bind_subject(session, person, identity.subject)
    return person if person is not None and person.active else None


def _back(news: str) -> Response:
    response = RedirectResponse(f"/sign-in#{news}", 303)
    response.delete_cookie(VISIT_COOKIE, path=PATH)
    return response
