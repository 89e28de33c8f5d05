"""What every way of signing in ends with: a sign-in of the person, and its token to the caller."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from fastapi import Request, Response
from sqlmodel import Session

from api.auth.cookies import base_url, set_cookie
from api.deps import Services
from api.schemas.sessions import SessionMade, show_me
from visits.models import Person, SignInKind
from visits.queries.sign_ins import NewSignIn, sign_in
from visits.scope import Viewer, viewer_of


def enter(
    services: Services, request: Request, session: Session, person: Person, kind: SignInKind, label: str = ""
) -> tuple[NewSignIn, Viewer]:
    """A new sign-in of a person, for as long as its kind lasts, named by the browser where they did not name it."""
    days = services.settings.device_days if kind is SignInKind.DEVICE else services.settings.session_days
    browser = "".join(mark for mark in request.headers.get("user-agent", "") if mark.isprintable())
    expires_at = datetime.now(UTC) + timedelta(days=days)
    made = sign_in(session, person, kind, expires_at, label=label or browser)
    return made, viewer_of(session, person, made.row.id)


def answer(
    request: Request, services: Services, response: Response, made: NewSignIn, viewer: Viewer, *, cookie: bool
) -> SessionMade:
    """The answer that hands over the token, in a cookie or in its body."""
    if cookie:
        set_cookie(response, base_url(request, services.settings.public_url), made)
    return SessionMade(
        id=made.row.id, token=None if cookie else made.token, expires_at=made.row.expires_at, me=show_me(viewer)
    )
