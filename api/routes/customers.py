"""Customers: list, read, make, change."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlmodel import Session

from api.auth.guard import GuardedRoute
from api.conditional import etag_of
from api.deps import Filter, OnceKey, PageDep, ServicesDep, ThingId, VersionDep, ViewerDep
from api.routes.describe import CHANGE, CREATE, READ, READ_ONE, problems
from api.routes.editing import apply, naming, once, require_free_external_id, require_territory, require_version
from api.schemas.base import Page, Place
from api.schemas.customers import CustomerIn, CustomerOut, CustomerPatch
from visits.hours import Locale, read_hours
from visits.models import Customer
from visits.queries.customers import get_customer, list_customers
from visits.queries.events import record

router = APIRouter(route_class=GuardedRoute, prefix="/customers", tags=["data"])


@router.get("", operation_id="list_customers", summary="Customers, by name", responses=problems(*READ))
def read_customers(
    services: ServicesDep,
    viewer: ViewerDep,
    page: PageDep,
    territory: Filter = None,
    text: Annotated[
        str | None, Query(min_length=1, max_length=200, description="Part of a name, address or external id.")
    ] = None,
) -> Page[CustomerOut]:
    """The active customers that you may see, of one territory where asked."""
    with services.store.reading() as session:
        found = list_customers(session, viewer, page, territory_id=territory, text=text)
    return Page(items=tuple(show(row) for row in found.items), next_cursor=found.next_cursor)


@router.get("/{customer_id}", operation_id="get_customer", summary="One customer", responses=problems(*READ_ONE))
def read_customer(customer_id: ThingId, services: ServicesDep, viewer: ViewerDep, response: Response) -> CustomerOut:
    """One customer, with its version as ETag."""
    with services.store.reading() as session:
        row = get_customer(session, viewer, customer_id)
    response.headers["ETag"] = etag_of(row.version)
    return show(row)


@router.post(
    "", operation_id="create_customer", summary="Make a customer", status_code=201, responses=problems(*CREATE)
)
def create_customer(
    body: CustomerIn, services: ServicesDep, viewer: ViewerDep, response: Response, key: OnceKey = None
) -> CustomerOut:
    """A new customer; the next planning run considers it."""

    def make(session: Session) -> CustomerOut:
        require_territory(session, viewer, body.territory_id)
        require_free_external_id(session, Customer, body.external_id)
        row = Customer(**_columns(body.model_dump(exclude={"location"}), body.location))
        _check(row)
        session.add(row)
        record(session, viewer, "customer.created", row.id, territory_id=row.territory_id)
        return show(row)

    made = once(services.store, viewer, key, "create_customer", body, make, CustomerOut)
    response.headers["Location"] = f"/api/v1/customers/{made.id}"
    response.headers["ETag"] = etag_of(made.version)
    return made


@router.patch(
    "/{customer_id}", operation_id="update_customer", summary="Change a customer", responses=problems(*CHANGE)
)
def update_customer(
    customer_id: ThingId,
    body: CustomerPatch,
    services: ServicesDep,
    viewer: ViewerDep,
    version: VersionDep,
    response: Response,
) -> CustomerOut:
    """Changes the fields that are sent, if it still has the version in If-Match."""
    changes = body.changes()
    with services.store.session() as session:
        row = get_customer(session, viewer, customer_id)
        require_version(row, version)
        if "territory_id" in changes:
            require_territory(session, viewer, changes["territory_id"])
        require_free_external_id(session, Customer, changes.get("external_id"), row.id)
        apply(row, _columns(changes, body.location))
        _check(row)
        session.add(row)
        record(
            session,
            viewer,
            "customer.changed",
            row.id,
            {"fields": sorted(body.model_fields_set)},
            territory_id=row.territory_id,
        )
    response.headers["ETag"] = etag_of(row.version)
    return show(row)


def show(row: Customer) -> CustomerOut:
    """A customer as it goes out."""
    return CustomerOut(location=Place(lon=row.lon, lat=row.lat), **row.model_dump(exclude={"lon", "lat"}))


def _columns(values: dict[str, Any], place: Place | None) -> dict[str, Any]:
    values.pop("location", None)
    columns = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    if place is not None:
        columns.update(lon=place.lon, lat=place.lat, datum="WGS-84", raw_lon=None, raw_lat=None)
    return columns


def _check(row: Customer) -> None:
    if row.opening_hours:
        with naming("opening_hours"):
            read_hours(row.opening_hours, "opening_hours", Locale(row.country, row.lon, row.lat))
