"""Territories: list, read, make, change."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.auth.guard import GuardedRoute
from api.conditional import etag_of
from api.deps import OnceKey, PageDep, ServicesDep, ThingId, VersionDep, ViewerDep
from api.routes.describe import CHANGE, CREATE, READ, READ_ONE, problems
from api.routes.editing import apply, once, require_all, require_free_external_id, require_version
from api.schemas.base import Page
from api.schemas.territories import TerritoryIn, TerritoryOut, TerritoryPatch
from visits.models import Territory
from visits.queries.events import record
from visits.queries.territories import get_territory, list_territories

router = APIRouter(route_class=GuardedRoute, prefix="/territories", tags=["data"])


@router.get("", operation_id="list_territories", summary="Territories, by name", responses=problems(*READ))
def read_territories(services: ServicesDep, viewer: ViewerDep, page: PageDep) -> Page[TerritoryOut]:
    """The territories that you may see."""
    with services.store.reading() as session:
        found = list_territories(session, viewer, page)
    return Page(items=tuple(TerritoryOut.model_validate(row) for row in found.items), next_cursor=found.next_cursor)


@router.get("/{territory_id}", operation_id="get_territory", summary="One territory", responses=problems(*READ_ONE))
def read_territory(territory_id: ThingId, services: ServicesDep, viewer: ViewerDep, response: Response) -> TerritoryOut:
    """One territory, with its version as ETag."""
    with services.store.reading() as session:
        row = get_territory(session, viewer, territory_id)
    response.headers["ETag"] = etag_of(row.version)
    return TerritoryOut.model_validate(row)


@router.post(
    "", operation_id="create_territory", summary="Make a territory", status_code=201, responses=problems(*CREATE)
)
def create_territory(
    body: TerritoryIn, services: ServicesDep, viewer: ViewerDep, response: Response, key: OnceKey = None
) -> TerritoryOut:
    """A new territory, without customers and reps yet. For those who see all territories."""
    require_all(viewer)

    def make(session: Session) -> TerritoryOut:
        require_free_external_id(session, Territory, body.external_id)
        row = Territory(**body.model_dump())
        session.add(row)
        record(session, viewer, "territory.created", row.id, territory_id=row.id)
        return TerritoryOut.model_validate(row)

    made = once(services.store, viewer, key, "create_territory", body, make, TerritoryOut)
    response.headers["Location"] = f"/api/v1/territories/{made.id}"
    response.headers["ETag"] = etag_of(made.version)
    return made


@router.patch(
    "/{territory_id}", operation_id="update_territory", summary="Change a territory", responses=problems(*CHANGE)
)
def update_territory(
    territory_id: ThingId,
    body: TerritoryPatch,
    services: ServicesDep,
    viewer: ViewerDep,
    version: VersionDep,
    response: Response,
) -> TerritoryOut:
    """Changes the fields that are sent, if it still has the version in If-Match."""
    changes = body.changes()
    with services.store.session() as session:
        row = get_territory(session, viewer, territory_id)
        require_version(row, version)
        require_free_external_id(session, Territory, changes.get("external_id"), row.id)
        apply(row, changes)
        session.add(row)
        record(session, viewer, "territory.changed", row.id, {"fields": sorted(changes)}, territory_id=row.id)
    response.headers["ETag"] = etag_of(row.version)
    return TerritoryOut.model_validate(row)
