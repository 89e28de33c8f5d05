"""A field of thousands of customers and a dozen territories, uneven as years of history leave them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
from sqlalchemy import insert

from tests.api.seed import PEOPLE, TOKENS, place
from tests.api.streets import COLUMNS, ROWS
from visits.models import Customer, Person, Rep, Role, SignInKind, Territory, Visit, VisitState
from visits.queries.sign_ins import sign_in
from visits.store import Store

NAMES = (
    "Harbour", "Old Town", "Hillside", "Riverside", "Market", "Station",
    "Castle", "Garden", "Lakeside", "Mill", "University", "Airport",
)  # fmt: skip
KINDS = ("Café", "Bakery", "Pharmacy", "Kiosk", "Hotel", "Garage", "Florist", "Grocer")
_TIERS, _SHARES, _CADENCE = ("A", "B", "C"), (0.15, 0.35, 0.5), {"A": 28, "B": 56, "C": 112}
_SERVICE_MIN = 45
_OLDEST_YEARS = 9.0
Places = npt.NDArray[np.float64]
"""Degrees, float64 [n, 2]."""
__all__ = ["NAMES", "TOKENS", "seed_field", "town_places"]


def town_places(count: int, seed: int = 1) -> Places:
    """Places along the streets of the made-up town, more of them towards four corners of it."""
    chance = np.random.default_rng(seed)
    columns, rows = COLUMNS - 1, ROWS - 1
    centres = np.array([(2, 2), (8, 3), (3, 8), (8, 8)], float)
    near = centres[chance.integers(len(centres), size=count)] + chance.normal(0, 1.6, (count, 2))
    grid = np.clip(near, 0, (columns, rows))
    across = chance.random(count) < 0.5
    grid[across, 1] = np.rint(grid[across, 1])
    grid[~across, 0] = np.rint(grid[~across, 0])
    (west, south), (east, north) = place(0, 0), place(columns, rows)
    return np.array((west, south)) + grid * np.array([(east - west) / columns, (north - south) / rows])


def seed_field(store: Store, places: Places, today: date, seed: int = 1) -> None:
    """Fills an empty database: a customer at each place, twelve territories with a rep each, the people of the seed."""
    chance = np.random.default_rng(seed)
    homes = _homes(places, len(NAMES), chance)
    far = np.hypot(*(places[:, None, :] - homes[None]).transpose(2, 0, 1))
    owner = (far * chance.uniform(0.85, 1.15, len(NAMES)) * chance.lognormal(0, 0.05, far.shape)).argmin(axis=1)
    tiers = chance.choice(_TIERS, len(places), p=_SHARES)
    with store.session() as session:
        session.add_all(Territory(id=_territory(j), name=name) for j, name in enumerate(NAMES))
        session.flush()
        session.add_all(
            Rep(
                id=f"rep-{j}",
                name=f"Rep of {name}",
                home_lon=float(homes[j, 0]),
                home_lat=float(homes[j, 1]),
                timezone="Europe/Helsinki",
                weekly_hours="Mo-Fr 08:00-17:00",
                lunch="11:30-13:30/45",
                territory_id=_territory(j),
            )
            for j, name in enumerate(NAMES)
        )
        session.flush()
        connection = session.connection()
        somebody = Customer(id="", name="", lon=0, lat=0, service_minutes=_SERVICE_MIN).model_dump()
        connection.execute(
            insert(Customer),
            [
                {
                    **somebody,
                    "id": f"c{u}",
                    "name": f"{KINDS[u % len(KINDS)]} {u}",
                    "lon": lon,
                    "lat": lat,
                    "tier": str(tiers[u]),
                    "cadence_days": _CADENCE[tiers[u]],
                    "territory_id": _territory(int(owner[u])),
                }
                for u, (lon, lat) in enumerate(places.tolist())
            ],
        )
        years = chance.gamma(2.0, 1.2, len(places)).clip(0.1, _OLDEST_YEARS)
        first = Visit(customer_id="", state=VisitState.DONE.value, cause="import").model_dump()
        connection.execute(
            insert(Visit),
            [
                {
                    **first,
                    "id": f"visit-{u}",
                    "customer_id": f"c{u}",
                    "rep_id": f"rep-{owner[u]}",
                    "day": today - timedelta(days=round(365.25 * float(years[u]))),
                }
                for u in range(len(places))
            ],
        )
        for name in ("manager", "dispatcher", "admin"):
            role = PEOPLE[name][0]
            person = Person(id=f"person-{name}", email=f"{name}@example.com", name=name.title(), role=Role(role).value)
            session.add(person)
            session.flush()
            sign_in(session, person, SignInKind.TOKEN, token=TOKENS[name])


def _homes(places: Places, count: int, chance: np.random.Generator) -> Places:
    """Places far from each other, each near somebody: the next is likely where all before are far."""
    taken = [int(chance.integers(len(places)))]
    while len(taken) < count:
        far = np.hypot(*(places[:, None, :] - places[taken][None]).transpose(2, 0, 1)).min(axis=1) ** 2
        taken.append(int(chance.choice(len(places), p=far / far.sum())))
    return places[taken]


def _territory(number: int) -> str:
    return f"territory-{number}"
