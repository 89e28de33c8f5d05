"""A small week of two reps, the same on every call."""

from __future__ import annotations

import numpy as np

from routing.documents import from_values
from routing.problem import Problem

DAYS = ("2026-11-23", "2026-11-24")


def small_problem(visits: int = 24, seed: int = 3) -> Problem:
    """Two reps on two days with a lunch break; clustered visits, some with closing hours, one appointment."""
    random = np.random.default_rng(seed)
    places = random.integers(0, 3000, (visits + 2, 2))
    drives = np.abs(places[:, None] - places[None, :]).sum(axis=2) // 2
    drives = (drives * random.uniform(1, 1.2, drives.shape)).astype(int)
    np.fill_diagonal(drives, 0)
    shifts = [
        {
            "id": f"{rep}/{day}",
            "rep": rep,
            "day": day,
            "start": f"home-{rep}",
            "end": f"home-{rep}",
            "start_s": 28800,
            "end_s": 45000,
            "breaks": [{"duration_s": 1800, "earliest_s": 36000, "latest_s": 41400}],
        }
        for rep in ("ana", "rui")
        for day in DAYS
    ]
    listed = []
    for number in range(visits):
        visit = {
            "id": f"c{number}",
            "location": f"c{number}",
            "service_s": int(random.integers(10, 40)) * 60,
            "value_s": int(random.integers(10, 90)) * 60,
        }
        if number % 3 == 0:
            visit["windows"] = [
                {"day": day, "start_s": first, "end_s": last}
                for day in DAYS
                for first, last in ((30600, 35000), (39000, 43200))
            ]
        listed.append(visit)
    listed[5]["promise"] = {"start_s": 32400, "end_s": 33300, "shift": f"rui/{DAYS[1]}"}
    return from_values(
        Problem,
        {
            "version": 1,
            "locations": [{"id": name} for name in ("home-ana", "home-rui", *(f"c{i}" for i in range(visits)))],
            "matrix": {"duration_s": drives.tolist(), "distance_m": (drives * 8).tolist()},
            "shifts": shifts,
            "visits": listed,
        },
        "the small problem",
    )
