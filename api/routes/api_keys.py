"""API keys of other systems, for administrators."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from api.auth.guard import GuardedRoute
from api.deps import PageDep, ServicesDep, ThingId, ViewerDep
from api.errors import bad_field
from api.routes.describe import CREATE, READ, READ_ONE, problems
from api.schemas.api_keys import ApiKeyIn, ApiKeyMade, ApiKeyOut
from api.schemas.base import Page
from visits.models import ApiKey
from visits.queries.api_keys import add_key, list_keys, revoke_key

router = APIRouter(route_class=GuardedRoute, prefix="/api-keys", tags=["people"])


@router.get("", operation_id="list_api_keys", summary="API keys", responses=problems(*READ))
def read_api_keys(services: ServicesDep, page: PageDep) -> Page[ApiKeyOut]:
    """All keys, the newest first, without their secrets."""
    with services.store.reading() as session:
        found = list_keys(session, page)
    return Page(items=tuple(ApiKeyOut.model_validate(key) for key in found.items), next_cursor=found.next_cursor)


@router.post("", operation_id="create_api_key", summary="Make an API key", status_code=201, responses=problems(*CREATE))
def create_api_key(body: ApiKeyIn, services: ServicesDep, viewer: ViewerDep, response: Response) -> ApiKeyMade:
    """A new key; its secret is in this answer and nowhere else."""
    if body.expires_at is not None and body.expires_at <= datetime.now(UTC):
        raise bad_field("expires_at", "is over already; choose a moment to come")
    key = ApiKey(
        name=body.name,
        role=body.role,
        scopes=list(body.scopes),
        territory_ids=None if body.territory_ids is None else sorted(set(body.territory_ids)),
        expires_at=body.expires_at,
    )
    with services.store.session() as session:
        secret = add_key(session, viewer, key)
    response.headers["Location"] = "/api/v1/api-keys"
    return ApiKeyMade(secret=secret, **key.model_dump())


@router.delete(
    "/{key_id}",
    operation_id="revoke_api_key",
    summary="Revoke an API key",
    status_code=204,
    responses=problems(*READ_ONE),
)
def revoke_api_key(key_id: ThingId, services: ServicesDep, viewer: ViewerDep) -> Response:
    """Ends a key at once."""
    with services.store.session() as session:
        revoke_key(session, viewer, key_id)
    return Response(status_code=204)
