"""Times for a caller: where a wanted visit fits into the plans of a territory, ranked by what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, model_validator

from routing.documents import Coordinate, Count, Day, Document, Id, Seconds, SignedSeconds
from routing.making_room import offer_slots_or_room
from routing.problem import Location
from routing.problem import Visit as ProblemVisit
from routing.slots import SlotOffer
from visits.day_problem import Extra, Question, question_of
from visits.models import Customer
from visits.needs import Need
from visits.problem_building import problem_visit
from visits.queries.customers import get_customer
from visits.queries.territories import get_territory
from visits.rep_days import Scope, read_days
from visits.scope import Viewer
from visits.solving import TravelSource
from visits.store import Store

MOST_DAYS = 31
ENOUGH = 5
"""Where fewer slots than these are free, due stops are asked to make room."""
_WANTED = "wanted"


class Where(Document):
    """A place that is no customer yet, WGS-84 degrees."""

    lon: Annotated[Coordinate, Field(ge=-180, le=180)]
    lat: Annotated[Coordinate, Field(ge=-90, le=90)]


class SlotRequest(Document):
    """A visit somebody asks for: at a customer or a place, how long, and on which days. JSON names: `from`, `to`."""

    customer: Id | None = None
    location: Where | None = None
    service_s: Annotated[Seconds, Field(ge=60)]
    first_day: Day = Field(alias="from")
    last_day: Day = Field(alias="to")
    territory: Id | None = None
    skills: tuple[Id, ...] = ()
    limit: Annotated[int, Field(ge=1, le=500)] = 5

    @model_validator(mode="after")
    def _whole(self) -> SlotRequest:
        if (self.customer is None) == (self.location is None):
            raise ValueError("needs either customer or location; name one of them")
        if self.location is not None and self.territory is None:
            raise ValueError("names a location without a territory; add the territory whose reps may come")
        if not 0 <= (self.last_day - self.first_day).days < MOST_DAYS:
            raise ValueError(f"has to before from, or more than {MOST_DAYS} days; correct them")
        return self


class Waiting(Document):
    """A planned stop that would wait for another day."""

    visit: Id
    customer: Id
    name: str


class SlotQuote(Document):
    """An offer: whose day, the span in which the service may start, and what it costs beside the service itself.

    Where the days are full, `instead_of` are due stops that would wait for another day; the cost has what they are
    worth. Which of them leave is settled when the slot is booked.
    """

    shift: Id
    rep: Id
    rep_name: str
    date: Day
    start_s: Seconds
    end_s: Seconds
    start: AwareDatetime
    end: AwareDatetime
    after: Id | None
    extra_travel_s: SignedSeconds
    extra_late_s: SignedSeconds
    extra_overtime_s: SignedSeconds
    cost_s: SignedSeconds
    instead_of: tuple[Waiting, ...] = ()


class SlotQuotes(Document):
    """Offers, the cheapest first; empty where the visit fits nowhere."""

    slots: tuple[SlotQuote, ...]
    reps: Count
    days: Count


def quote_slots(
    store: Store, viewer: Viewer, request: SlotRequest, *, now: datetime, travel: TravelSource
) -> SlotQuotes:
    """The cheapest slots for a visit; held slots are taken. Raises NotFoundError, InputError, ConflictError."""
    with store.reading() as session:
        customer = get_customer(session, viewer, request.customer) if request.customer is not None else None
        territory_id = customer.territory_id if customer is not None else None
        if request.territory is not None:
            territory_id = get_territory(session, viewer, request.territory).id
        scope = Scope((territory_id,), request.first_day, request.last_day, plans_alone=True)
        team = read_days(session, scope, now)
    days = tuple(request.first_day + timedelta(days=i) for i in range((request.last_day - request.first_day).days + 1))
    question = question_of(team, travel, replace(_place(customer, request.location), make_room=True))
    if not question.problem.shifts:
        return SlotQuotes(slots=(), reps=0, days=0)
    visit = _wanted(customer, request.service_s, request.skills, days, team.zone)
    offers = offer_slots_or_room(
        question.problem, question.plan, visit, limit=request.limit, enough=ENOUGH, now=question.events
    )
    return SlotQuotes(
        slots=tuple(_quoted(question, offer) for offer in offers),
        reps=len({shift.rep for shift in question.problem.shifts}),
        days=len({shift.day for shift in question.problem.shifts}),
    )


def _place(customer: Customer | None, where: Where | None) -> Extra:
    if customer is not None:
        return Extra(places={customer.id: customer}, candidates=())
    assert where is not None
    return Extra(locations=(Location(id=_WANTED, lon=where.lon, lat=where.lat),), candidates=())


def _wanted(
    customer: Customer | None, service_s: int, skills: Sequence[str], days: tuple[date, ...], zone: ZoneInfo
) -> ProblemVisit:
    """The wanted visit in the problem's terms, within the customer's hours where there are any."""
    if customer is None:
        return ProblemVisit(id=_WANTED, location=_WANTED, service_s=service_s, skills=tuple(skills))
    longer = customer.model_copy(update={"service_minutes": -(-service_s // 60)})
    hours = problem_visit(Need(_WANTED, longer, "appointment", 0, days), zone)
    needed = tuple(dict.fromkeys([*customer.skills, *skills]))
    return hours.model_copy(update={"service_s": service_s, "skills": needed})


def _quoted(question: Question, offer: SlotOffer) -> SlotQuote:
    one = question.team.by_shift[offer.shift]
    after = offer.after
    if after in question.stand_ins or after in question.held:
        executed = one.progress.locked if one.progress is not None else ()
        after = executed[-1].visit if executed and after in question.stand_ins else None
    local = one.frame.local
    return SlotQuote(
        shift=offer.shift,
        rep=one.frame.rep.id,
        rep_name=one.frame.rep.name,
        date=offer.day,
        start_s=offer.start_s,
        end_s=offer.end_s,
        start=local.moment(offer.start_s),
        end=local.moment(offer.end_s),
        after=after,
        extra_travel_s=offer.extra_travel_s,
        extra_late_s=offer.extra_late_s,
        extra_overtime_s=offer.extra_overtime_s,
        cost_s=offer.cost_s,
        instead_of=tuple(_waiting(question, name) for name in offer.instead_of),
    )


def _waiting(question: Question, visit: str) -> Waiting:
    customer = question.needs[visit].customer
    return Waiting(visit=visit, customer=customer.id, name=customer.name)
