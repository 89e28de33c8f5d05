"""Privacy: what is kept about people, what reps say to it, and one customer's or rep's data, whole or erased."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from fastapi import APIRouter, Response

from api.auth.guard import GuardedRoute
from api.conditional import etag_of
from api.deps import Filter, PageDep, ServicesDep, ThingId, VersionDep, ViewerDep
from api.routes.describe import CHANGE, CREATE, READ, READ_ONE, problems
from api.schemas.base import Page
from api.schemas.privacy import ConsentIn, ConsentOut, ErasedOut, ExportOut, PrivacyOut, PrivacyPatch
from visits.privacy.consents import give_consent, list_consents
from visits.privacy.erasing import erase_customer, erase_rep
from visits.privacy.exporting import Exported, export_customer, export_rep
from visits.privacy.settings import change_privacy, privacy_settings

router = APIRouter(route_class=GuardedRoute, tags=["privacy"])
_ERASE = problems(*CHANGE)


@router.get("/privacy-settings", operation_id="get_privacy_settings", summary="What is kept", responses=problems(*READ))
def read_privacy(services: ServicesDep, response: Response) -> PrivacyOut:
    """What is kept about people and how long, for all to read; with its version as ETag."""
    with services.store.reading() as session:
        row = privacy_settings(session)
    response.headers["ETag"] = etag_of(row.version)
    return PrivacyOut.model_validate(row)


@router.patch(
    "/privacy-settings",
    operation_id="update_privacy_settings",
    summary="Change what is kept",
    responses=problems(*CHANGE),
)
def update_privacy(
    body: PrivacyPatch, services: ServicesDep, viewer: ViewerDep, version: VersionDep, response: Response
) -> PrivacyOut:
    """Changes the settings that are sent, if they still have the version in If-Match."""
    with services.store.session() as session:
        row = change_privacy(session, viewer, body.changes(), expected=version)
    services.upkeep.wake()
    response.headers["ETag"] = etag_of(row.version)
    return PrivacyOut.model_validate(row)


@router.get("/consents", operation_id="list_consents", summary="What reps said", responses=problems(*READ))
def read_consents(services: ServicesDep, viewer: ViewerDep, page: PageDep, rep: Filter = None) -> Page[ConsentOut]:
    """The consents of the reps that you may see, the newest first; a rep's newest counts."""
    with services.store.reading() as session:
        found = list_consents(session, viewer, page, rep_id=rep)
    return Page(items=tuple(ConsentOut.model_validate(row) for row in found.items), next_cursor=found.next_cursor)


@router.post(
    "/consents", operation_id="give_consent", summary="Say yes or no", status_code=201, responses=problems(*CREATE)
)
def say_consent(body: ConsentIn, services: ServicesDep, viewer: ViewerDep) -> ConsentOut:
    """Your own consent, as a rep, to positions being kept. No deletes those that were kept."""
    with services.store.session() as session:
        return ConsentOut.model_validate(give_consent(session, viewer, given=body.given))


@router.get(
    "/customers/{customer_id}/export",
    operation_id="export_customer",
    summary="All about a customer",
    responses=problems(*READ_ONE),
)
def read_customer_export(
    customer_id: ThingId, services: ServicesDep, viewer: ViewerDep, response: Response
) -> ExportOut:
    """All that is kept about a customer, as a file."""
    with services.store.reading() as session:
        return _file(export_customer(session, viewer, customer_id, datetime.now(UTC)), response)


@router.get(
    "/reps/{rep_id}/export", operation_id="export_rep", summary="All about a rep", responses=problems(*READ_ONE)
)
def read_rep_export(rep_id: ThingId, services: ServicesDep, viewer: ViewerDep, response: Response) -> ExportOut:
    """All that is kept about a rep, as a file; for the rep themself and for administrators."""
    with services.store.reading() as session:
        return _file(export_rep(session, viewer, rep_id, datetime.now(UTC)), response)


@router.post(
    "/customers/{customer_id}/erase", operation_id="erase_customer", summary="Erase a customer", responses=_ERASE
)
def forget_customer(customer_id: ThingId, services: ServicesDep, viewer: ViewerDep, version: VersionDep) -> ErasedOut:
    """Takes out for good what names a customer, if it still has the version in If-Match; a nameless stub stays.

    409 while a plan of today or later holds a visit to it.
    """
    with services.store.session() as session:
        return ErasedOut(**asdict(erase_customer(session, viewer, customer_id, datetime.now(UTC), expected=version)))


@router.post("/reps/{rep_id}/erase", operation_id="erase_rep", summary="Erase a rep", responses=_ERASE)
def forget_rep(rep_id: ThingId, services: ServicesDep, viewer: ViewerDep, version: VersionDep) -> ErasedOut:
    """Takes out for good what names a rep, if they still have the version in If-Match, and ends their sign-ins.

    409 while a plan of today or later holds a visit of theirs.
    """
    with services.store.session() as session:
        return ErasedOut(**asdict(erase_rep(session, viewer, rep_id, datetime.now(UTC), expected=version)))


def _file(exported: Exported, response: Response) -> ExportOut:
    about = exported["about"]
    response.headers["Content-Disposition"] = f'attachment; filename="{about["kind"]}.json"'
    return ExportOut(**exported)
