"""The embedded demo data keeps what its description promises."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
from opening_hours import OpeningHours

import visits.demo
from routing.roads.store import build_roads, open_roads

FOLDER = Path(visits.demo.__file__).parent
MONDAY = datetime(2026, 11, 23)  # noqa: DTZ001 - opening hours are local


def table(name):
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "roads"
    build_roads(FOLDER / "helsinki.osm.pbf", out)
    return open_roads(out)


def test_it_is_small_and_names_its_source():
    assert sum(file.stat().st_size for file in FOLDER.iterdir() if file.is_file()) < 1_500_000
    said = (FOLDER / "ATTRIBUTION.md").read_text("utf-8")
    assert "© OpenStreetMap contributors" in said
    assert "openstreetmap.org/copyright" in said


def test_customers_are_whole_and_in_the_shares_asked():
    customers = table("customers")
    assert len({row["external_id"] for row in customers}) == len(customers) == 240
    assert Counter(row["tier"] for row in customers) == {"A": 36, "B": 84, "C": 120}
    assert {(row["tier"], row["cadence_days"]) for row in customers} == {("A", "7"), ("B", "14"), ("C", "28")}
    assert all(row["name"] and 20 <= int(row["service_minutes"]) <= 60 for row in customers)
    assert not any(row["email"] or row["last_visit"] for row in customers)
    assert sum(bool(row["opening_hours"]) for row in customers) >= 100


def test_everybody_is_within_reach_of_the_roads(network):
    customers, reps = table("customers"), table("reps")
    places = [(row["lon"], row["lat"]) for row in customers] + [(row["home_lon"], row["home_lat"]) for row in reps]
    snapped = network.snap(np.array(places, np.float64))
    assert snapped.off_road_m[: len(customers)].max() < 200
    assert snapped.off_road_m[len(customers) :].max() < 50


def test_every_reference_resolves_and_every_skill_has_its_rep():
    customers = {row["external_id"]: row for row in table("customers")}
    reps = {row["external_id"]: row for row in table("reps")}
    territories = {row["name"] for row in table("territories")}
    rep_of = {row["territory"]: row for row in reps.values()}
    assert rep_of.keys() == territories
    for row in customers.values():
        assert set(filter(None, row["skills"].split(";"))) <= set(rep_of[row["territory"]]["skills"].split(";"))
    for row in table("history"):
        assert reps[row["rep"]] is rep_of[customers[row["customer"]]["territory"]]
        assert int(row["workday"]) < 0
        assert row["outcome"] in {"done", "no_show"}
    assert {row["customer"] for row in table("history") if row["outcome"] == "done"} == customers.keys()


def test_appointments_fit_the_customers_hours_on_any_working_day():
    customers = {row["external_id"]: row for row in table("customers")}
    appointments = table("appointments")
    taken = [(customers[row["customer"]]["territory"], row["workday"]) for row in appointments]
    assert len(set(taken)) == len(taken) == 8
    for row in appointments:
        hours = OpeningHours(customers[row["customer"]]["opening_hours"])
        start, end = (time.fromisoformat(row[key]) for key in ("start", "end"))
        assert start < end
        for day in range(5):
            for moment in (start, end):
                now = datetime.combine(MONDAY + timedelta(days=day), moment)
                assert hours.is_open(now), (row, now)
