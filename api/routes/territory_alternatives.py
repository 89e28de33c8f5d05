"""Alternatives of a territory proposal: figures, owners, shapes, hand-overs, sliders, the draft, comparison."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from fastapi.responses import JSONResponse

from api.auth.guard import GuardedRoute
from api.conditional import etag_of, matches
from api.deps import ServicesDep, ThingId, VersionDep, ViewerDep
from api.errors import bad_field
from api.routes.describe import CHANGE, CREATE, READ_ONE, problems
from api.schemas.territory_proposals import (
    AlternativeOut,
    AlternativeSummary,
    Comparison,
    Difference,
    DraftIn,
    HandOverPage,
    TaskOut,
    WhatIfOut,
)
from routing.territories.boundaries import boundaries
from visits.models import TerritoryAlternative
from visits.territories.editing import Step, begin_draft, edit_draft, keep_what_if, undo_edit, what_if
from visits.territories.hand_overs import hand_overs
from visits.territories.proposing import STUDIES, get_alternative, get_proposal, owners_of, require_ready
from visits.territories.requests import WhatIf
from visits.territories.simulating import Validation
from visits.territories.snapshot import Study
from visits.territories.tasks import VALIDATE, add_task
from visits.territories.views import AlternativeView

router = APIRouter(route_class=GuardedRoute, prefix="/territory-proposals/{proposal_id}", tags=["territories"])
AlternativeName = Annotated[str, Path(min_length=1, max_length=100, description="Such as balanced, or draft.")]
MOST_LISTED = 1000


@router.get(
    "/alternatives/{alternative}",
    operation_id="get_territory_alternative",
    summary="One alternative",
    responses=problems(*READ_ONE, 409),
)
def read_alternative(
    proposal_id: ThingId, alternative: AlternativeName, services: ServicesDep, viewer: ViewerDep, response: Response
) -> AlternativeOut:
    """An alternative with who gets whom; its version is the ETag."""
    with services.store.reading() as session:
        study = STUDIES.of(get_proposal(session, viewer, proposal_id))
        row = get_alternative(session, proposal_id, alternative)
    response.headers["ETag"] = etag_of(row.version)
    return shown(study, row)


@router.get(
    "/alternatives/{alternative}/hand-overs",
    operation_id="list_territory_hand_overs",
    summary="Who changes hands, and why",
    responses=problems(*READ_ONE, 409),
)
def read_hand_overs(
    proposal_id: ThingId,
    alternative: AlternativeName,
    services: ServicesDep,
    viewer: ViewerDep,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED, description="At most this many items.")] = 200,
    cursor: Annotated[str | None, Query(max_length=20, description="next_cursor of the page before.")] = None,
) -> HandOverPage:
    """The customers that an alternative takes from where they are, those that save most first."""
    begin = _offset(cursor)
    with services.store.reading() as session:
        study = STUDIES.of(get_proposal(session, viewer, proposal_id))
        row = get_alternative(session, proposal_id, alternative)
    found = hand_overs(study, owners_of(row))
    end = begin + limit
    return HandOverPage(
        items=tuple(found[begin:end]), total=len(found), next_cursor=str(end) if end < len(found) else None
    )


@router.get(
    "/alternatives/{alternative}/boundaries",
    operation_id="get_territory_boundaries",
    summary="Territories as shapes",
    response_model=dict[str, Any],
    responses={**problems(*READ_ONE, 409), 304: {"description": "You have it already."}},
)
def read_boundaries(
    proposal_id: ThingId,
    alternative: AlternativeName,
    services: ServicesDep,
    viewer: ViewerDep,
    if_none_match: Annotated[str | None, Header(max_length=2000)] = None,
) -> Response:
    """A GeoJSON FeatureCollection with a shape per territory, drawn by whose each stretch of road is."""
    with services.store.reading() as session:
        study = STUDIES.of(get_proposal(session, viewer, proposal_id))
        row = get_alternative(session, proposal_id, alternative)
    tag = etag_of(AlternativeView.model_validate_json(row.shown).digest)
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    if matches(if_none_match, tag):
        return Response(status_code=304, headers=headers)
    names = [one.id for one in study.snapshot.problem.territories]
    return JSONResponse(boundaries(study.parts, owners_of(row), names), headers=headers)


@router.post(
    "/alternatives/{alternative}/validation",
    operation_id="validate_territory_alternative",
    summary="Plan a month of an alternative",
    status_code=202,
    responses=problems(*CREATE),
)
def validate_alternative(
    proposal_id: ThingId, alternative: AlternativeName, services: ServicesDep, viewer: ViewerDep
) -> TaskOut:
    """Queues a month of simulated plans; the alternative then shows predicted beside simulated hours."""
    with services.store.session() as session:
        proposal = get_proposal(session, viewer, proposal_id)
        require_ready(proposal)
        get_alternative(session, proposal_id, alternative)
        task = TaskOut.model_validate(add_task(session, VALIDATE, proposal_id, alternative))
    services.runner.wake()
    return task


@router.get(
    "/comparison",
    operation_id="compare_territory_alternatives",
    summary="Two alternatives side by side",
    responses=problems(*READ_ONE, 409),
)
def compare(
    proposal_id: ThingId,
    services: ServicesDep,
    viewer: ViewerDep,
    a: Annotated[str, Query(min_length=1, max_length=100, description="Name of an alternative.")] = "as_now",
    b: Annotated[str, Query(min_length=1, max_length=100, description="Name of another.")] = "balanced",
) -> Comparison:
    """Both figures, and the customers that the two do not agree on."""
    with services.store.reading() as session:
        study = STUDIES.of(get_proposal(session, viewer, proposal_id))
        one, two = (get_alternative(session, proposal_id, name) for name in (a, b))
    customers = study.snapshot.problem.customers
    return Comparison(
        a=AlternativeView.model_validate_json(one.shown),
        b=AlternativeView.model_validate_json(two.shown),
        differences=tuple(
            Difference(customer=customers[u].id, a=here, b=there)
            for u, (here, there) in enumerate(zip(one.owners, two.owners, strict=True))
            if here != there
        ),
    )


@router.post("/what-if", operation_id="preview_territories", summary="Move the sliders", responses=problems(*CREATE))
def preview(proposal_id: ThingId, body: WhatIf, services: ServicesDep, viewer: ViewerDep) -> WhatIfOut:
    """What other tolerance, price of a move and compactness lead to, at once; stored only where it is to be kept."""
    with services.store.reading() as session:
        proposal = get_proposal(session, viewer, proposal_id)
        figures, owner, wish = what_if(session, proposal, body)
    version = None
    if body.keep:
        with services.store.session() as session:
            proposal = get_proposal(session, viewer, proposal_id)
            version = keep_what_if(session, viewer, proposal, figures, owner, wish).version
    return WhatIfOut(figures=figures, owners=tuple(owner.tolist()), version=version)


@router.post("/draft", operation_id="begin_territory_draft", summary="Go on by hand", responses=problems(*CHANGE))
def begin(
    proposal_id: ThingId,
    body: DraftIn,
    services: ServicesDep,
    viewer: ViewerDep,
    response: Response,
    if_match: Annotated[
        str | None, Header(max_length=60, description="The draft's version where one is to be begun anew.")
    ] = None,
) -> AlternativeOut:
    """Makes an alternative the draft, which moves, pins and steps back change; a draft that is there is thrown away."""
    with services.store.session() as session:
        proposal = get_proposal(session, viewer, proposal_id)
        row = begin_draft(session, viewer, proposal, body.source, expected=_version(if_match))
        study = STUDIES.of(proposal)
    response.headers["ETag"] = etag_of(row.version)
    return shown(study, row)


@router.patch("/draft", operation_id="edit_territory_draft", summary="Move or pin by hand", responses=problems(*CHANGE))
def edit(
    proposal_id: ThingId, body: Step, services: ServicesDep, viewer: ViewerDep, version: VersionDep, response: Response
) -> AlternativeOut:
    """Moves customers, pins them or frees them, and answers with the figures after it."""
    with services.store.session() as session:
        proposal = get_proposal(session, viewer, proposal_id)
        row = edit_draft(session, viewer, proposal, body, expected=version)
        study = STUDIES.of(proposal)
    response.headers["ETag"] = etag_of(row.version)
    return shown(study, row)


@router.post(
    "/draft/undo", operation_id="undo_territory_draft", summary="Take the last step back", responses=problems(*CHANGE)
)
def undo(
    proposal_id: ThingId, services: ServicesDep, viewer: ViewerDep, version: VersionDep, response: Response
) -> AlternativeOut:
    """The draft as it was before the last step. 409 when there is none."""
    with services.store.session() as session:
        proposal = get_proposal(session, viewer, proposal_id)
        row = undo_edit(session, viewer, proposal, expected=version)
        study = STUDIES.of(proposal)
    response.headers["ETag"] = etag_of(row.version)
    return shown(study, row)


def summary(row: TerritoryAlternative) -> AlternativeSummary:
    """An alternative as it is listed."""
    return AlternativeSummary(
        version=row.version,
        figures=AlternativeView.model_validate_json(row.shown),
        steps=len(row.edits),
        validation=None if row.validation is None else Validation.model_validate(row.validation),
    )


def shown(study: Study, row: TerritoryAlternative) -> AlternativeOut:
    """An alternative as it goes out."""
    problem = study.snapshot.problem
    pins = {problem.customers[int(u)].id: problem.territories[j].id for u, j in sorted(row.pins.items())}
    return AlternativeOut(**summary(row).model_dump(), owners=tuple(row.owners), pins=pins)


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise bad_field("cursor", f"{cursor!r} is not one that this list gave; start again without a cursor")
    return int(cursor)


def _version(if_match: str | None) -> int | None:
    if if_match is None:
        return None
    digits = if_match.strip().removeprefix("W/").strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
        raise bad_field("If-Match", f'is {if_match!r}; send the version that you saw, such as "3"', status=412)
    return int(digits)
