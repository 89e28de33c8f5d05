"""The question as arrays: customers, territories, what each pair costs, who is whose neighbour; and what is wished."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from routing.errors import InputError

Floats = npt.NDArray[np.float64]
Drives = npt.NDArray[np.float32]
Owners = npt.NDArray[np.int64]
"""Territory of each customer, int64 [n]; -1 is nobody."""

KEY_ACCOUNT = 5.0
"""A key account costs this many times as much to move as another customer."""
NOBODY = -1


@dataclass(frozen=True, slots=True, eq=False)
class Neighbours:
    """Who is next to whom on the roads, both ways: customer u's are `other[first[u] : first[u + 1]]`, all int32."""

    first: npt.NDArray[np.int32]
    other: npt.NDArray[np.int32]

    @classmethod
    def of_pairs(cls, pairs: npt.NDArray[np.integer], n: int) -> Self:
        """From pairs, int [m, 2], of customers below `n`, each in any order and number."""
        both = np.concatenate((pairs, pairs[:, ::-1])).astype(np.int64)
        both = np.unique(both[both[:, 0] != both[:, 1]], axis=0) if len(both) else both.reshape(0, 2)
        first = np.searchsorted(both[:, 0], np.arange(n + 1))
        return cls(first.astype(np.int32), np.ascontiguousarray(both[:, 1], np.int32))

    @property
    def pairs(self) -> npt.NDArray[np.int64]:
        """Every pair once, the lower number first, int64 [m, 2]."""
        begin = np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))
        once = begin < self.other
        return np.column_stack((begin[once], self.other[once].astype(np.int64)))

    def __getitem__(self, customer: int) -> npt.NDArray[np.int32]:
        return self.other[self.first[customer] : self.first[customer + 1]]


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """n customers, k territories and a things to balance, the first of which are the seconds of work a month.

    `drive_s` float32 [n, k]: drive from the nearest home base of a territory, infinite where the customer may not be
    its. `work` float64 [n, a]: what a customer adds to a territory; `haul` float64 [n]: seconds of work a month that
    each second of drive from the base adds to the first. `weight` float64 [n]: what a second of drive counts in the
    objective. `dearness` float64 [n]: how many times the common price it costs to move the customer. `present`: owners
    as they are. `capacity` float64 [k, a], in proportion to which things are shared out.
    """

    drive_s: Drives
    work: Floats
    haul: Floats
    weight: Floats
    dearness: Floats
    present: Owners
    capacity: Floats
    neighbours: Neighbours

    @property
    def n(self) -> int:
        """Customers."""
        return len(self.drive_s)

    @property
    def k(self) -> int:
        """Territories."""
        return len(self.capacity)

    @property
    def forced(self) -> npt.NDArray[np.bool_]:
        """Customers that only one territory may have, bool [n]."""
        alone: npt.NDArray[np.bool_] = np.isfinite(self.drive_s).sum(axis=1) == 1
        return alone

    def pinned(self, owner: Owners) -> Self:
        """The case in which every customer with an owner other than -1 stays with that one."""
        if not (owner >= 0).any():
            return self
        drive_s = self.drive_s.copy()
        held = np.flatnonzero(owner >= 0)
        kept = drive_s[held, owner[held]]
        drive_s[held] = np.inf
        drive_s[held, owner[held]] = kept
        return replace(self, drive_s=drive_s)

    def in_order(self, order: npt.NDArray[np.integer]) -> Self:
        """The case with its customers in another order; `order` int [n] names for each place who comes there."""
        place = np.empty(self.n, np.int64)
        place[order] = np.arange(self.n)
        return replace(
            self,
            drive_s=np.ascontiguousarray(self.drive_s[order]),
            work=np.ascontiguousarray(self.work[order]),
            haul=self.haul[order],
            weight=self.weight[order],
            dearness=self.dearness[order],
            present=self.present[order],
            neighbours=Neighbours.of_pairs(place[self.neighbours.pairs], self.n),
        )

    def loads(self, owner: Owners) -> Floats:
        """What each territory has to do, float64 [k, a]."""
        loads: Floats = np.column_stack([np.bincount(owner, column, self.k) for column in self.work.T]).astype(
            np.float64
        )
        drive = self.drive_s[np.arange(self.n), owner].astype(np.float64)
        loads[:, 0] += np.bincount(owner, self.haul * drive, self.k)
        return loads

    def targets(self, owner: Owners) -> Floats:
        """Each territory's share by capacity of all that there is to do under these owners, float64 [k, a]."""
        total = self.loads(owner).sum(axis=0)
        shares: Floats = self.capacity / self.capacity.sum(axis=0) * total
        return shares

    def require_sound(self, customers: list[str], territories: list[str]) -> None:
        """Raises InputError naming the first customer that nobody may serve or number that makes no sense."""
        for j in np.flatnonzero(~(self.capacity > 0).all(axis=1))[:1].tolist():
            raise InputError(
                f"the territory {territories[j]!r} has no working hours; give its reps weekly hours or leave it out"
            )
        nobody = np.flatnonzero(~np.isfinite(self.drive_s).any(axis=1))
        if len(nobody):
            more = f" and {len(nobody) - 1} more" if len(nobody) > 1 else ""
            raise InputError(
                f"nobody may serve the customer {customers[nobody[0]]!r}{more}: no territory has the skills, lies in "
                "the region and is reached by road; give a rep the skills, or take the customer out"
            )
        if self.n < self.k:
            raise InputError(f"there are {self.k} territories for {self.n} customers; take some territories out")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the manager asks for.

    `tolerance`: how far a territory may be from its share. `move_price_s`: seconds of drive that one accepts to leave a
    customer where it is. `compactness`: how much a second of drive counts, 1 as it is. `most_moved`: customers that
    may change hands at most, None any number.
    """

    tolerance: float = 0.05
    move_price_s: float = 900.0
    compactness: float = 1.0
    most_moved: int | None = None

    def __post_init__(self) -> None:
        if not 0.005 <= self.tolerance <= 1:
            raise InputError(f"tolerance is {self.tolerance}; ask for 0.005 to 1, such as 0.05 for 5 %")
        if not 0 <= self.move_price_s <= 600_000:
            raise InputError(f"move_price_s is {self.move_price_s}; ask for 0 to 600000 seconds of drive")
        if not 0.01 <= self.compactness <= 100:
            raise InputError(f"compactness is {self.compactness}; ask for 0.01 to 100, 1 being as it is")
        if self.most_moved is not None and self.most_moved < 0:
            raise InputError(f"most_moved is {self.most_moved}; ask for 0 or more customers, or leave it out")


def pair_costs(case: Case, wish: Wish, rows: slice | npt.NDArray[np.int64] = slice(None)) -> Floats:
    """What each customer costs in each territory, float64 [rows, k]: weighted drive, and the price of a move."""
    drive = (wish.compactness * case.weight[rows])[:, None] * case.drive_s[rows].astype(np.float64)
    leaving = case.weight[rows] * case.dearness[rows] * wish.move_price_s
    present = case.present[rows]
    owned = present >= 0
    costs: Floats = drive + np.where(owned, leaving, 0.0)[:, None]
    kept = np.flatnonzero(owned)
    costs[kept, present[kept]] -= leaving[kept]
    return costs


def objective(case: Case, wish: Wish, owner: Owners) -> float:
    """Weighted seconds of drive and the price of all moves; less is better."""
    drive = case.drive_s[np.arange(case.n), owner].astype(np.float64)
    moved = (owner != case.present) & (case.present >= 0)
    return float((case.weight * (wish.compactness * drive + wish.move_price_s * case.dearness * moved)).sum())
