"""Travel between places already asked for, kept on disk and shared by all processes of a machine.

One square table per set of costs: a place has a row and a column in it, so that a new customer among known ones costs
one row and one column. Tables are sparse files of a fixed size; the place unused for longest makes room, and so does
the table.
"""

from __future__ import annotations

import errno
import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from routing.roads.network import RoadMatrix

CAPACITY = 2048
"""Places per table: 34 MB on disk when full."""
TABLES = 16
"""Tables kept, one for each set of costs: those of the hours of a day, and of what changes in it."""

Index = npt.NDArray[np.int64]
Compute = Callable[[Index, Index], RoadMatrix]
_SHIFT = np.int64(32)
_LOW = np.int64(0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class _Table:
    """`place` int64 [capacity, 2]: key + 1 of the place in each row (0 = free), and when it was last asked for.

    `cell` int64 [capacity, capacity]: 0 = not known, else (seconds + 2) << 32 | (metres + 2).
    """

    place: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int64]

    def flush(self) -> None:
        for array in (self.place, self.cell):
            if isinstance(array, np.memmap):
                array.flush()


class MatrixCache:
    """Tables in one directory, which is made when first needed."""

    def __init__(self, folder: Path, *, capacity: int = CAPACITY, tables: int = TABLES) -> None:
        self._folder = folder
        self._capacity = capacity
        self._tables = tables

    def matrix(self, name: str, keys: Index, compute: Compute) -> RoadMatrix:
        """Travel between places under the costs called `name`, from the table where it is known.

        `keys` int64 [n] tell places apart, 0 or more; `compute` gives travel between places by their positions in
        `keys`. When the directory cannot be used, or holds too few places, everything is computed.
        """
        every = np.arange(len(keys))
        unique, position = np.unique(keys, return_inverse=True)
        if len(unique) > self._capacity:
            return compute(every, every)
        first = np.zeros(len(unique), np.int64)
        first[position[::-1]] = every[::-1]
        try:
            with self._opened(name) as table:
                cells = _complete(table, unique, lambda rows, columns: compute(first[rows], first[columns]))
        except OSError:
            return compute(every, every)
        cells = cells[position[:, None], position[None, :]]
        return RoadMatrix(((cells >> _SHIFT) - 2).astype(np.int32), ((cells & _LOW) - 2).astype(np.int32))

    @contextmanager
    def _opened(self, name: str) -> Iterator[_Table]:
        """The table of some costs, locked against other processes and threads."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._folder).free < (self._capacity + 2) * self._capacity * 8:
            raise OSError(errno.ENOSPC, "no room for a table")  # a write to a mapped file on a full disk ends a process
        with (self._folder / "lock").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            lock = (self._folder / f"{name}.lock").open("a")
            self._make_room(name)
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            place = self._array(self._folder / f"{name}.place", (self._capacity, 2))
            cell = self._array(self._folder / f"{name}.cell", (self._capacity, self._capacity))
            yield _Table(place, cell)

    def _array(self, path: Path, shape: tuple[int, int]) -> npt.NDArray[np.int64]:
        size = shape[0] * shape[1] * 8
        if not path.is_file() or path.stat().st_size != size:
            with path.open("wb") as file:
                file.truncate(size)
        return np.memmap(path, np.int64, "r+", shape=shape)

    def _make_room(self, name: str) -> None:
        """Removes the tables unused for longest; a process that still has one open keeps its own copy of it."""
        (self._folder / f"{name}.lock").touch()
        locks = sorted(self._folder.glob("*.lock"), key=lambda path: path.stat().st_mtime)
        for path in locks[: -self._tables]:
            with path.open("a") as other:
                try:
                    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                for suffix in (".place", ".cell", ".lock"):
                    path.with_suffix(suffix).unlink(missing_ok=True)


def _complete(table: _Table, keys: Index, compute: Compute) -> Index:
    """The cells between places, after computing those that are not known."""
    rows = _find_rows(table, keys)
    square = np.ix_(rows, rows)
    cells = table.cell[square]
    unknown = cells == 0
    if not unknown.any():
        return cells
    every = np.arange(len(keys))
    new_rows = np.flatnonzero(unknown.sum(axis=1) * 2 > len(keys))
    if len(new_rows):
        cells[new_rows] = _packed(compute(new_rows, every))
        unknown[new_rows] = False
    new_columns = np.flatnonzero(unknown.any(axis=0))
    if len(new_columns):
        cells[:, new_columns] = _packed(compute(every, new_columns))
    table.cell[square] = cells
    return cells


def _find_rows(table: _Table, keys: Index) -> Index:
    """The row of each place; places that have none get one, in place of those unused for longest."""
    order = np.argsort(table.place[:, 0], kind="stable")
    at = np.minimum(np.searchsorted(table.place[order, 0], keys + 1), len(order) - 1)
    rows = order[at]
    missing = np.flatnonzero(table.place[rows, 0] != keys + 1)
    now = int(table.place[:, 1].max()) + 1
    table.place[np.delete(rows, missing), 1] = now
    if len(missing):
        fresh = np.argsort(table.place[:, 1], kind="stable")[: len(missing)]
        used = fresh[table.place[fresh, 0] != 0]
        if len(used):
            # The old place is gone from the disk before its cells are, and they before the new place comes.
            table.place[used, 0] = 0
            table.flush()
            table.cell[used, :] = 0
            table.cell[:, used] = 0
            table.flush()
        rows[missing] = fresh
        table.place[fresh, 0] = keys[missing] + 1
        table.place[fresh, 1] = now
    return rows


def _packed(matrix: RoadMatrix) -> Index:
    return ((matrix.duration_s.astype(np.int64) + 2) << _SHIFT) | (matrix.distance_m.astype(np.int64) + 2)
