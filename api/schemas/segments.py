"""Segments and assignment rules on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import ABSENT, Given, Patch, Place, ShortText, Shown, Switch, WholeNumber
from api.schemas.customers import Tier, Words

Tiers = Annotated[tuple[Tier, ...], Field(max_length=3, description="One of these; none named: any.")]
Tags = Annotated[Words, Field(description="All of these.")]
Position = Annotated[WholeNumber, Field(ge=0, le=1_000_000, description="The lowest comes first.")]
Area = Annotated[
    tuple[Place, ...],
    Field(min_length=3, max_length=1000, description="Corners of a ring, in order."),
]


class SegmentOut(Shown):
    """A named group of customers: of one of the tiers, with all of the tags."""

    id: str
    name: str
    tiers: tuple[str, ...]
    tags: tuple[str, ...]
    version: Annotated[int, Field(description="Goes back as If-Match when the segment is changed.")]


class SegmentIn(Given):
    """A new segment."""

    name: ShortText
    tiers: Tiers = ()
    tags: Tags = ()


class SegmentPatch(Patch):
    """The fields of a segment to change; those left out stay as they are."""

    name: ShortText = ABSENT
    tiers: Tiers = ABSENT
    tags: Tags = ABSENT


class RuleOut(Shown):
    """Customers of a segment and inside an area belong to a territory; null is every customer, or everywhere."""

    id: str
    name: str
    position: int
    segment_id: str | None
    area: tuple[Place, ...] | None
    territory_id: str
    active: bool
    version: Annotated[int, Field(description="Goes back as If-Match when the rule is changed.")]


class RuleIn(Given):
    """A new assignment rule."""

    name: ShortText
    position: Position = 100
    segment_id: ShortText | None = None
    area: Area | None = None
    territory_id: ShortText
    active: Switch = True


class RulePatch(Patch):
    """The fields of a rule to change; those left out stay as they are."""

    name: ShortText = ABSENT
    position: Position = ABSENT
    segment_id: ShortText | None = ABSENT
    area: Area | None = ABSENT
    territory_id: ShortText = ABSENT
    active: Switch = ABSENT


class Assigning(Given):
    """Apply the rules."""

    dry_run: Annotated[Switch, Field(description="True only says who would move.")]
    everybody: Annotated[Switch, Field(description="False leaves customers alone that have a territory.")] = False


class MoveOut(Shown):
    """A customer that changes territory."""

    customer: str
    name: str
    from_territory: str | None
    to_territory: str
    rule: str


class AssignedOut(Shown):
    """What the rules do to the customers."""

    moves: tuple[MoveOut, ...]
    unchanged: int
    unmatched: Annotated[int, Field(description="Customers that fit no rule.")]
