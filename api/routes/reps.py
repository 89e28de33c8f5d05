"""Reps: list, read, make, change."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.auth.guard import GuardedRoute
from api.conditional import etag_of
from api.deps import Filter, OnceKey, PageDep, ServicesDep, ThingId, VersionDep, ViewerDep
from api.routes.describe import CHANGE, CREATE, READ, READ_ONE, problems
from api.routes.editing import apply, naming, once, require_free_external_id, require_territory, require_version
from api.schemas.base import Page, Place
from api.schemas.reps import RepIn, RepOut, RepPatch
from visits.hours import Locale, check_weekly_hours, read_lunch
from visits.local_day import zone_named
from visits.models import Rep
from visits.queries.events import record
from visits.queries.reps import get_rep, list_reps

router = APIRouter(route_class=GuardedRoute, prefix="/reps", tags=["data"])


@router.get("", operation_id="list_reps", summary="Reps, by name", responses=problems(*READ))
def read_reps(services: ServicesDep, viewer: ViewerDep, page: PageDep, territory: Filter = None) -> Page[RepOut]:
    """The active reps that you may see, of one territory where asked."""
    with services.store.reading() as session:
        found = list_reps(session, viewer, page, territory_id=territory)
    return Page(items=tuple(show(row) for row in found.items), next_cursor=found.next_cursor)


@router.get("/{rep_id}", operation_id="get_rep", summary="One rep", responses=problems(*READ_ONE))
def read_rep(rep_id: ThingId, services: ServicesDep, viewer: ViewerDep, response: Response) -> RepOut:
    """One rep, with its version as ETag."""
    with services.store.reading() as session:
        row = get_rep(session, viewer, rep_id)
    response.headers["ETag"] = etag_of(row.version)
    return show(row)


@router.post("", operation_id="create_rep", summary="Make a rep", status_code=201, responses=problems(*CREATE))
def create_rep(
    body: RepIn, services: ServicesDep, viewer: ViewerDep, response: Response, key: OnceKey = None
) -> RepOut:
    """A new rep; the next planning run gives them shifts."""

    def make(session: Session) -> RepOut:
        require_territory(session, viewer, body.territory_id)
        require_free_external_id(session, Rep, body.external_id)
        row = Rep(**_columns(body.model_dump(exclude={"home"}), body.home))
        _check(row)
        session.add(row)
        record(session, viewer, "rep.created", row.id, rep_id=row.id, territory_id=row.territory_id)
        return show(row)

    made = once(services.store, viewer, key, "create_rep", body, make, RepOut)
    response.headers["Location"] = f"/api/v1/reps/{made.id}"
    response.headers["ETag"] = etag_of(made.version)
    return made


@router.patch("/{rep_id}", operation_id="update_rep", summary="Change a rep", responses=problems(*CHANGE))
def update_rep(
    rep_id: ThingId,
    body: RepPatch,
    services: ServicesDep,
    viewer: ViewerDep,
    version: VersionDep,
    response: Response,
) -> RepOut:
    """Changes the fields that are sent, if it still has the version in If-Match."""
    changes = body.changes()
    with services.store.session() as session:
        row = get_rep(session, viewer, rep_id)
        require_version(row, version)
        if "territory_id" in changes:
            require_territory(session, viewer, changes["territory_id"])
        require_free_external_id(session, Rep, changes.get("external_id"), row.id)
        apply(row, _columns(changes, body.home))
        _check(row)
        session.add(row)
        fields = {"fields": sorted(body.model_fields_set)}
        record(session, viewer, "rep.changed", row.id, fields, rep_id=row.id, territory_id=row.territory_id)
    response.headers["ETag"] = etag_of(row.version)
    return show(row)


def show(row: Rep) -> RepOut:
    """A rep as it goes out."""
    home = Place(lon=row.home_lon, lat=row.home_lat)
    return RepOut(home=home, **row.model_dump(exclude={"home_lon", "home_lat"}))


def _columns(values: dict[str, Any], home: Place | None) -> dict[str, Any]:
    values.pop("home", None)
    columns = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    if home is not None:
        columns.update(home_lon=home.lon, home_lat=home.lat)
    return columns


def _check(row: Rep) -> None:
    with naming("timezone"):
        zone_named(row.timezone)
    with naming("weekly_hours"):
        check_weekly_hours(row.weekly_hours, "weekly_hours", Locale(lon=row.home_lon, lat=row.home_lat))
    with naming("lunch"):
        read_lunch(row.lunch, "lunch")
