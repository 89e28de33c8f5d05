"""Speeds by road class, time of day and area: named sets of factors, and when in the week each holds.

Between two times the travel time of a road goes linearly from one set to the next. Factors multiply free-flow speeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
import shapely
from pydantic import Field, model_validator

from routing.documents import Coordinate, Document, Id, Seconds
from routing.roads.classes import ROAD_CLASSES
from routing.roads.graph import DEGREE, RoadGraph

DAY_S = 86_400
Factor = Annotated[float, Field(strict=True, ge=0.05, le=3.0)]
Weekday = Literal["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
WEEKDAYS: tuple[Weekday, ...] = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")


class SpeedChange(Document):
    """From `at_s` seconds after midnight the named speeds hold; before it they build up from the change before."""

    at_s: Seconds
    speeds: Id


class WeekPart(Document):
    """The changes of some weekdays; the first is at midnight, the last holds until midnight."""

    days: tuple[Weekday, ...] = Field(min_length=1)
    changes: tuple[SpeedChange, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        times = [change.at_s for change in self.changes]
        if times[0] != 0:
            raise ValueError(f"has its first change at {times[0]} s; let it begin at 0, midnight")
        for i in range(1, len(times)):
            if times[i] <= times[i - 1] or times[i] >= DAY_S:
                raise ValueError(f"has changes[{i}].at_s {times[i]}; let the times rise and stay below {DAY_S}")
        return self


class Area(Document):
    """A place where roads are slower or faster: a ring of [lon, lat] and a factor for each set of speeds."""

    name: Id
    ring: tuple[tuple[Coordinate, Coordinate], ...] = Field(min_length=3)
    factors: dict[Id, Factor]


class SpeedProfile(Document):
    """Speeds over a week. `speeds` gives, for each name, factors by road class; "default" is for classes left out."""

    version: Literal[1] = 1
    speeds: dict[Id, dict[Id, Factor]]
    week: tuple[WeekPart, ...]
    areas: tuple[Area, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, factors in self.speeds.items():
            for kind in factors:
                if kind != "default" and kind not in ROAD_CLASSES:
                    raise ValueError(f"speeds.{name} names {kind!r}; use default or one of {', '.join(ROAD_CLASSES)}")
        said = [day for part in self.week for day in part.days]
        for day in WEEKDAYS:
            if said.count(day) != 1:
                raise ValueError(f"week names {day} {said.count(day)} times; name every weekday once")
        used = [change.speeds for part in self.week for change in part.changes]
        used += [name for area in self.areas for name in area.factors]
        for name in used:
            if name not in self.speeds:
                raise ValueError(f"names the speeds {name!r}, which are not in speeds; add or correct them")
        return self

    def changes_on(self, day: date) -> tuple[SpeedChange, ...]:
        """The changes of a day."""
        weekday = WEEKDAYS[day.weekday()]
        return next(part.changes for part in self.week if weekday in part.days)


@dataclass(frozen=True, slots=True)
class Moment:
    """Travel times at one moment: `share` of the way from the set `before` to the set `after`."""

    before: str
    after: str
    share: float


def moment_at(profile: SpeedProfile, day: date, at_s: int) -> Moment:
    """What speeds hold `at_s` seconds after a day's midnight; later than the day ends on the days after it."""
    day, at_s = day + timedelta(days=at_s // DAY_S), at_s % DAY_S
    changes = profile.changes_on(day)
    k = max(i for i, change in enumerate(changes) if change.at_s <= at_s)
    before = changes[k]
    if k + 1 == len(changes) or changes[k + 1].speeds == before.speeds or at_s == before.at_s:
        return Moment(before.speeds, before.speeds, 0.0)
    after = changes[k + 1]
    return Moment(before.speeds, after.speeds, (at_s - before.at_s) / (after.at_s - before.at_s))


def change_times(profile: SpeedProfile, day: date, start_s: int, end_s: int) -> list[int]:
    """Times between which travel over [start_s, end_s] is told by straight lines, in seconds after the day's midnight.

    They enclose the span, unless speeds are the same at both sides of an end.
    """
    times = [
        (ahead * DAY_S + change.at_s, change.speeds)
        for ahead in range(end_s // DAY_S + 2)
        for change in profile.changes_on(day + timedelta(days=ahead))
    ]
    first = max(i for i, (at_s, _) in enumerate(times) if at_s <= start_s)
    last = min(i for i, (at_s, _) in enumerate(times) if at_s >= end_s)
    span = times[first : last + 1]
    if len({name for _, name in span}) == 1:
        return [start_s]
    return [
        at_s
        for i, (at_s, name) in enumerate(span)
        if not 0 < i < len(span) - 1 or {span[i - 1][1], span[i + 1][1]} != {name}
    ]


def slowness(profile: SpeedProfile, graph: RoadGraph, name: str) -> npt.NDArray[np.float64]:
    """How many times its free-flow time each segment takes under the named speeds, float64 [s]."""
    factors = profile.speeds[name]
    usual = factors.get("default", 1.0)
    by_class = np.array([1.0 / factors.get(kind, usual) for kind in ROAD_CLASSES])
    slower = by_class[graph.road_class]
    middles = graph.shape[(graph.shape_first[:-1] + graph.shape_first[1:]) // 2] / DEGREE
    for area in profile.areas:
        if name in area.factors:
            inside = shapely.contains_xy(shapely.Polygon(area.ring), middles[:, 0], middles[:, 1])
            slower = np.where(inside, slower / area.factors[name], slower)
    return slower


_WORKDAY = (
    (0, "night"),
    (23_400, "night"),
    (27_900, "peak"),
    (32_400, "peak"),
    (36_000, "day"),
    (57_600, "day"),
    (61_200, "peak"),
    (67_500, "peak"),
    (72_000, "day"),
    (79_200, "night"),
)
_REST_DAY = ((0, "night"), (32_400, "night"), (39_600, "weekend"), (72_000, "weekend"), (79_200, "night"))


def _changes(times: tuple[tuple[int, str], ...]) -> tuple[SpeedChange, ...]:
    return tuple(SpeedChange(at_s=at_s, speeds=name) for at_s, name in times)


DEFAULT_PROFILE = SpeedProfile(
    speeds={
        "night": {"default": 1.0},
        "day": {"default": 0.95, "motorway": 0.97, "primary": 0.9, "secondary": 0.9, "tertiary": 0.92},
        "peak": {
            "default": 0.85,
            "motorway": 0.75,
            "motorway_link": 0.75,
            "trunk": 0.7,
            "trunk_link": 0.7,
            "primary": 0.65,
            "primary_link": 0.65,
            "secondary": 0.65,
            "secondary_link": 0.65,
            "tertiary": 0.7,
            "ferry": 1.0,
            "shuttle_train": 1.0,
        },
        "weekend": {"default": 0.97, "primary": 0.94, "secondary": 0.94},
    },
    week=(
        WeekPart(days=("Mo", "Tu", "We", "Th", "Fr"), changes=_changes(_WORKDAY)),
        WeekPart(days=("Sa", "Su"), changes=_changes(_REST_DAY)),
    ),
)
"""A plain town's week. Nobody measured yours: change a copy, and give it to `beatplan roads speeds`."""
