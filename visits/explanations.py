"""What an explanation is made of: coded facts with their data, each with its sentence in the reader's language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, Field

from routing.documents import Count, Day, Document, Id, Seconds, SignedSeconds
from visits.wording import Language, Value, sentence


class Fact(Document):
    """One fact: `code` names it, `data` is what it rests on, `text` says it."""

    code: str
    data: dict[str, Any] = Field(default_factory=dict)
    text: str


class Alternative(Document):
    """Another rep or day for a stop: what it would cost beyond its place now, or why it cannot be there.

    `extra_s` is in seconds of the rep's time, negative where it would be cheaper; `blocked` is skill, window, promise
    or full, null where it is possible.
    """

    shift: Id
    rep: Id
    rep_name: str
    date: Day
    start_s: Seconds | None = None
    extra_s: SignedSeconds | None = None
    blocked: str | None = None
    text: str


class Remedy(Document):
    """A change of the rules or the plan that would make room, carried out and timed.

    `kind` is open_longer, extend_shift, drop or other_rep; `extra_s` by how much the opening or the shift must grow,
    `visit` the one to leave out, `gain_s` what the plan gains, negative where it loses.
    """

    kind: str
    shift: Id
    rep: Id
    rep_name: str
    date: Day
    start_s: Seconds
    gain_s: SignedSeconds
    extra_s: Count | None = None
    visit: Id | None = None
    text: str


class Placed(Document):
    """Where a visit stands."""

    shift: Id
    rep: Id
    rep_name: str
    date: Day
    start_s: Seconds
    start: AwareDatetime


class Explanation(Document):
    """Why a visit stands where it does, or why a customer is in no plan of a day.

    `facts` are the reasons, the first the nearest; `reason` is the checked one for a customer who is not planned.
    """

    customer: Id
    name: str
    visit: Id | None = None
    date: Day
    language: str
    planned: Placed | None = None
    reason: str | None = None
    facts: tuple[Fact, ...]
    alternatives: tuple[Alternative, ...] = ()
    remedies: tuple[Remedy, ...] = ()


def fact(language: Language, code: str, **values: Value) -> Fact:
    """A fact with its sentence."""
    data = {name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in values.items()}
    return Fact(code=code, data=data, text=sentence(language, code, values))
