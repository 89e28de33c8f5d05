"""Single-use links that sign a phone in."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from sqlmodel import Session

from api.auth.cookies import base_url
from api.auth.guard import GuardedRoute
from api.auth.links import link_url, qr_svg
from api.deps import Services, ServicesDep, ThingId, ViewerDep
from api.errors import ApiError
from api.routes.describe import CREATE, problems
from api.schemas.sessions import LinkMade
from visits.models import Person
from visits.queries.people import get_person, person_of_rep
from visits.queries.reps import get_rep
from visits.queries.sign_ins import make_link
from visits.scope import Viewer

router = APIRouter(route_class=GuardedRoute, tags=["sign-in"])
_ERRORS = problems(*CREATE)


@router.post(
    "/reps/{rep_id}/sign-in-links",
    operation_id="create_rep_sign_in_link",
    summary="A link for a rep's phone",
    status_code=201,
    responses=_ERRORS,
)
def create_rep_sign_in_link(rep_id: ThingId, request: Request, services: ServicesDep, viewer: ViewerDep) -> LinkMade:
    """A link, and its QR code, that signs one phone in as this rep, once, within ten minutes.

    A new link ends the one before. 409 when nobody signs in as this rep: an administrator adds the person first.
    """
    with services.store.session() as session:
        person = person_of_rep(session, get_rep(session, viewer, rep_id).id)
        if person is None:
            raise ApiError(409, f"Nobody signs in as the rep {rep_id!r}; let an administrator add the person first.")
        return _link(session, request, services, viewer, person)


@router.post(
    "/people/{person_id}/sign-in-links",
    operation_id="create_sign_in_link",
    summary="A link for a person's device",
    status_code=201,
    responses=_ERRORS,
)
def create_sign_in_link(person_id: ThingId, request: Request, services: ServicesDep, viewer: ViewerDep) -> LinkMade:
    """A link, and its QR code, that signs one device in as this person, once, within ten minutes."""
    with services.store.session() as session:
        person = get_person(session, person_id)
        if not person.active:
            raise ApiError(409, "This person is not active and cannot sign in; make them active first.")
        return _link(session, request, services, viewer, person)


def _link(session: Session, request: Request, services: Services, viewer: Viewer, person: Person) -> LinkMade:
    code, expires_at = make_link(session, viewer, person, datetime.now(UTC))
    url = link_url(base_url(request, services.settings.public_url), code)
    return LinkMade(url=url, code=code, expires_at=expires_at, qr_svg=qr_svg(url))
