"""Proposals, slots and explanations as a caller asks for them; what is answered are the domain's own documents."""

from __future__ import annotations

from typing import Annotated

from pydantic import AwareDatetime, Field

from api.schemas.base import Given, ShortText, Shown, Switch, Text, WholeNumber
from visits.proposal_views import ProposalAnswer

Tapped = Annotated[
    AwareDatetime | None,
    Field(description="When it was tapped, where the phone had no network then; null: just now."),
]
Filling = Annotated[Switch, Field(description="False leaves the freed time free, and the suggestions to choose from.")]


class Departure(Given):
    """The rep sets out to the customer."""

    at: Tapped = None


class FillInChoice(Given):
    """Take a suggested fill-in into the day."""

    visit: Annotated[ShortText, Field(description="The visit of the suggestion.")]


class Delay(Given):
    """The rep will be late."""

    minutes: Annotated[WholeNumber, Field(ge=1, le=720, description="How many minutes behind the plan.")]


class Skipping(Given):
    """The rep will not go there today."""

    reason: Annotated[Text, Field(description="Why; kept with the visit.")] = ""
    fill: Filling = True


class Commit(Given):
    """Write the proposal."""

    confirm: Annotated[Switch, Field(description="True writes a move by hand although it breaks rules.")] = False


class Undo(Given):
    """Take the last change of the plan back. There is nothing to add."""


class Booking(Given):
    """Make a held slot a promised visit."""

    customer: Annotated[ShortText | None, Field(description="Who is visited; null: whom the slot was held for.")] = None
    note: Text = ""


class TransitionOut(Shown):
    """One entry of a visit's history."""

    action: str
    from_state: str
    to_state: str
    settled: Annotated[str, Field(description="moved, noted, kept or refused; see the conflict rules.")]
    at: Annotated[AwareDatetime, Field(description="When it happened.")]
    recorded_at: Annotated[AwareDatetime, Field(description="When the service learned of it.")]
    actor: str
    cause: str
    outcome: str
    note: str


class History(Shown):
    """All that was said of a visit, in the order in which it was learned."""

    visit: str
    items: tuple[TransitionOut, ...]


class ProposalPage(Shown):
    """A piece of the list of proposals."""

    items: tuple[ProposalAnswer, ...]
    next_cursor: str | None
