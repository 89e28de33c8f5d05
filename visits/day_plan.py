"""A rep's day as it is served: the ready document of one plan version, and nothing of any other rep.

Seconds (`*_s`) count from the local midnight of the day; moments are ISO 8601 with the local offset.
"""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from routing.documents import Coordinate, Count, Day, Document, Flag, Id, Seconds, SignedSeconds
from routing.plan import Diff


class Place(Document):
    """Where a day starts or ends."""

    name: str
    lon: Coordinate
    lat: Coordinate


class Span(Document):
    """A span of the day, in seconds and as moments; what it bounds depends on the field."""

    start_s: Seconds
    end_s: Seconds
    start: AwareDatetime
    end: AwareDatetime


class Why(Document):
    """Why the visit is worth driving to, as data: the screen finds the words.

    `cause` is cadence, appointment, fill_in or import; `days_since` is None for a customer never visited;
    `days_over` is negative before the agreed gap is over.
    """

    cause: str
    tier: str
    days_since: int | None = None
    days_over: int | None = None
    cadence_days: int | None = None
    value_s: Count = 0


class PlannedStop(Document):
    """A stop of the day with all that the phone shows of it. `travel_s` and `distance_m` are of the drive to it.

    `locked` stops are executed or under way; a `pinned` one was locked to its rep and day by hand.
    """

    visit: Id
    customer: Id
    name: str
    address: str
    lon: Coordinate
    lat: Coordinate
    phone: str
    notes: str = ""
    tier: str
    state: str
    locked: Flag = False
    pinned: Flag = False
    arrival_s: Seconds
    start_s: Seconds
    departure_s: Seconds
    arrival: AwareDatetime
    start: AwareDatetime
    departure: AwareDatetime
    travel_s: Seconds
    distance_m: Count
    windows: tuple[Span, ...] = ()
    promise: Span | None = None
    why: Why


class DayBreak(Document):
    """A pause of the day; it may start between `earliest_s` and `latest_s`."""

    start_s: Seconds
    duration_s: Seconds
    earliest_s: Seconds
    latest_s: Seconds
    start: AwareDatetime
    end: AwareDatetime


class Totals(Document):
    """Sums of the day; `end_s` is when the last drive, stop or break is over."""

    stops: Count
    travel_s: Seconds
    distance_m: Count
    service_s: Seconds
    waiting_s: Seconds
    value_s: SignedSeconds
    end_s: Seconds
    end: AwareDatetime


class DayPlan(Document):
    """One version of a rep's plan of a day: what GET /reps/{id}/plans/{date} returns."""

    plan: Id
    rep: Id
    rep_name: str
    date: Day
    timezone: str
    version: Count
    cause: str
    shift: Span
    start: Place
    end: Place
    leave_s: Seconds
    leave: AwareDatetime
    stops: tuple[PlannedStop, ...]
    breaks: tuple[DayBreak, ...]
    totals: Totals
    objective_s: int


class FillIn(Document):
    """A due customer whose visit would fill freed time: where, when, at what extra driving, and why.

    `planned` says that the repaired plan already took it in.
    """

    visit: Id
    customer: Id
    name: str
    address: str
    lon: Coordinate
    lat: Coordinate
    after: Id | None
    start_s: Seconds
    start: AwareDatetime
    extra_travel_s: SignedSeconds
    planned: Flag = False
    why: Why


class CancelAnswer(Document):
    """What a report that repairs the day answers (cancel, skip, late).

    The repaired day, what changed, what else would fit, and how long it took.
    """

    visit: Id
    rep: Id | None = None
    date: Day | None = None
    version: Count | None = None
    plan: DayPlan | None = None
    before: DayPlan | None = None
    diff: Diff | None = None
    suggestions: tuple[FillIn, ...] = ()
    home_earlier_s: Count = Field(default=0, description="Seconds gained by taking no fill-in and driving home instead")
    promises_lost: tuple[Id, ...] = Field(default=(), description="Promised visits for which the day has no place now")
    change: Id | None = Field(default=None, description="The change that an undo of the plan takes back")
    repair_ms: Count = 0

    def to_json(self, *, indent: int | None = None) -> str:
        """The answer as JSON, with the contract's names in the diff."""
        return self.model_dump_json(indent=indent, by_alias=True)


class TapAnswer(Document):
    """What a tap answers: the visit as it stands now.

    `settled` is moved when its state changed, noted when the tap only added what it knew of the past, and kept when the
    tap stands in the visit's history for people to see and changed nothing.
    """

    visit: Id
    customer: Id
    state: str
    at: AwareDatetime
    outcome: str = ""
    note: str = ""
    version: Count = Field(description="Version of the visit, rising with every change")
    settled: str = "moved"


class NoShowAnswer(TapAnswer):
    """What a tap that nobody was there answers: the visit, and the rest of the day planned anew from that moment.

    `repair` is None when the tap changed nothing or the day has nothing left to plan; `cause` of its plan is no_show.
    """

    repair: CancelAnswer | None = None

    def to_json(self, *, indent: int | None = None) -> str:
        """The answer as JSON, with the contract's names in the diff."""
        return self.model_dump_json(indent=indent, by_alias=True)
