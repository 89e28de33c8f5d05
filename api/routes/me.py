"""The signed-in person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from api.auth.guard import GuardedRoute
from api.deps import ViewerDep
from api.routes.describe import problems
from api.schemas.base import Shown

router = APIRouter(route_class=GuardedRoute, tags=["sign-in"])


class Me(Shown):
    """Who is signed in, and what they may see."""

    id: str
    name: str
    role: str
    rep_id: Annotated[str | None, Field(description="The rep that this person is; null in the office.")]
    territory_ids: Annotated[tuple[str, ...] | None, Field(description="Null: all territories.")]


@router.get("/me", operation_id="get_me", summary="Who is signed in", responses=problems(401, 503))
async def get_me(viewer: ViewerDep) -> Me:
    """The person of the token that came with the request."""
    territories = None if viewer.territory_ids is None else tuple(sorted(viewer.territory_ids))
    return Me(
        id=viewer.person_id,
        name=viewer.name,
        role=viewer.role.value,
        rep_id=viewer.rep_id,
        territory_ids=None if viewer.sees_all else territories,
    )
