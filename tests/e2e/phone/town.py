"""Reps of a small town on a morning, each with a territory and a planned day of their own: no test meets another.

It is between six and seven where they live, whatever the clock says here: their day, from eight on, lies ahead.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from api.settings import Settings
from api.tools import make_tools
from tests.api.browser import HASH
from tests.api.seed import place
from tests.visits.world import solve_by_insertion
from visits.models import Customer, Person, PlanRun, Rep, Role, SignInKind, Territory, Visit, VisitState
from visits.planning import run_planning
from visits.privacy.settings import privacy_settings
from visits.queries.runs import add_run
from visits.queries.sign_ins import sign_in
from visits.scope import SYSTEM
from visits.store import Store, open_store

HERE = datetime.now(UTC)
_AHEAD = 6 - HERE.hour
ZONE = ZoneInfo(f"Etc/GMT{-(_AHEAD if _AHEAD >= -12 else _AHEAD + 24):+d}")
TODAY = HERE.astimezone(ZONE).date()
NAMES = (
    "Café Aino",
    "Market Hall Deli",
    "Harbour Bistro",
    "Bakery Lumi",
    "老王茶馆",
    "Green Corner",
    "Kiosk Kallio",
    "Hotel Torni Restaurant and Rooftop Bar",
    "Sports Café Olympia",
    "Old Mill",
    "Library Café",
    "Station Kitchen",
    "Park View",
    "Sauna Bar",
)
STREETS = ("Market Street", "Harbour Road", "Church Lane", "Mill Street")


def fill_town(settings: Settings, reps: int) -> None:
    """So many reps `r00`, `r01` … with 14 customers each, of whom a day holds about ten; an administrator `office`."""
    store = open_store(settings.store_url)
    with store.session() as session:
        privacy = privacy_settings(session)
        privacy.positions, privacy.notice = True, "Kept for the mileage report."
        session.add(privacy)
        office = Person(id="person-office", email="office@example.com", name="Office", role=Role.ADMIN.value)
        session.add(office)
        session.flush()
        sign_in(session, office, SignInKind.TOKEN, token=token_of("office"))
    for number in range(reps):
        _settle(store, f"r{number:02}")
    run = PlanRun(first_day=TODAY, days=1, seconds=0.5)
    with store.session() as session:
        add_run(session, SYSTEM, run)
    run_planning(store, run.id, make_tools(settings, solve_by_insertion), now=HERE)
    store.close()


def token_of(name: str) -> str:
    return f"bp_token-of-{name}"


def _settle(store: Store, name: str) -> None:
    lon, lat = place(5, 5)
    with store.session() as session:
        session.add(Territory(id=name, name=name, external_id=name))
        session.flush()
        session.add(
            Rep(
                id=name,
                external_id=name,
                name=f"Ana {name}",
                home_lon=lon,
                home_lat=lat,
                timezone=str(ZONE),
                weekly_hours="Mo-Su 08:00-17:00",
                lunch="11:00-13:00/30",
                territory_id=name,
            )
        )
        session.flush()
        customers = [_customer(name, number) for number in range(len(NAMES))]
        session.add_all(customers)
        person = Person(
            id=f"person-{name}",
            email=f"{name}@example.com",
            name=f"Ana {name}",
            role=Role.REP.value,
            rep_id=name,
            password_hash=HASH,
        )
        session.add(person)
        session.flush()
        sign_in(session, person, SignInKind.TOKEN, token=token_of(name))
        session.add_all(visit for customer in customers for visit in _before(customer, name))


def _customer(rep: str, number: int) -> Customer:
    lon, lat = place(1 + number % 5 * 2, 1 + number % 4 * 3)
    return Customer(
        id=f"{rep}-c{number}",
        external_id=f"{rep}-c{number}",
        name=NAMES[number],
        address=f"{STREETS[number % 4]} {number + 3}",
        phone=f"+358 40 555 {1000 + number}" if number % 3 else "",
        notes="Ring at the back door." if number % 4 == 0 else "",
        lon=lon,
        lat=lat,
        tier="ABC"[number % 3],
        cadence_days=14,
        service_minutes=40,
        opening_hours="Mo-Su 08:00-17:00" if number % 2 else "",
        last_visit=TODAY - timedelta(days=12 + number % 8),
        territory_id=rep,
    )


def _before(customer: Customer, rep: str) -> list[Visit]:
    """Five earlier visits, two weeks apart."""
    ended = [HERE - timedelta(days=20 + 14 * i) for i in range(5)]
    return [
        Visit(
            customer_id=customer.id,
            rep_id=rep,
            day=at.astimezone(ZONE).date(),
            start_s=9 * 3600,
            state=(VisitState.NO_SHOW if i == 2 else VisitState.DONE).value,
            ended_at=at,
            outcome="" if i == 2 else "order",
            note="Wants the new tea in spring." if i == 0 else "",
        )
        for i, at in enumerate(ended)
    ]
