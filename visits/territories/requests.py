"""What is asked of a proposal: whose territories, how even, what a move costs, which reps come, go or move."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from routing.documents import Document, Flag, Id
from routing.territories.document import Latitude, Longitude, WishIn

Hours = Annotated[float, Field(gt=0, le=168)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class NewRep(Document):
    """A rep who would come: a new territory with this name, home and hours a week."""

    name: Name
    lon: Longitude
    lat: Latitude
    weekly_hours: Hours = 40.0
    skills: tuple[Id, ...] = ()


class MovedRep(Document):
    """A rep whose day would start elsewhere."""

    rep: Id
    lon: Longitude
    lat: Latitude


class PartTime(Document):
    """A rep who would work this share of the present hours."""

    rep: Id
    share: Annotated[float, Field(gt=0, le=2)]


class TerritoryRequest(Document):
    """A question about territories. `territories` null is all that you see.

    `regions` are groups of territories that customers may not leave, as when a province's border holds. Customers in
    `pins` stay in the territory named; `key_tiers` are dearer to move. `approvals` others must agree before it is
    published. `local`, `haul` and so on are the fitted ones.
    """

    name: Name = "Proposal"
    territories: Annotated[tuple[Id, ...], Field(min_length=1, max_length=1000)] | None = None
    wish: WishIn = WishIn()
    pins: Annotated[dict[Id, Id], Field(max_length=20_000)] = Field(default_factory=dict)
    regions: tuple[tuple[Id, ...], ...] = ()
    key_tiers: tuple[Id, ...] = ("A",)
    field_share: Annotated[float, Field(gt=0, le=1)] = 1.0
    add: Annotated[tuple[NewRep, ...], Field(max_length=50)] = ()
    remove: tuple[Id, ...] = ()
    move: tuple[MovedRep, ...] = ()
    part_time: tuple[PartTime, ...] = ()
    approvals: Annotated[int, Field(strict=True, ge=0, le=5)] = 0

    @model_validator(mode="after")
    def _check(self) -> Self:
        twice = {one.rep for one in self.move} & set(self.remove)
        if twice:
            raise ValueError(f"move and remove both name the rep {min(twice)!r}; take it out of one")
        seen: set[str] = set()
        for group in self.regions:
            for territory in group:
                if territory in seen:
                    raise ValueError(f"regions name the territory {territory!r} twice; leave it in one")
                seen.add(territory)
        return self


class WhatIf(Document):
    """Sliders: how even, what a move costs in seconds of drive, how much drive counts, how many may move at most.

    `pins` of the draft hold where `from_draft`. `keep` stores the answer as the alternative "what_if".
    """

    tolerance: Annotated[float, Field(ge=0.005, le=1)] = 0.05
    move_price_s: Annotated[float, Field(ge=0, le=600_000)] | None = None
    compactness: Annotated[float, Field(ge=0.01, le=100)] = 1.0
    most_moved: Annotated[int, Field(strict=True, ge=0)] | None = None
    from_draft: Flag = False
    keep: Flag = False

    @property
    def wish(self) -> WishIn:
        """The wish behind the sliders."""
        return WishIn(
            tolerance=self.tolerance,
            move_price_s=self.move_price_s,
            compactness=self.compactness,
            most_moved=self.most_moved,
        )
