"""Proposals as they are asked, stored and shown: the diff in a dispatcher's words, as data."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, model_validator

from routing.documents import Count, Day, Document, Flag, Id, Seconds, SignedSeconds
from routing.evaluate import Violation
from routing.events import Event
from visits.day_plan import DayPlan, Span


class ManualMove(Document):
    """What a dispatcher does by hand with one visit.

    `assign` puts it on a rep's day, after a stop of that day or as its first open stop; a due customer without a visit
    is named by `customer`. `remove` takes it out of its plan; `lock` and `unlock` keep it there or let it move.
    """

    type: Literal["assign", "remove", "lock", "unlock"]
    visit: Id | None = None
    customer: Id | None = None
    rep: Id | None = None
    date: Day | None = None
    after: Id | None = None

    @model_validator(mode="after")
    def _whole(self) -> ManualMove:
        if (self.visit is None) == (self.customer is None):
            raise ValueError("needs either visit or customer; name one of them")
        if self.type == "assign" and (self.rep is None or self.date is None):
            raise ValueError("assigns without rep and date; name both")
        if self.type != "assign" and (self.rep or self.date or self.after or self.customer):
            raise ValueError(f"({self.type}) takes visit alone; leave out customer, rep, date and after")
        return self


class ProposalRequest(Document):
    """What to work out: events of a day, or one move by hand.

    `anew` are rep-days (shift ids) that are planned anew with their colleagues although no event is about them;
    without `fill` no due customer is put into freed time. `reason` goes into the record.
    """

    date: Day
    events: tuple[Event, ...] = ()
    move: ManualMove | None = None
    anew: tuple[Id, ...] = ()
    fill: Flag = True
    reason: Annotated[str, Field(max_length=2000)] = ""

    @model_validator(mode="after")
    def _one_thing(self) -> ProposalRequest:
        if self.move is not None and (self.events or self.anew):
            raise ValueError("has a move beside events; propose them one after the other")
        if self.move is None and not self.events and not self.anew:
            raise ValueError("has neither events nor a move; say what happened or what to move")
        return self


class StopPlace(Document):
    """Where a stop stands: whose day, and when its service begins."""

    shift: Id
    rep: Id
    rep_name: str
    date: Day
    start_s: Seconds
    start: AwareDatetime


class MovedStop(Document):
    """A stop whose rep, day or time changes. JSON names: `from`, `to`."""

    visit: Id
    customer: Id
    name: str
    source: StopPlace = Field(alias="from")
    target: StopPlace = Field(alias="to")
    promise: Span | None = None


class ChangedStop(Document):
    """A stop that comes in or goes out; `why` is added, called_off, nobody_there, taken_out or dropped."""

    visit: Id
    customer: Id
    name: str
    place: StopPlace
    why: str
    promise: Span | None = None


class PromiseAtRisk(Document):
    """A promise that the proposal does not keep as it was given: `risk` is no_place, outside or retimed."""

    visit: Id
    customer: Id
    name: str
    promise: Span
    risk: Literal["no_place", "outside", "retimed"]
    start: AwareDatetime | None = None


class RepDelta(Document):
    """What changes for one rep on one day, as after minus before; `overtime_s` is that of the day after."""

    shift: Id
    rep: Id
    rep_name: str
    date: Day
    stops: SignedSeconds
    unchanged: Count
    travel_s: SignedSeconds
    distance_m: SignedSeconds
    end_s: SignedSeconds
    end: AwareDatetime
    overtime_s: Count
    value_s: SignedSeconds


class UnchangedDay(Document):
    """A rep-day that was looked at and stays as it is."""

    shift: Id
    rep: Id
    rep_name: str
    date: Day
    stops: Count


class ProposalDelta(Document):
    """Sums over all days, as after minus before."""

    value_s: SignedSeconds = 0
    travel_s: SignedSeconds = 0
    distance_m: SignedSeconds = 0
    overtime_s: SignedSeconds = 0
    end_s: dict[Id, SignedSeconds] = Field(default_factory=dict)


class ProposalDiff(Document):
    """What would change, and what would not."""

    unchanged: Count
    moved: tuple[MovedStop, ...] = ()
    added: tuple[ChangedStop, ...] = ()
    removed: tuple[ChangedStop, ...] = ()
    retimed: tuple[MovedStop, ...] = ()
    delta: ProposalDelta = ProposalDelta()
    reps: tuple[RepDelta, ...] = ()
    promises_at_risk: tuple[PromiseAtRisk, ...] = ()
    unchanged_days: tuple[UnchangedDay, ...] = ()


class ProposedDay(Document):
    """A rep-day that would change: the version it is worked out from (0: no plan), and what it would become."""

    shift: Id
    version: Count
    plan: DayPlan


class ProposalAnswer(Document):
    """A proposal as it is served. `etag` goes into If-Match of its commit.

    `broken` are rules that a move by hand breaks; such a proposal needs `confirm` to be committed. `price_s` is what
    the plans lose by it in seconds of the reps' time, the price of changes included; null where it was not priced.
    """

    id: Id
    state: str
    request: ProposalRequest
    territories: tuple[str | None, ...]
    created_by: str
    created_at: AwareDatetime
    expires_at: AwareDatetime
    etag: str
    diff: ProposalDiff
    days: tuple[ProposedDay, ...] = ()
    broken: tuple[Violation, ...] = ()
    price_s: int | None = None
    repair_ms: Count = 0
    change: Id | None = None
    replaced_by: Id | None = None

    def to_json(self, *, indent: int | None = None) -> str:
        """The answer as JSON, with the contract's names in the diff."""
        return self.model_dump_json(indent=indent, by_alias=True)


class GoneVisit(Document):
    """A visit that an event takes out: what becomes of it."""

    visit: Id
    action: Literal["cancel", "no_show"]


class NewVisit(Document):
    """A visit that an event brings in, as its row will be."""

    visit: Id
    customer: Id
    cause: str
    mandatory: Flag = True
    service_s: Seconds | None = None
    promise_rep: Id | None = None
    promise_day: Day | None = None
    promise_start_s: Seconds | None = None
    promise_end_s: Seconds | None = None


class NewAbsence(Document):
    """An absence that an event reports."""

    rep: Id
    starts_at: AwareDatetime
    ends_at: AwareDatetime


class Draft(Document):
    """What a commit writes beside the days."""

    days: tuple[ProposedDay, ...] = ()
    gone: tuple[GoneVisit, ...] = ()
    inserted: tuple[NewVisit, ...] = ()
    absences: tuple[NewAbsence, ...] = ()
    seed: Count = 0
    iterations: Count = 0


class Base(Document):
    """What a proposal was worked out from: versions of plans and visits, and what was executed, by shift id."""

    plans: dict[str, Count] = Field(default_factory=dict)
    visits: dict[str, Count] = Field(default_factory=dict)
    executed: dict[str, tuple[Id, ...]] = Field(default_factory=dict)

    @property
    def etag(self) -> str:
        """The tag that names these versions of plans."""
        return '"' + (",".join(f"{name}:{number}" for name, number in sorted(self.plans.items())) or "none") + '"'
