"""Territories on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import ABSENT, Given, Patch, ShortText, Shown, Switch


class TerritoryOut(Shown):
    """A territory: customers and the reps who visit them, planned together."""

    id: str
    external_id: str | None
    name: str
    active: bool
    version: Annotated[int, Field(description="Goes back as If-Match when the territory is changed.")]


class TerritoryIn(Given):
    """A new territory."""

    name: ShortText
    external_id: ShortText | None = None
    active: Switch = True


class TerritoryPatch(Patch):
    """The fields of a territory to change; those left out stay as they are."""

    name: ShortText = ABSENT
    external_id: ShortText | None = ABSENT
    active: Switch = ABSENT
