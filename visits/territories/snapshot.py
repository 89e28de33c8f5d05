"""What a proposal is worked out from, as it was when it was asked for, and its arrays packed for the database."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.documents import Document, Id, from_json
from routing.territories.assembling import Assembled, case_of
from routing.territories.case import Case, Neighbours, Owners
from routing.territories.document import TerritoryProblem
from routing.territories.neighbours import Parts
from visits.errors import StoreError

RELATIONSHIP_YEARS = 2.0
"""A customer that has been with a territory for longer counts as a relationship that a hand-over breaks."""


class SnapshotCustomer(Document):
    """What the problem does not say of a customer; `years` with the present territory are null where nobody knows."""

    name: str
    tier: str
    years: float | None = None


class SnapshotTerritory(Document):
    """What the problem does not say of a territory; `is_new` for one that publishing would make.

    `reps` are those who work there; `newcomers` stand for reps that are not there yet.
    """

    name: str
    reps: tuple[Id, ...] = ()
    is_new: bool = False


class LeftOut(Document):
    """A customer that takes no part, and why."""

    customer: Id
    name: str
    reason: str


class Snapshot(Document):
    """Customers and territories of a proposal, in the order that owners and figures go by."""

    problem: TerritoryProblem
    customers: tuple[SnapshotCustomer, ...]
    territories: tuple[SnapshotTerritory, ...]
    left_out: tuple[LeftOut, ...] = ()
    travel: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Study:
    """A snapshot with its arrays: what alternatives, previews and hand-overs are worked out on."""

    snapshot: Snapshot
    case: Case
    parts: Parts

    @cached_property
    def customer_number(self) -> dict[str, int]:
        """Place of each customer."""
        return {one.id: i for i, one in enumerate(self.snapshot.problem.customers)}

    @cached_property
    def territory_number(self) -> dict[str, int]:
        """Place of each territory."""
        return {one.id: j for j, one in enumerate(self.snapshot.problem.territories)}

    @cached_property
    def values_s(self) -> npt.NDArray[np.float64]:
        """Worth of each customer's visits a month, seconds of a rep's time."""
        return np.array([one.value for one in self.snapshot.problem.customers], np.float64)

    @cached_property
    def old_friends(self) -> npt.NDArray[np.bool_]:
        """Customers whose hand-over breaks a relationship."""
        return np.array([(one.years or 0.0) > RELATIONSHIP_YEARS for one in self.snapshot.customers])

    def moved(self, owner: Owners) -> npt.NDArray[np.bool_]:
        """Customers that these owners take from their present territory."""
        gone: npt.NDArray[np.bool_] = (owner != self.case.present) & (self.case.present >= 0)
        return gone

    def changing(self, owner: Owners) -> npt.NDArray[np.bool_]:
        """As `moved`, and those that nobody has at present."""
        gone: npt.NDArray[np.bool_] = owner != self.case.present
        return gone


def pack(assembled: Assembled) -> str:
    """The arrays that a case cannot be made without, as text."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        arrays: dict[str, npt.NDArray[Any]] = {
            "drive_ds": _deciseconds(assembled.case.drive_s),
            "near_s": assembled.near_s,
            "first": assembled.case.neighbours.first,
            "other": assembled.case.neighbours.other,
            "lonlat": assembled.parts.lonlat.astype(np.float32),
            "nearest": assembled.parts.nearest.astype(np.int32),
        }
        for name, array in arrays.items():
            held = io.BytesIO()
            np.save(held, array, allow_pickle=False)
            archive.writestr(f"{name}.npy", held.getvalue())
    return base64.b85encode(file.getvalue()).decode("ascii")


def unpack(snapshot_text: str, arrays_text: str) -> Study:
    """A study from what is stored. Raises StoreError when it cannot be read."""
    snapshot = from_json(Snapshot, snapshot_text, "the stored snapshot")
    try:
        with zipfile.ZipFile(io.BytesIO(base64.b85decode(arrays_text))) as archive:
            arrays: dict[str, npt.NDArray[Any]] = {
                name.removesuffix(".npy"): np.load(io.BytesIO(archive.read(name)), allow_pickle=False)
                for name in archive.namelist()
            }
    except (ValueError, zipfile.BadZipFile) as error:
        raise StoreError(f"the stored arrays of a territory proposal cannot be read: {error}; propose anew") from None
    neighbours = Neighbours(arrays["first"], arrays["other"])
    parts = Parts(neighbours, arrays["lonlat"].astype(np.float64), arrays["nearest"].astype(np.int64))
    problem = snapshot.problem
    drive = np.where(arrays["drive_ds"] < 0, np.inf, arrays["drive_ds"] / 10).astype(np.float32)
    return Study(snapshot, case_of(_one_base_each(problem), drive, arrays["near_s"], parts), parts)


def _deciseconds(drive_s: npt.NDArray[np.float32]) -> npt.NDArray[np.int32]:
    return np.where(np.isfinite(drive_s), np.rint(drive_s * 10), -1).astype(np.int32)


def _one_base_each(problem: TerritoryProblem) -> TerritoryProblem:
    """The problem with one base per territory: the packed drives are from the nearest one already."""
    territories = tuple(one.model_copy(update={"bases": one.bases[:1]}) for one in problem.territories)
    return problem.model_copy(update={"territories": territories})
