"""Tiny random problems with every feature, small enough for brute force."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import strategies as st

from routing.documents import from_values
from routing.problem import Problem

DAY = "2026-11-23"
NEXT_DAY = "2026-11-24"


def _shortest(ways: list[list[int]]) -> list[list[int]]:
    """The same places with every detour that is shorter than the straight way taken (Floyd and Warshall)."""
    for over, start, end in itertools.product(range(len(ways)), repeat=3):
        ways[start][end] = min(ways[start][end], ways[start][over] + ways[over][end])
    return ways


@st.composite
def tiny_problems(
    draw: st.DrawFn,
    *,
    visits: int = 3,
    shifts: int = 1,
    timed: bool = False,
    waiting: bool = True,
    length: int = 20,
    musts: bool = False,
    limits: bool = True,
    travel: int = 2,
    soft: bool = True,
    wild: bool = True,
) -> Problem:
    count = draw(st.integers(1, visits))
    shift_count = draw(st.integers(1, shifts))

    def matrix(size: int) -> list[list[int]]:
        cells = st.sampled_from([0, 1, 1, 2, 2, 3, 1, 2, 4, 1, 2, 3, 0, 1, 2, 3, 1, 2, -1 if wild else 2])
        ways = [[0 if i == j else draw(cells) for j in range(size)] for i in range(size)]
        return ways if wild else _shortest(ways)

    size = count + 1
    values: dict[str, Any] = {
        "version": 1,
        "locations": [{"id": f"p{i}"} for i in range(size)],
        "shifts": [draw(_shift(number, length, limits, soft)) for number in range(shift_count)],
        "objective": {
            "travel": draw(st.integers(0 if wild else 1, travel)),
            "waiting": draw(st.integers(0, 3)) if waiting else 0,
            "lateness": draw(st.integers(0, 3)),
            "overtime": draw(st.integers(0, 3)),
        },
    }
    values["visits"] = [draw(_visit(number, values["shifts"], length, musts, soft)) for number in range(count)]
    duration = matrix(size)
    distance = [[10 * max(0, cell) for cell in row] for row in duration]
    if timed:
        later = [[cell if cell < 0 else max(0, cell + draw(st.integers(-3, 3))) for cell in row] for row in duration]
        values["matrices"] = [
            {"at_s": 2, "duration_s": duration, "distance_m": distance},
            {"at_s": 7, "duration_s": later, "distance_m": distance},
        ]
    else:
        values["matrix"] = {"duration_s": duration, "distance_m": distance}
    return from_values(Problem, values, "the tiny problem")


@st.composite
def _shift(draw: st.DrawFn, number: int, length: int, limits: bool, soft: bool) -> dict[str, Any]:
    start = draw(st.integers(0, 3))
    end = start + draw(st.sampled_from([length, length - 2, length - 4, 6]))
    overtime = draw(st.sampled_from([0, 0, 3])) if soft else 0
    breaks = []
    room = end + overtime - start
    for _ in range(draw(st.integers(0, 2))):
        lasts = draw(st.integers(1, 3))
        if lasts > room:
            continue
        earliest = draw(st.integers(0, end - lasts))
        latest = draw(st.integers(max(earliest, start), end))
        if max(earliest, start) + lasts <= end + overtime:
            room -= lasts
            breaks.append({"duration_s": lasts, "earliest_s": earliest, "latest_s": latest})
    return {
        "id": f"s{number}",
        "rep": f"r{number % 2}",
        "day": DAY if number < 2 else NEXT_DAY,
        "start": "p0",
        "end": "p0",
        "start_s": start,
        "end_s": end,
        "max_travel_s": (limits and draw(st.sampled_from([None, None, None, 6, 9]))) or None,
        "max_overtime_s": overtime,
        "skills": draw(st.sampled_from([["dairy", "wine"], ["dairy"], []])),
        "breaks": breaks,
    }


@st.composite
def _visit(
    draw: st.DrawFn, number: int, shifts: list[dict[str, Any]], length: int, musts: bool, soft: bool
) -> dict[str, Any]:
    windows = []
    for _ in range(draw(st.integers(0, 2))):
        first = draw(st.integers(0, length))
        day = draw(st.sampled_from([DAY] * 6 + [NEXT_DAY]))
        windows.append({"day": day, "start_s": first, "end_s": first + draw(st.sampled_from([6, 4, 2, 0, 9]))})
    visit: dict[str, Any] = {
        "id": f"v{number}",
        "location": f"p{number + 1}",
        "service_s": draw(st.integers(0, 3)),
        "value_s": draw(st.integers(0, 30)),
        "mandatory": musts and draw(st.integers(0, 5)) == 3,
        "windows": windows,
        "skills": draw(st.sampled_from([[], [], [], [], ["dairy"]])),
        "max_late_s": draw(st.sampled_from([0, 0, 2, 5])) if soft else 0,
        "rep_preference_s": draw(st.sampled_from([{}, {}, {"r0": 5}, {"r1": -4}])),
    }
    if draw(st.integers(0, 9)) == 5:
        visit["shifts"] = [draw(st.sampled_from(shifts))["id"]]
    if draw(st.integers(0, 15)) == 7 and (musts or len(shifts) == 1):
        first = draw(st.integers(0, length))
        shift = draw(st.sampled_from(visit.get("shifts") or [one["id"] for one in shifts]))
        visit["promise"] = {"start_s": first, "end_s": first + draw(st.integers(0, 6)), "shift": shift}
    return visit
