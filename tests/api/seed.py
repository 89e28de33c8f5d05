"""A small organisation: two territories, two reps in each, people of every role."""

from __future__ import annotations

from visits.models import Customer, Person, Rep, Role, SignInKind, Territory
from visits.queries.sign_ins import sign_in
from visits.store import Store

LON, LAT = 24.94, 60.17
STEP = 0.004
PEOPLE = {
    "ana": (Role.REP, "ana", None),
    "bo": (Role.REP, "bo", None),
    "dispatcher": (Role.DISPATCHER, None, ["north"]),
    "everywhere": (Role.DISPATCHER, None, None),
    "manager": (Role.MANAGER, None, ["south"]),
    "admin": (Role.ADMIN, None, None),
}
TOKENS = {name: f"bp_token-of-{name}" for name in PEOPLE}
TERRITORY_OF = {"ana": "north", "bo": "south"}


def place(column: int, row: int) -> tuple[float, float]:
    """A crossing of the grid of streets that `tests.api.streets` draws."""
    return LON + column * STEP, LAT + row * STEP / 2


def seed(store: Store) -> None:
    """Fill an empty database."""
    with store.session() as session:
        session.add_all(Territory(id=name, name=name.title(), external_id=f"T-{name}") for name in ("north", "south"))
        session.flush()
        for row, (name, territory) in enumerate(TERRITORY_OF.items()):
            lon, lat = place(5, 2 + 6 * row)
            session.add(
                Rep(
                    id=name,
                    external_id=f"R-{name}",
                    name=name.title(),
                    home_lon=lon,
                    home_lat=lat,
                    timezone="Europe/Helsinki",
                    weekly_hours="Mo-Su 08:00-17:00",
                    lunch="11:00-13:00/30",
                    territory_id=territory,
                )
            )
        session.flush()
        for row in range(10):
            for column in range(2):
                name = f"c{row}-{column}"
                lon, lat = place(1 + column * 7, row)
                session.add(
                    Customer(
                        id=name,
                        external_id=f"X-{name}",
                        name=f"Café {name}",
                        lon=lon,
                        lat=lat,
                        tier="ABC"[row % 3],
                        cadence_days=14,
                        service_minutes=30,
                        opening_hours="Mo-Su 08:00-18:00" if row % 2 else "",
                        territory_id="north" if row < 5 else "south",
                    )
                )
        for name, (role, rep, territories) in PEOPLE.items():
            person = Person(
                id=f"person-{name}",
                email=f"{name}@example.com",
                name=name.title(),
                role=role.value,
                rep_id=rep,
                territory_ids=territories,
            )
            session.add(person)
            session.flush()
            sign_in(session, person, SignInKind.TOKEN, token=TOKENS[name])
