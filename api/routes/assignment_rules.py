"""Assignment rules: which territory customers belong to, in the order of the rules."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlmodel import Session

from api.auth.guard import GuardedRoute
from api.conditional import etag_of
from api.deps import OnceKey, PageDep, ServicesDep, ThingId, VersionDep, ViewerDep
from api.errors import bad_field
from api.routes.describe import CHANGE, CREATE, READ, READ_ONE, problems
from api.routes.editing import apply, naming, once, require_all, require_territory, require_version
from api.schemas.base import Page, Place
from api.schemas.segments import AssignedOut, Assigning, MoveOut, RuleIn, RuleOut, RulePatch
from visits.importing.assignment import assign, check_area, get_rule, list_rules
from visits.models import AssignmentRule, Segment
from visits.queries.events import record

router = APIRouter(route_class=GuardedRoute, prefix="/assignment-rules", tags=["data"])


@router.get("", operation_id="list_assignment_rules", summary="The rules, in order", responses=problems(*READ))
def read_rules(services: ServicesDep, page: PageDep) -> Page[RuleOut]:
    """All rules; of several that fit a customer the first counts."""
    with services.store.reading() as session:
        found = list_rules(session, page)
    return Page(items=tuple(show(row) for row in found.items), next_cursor=found.next_cursor)


@router.get("/{rule_id}", operation_id="get_assignment_rule", summary="One rule", responses=problems(*READ_ONE))
def read_rule(rule_id: ThingId, services: ServicesDep, response: Response) -> RuleOut:
    """One rule, with its version as ETag."""
    with services.store.reading() as session:
        row = get_rule(session, rule_id)
    response.headers["ETag"] = etag_of(row.version)
    return show(row)


@router.post(
    "", operation_id="create_assignment_rule", summary="Make a rule", status_code=201, responses=problems(*CREATE)
)
def create_rule(
    body: RuleIn, services: ServicesDep, viewer: ViewerDep, response: Response, key: OnceKey = None
) -> RuleOut:
    """A new rule; it moves nobody until the rules are run. For those who see all territories."""
    require_all(viewer)

    def make(session: Session) -> RuleOut:
        require_territory(session, viewer, body.territory_id)
        _require_segment(session, body.segment_id)
        row = AssignmentRule(**_columns(body.model_dump(exclude={"area"}), body.area))
        session.add(row)
        record(session, viewer, "assignment_rule.created", row.id, territory_id=row.territory_id)
        return show(row)

    made = once(services.store, viewer, key, "create_assignment_rule", body, make, RuleOut)
    response.headers["Location"] = f"/api/v1/assignment-rules/{made.id}"
    response.headers["ETag"] = etag_of(made.version)
    return made


@router.post(
    "/run", operation_id="run_assignment_rules", summary="Give customers their territories", responses=problems(*CREATE)
)
def run_rules(body: Assigning, services: ServicesDep, viewer: ViewerDep) -> AssignedOut:
    """Moves every customer that fits a rule, or only says so; plans that stand do not change."""
    require_all(viewer)
    with services.store.session() as session:
        done = assign(session, viewer, everybody=body.everybody, dry_run=body.dry_run)
    moves = tuple(MoveOut.model_validate(move) for move in done.moves)
    return AssignedOut(moves=moves, unchanged=done.unchanged, unmatched=done.unmatched)


@router.patch("/{rule_id}", operation_id="update_assignment_rule", summary="Change a rule", responses=problems(*CHANGE))
def update_rule(
    rule_id: ThingId,
    body: RulePatch,
    services: ServicesDep,
    viewer: ViewerDep,
    version: VersionDep,
    response: Response,
) -> RuleOut:
    """Changes the fields that are sent, if it still has the version in If-Match."""
    require_all(viewer)
    changes = body.changes()
    with services.store.session() as session:
        row = get_rule(session, rule_id)
        require_version(row, version)
        if "territory_id" in changes:
            require_territory(session, viewer, changes["territory_id"])
        _require_segment(session, changes.get("segment_id"))
        if "area" in changes:
            changes = _columns(changes, body.area)
        apply(row, changes)
        session.add(row)
        fields = {"fields": sorted(body.model_fields_set)}
        record(session, viewer, "assignment_rule.changed", row.id, fields, territory_id=row.territory_id)
    response.headers["ETag"] = etag_of(row.version)
    return show(row)


@router.delete(
    "/{rule_id}",
    operation_id="delete_assignment_rule",
    summary="Remove a rule",
    status_code=204,
    responses=problems(*READ_ONE),
)
def delete_rule(rule_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> None:
    """Customers stay in the territories that it gave them."""
    require_all(viewer)
    with services.store.session() as session:
        row = get_rule(session, rule_id)
        session.delete(row)
        record(session, viewer, "assignment_rule.removed", row.id, territory_id=row.territory_id)


def show(row: AssignmentRule) -> RuleOut:
    """A rule as it goes out; the last corner of its area, which is the first again, left out."""
    area = None if row.area is None else tuple(Place(lon=lon, lat=lat) for lon, lat in row.area[:-1])
    return RuleOut(area=area, **row.model_dump(exclude={"area"}))


def _columns(values: dict[str, Any], area: tuple[Place, ...] | None) -> dict[str, Any]:
    with naming("area"):
        return {**values, "area": None if area is None else check_area([(at.lon, at.lat) for at in area])}


def _require_segment(session: Session, segment_id: str | None) -> None:
    if segment_id is not None and session.get(Segment, segment_id) is None:
        raise bad_field("segment_id", f"is {segment_id!r}, which is not there; correct it")
