"""Travel times and lengths between the locations of a problem, constant or by time of day.

Time-dependent travel is a stack of matrices: a leg that starts at `t` takes the linear interpolation between the two
neighbouring matrices (constant outside them), rounded down. The stack is refused when a later start could arrive
earlier, so that waiting before a drive never helps (first in, first out).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from routing.documents import LONGEST_S, Document, Seconds, shorten

IntMatrix = npt.NDArray[np.int32]
UNREACHABLE = -1


def _to_matrix(value: Any) -> IntMatrix:
    if isinstance(value, np.ndarray):
        array = value
    else:
        if not isinstance(value, list | tuple) or not all(isinstance(row, list | tuple) for row in value):
            raise ValueError("must be a list of rows of whole numbers")
        lengths = {len(row) for row in value}
        if lengths - {len(value)}:
            wrong = next(i for i, row in enumerate(value) if len(row) != len(value))
            raise ValueError(
                f"must be square: it has {len(value)} rows but row {wrong} has {len(value[wrong])} columns; "
                "give one row and one column per location"
            )
        array = np.array(value) if value else np.zeros((0, 0), np.int32)
        if array.dtype != np.int64 or any(bool in set(map(type, row)) for row in value):
            _refuse_odd_entry(value)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        raise ValueError(f"must be square, one row and column per location; it has the shape {array.shape}")
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"must hold whole numbers only, not {array.dtype}; use -1 for unreachable")
    if array.size and (array.min() < UNREACHABLE or array.max() > LONGEST_S):
        row, column = (int(i) for i in np.argwhere((array < UNREACHABLE) | (array > LONGEST_S))[0])
        raise ValueError(f"[{row}][{column}] is {array[row, column]}; write 0 to {LONGEST_S}, or -1 for unreachable")
    result = np.array(array, dtype=np.int32, order="C")
    result.setflags(write=False)
    return result


def _refuse_odd_entry(rows: list[list[Any]] | tuple[tuple[Any, ...], ...]) -> None:
    for i, row in enumerate(rows):
        for j, item in enumerate(row):
            if isinstance(item, bool) or not isinstance(item, int) or not UNREACHABLE <= item <= LONGEST_S:
                raise ValueError(f"[{i}][{j}] is {shorten(item)}; write 0 to {LONGEST_S}, or -1 for unreachable")


SquareMatrix = Annotated[
    IntMatrix,
    PlainValidator(_to_matrix),
    PlainSerializer(lambda matrix: matrix.tolist()),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "array", "items": {"type": "integer", "minimum": -1, "maximum": LONGEST_S}},
        }
    ),
]


class TravelMatrix(Document):
    """Seconds and metres from each location (row) to each (column), int32 [n, n]; -1 where no road leads."""

    duration_s: SquareMatrix
    distance_m: SquareMatrix

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, TravelMatrix)
            and np.array_equal(self.duration_s, other.duration_s)
            and np.array_equal(self.distance_m, other.distance_m)
        )

    __hash__ = None  # type: ignore[assignment]  # arrays have no cheap hash, and nothing needs one


class TravelSlice(TravelMatrix):
    """Travel for legs that start at `at_s` seconds after midnight."""

    at_s: Seconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TravelSlice) and self.at_s == other.at_s and super().__eq__(other)

    __hash__ = None


@dataclass(frozen=True, slots=True, eq=False)
class Travel:
    """Travel for every start time: `at_s` int64 [k] rising, `duration_s` and `distance_m` int32 [k, n, n]."""

    at_s: npt.NDArray[np.int64]
    duration_s: npt.NDArray[np.int32]
    distance_m: npt.NDArray[np.int32]

    @classmethod
    def constant(cls, matrix: TravelMatrix) -> Self:
        """Travel that does not depend on the time of day."""
        return cls(np.zeros(1, np.int64), matrix.duration_s[None], matrix.distance_m[None])

    @classmethod
    def from_slices(cls, slices: tuple[TravelSlice, ...]) -> Self:
        """Travel by time of day.

        Raises ValueError when the slices are empty, out of order, of different sizes, reachable only at times, or
        would let a later start arrive earlier.
        """
        if not slices:
            raise ValueError("matrices is empty; give at least one slice, or use matrix")
        for k in range(1, len(slices)):
            if slices[k].at_s <= slices[k - 1].at_s:
                raise ValueError(f"matrices[{k}].at_s is {slices[k].at_s}, not after the one before; sort them by time")
            if slices[k].duration_s.shape != slices[0].duration_s.shape:
                raise ValueError(f"matrices[{k}].duration_s has another size than matrices[0]; make them equal")
            _check_step(slices[k - 1], slices[k], k)
        for k, piece in enumerate(slices):
            if piece.distance_m.shape != piece.duration_s.shape:
                raise ValueError(f"matrices[{k}].distance_m has another size than its duration_s; make them equal")
        return cls(
            np.array([piece.at_s for piece in slices], np.int64),
            np.stack([piece.duration_s for piece in slices]),
            np.stack([piece.distance_m for piece in slices]),
        )

    @property
    def is_constant(self) -> bool:
        """Whether travel is the same at every time of day."""
        return len(self.at_s) == 1

    def check_size(self, locations: int) -> None:
        """Raises ValueError unless there is one row and one column per location."""
        for name, stack in (("duration_s", self.duration_s), ("distance_m", self.distance_m)):
            rows, columns = stack.shape[1:]
            if rows != locations:
                raise ValueError(
                    f"matrix.{name} has {rows} rows and {columns} columns for {locations} locations; "
                    "give one row and one column per location"
                )

    def duration(self, origin: int, target: int, at_s: int) -> int:
        """Seconds of a leg that starts at `at_s`, or -1 where no road leads."""
        return self._at(self.duration_s, origin, target, at_s)

    def distance(self, origin: int, target: int, at_s: int) -> int:
        """Metres of a leg that starts at `at_s`, or -1 where no road leads."""
        return self._at(self.distance_m, origin, target, at_s)

    def _at(self, stack: npt.NDArray[np.int32], origin: int, target: int, at_s: int) -> int:
        if len(stack) == 1:
            return int(stack[0, origin, target])
        k = int(np.searchsorted(self.at_s, at_s, side="right")) - 1
        if k < 0:
            return int(stack[0, origin, target])
        if k >= len(self.at_s) - 1:
            return int(stack[-1, origin, target])
        here, there = int(stack[k, origin, target]), int(stack[k + 1, origin, target])
        if here < 0 or there < 0:
            return UNREACHABLE
        began, span = int(self.at_s[k]), int(self.at_s[k + 1] - self.at_s[k])
        return here + (there - here) * (at_s - began) // span


def _check_step(before: TravelSlice, after: TravelSlice, k: int) -> None:
    first, second = before.duration_s.astype(np.int64), after.duration_s.astype(np.int64)
    torn = (first < 0) != (second < 0)
    if torn.any():
        i, j = (int(x) for x in np.argwhere(torn)[0])
        raise ValueError(
            f"matrices[{k}].duration_s[{i}][{j}] is {second[i, j]} where matrices[{k - 1}] has {first[i, j]}; "
            "a pair is unreachable (-1) at every time or at none"
        )
    overtakes = first - second > after.at_s - before.at_s
    if overtakes.any():
        i, j = (int(x) for x in np.argwhere(overtakes)[0])
        raise ValueError(
            f"matrices[{k}].duration_s[{i}][{j}] falls from {first[i, j]} to {second[i, j]} within "
            f"{after.at_s - before.at_s} s, so a later start would arrive earlier; smooth it or move at_s apart"
        )
