"""The plan a solver returns: routes of timed stops, and every visit left out with its checked reason (version 1)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from routing.documents import Count, Document, Flag, Id, Seconds, SignedSeconds, from_json, read_document

Engine = Literal["search", "ortools"]
Reason = Literal["window", "skill", "unreachable", "shift", "time", "value", "displaced"]


class Stop(Document):
    """A visit in a route. The drive to it takes `travel_s`; `departure_s` is `start_s` plus the service time."""

    visit: Id
    arrival_s: Seconds
    start_s: Seconds
    departure_s: Seconds
    travel_s: Seconds
    locked: Flag = False


class BreakTaken(Document):
    """A pause of the shift, in the order of the shift's `breaks`."""

    start_s: Seconds
    duration_s: Seconds


class Route(Document):
    """One used shift: it leaves `start` at `start_s` and is over, all breaks taken, at `end_s`."""

    shift: Id
    travel_s: Seconds
    distance_m: Count
    stops: tuple[Stop, ...]
    breaks: tuple[BreakTaken, ...] = ()
    start_s: Seconds
    end_s: Seconds


class Unserved(Document):
    """A visit that is in no route, and why, as found by trying.

    `short_s`: seconds missing in the best place tried (reasons shift, time); `cost_s`: seconds of the objective that
    serving it would cost beyond its worth is in (reason value); `by`: visits worth more that hold its place.
    """

    visit: Id
    reason: Reason
    detail: str = ""
    short_s: Count | None = None
    cost_s: Count | None = None
    by: tuple[Id, ...] | None = None

    @model_serializer(mode="wrap")
    def _without_absent(self, handler: SerializerFunctionWrapHandler) -> dict[str, object]:
        return {name: value for name, value in handler(self).items() if value is not None}


class Placement(Document):
    """Where a visit stood or stands: a shift and the start of its service."""

    shift: Id
    start_s: Seconds


class Move(Document):
    """A visit whose place changed. JSON names: `from`, `to`."""

    visit: Id
    source: Placement = Field(alias="from")
    target: Placement = Field(alias="to")


class Change(Document):
    """A visit that came in or went out, with the place it has or had."""

    visit: Id
    shift: Id
    start_s: Seconds


class Delta(Document):
    """What a repair changed in sum; `end_s` is the change of each shift's end, for shifts where it is not zero."""

    value_s: SignedSeconds = 0
    travel_s: SignedSeconds = 0
    end_s: dict[Id, SignedSeconds] = Field(default_factory=dict)


class Diff(Document):
    """A new plan against the former one: moved to another rep or day, added, removed, or only retimed."""

    unchanged: Count
    moved: tuple[Move, ...] = ()
    added: tuple[Change, ...] = ()
    removed: tuple[Change, ...] = ()
    retimed: tuple[Move, ...] = ()
    delta: Delta = Delta()


class Suggestion(Document):
    """A due visit that would fill freed time: after which stop, at what extra travel, worth what.

    `later_s` is how much later the day then ends; waiting that it fills makes it less than travel and service.
    """

    visit: Id
    shift: Id
    after: Id | None
    start_s: Seconds
    extra_travel_s: SignedSeconds
    value_s: SignedSeconds
    later_s: SignedSeconds = 0


class Plan(Document):
    """A plan. `objective_s` is `value_s` (worth incl. rep preference) minus all prices; `bound_s` is never a guess."""

    version: Literal[1] = 1
    objective_s: int
    value_s: int
    travel_s: Count
    seed: Count = 0
    iterations: Count = 0
    engine: Engine = "search"
    bound_s: int | None = None
    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...] = ()
    diff: Diff | None = None
    suggestions: tuple[Suggestion, ...] | None = None

    def to_json(self, *, indent: int | None = None) -> str:
        """The plan as JSON; `diff` and `suggestions` are written by repairs only."""
        absent = {name for name in ("diff", "suggestions") if getattr(self, name) is None}
        return self.model_dump_json(indent=indent, exclude=absent, by_alias=True)


def read_plan(path: Path) -> Plan:
    """The plan in a file. Raises InputError naming the file, the field, the value and the mend."""
    return read_document(Plan, path)


def plan_from_json(text: str | bytes, what: str = "the plan") -> Plan:
    """The plan in a JSON text. Raises InputError."""
    return from_json(Plan, text, what)
