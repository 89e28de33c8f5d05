"""A caller on the phone: times to offer, one held for ten minutes, and the promised visit it becomes."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from api.auth.guard import GuardedRoute
from api.deps import OnceKey, ServicesDep, ThingId, ViewerDep
from api.routes.describe import CREATE, READ_ONE, TAP, problems
from api.schemas.repair import Booking
from visits.holding import BookedSlot, HeldSlot, HoldRequest, book_slot, hold_slot, release_slot
from visits.offering import SlotQuotes, SlotRequest, quote_slots

router = APIRouter(route_class=GuardedRoute, prefix="/slots", tags=["slots"])


@router.post("", operation_id="quote_slots", summary="Times to offer", responses=problems(*CREATE))
def quote(body: SlotRequest, services: ServicesDep, viewer: ViewerDep) -> SlotQuotes:
    """The cheapest rep, day and span for a visit, with the cost of each; nothing that is planned is displaced."""
    return quote_slots(services.store, viewer, body, now=datetime.now(UTC), travel=services.tools.travel)


@router.post("/holds", operation_id="hold_slot", summary="Hold a slot", status_code=201, responses=problems(*CREATE))
def hold(
    body: HoldRequest, services: ServicesDep, viewer: ViewerDep, response: Response, key: OnceKey = None
) -> HeldSlot:
    """Keeps a slot free for ten minutes: later searches and repairs leave it alone."""
    held = hold_slot(services.store, viewer, body, now=datetime.now(UTC), travel=services.tools.travel, key=key)
    response.headers["Location"] = f"/api/v1/slots/holds/{held.id}"
    return held


@router.delete(
    "/holds/{hold_id}",
    operation_id="release_slot",
    summary="Give a held slot free",
    status_code=204,
    responses=problems(*READ_ONE, 409),
)
def release(hold_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> Response:
    """The slot may be offered to others again at once."""
    release_slot(services.store, viewer, hold_id, now=datetime.now(UTC))
    return Response(status_code=204)


@router.post("/holds/{hold_id}/book", operation_id="book_slot", summary="Book a held slot", responses=problems(*TAP))
def book(hold_id: ThingId, services: ServicesDep, viewer: ViewerDep, body: Booking | None = None) -> BookedSlot:
    """Puts a promised visit on the rep's plan; sending it again gives the same visit."""
    given = body or Booking()
    return book_slot(
        services.store,
        viewer,
        hold_id,
        customer_id=given.customer,
        note=given.note,
        now=datetime.now(UTC),
        travel=services.tools.travel,
    )
