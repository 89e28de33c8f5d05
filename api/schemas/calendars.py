"""A rep's calendar, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from api.schemas.base import Shown


class CalendarState(Shown):
    """Whether your visits can be read at a secret address, since when, and when they last were."""

    opened_at: Annotated[datetime | None, Field(description="Null: there is no address.")]
    last_read_at: Annotated[datetime | None, Field(description="To a few minutes.")]


class CalendarOpened(Shown):
    """A fresh secret address of your visits."""

    url: Annotated[str, Field(description="For a calendar to subscribe to; shown this once.")]
