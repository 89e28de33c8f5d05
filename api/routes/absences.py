"""Absences: when reps do not work. One that begins today is best proposed on the board, which repairs the day."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.auth.guard import GuardedRoute
from api.deps import Filter, OnceKey, PageDep, ServicesDep, ThingId, ViewerDep
from api.routes.describe import CREATE, READ, READ_ONE, problems
from api.routes.editing import once
from api.schemas.base import Page, UsableMoment
from api.schemas.office import AbsenceIn, AbsenceOut
from visits.models import Absence
from visits.queries.absences import add_absence, get_absence, list_absences, remove_absence

router = APIRouter(route_class=GuardedRoute, prefix="/absences", tags=["data"])
Moment = Annotated[UsableMoment | None, Query(description="A moment with its offset, such as 2026-11-23T00:00:00Z.")]


@router.get("", operation_id="list_absences", summary="Absences, by their start", responses=problems(*READ))
def read_absences(
    services: ServicesDep,
    viewer: ViewerDep,
    page: PageDep,
    rep: Filter = None,
    begin: Moment = None,
    end: Moment = None,
) -> Page[AbsenceOut]:
    """Those of the reps that you may see, of one rep and touching a span where asked."""
    with services.store.reading() as session:
        found = list_absences(session, viewer, page, rep_id=rep, begin=begin, end=end)
    return Page(items=tuple(AbsenceOut.model_validate(row) for row in found.items), next_cursor=found.next_cursor)


@router.get("/{absence_id}", operation_id="get_absence", summary="One absence", responses=problems(*READ_ONE))
def read_absence(absence_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> AbsenceOut:
    """One absence."""
    with services.store.reading() as session:
        return AbsenceOut.model_validate(get_absence(session, viewer, absence_id))


@router.post("", operation_id="create_absence", summary="Add an absence", status_code=201, responses=problems(*CREATE))
def create_absence(
    body: AbsenceIn, services: ServicesDep, viewer: ViewerDep, response: Response, key: OnceKey = None
) -> AbsenceOut:
    """The next planning run works around it; plans that stand do not change by themselves."""

    def make(session: Session) -> AbsenceOut:
        return AbsenceOut.model_validate(add_absence(session, viewer, Absence(**body.model_dump())))

    made = once(services.store, viewer, key, "create_absence", body, make, AbsenceOut)
    response.headers["Location"] = f"/api/v1/absences/{made.id}"
    return made


@router.delete(
    "/{absence_id}",
    operation_id="delete_absence",
    summary="Remove an absence",
    status_code=204,
    responses=problems(*READ_ONE),
)
def delete_absence(absence_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> None:
    """The rep works after all, from the next planning on."""
    with services.store.session() as session:
        remove_absence(session, viewer, absence_id)
