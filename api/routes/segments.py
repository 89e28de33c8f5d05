"""Segments: named groups of customers, for the whole organisation."""

from __future__ import annotations

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.auth.guard import GuardedRoute
from api.conditional import etag_of
from api.deps import OnceKey, PageDep, ServicesDep, ThingId, VersionDep, ViewerDep
from api.routes.customers import show as show_customer
from api.routes.describe import CHANGE, CREATE, READ, READ_ONE, problems
from api.routes.editing import apply, once, require_all, require_version
from api.schemas.base import Page
from api.schemas.customers import CustomerOut
from api.schemas.segments import SegmentIn, SegmentOut, SegmentPatch
from visits.models import Segment
from visits.queries.events import record
from visits.queries.segments import customers_of, get_segment, list_segments, remove_segment, require_free_name

router = APIRouter(route_class=GuardedRoute, prefix="/segments", tags=["data"])


@router.get("", operation_id="list_segments", summary="Segments, by name", responses=problems(*READ))
def read_segments(services: ServicesDep, page: PageDep) -> Page[SegmentOut]:
    """All segments."""
    with services.store.reading() as session:
        found = list_segments(session, page)
    return Page(items=tuple(SegmentOut.model_validate(row) for row in found.items), next_cursor=found.next_cursor)


@router.get("/{segment_id}", operation_id="get_segment", summary="One segment", responses=problems(*READ_ONE))
def read_segment(segment_id: ThingId, services: ServicesDep, response: Response) -> SegmentOut:
    """One segment, with its version as ETag."""
    with services.store.reading() as session:
        row = get_segment(session, segment_id)
    response.headers["ETag"] = etag_of(row.version)
    return SegmentOut.model_validate(row)


@router.get(
    "/{segment_id}/customers",
    operation_id="list_segment_customers",
    summary="The customers of a segment",
    responses=problems(*READ_ONE),
)
def read_segment_customers(
    segment_id: ThingId, services: ServicesDep, viewer: ViewerDep, page: PageDep
) -> Page[CustomerOut]:
    """Those that you may see, by id."""
    with services.store.reading() as session:
        found = customers_of(session, viewer, get_segment(session, segment_id), page)
    return Page(items=tuple(show_customer(row) for row in found.items), next_cursor=found.next_cursor)


@router.post("", operation_id="create_segment", summary="Make a segment", status_code=201, responses=problems(*CREATE))
def create_segment(
    body: SegmentIn, services: ServicesDep, viewer: ViewerDep, response: Response, key: OnceKey = None
) -> SegmentOut:
    """A new segment. For those who see all territories."""
    require_all(viewer)

    def make(session: Session) -> SegmentOut:
        require_free_name(session, body.name)
        row = Segment(name=body.name, tiers=list(body.tiers), tags=list(body.tags))
        session.add(row)
        record(session, viewer, "segment.created", row.id)
        return SegmentOut.model_validate(row)

    made = once(services.store, viewer, key, "create_segment", body, make, SegmentOut)
    response.headers["Location"] = f"/api/v1/segments/{made.id}"
    response.headers["ETag"] = etag_of(made.version)
    return made


@router.patch("/{segment_id}", operation_id="update_segment", summary="Change a segment", responses=problems(*CHANGE))
def update_segment(
    segment_id: ThingId,
    body: SegmentPatch,
    services: ServicesDep,
    viewer: ViewerDep,
    version: VersionDep,
    response: Response,
) -> SegmentOut:
    """Changes the fields that are sent, if it still has the version in If-Match."""
    require_all(viewer)
    changes = body.changes()
    with services.store.session() as session:
        row = get_segment(session, segment_id)
        require_version(row, version)
        require_free_name(session, changes.get("name", row.name), row.id)
        apply(row, changes)
        session.add(row)
        record(session, viewer, "segment.changed", row.id, {"fields": sorted(changes)})
    response.headers["ETag"] = etag_of(row.version)
    return SegmentOut.model_validate(row)


@router.delete(
    "/{segment_id}",
    operation_id="delete_segment",
    summary="Remove a segment",
    status_code=204,
    responses=problems(*READ_ONE, 409),
)
def delete_segment(segment_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> None:
    """Its customers stay. 409 while an assignment rule needs it."""
    require_all(viewer)
    with services.store.session() as session:
        remove_segment(session, viewer, segment_id)
