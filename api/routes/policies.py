"""The value policy of the organisation: what visits are worth."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.auth.guard import GuardedRoute
from api.conditional import etag_of
from api.deps import ServicesDep, ThingId, VersionDep, ViewerDep
from api.routes.describe import CHANGE, READ, READ_ONE, problems
from api.routes.editing import require_all
from api.schemas.base import Page
from api.schemas.office import PolicyOut, PolicyPatch
from visits.errors import NotFoundError
from visits.models import Policy
from visits.queries.policies import POLICY_ID, change_policy, current_policy

router = APIRouter(route_class=GuardedRoute, prefix="/policies", tags=["data"])


@router.get("", operation_id="list_policies", summary="The policies", responses=problems(*READ))
def read_policies(services: ServicesDep) -> Page[PolicyOut]:
    """There is one, `policy`, for the whole organisation."""
    with services.store.reading() as session:
        return Page(items=(PolicyOut.model_validate(current_policy(session)),), next_cursor=None)


@router.get("/{policy_id}", operation_id="get_policy", summary="One policy", responses=problems(*READ_ONE))
def read_policy(policy_id: ThingId, services: ServicesDep, response: Response) -> PolicyOut:
    """The policy, with its version as ETag; version 0 is the default that nobody changed yet."""
    _require_known(policy_id)
    with services.store.reading() as session:
        row = current_policy(session)
    response.headers["ETag"] = etag_of(row.version)
    return PolicyOut.model_validate(row)


@router.patch("/{policy_id}", operation_id="update_policy", summary="Change a policy", responses=problems(*CHANGE))
def update_policy(
    policy_id: ThingId,
    body: PolicyPatch,
    services: ServicesDep,
    viewer: ViewerDep,
    version: VersionDep,
    response: Response,
) -> PolicyOut:
    """Changes the numbers that are sent, if it still has the version in If-Match; the next planning weighs by them."""
    _require_known(policy_id)
    require_all(viewer)
    changes = body.changes()
    if "tier_minutes" in changes:
        changes["tier_minutes"] = body.tier_minutes.model_dump()
    with services.store.session() as session:
        former = current_policy(session).model_dump(include={*PolicyPatch.model_fields})
        row = change_policy(session, viewer, Policy(**{**former, **changes}), expected=version)
    response.headers["ETag"] = etag_of(row.version)
    return PolicyOut.model_validate(row)


def _require_known(policy_id: str) -> None:
    if policy_id != POLICY_ID:
        raise NotFoundError(f"there is no policy {policy_id!r}; the one there is has the id {POLICY_ID!r}")
