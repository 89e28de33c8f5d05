"""The problem a solver is given: places, travel, shifts and visits, immutable and complete (version 1).

All times are whole seconds from the local midnight of the shift's day, all lengths whole metres, all worth is
seconds of the rep's time. A `Problem` that exists is consistent: every reference resolves and every span is possible
in itself; whether a visit *fits* is for a solver to find out.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from routing.documents import (
    LONGEST_S,
    Coordinate,
    Count,
    Day,
    Document,
    Flag,
    Id,
    Seconds,
    SignedSeconds,
    from_json,
    read_document,
)
from routing.errors import InputError
from routing.travel import Travel, TravelMatrix, TravelSlice


class Location(Document):
    """A place of the problem; coordinates are WGS-84 degrees and may be absent when travel times are given."""

    id: Id
    lon: Coordinate | None = None
    lat: Coordinate | None = None

    @model_validator(mode="after")
    def _whole_and_on_earth(self) -> Self:
        if (self.lon is None) != (self.lat is None):
            raise ValueError(f"({self.id!r}) has only one of lon and lat; give both or neither")
        if self.lon is not None and not -180 <= self.lon <= 180:
            raise ValueError(f"({self.id!r}) has lon {self.lon}, outside -180 to 180; write degrees, lon before lat")
        if self.lat is not None and not -90 <= self.lat <= 90:
            raise ValueError(f"({self.id!r}) has lat {self.lat}, outside -90 to 90; lon and lat may be swapped")
        return self


class TimeWindow(Document):
    """A span of one day in which a service may start, both ends included."""

    day: Day
    start_s: Seconds
    end_s: Seconds

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end_s < self.start_s:
            raise ValueError(f"has end_s {self.end_s} before start_s {self.start_s}; swap or correct them")
        return self


class Break(Document):
    """A pause that starts in [earliest_s, latest_s], on the way or at a stop, and never interrupts a service."""

    duration_s: Seconds
    earliest_s: Seconds
    latest_s: Seconds

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.latest_s < self.earliest_s:
            raise ValueError(f"has latest_s {self.latest_s} before earliest_s {self.earliest_s}; swap or correct them")
        return self


class Promise(Document):
    """A start time agreed with the customer: the visit is mandatory and starts in this span on this shift."""

    start_s: Seconds
    end_s: Seconds
    shift: Id

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.end_s < self.start_s:
            raise ValueError(f"has end_s {self.end_s} before start_s {self.start_s}; swap or correct them")
        return self


class Shift(Document):
    """One rep on one day: where the day starts and ends, its span, its pauses and its limits."""

    id: Id
    rep: Id
    day: Day
    start: Id
    end: Id
    start_s: Seconds
    end_s: Seconds
    max_travel_s: Seconds | None = None
    max_overtime_s: Seconds = 0
    skills: tuple[Id, ...] = ()
    breaks: tuple[Break, ...] = ()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.end_s <= self.start_s:
            raise ValueError(f"({self.id!r}) has end_s {self.end_s} not after start_s {self.start_s}; correct them")
        latest_end = self.end_s + self.max_overtime_s
        for i, pause in enumerate(self.breaks):
            ends_at_best = max(pause.earliest_s, self.start_s) + pause.duration_s
            if ends_at_best > latest_end or pause.latest_s < self.start_s:
                raise ValueError(
                    f"({self.id!r}) cannot hold breaks[{i}] of {pause.duration_s} s starting between "
                    f"{pause.earliest_s} and {pause.latest_s}: the shift runs from {self.start_s} to {latest_end}; "
                    "shorten or move the break, or lengthen the shift"
                )
        if sum(pause.duration_s for pause in self.breaks) > latest_end - self.start_s:
            raise ValueError(f"({self.id!r}) has breaks longer than the shift; shorten them or lengthen the shift")
        return self


class Visit(Document):
    """A wish or promise to see a customer once. No windows means any time in a shift; no shifts list means any."""

    id: Id
    location: Id
    service_s: Seconds
    value_s: Seconds = 0
    mandatory: Flag = False
    windows: tuple[TimeWindow, ...] = ()
    skills: tuple[Id, ...] = ()
    shifts: tuple[Id, ...] | None = None
    rep_preference_s: dict[Id, SignedSeconds] = Field(default_factory=dict)
    max_late_s: Seconds = 0
    promise: Promise | None = None

    @property
    def must(self) -> bool:
        """Whether a plan without this visit breaks a rule."""
        return self.mandatory or self.promise is not None

    def worth_s(self, rep: str) -> int:
        """What serving this visit adds to the objective when `rep` does it, in seconds."""
        return self.value_s + self.rep_preference_s.get(rep, 0)


class Objective(Document):
    """Price in seconds of one second of travel, waiting, lateness and overtime."""

    travel: Count = 1
    waiting: Count = 0
    lateness: Count = 10
    overtime: Count = 10


class Problem(Document):
    """A complete planning problem. Built once, never changed; see `with_matrix` for adding travel from roads."""

    version: Literal[1]
    locations: tuple[Location, ...]
    matrix: TravelMatrix | None = None
    matrices: tuple[TravelSlice, ...] | None = None
    shifts: tuple[Shift, ...]
    visits: tuple[Visit, ...]
    objective: Objective = Objective()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _unique("locations", (place.id for place in self.locations))
        _unique("shifts", (shift.id for shift in self.shifts))
        _unique("visits", (visit.id for visit in self.visits))
        self._check_references()
        if self.matrix is not None and self.matrices is not None:
            raise ValueError("the problem has both matrix and matrices; keep one")
        if self.travel is not None:
            self.travel.check_size(len(self.locations))
        return self

    def _check_references(self) -> None:
        places, shifts = self.location_index, self.shift_index
        for i, shift in enumerate(self.shifts):
            for field, place in (("start", shift.start), ("end", shift.end)):
                if place not in places:
                    raise ValueError(f"shifts[{i}].{field} names the unknown location {place!r}; add it to locations")
        for i, visit in enumerate(self.visits):
            if visit.location not in places:
                raise ValueError(
                    f"visits[{i}].location of {visit.id!r} names the unknown location {visit.location!r}; "
                    "add it to locations"
                )
            for name in visit.shifts or ():
                if name not in shifts:
                    raise ValueError(f"visits[{i}].shifts of {visit.id!r} names the unknown shift {name!r}; correct it")
            if visit.promise is None:
                continue
            if visit.promise.shift not in shifts:
                raise ValueError(
                    f"visits[{i}].promise of {visit.id!r} names the unknown shift {visit.promise.shift!r}; correct it"
                )
            if visit.shifts is not None and visit.promise.shift not in visit.shifts:
                raise ValueError(
                    f"visits[{i}].promise of {visit.id!r} is on shift {visit.promise.shift!r}, which its own shifts "
                    "do not allow; add it there"
                )

    @cached_property
    def travel(self) -> Travel | None:
        """Travel between all locations at any time of day; None until roads have been asked."""
        if self.matrix is not None:
            return Travel.constant(self.matrix)
        if self.matrices is not None:
            return Travel.from_slices(self.matrices)
        return None

    @cached_property
    def location_index(self) -> dict[str, int]:
        """Row of each location in the matrices, by id."""
        return {place.id: i for i, place in enumerate(self.locations)}

    @cached_property
    def shift_index(self) -> dict[str, int]:
        """Position of each shift, by id."""
        return {shift.id: i for i, shift in enumerate(self.shifts)}

    @cached_property
    def visit_index(self) -> dict[str, int]:
        """Position of each visit, by id."""
        return {visit.id: i for i, visit in enumerate(self.visits)}

    def require_travel(self) -> Travel:
        """The travel times. Raises InputError when the problem has none."""
        if self.travel is None:
            raise InputError("the problem has no matrix; give one, or coordinates and --roads DIR")
        return self.travel

    def with_matrix(self, matrix: TravelMatrix) -> Problem:
        """The same problem with these travel times in place of any it had; validated again."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return Problem(**{**values, "matrix": matrix, "matrices": None})

    def with_matrices(self, slices: tuple[TravelSlice, ...]) -> Problem:
        """The same problem with travel that depends on the time of day; validated again."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return Problem(**{**values, "matrix": None, "matrices": slices})

    def with_parts(
        self,
        *,
        shifts: Iterable[Shift],
        visits: Iterable[Visit],
        locations: Iterable[Location] | None = None,
        travel: TravelMatrix | tuple[TravelSlice, ...] | None = None,
    ) -> Problem:
        """Other shifts and visits on the same roads, or on these locations with this travel; validated again."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        values |= {"shifts": tuple(shifts), "visits": tuple(visits)}
        if locations is not None:
            matrix = travel if isinstance(travel, TravelMatrix) else None
            values |= {"locations": tuple(locations), "matrix": matrix, "matrices": None if matrix else travel}
        return Problem(**values)

    def to_json(self, *, indent: int | None = None) -> str:
        """The problem as JSON; of `matrix` and `matrices` only the one that is set is written."""
        absent = {name for name in ("matrix", "matrices") if getattr(self, name) is None}
        return self.model_dump_json(indent=indent, exclude=absent)


def _unique(what: str, ids: Iterable[str]) -> None:
    seen: dict[str, int] = {}
    for i, name in enumerate(ids):
        if name in seen:
            raise ValueError(f"{what}[{i}].id {name!r} is already used by {what}[{seen[name]}]; ids must differ")
        seen[name] = i


def read_problem(path: Path) -> Problem:
    """The problem in a file. Raises InputError naming the file, the field, the value and the mend."""
    return read_document(Problem, path)


def problem_from_json(text: str | bytes, what: str = "the problem") -> Problem:
    """The problem in a JSON text. Raises InputError."""
    return from_json(Problem, text, what)


__all__ = [
    "LONGEST_S",
    "Break",
    "Location",
    "Objective",
    "Problem",
    "Promise",
    "Shift",
    "TimeWindow",
    "TravelMatrix",
    "TravelSlice",
    "Visit",
    "problem_from_json",
    "read_problem",
]
