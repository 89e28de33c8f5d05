"""API keys, on the wire; for administrators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from api.auth.policies import SCOPES
from api.schemas.base import Given, ShortText, Shown, UsableMoment
from api.schemas.people import Territories

KeyRole = Literal["dispatcher", "manager", "admin"]


class ApiKeyOut(Shown):
    """A key of another system."""

    id: str
    name: str
    prefix: Annotated[str, Field(description="Its first letters, to recognise it by.")]
    role: str
    scopes: tuple[str, ...]
    territory_ids: tuple[str, ...] | None
    made_by: Annotated[str, Field(description="The person who made it.")]
    created_at: datetime
    last_used_at: Annotated[datetime | None, Field(description="To a few minutes.")]
    expires_at: datetime | None


class ApiKeyMade(ApiKeyOut):
    """A fresh key."""

    secret: Annotated[str, Field(description="Sent as `Authorization: Bearer …`; shown this once.")]


class ApiKeyIn(Given):
    """A new key: it may what its role may, within its scopes and territories."""

    name: ShortText
    scopes: Annotated[
        tuple[ShortText, ...], Field(min_length=1, max_length=50, description=f"Of {', '.join(sorted(SCOPES))}.")
    ]
    role: KeyRole = "dispatcher"
    territory_ids: Territories = None
    expires_at: Annotated[UsableMoment | None, Field(description="Null: when it is revoked.")] = None

    @field_validator("scopes")
    @classmethod
    def _known(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(scopes) - set(SCOPES))
        if unknown:
            raise ValueError(f"has {unknown[0]!r}, which is no scope; choose of {', '.join(sorted(SCOPES))}")
        return tuple(sorted(set(scopes)))

    @model_validator(mode="after")
    def _fits(self) -> ApiKeyIn:
        if self.role == "admin" and self.territory_ids is not None:
            raise ValueError("territory_ids must be null for an admin key, which sees all; or choose another role")
        return self
