"""What the dispatcher's board shows of a day and of a week, beside the plans themselves."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from routing.documents import Coordinate, Count, Day, Document, Flag, Id, Seconds
from visits.day_line import DriveLine
from visits.day_plan import DayPlan, Span, Why


class BoardRep(Document):
    """A row of the board: a rep with the span they work that day, null where they do not.

    `away` says that an absence takes part of the day; `last_sign` is when their phone last told anything that day.
    """

    id: Id
    name: str
    territory: Id | None
    timezone: str
    phone: str = ""
    home_lon: Coordinate
    home_lat: Coordinate
    shift: Span | None
    away: Flag = False
    last_sign: AwareDatetime | None = None


class BoardHold(Document):
    """A slot that is held for a caller."""

    id: Id
    rep: Id
    start_s: Seconds
    end_s: Seconds
    service_s: Seconds
    customer: Id | None
    expires_at: AwareDatetime


class BoardTerritory(Document):
    """A territory by its name."""

    id: Id
    name: str


class BoardDay(Document):
    """A whole day: who works, the current plans, the held slots. `now` is the service's clock."""

    date: Day
    now: AwareDatetime
    territories: tuple[BoardTerritory, ...]
    reps: tuple[BoardRep, ...]
    holds: tuple[BoardHold, ...]
    plans: tuple[DayPlan, ...]


class WeekCell(Document):
    """A rep's day in sums; overtime counts from the end of the shift."""

    rep: Id
    date: Day
    version: Count
    stops: Count
    promises: Count
    travel_s: Seconds
    service_s: Seconds
    distance_m: Count
    shift_s: Seconds
    end_s: Seconds
    overtime_s: Count


class BoardWeek(Document):
    """Some days in sums: every rep who works, and a cell for each planned day."""

    days: tuple[Day, ...]
    reps: tuple[BoardRep, ...]
    cells: tuple[WeekCell, ...]


class DriveLines(Document):
    """Drives as lines on the map."""

    lines: tuple[DriveLine, ...]


class UnplannedVisit(Document):
    """A due customer in no plan of the day. `visit` is null where none is stored yet; a promise has its span."""

    visit: Id | None
    customer: Id
    name: str
    address: str
    lon: Coordinate
    lat: Coordinate
    tier: str
    territory: Id | None
    service_s: Seconds
    value_s: Count
    must: Flag
    promise: Span | None = None
    why: Why


class Unplanned(Document):
    """The tray: those who lose most first. `count` is how many there are in all."""

    date: Day
    items: tuple[UnplannedVisit, ...] = Field(default=())
    count: Count = 0
