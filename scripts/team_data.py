"""A made-up team for benchmarks and tests of the board: reps, a day's customers for each, people who may sign in."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from visits.models import Customer, Person, Rep, Role, SignInKind, Territory, Visit, VisitState
from visits.queries.sign_ins import sign_in
from visits.store import Store

FIRST = "Aino Mikko Elena Jonas Priya Omar Lucia Henrik Mei Tomas Sofia Daniel Ingrid Marco Hanna Viktor Chiara Emil"
LAST = (
    "Virtanen",
    "Costa",
    "Lindqvist",
    "Okafor",
    "Moreau",
    "Sato",
    "Novak",
    "Haddad",
    "Jensen",
    "Ferrari",
    "Kowalski",
)
SHOPS = ("Café", "Bakery", "Pharmacy", "Kiosk", "Bistro", "Market", "Deli", "Bookshop", "Bike shop", "Salon")
NAMES = (
    "Aurora",
    "Linden",
    "Harbour",
    "Old Mill",
    "Corner",
    "Station",
    "Garden",
    "Bridge",
    "Castle",
    "Meadow",
    "Sunny",
)
CHINESE = (("重庆小面馆", "长安路8号"), ("臺灣牛肉麵", "中正路21號"), ("银杏书店", "人民路3号"))
HOURS = ("Mo-Su 08:00-18:00", "Mo-Su 09:00-17:00", "Mo-Su 08:00-12:00,13:00-18:00", "", "")
OFFICE = ("dana", "emil")
Place = tuple[float, float]
"""Longitude and latitude."""


@dataclass(frozen=True, slots=True)
class Team:
    """Who can sign in with which token, and the reps in their order."""

    tokens: dict[str, str]
    reps: tuple[str, ...]


def add_team(
    store: Store,
    *,
    reps: int,
    per_rep: int,
    territories: int,
    day: date,
    places: Sequence[Place],
    spare: float = 1.1,
    seed: int = 1,
) -> Team:
    """Reps and `spare` times as many due customers as their day holds, two dispatchers, a sign-in for every rep.

    They live and work at random ones of `places`, a territory within a strip from north to south. Every tenth customer
    has an appointment on the day.
    """
    chance = random.Random(seed)
    ordered = sorted(places)
    strips = [
        ordered[len(ordered) * i // territories : len(ordered) * (i + 1) // territories] for i in range(territories)
    ]
    first = FIRST.split()
    rep_ids = tuple(f"rep{number:02}" for number in range(reps))
    tokens = {name: f"bp_board-{name}" for name in (*OFFICE, *rep_ids)}
    with store.session() as session:
        session.add_all(Territory(id=f"t{i}", name=f"District {i + 1}") for i in range(territories))
        session.flush()
        for number, rep_id in enumerate(rep_ids):
            territory = number * territories // reps
            lon, lat = chance.choice(strips[territory])
            session.add(
                Rep(
                    id=rep_id,
                    name=f"{first[number % len(first)]} {LAST[(number * 7) % len(LAST)]}",
                    home_lon=lon,
                    home_lat=lat,
                    timezone="Europe/Helsinki",
                    weekly_hours="Mo-Su 08:00-17:00",
                    lunch="11:00-13:30/30",
                    territory_id=f"t{territory}",
                )
            )
        session.flush()
        wanted = round(reps * per_rep * spare)
        for number in range(wanted):
            territory = number * territories // wanted
            session.add(_customer(chance, number, territory, chance.choice(strips[territory]), day))
        session.flush()
        for number in range(0, wanted, 10):
            at_s = (9 + number // 10 % 6) * 3600
            rep_id = rep_ids[min(number * reps // wanted, reps - 1)]
            session.add(
                Visit(
                    id=f"promise{number:04}",
                    customer_id=f"c{number:04}",
                    state=VisitState.PROMISED.value,
                    mandatory=True,
                    cause="appointment",
                    promise_rep_id=rep_id,
                    promise_day=day,
                    promise_start_s=at_s,
                    promise_end_s=at_s + 5400,
                )
            )
        for name, token in tokens.items():
            office = name in OFFICE
            person = Person(
                id=f"person-{name}",
                email=f"{name}@example.com",
                name=name.title(),
                role=(Role.DISPATCHER if office else Role.REP).value,
                rep_id=None if office else name,
            )
            session.add(person)
            session.flush()
            sign_in(session, person, SignInKind.TOKEN, token=token)
    return Team(tokens, rep_ids)


def _customer(chance: random.Random, number: int, territory: int, place: Place, day: date) -> Customer:
    lon, lat = place
    name = f"{chance.choice(SHOPS)} {chance.choice(NAMES)} {number + 1}"
    address = f"{chance.randrange(1, 90)} Market Street"
    if number % 40 == 7:
        name, address = CHINESE[number // 40 % len(CHINESE)]
    return Customer(
        id=f"c{number:04}",
        external_id=f"X{number:04}",
        name=name,
        lon=lon,
        lat=lat,
        address=address,
        phone=f"+358 40 {number:06}",
        tier="AABBBCC"[number % 7],
        cadence_days=14,
        last_visit=day - timedelta(days=chance.randrange(12, 30)),
        service_minutes=chance.choice((25, 30, 30, 35)),
        opening_hours="" if number % 10 == 0 else chance.choice(HOURS),
        territory_id=f"t{territory}",
    )
