"""The signed-in person."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.concurrency import run_in_threadpool

from api.auth.guard import GuardedRoute
from api.auth.passwords import require_good
from api.deps import AddressDep, ServicesDep, ViewerDep
from api.errors import bad_field
from api.routes.describe import CREATE, READ, problems
from api.routes.editing import naming
from api.schemas.sessions import Me, PasswordChange, show_me
from visits.queries.people import change_person, get_person

router = APIRouter(route_class=GuardedRoute, tags=["sign-in"])


@router.get("/me", operation_id="get_me", summary="Who is signed in", responses=problems(*READ))
async def get_me(viewer: ViewerDep) -> Me:
    """The person of the token that came with the request."""
    return show_me(viewer)


@router.put(
    "/me/password",
    operation_id="change_my_password",
    summary="Choose a password",
    status_code=204,
    responses=problems(*CREATE),
)
async def change_my_password(
    body: PasswordChange, services: ServicesDep, viewer: ViewerDep, address: AddressDep
) -> Response:
    """Needs the password so far, where there is one. All your other sign-ins end."""
    desk, store = services.sign_in, services.store

    def known() -> tuple[str, str | None]:
        with store.reading() as session:
            person = get_person(session, viewer.person_id)
            return person.email, person.password_hash

    def keep(fresh: str) -> None:
        with store.session() as session:
            change_person(session, viewer, get_person(session, viewer.person_id), {"password_hash": fresh})

    email, stored = await run_in_threadpool(known)
    with naming("new"):
        require_good(body.new, email)
    await run_in_threadpool(desk.attempts.attempt, address, email)
    if stored is not None and await desk.passwords.check_aside(body.current or "", stored) is None:
        raise bad_field("current", "is not your password so far; correct it")
    await run_in_threadpool(keep, await desk.passwords.hash_aside(body.new))
    await run_in_threadpool(desk.attempts.succeeded, address, email)
    return Response(status_code=204)
