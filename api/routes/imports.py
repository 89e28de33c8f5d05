"""Imports of customers and reps from CSV: tried, written, listed, taken back."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter

from api.auth.guard import GuardedRoute
from api.deps import PageDep, ServicesDep, ThingId, ViewerDep
from api.routes.describe import CREATE, READ, READ_ONE, problems
from api.routes.editing import require_all
from api.schemas.base import Page
from api.schemas.office import ImportIn, ImportOut
from visits.importing.batches import Undone, get_batch, list_batches, undo_import
from visits.importing.customers import import_customers
from visits.importing.report import ImportReport
from visits.importing.reps import import_reps

router = APIRouter(route_class=GuardedRoute, prefix="/imports", tags=["data"])
_IMPORTS = {"customers": import_customers, "reps": import_reps}


@router.post("", operation_id="create_import", summary="Import a CSV file", responses=problems(*CREATE))
def create_import(body: ImportIn, services: ServicesDep, viewer: ViewerDep) -> ImportReport:
    """Creates or updates rows by their external_id; sent again it changes nothing. For those who see all territories.

    With any faulty row nothing is written, unless `skip_faulty`; every fault is named with its mend.
    """
    require_all(viewer)
    run = _IMPORTS[body.noun]
    content = body.content.encode("utf-8", "surrogatepass")
    return run(services.store, viewer, content, file=body.file, dry_run=body.dry_run, skip_faulty=body.skip_faulty)


@router.get("", operation_id="list_imports", summary="Written imports", responses=problems(*READ))
def read_imports(services: ServicesDep, viewer: ViewerDep, page: PageDep) -> Page[ImportOut]:
    """The newest first; for those who see all territories, empty for others."""
    if not viewer.sees_all:
        return Page(items=(), next_cursor=None)
    with services.store.reading() as session:
        found = list_batches(session, page)
    return Page(items=tuple(ImportOut.model_validate(row) for row in found.items), next_cursor=found.next_cursor)


@router.get("/{import_id}", operation_id="get_import", summary="One import", responses=problems(*READ_ONE))
def read_import(import_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> ImportOut:
    """One written import with its report."""
    require_all(viewer)
    with services.store.reading() as session:
        return ImportOut.model_validate(get_batch(session, import_id))


@router.post(
    "/{import_id}/undo", operation_id="undo_import", summary="Take an import back", responses=problems(*CREATE)
)
def undo(import_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> Undone:
    """Row by row: rows that somebody changed since are left as they are and named."""
    require_all(viewer)
    with services.store.session() as session:
        return undo_import(session, viewer, import_id, datetime.now(UTC))
