"""What every shape on the wire shares: known fields only, clean text, places, pages."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from visits.local_day import usable
from visits.plain_text import odd_mark

Item = TypeVar("Item")


class Shown(BaseModel):
    """Base of what the service answers."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Given(BaseModel):
    """Base of what a caller sends: no unknown fields, finite numbers, text without space around it."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)


def _without_defaults(schema: dict[str, Any]) -> None:
    for described in schema["properties"].values():
        described.pop("default", None)


class Patch(Given):
    """Base of a change: only the fields that were sent count (`changes`), and null stands only where a field may be."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    def changes(self) -> dict[str, Any]:
        """The fields that were sent, by name, with their values."""
        return {name: getattr(self, name) for name in sorted(self.model_fields_set)}


ABSENT: Any = None
"""Default of a patch's field; never looked at, because `changes` gives only what was sent."""


def _clean(text: str) -> str:
    odd = odd_mark(text, allowed="\n\t")
    if odd is not None:
        raise ValueError(f"holds the control character {odd}; remove it")
    return text


Text = Annotated[str, Field(max_length=2000), AfterValidator(_clean)]
ShortText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_clean)]
UsableDay = Annotated[date, AfterValidator(usable)]
UsableMoment = Annotated[AwareDatetime, AfterValidator(usable)]
WholeNumber = Annotated[int, Field(strict=True)]
Switch = Annotated[bool, Field(strict=True)]


class Place(Given):
    """A place on earth, WGS-84 degrees."""

    lon: Annotated[float, Field(strict=True, ge=-180, le=180)]
    lat: Annotated[float, Field(strict=True, ge=-90, le=90)]


class Page(Shown, Generic[Item]):
    """A piece of a list; `next_cursor` is given back to get the next piece, and null at the end."""

    items: tuple[Item, ...]
    next_cursor: str | None
