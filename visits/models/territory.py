"""A territory: the customers that one or more reps look after."""

from __future__ import annotations

from sqlmodel import Field

from visits.models.base import Versioned, new_id


class Territory(Versioned, table=True):
    """A named set of customers and the reps who visit them; planned as one problem."""

    id: str = Field(default_factory=lambda: new_id("ter"), primary_key=True)
    external_id: str | None = Field(default=None, unique=True)
    name: str = Field(index=True)
    active: bool = True
