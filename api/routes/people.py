"""People, for administrators: who may sign in, as what, and where they are signed in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from starlette.concurrency import run_in_threadpool

from api.auth.guard import GuardedRoute
from api.auth.passwords import Passwords, require_good
from api.conditional import etag_of
from api.deps import PageDep, ServicesDep, ThingId, VersionDep, ViewerDep
from api.routes.describe import CHANGE, CREATE, READ, READ_ONE, problems
from api.routes.editing import naming, require_version
from api.routes.sessions import show as show_session
from api.schemas.base import Page
from api.schemas.people import PersonIn, PersonOut, PersonPatch, show_person
from api.schemas.sessions import SessionOut
from visits.models import Person
from visits.queries.people import add_person, change_person, get_person, list_people
from visits.queries.sign_ins import end_sign_ins, list_sign_ins
from visits.store import Store

router = APIRouter(route_class=GuardedRoute, prefix="/people", tags=["people"])


@router.get("", operation_id="list_people", summary="People, by address", responses=problems(*READ))
def read_people(
    services: ServicesDep,
    page: PageDep,
    text: Annotated[str | None, Query(min_length=1, max_length=200, description="Part of a name or address.")] = None,
) -> Page[PersonOut]:
    """Everybody who may sign in, or might."""
    with services.store.reading() as session:
        found = list_people(session, page, text=text)
    return Page(items=tuple(show_person(row) for row in found.items), next_cursor=found.next_cursor)


@router.get("/{person_id}", operation_id="get_person", summary="One person", responses=problems(*READ_ONE))
def read_person(person_id: ThingId, services: ServicesDep, response: Response) -> PersonOut:
    """One person, with their version as ETag."""
    with services.store.reading() as session:
        row = get_person(session, person_id)
    response.headers["ETag"] = etag_of(row.version)
    return show_person(row)


@router.post("", operation_id="create_person", summary="Add a person", status_code=201, responses=problems(*CREATE))
async def create_person(body: PersonIn, services: ServicesDep, viewer: ViewerDep, response: Response) -> PersonOut:
    """Somebody new who may sign in."""
    hashed = await _hashed(services.sign_in.passwords, body.password, body.email)

    def add() -> Person:
        values = body.model_dump(exclude={"password", "territory_ids"})
        territories = None if body.territory_ids is None else list(body.territory_ids)
        with services.store.session() as session:
            return add_person(session, viewer, Person(**values, territory_ids=territories, password_hash=hashed))

    row = await run_in_threadpool(add)
    response.headers["Location"] = f"/api/v1/people/{row.id}"
    response.headers["ETag"] = etag_of(row.version)
    return show_person(row)


@router.patch("/{person_id}", operation_id="update_person", summary="Change a person", responses=problems(*CHANGE))
async def update_person(
    person_id: ThingId,
    body: PersonPatch,
    services: ServicesDep,
    viewer: ViewerDep,
    version: VersionDep,
    response: Response,
) -> PersonOut:
    """Changes the fields that are sent, if they still have the version in If-Match.

    A new password, and the end of `active`, end their sign-ins. Somebody who may manage people always remains.
    """
    changes = body.changes()
    if "password" in changes:
        secret = changes.pop("password")
        email = str(changes.get("email", "")) or await run_in_threadpool(_email_of, services.store, person_id)
        changes["password_hash"] = await _hashed(services.sign_in.passwords, secret, email)
    if changes.get("territory_ids") is not None:
        changes["territory_ids"] = list(changes["territory_ids"])

    def change() -> Person:
        with services.store.session() as session:
            row = get_person(session, person_id)
            require_version(row, version)
            return change_person(session, viewer, row, changes)

    row = await run_in_threadpool(change)
    response.headers["ETag"] = etag_of(row.version)
    return show_person(row)


def _email_of(store: Store, person_id: str) -> str:
    with store.reading() as session:
        return get_person(session, person_id).email


async def _hashed(passwords: Passwords, password: str | None, email: str) -> str | None:
    if password is None:
        return None
    with naming("password"):
        require_good(password, email)
    return await passwords.hash_aside(password)


@router.get(
    "/{person_id}/sessions",
    operation_id="list_person_sessions",
    summary="A person's sign-ins",
    responses=problems(*READ_ONE),
)
def read_person_sessions(
    person_id: ThingId, services: ServicesDep, viewer: ViewerDep, page: PageDep
) -> Page[SessionOut]:
    """Where a person is signed in, the newest first."""
    with services.store.reading() as session:
        found = list_sign_ins(session, get_person(session, person_id).id, page, datetime.now(UTC))
    return Page(items=tuple(show_session(row, viewer) for row in found.items), next_cursor=found.next_cursor)


@router.delete(
    "/{person_id}/sessions",
    operation_id="end_person_sessions",
    summary="End a person's sign-ins",
    status_code=204,
    responses=problems(*READ_ONE),
)
def end_person_sessions(person_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Ends all of them, and links not yet used, at once."""
    with services.store.session() as session:
        end_sign_ins(session, viewer, get_person(session, person_id).id)
    return Response(status_code=204)
