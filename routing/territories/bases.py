"""Adding, removing and moving reps: the case with other columns, and home bases scored by the bound alone."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from routing.errors import InputError
from routing.territories.bound import lower_bound
from routing.territories.case import NOBODY, Case, Drives, Floats, Owners, Wish
from routing.territories.transport import flow, seeded


@dataclass(frozen=True, slots=True)
class ScoredBase:
    """A place for a base: its `number` among the candidates, the bound with it, and what that saves a month.

    `saves` is in the objective's drive_s: the bound without the base less the bound with it.
    """

    number: int
    bound: float
    saves: float


def with_base(case: Case, drive_s: npt.NDArray[np.float32], capacity: Floats) -> Case:
    """The case with one more territory: `drive_s` float32 [n] from its base, `capacity` float64 [a]."""
    wider: Drives = np.ascontiguousarray(np.column_stack((case.drive_s, drive_s)), np.float32)
    return replace(case, drive_s=wider, capacity=np.vstack((case.capacity, capacity)))


def with_base_moved(case: Case, territory: int, drive_s: npt.NDArray[np.float32]) -> Case:
    """The case with a territory's base elsewhere; customers that it might not have, it may not have from there."""
    other = case.drive_s.copy()
    other[:, territory] = np.where(np.isfinite(case.drive_s[:, territory]), drive_s, np.inf)
    return replace(case, drive_s=other)


def without(case: Case, territory: int) -> Case:
    """The case without a territory; its customers have nobody at present.

    Raises InputError when it is the last one.
    """
    if case.k < 2:
        raise InputError("the last territory cannot be removed; add another first")
    kept = np.arange(case.k) != territory
    present: Owners = np.where(case.present == territory, NOBODY, case.present - (case.present > territory))
    return replace(
        case, drive_s=np.ascontiguousarray(case.drive_s[:, kept]), present=present, capacity=case.capacity[kept]
    )


def candidates(case: Case, lonlat: npt.NDArray[np.float64], count: int = 25) -> npt.NDArray[np.int64]:
    """Customers near whom a base may be worth it, int64 [count]: far from all bases and from each other, with work.

    Greedy: each time the customer whose work times drive to the nearest base, or to a candidate taken before, is most.
    """
    count = min(count, case.n)
    drive = case.drive_s.min(axis=1).astype(np.float64)
    drive = np.where(np.isfinite(drive), drive, 0.0)
    taken: list[int] = []
    flat = lonlat * np.array([np.cos(np.radians(lonlat[:, 1].mean())), 1.0])
    around = np.full(case.n, np.inf)
    reach = float(np.hypot(*np.ptp(flat, axis=0))) / max(2.0, np.sqrt(case.k + count))
    for _ in range(count):
        score = case.work[:, 0] * (drive + 1) * np.minimum(around / max(reach, 1e-9), 1.0)
        score[taken] = -1
        best = int(score.argmax())
        taken.append(best)
        around = np.minimum(around, np.hypot(*(flat - flat[best]).T))
    return np.array(taken, np.int64)


def score_bases(
    case: Case, wish: Wish, drive_s: npt.NDArray[np.float32], capacity: Floats, allowed: npt.NDArray[np.bool_]
) -> tuple[ScoredBase, ...]:
    """Home bases for one more rep, best first: `drive_s` float32 [n, m] from each candidate, `allowed` bool [n].

    Each is scored by the bound of the case with it, which takes a flow and no search.
    """
    now = _bound(case, wish)
    scored = []
    for number in range(drive_s.shape[1]):
        column = np.where(allowed, drive_s[:, number], np.float32(np.inf))
        bound = _bound(with_base(case, column, capacity), wish)
        scored.append(ScoredBase(number, bound, now - bound))
    return tuple(sorted(scored, key=lambda one: (one.bound, one.number)))


def _bound(case: Case, wish: Wish) -> float:
    targets = case.targets(seeded(case, wish, case.present))
    found = flow(case, wish, targets[:, 0])
    return lower_bound(case, wish, case.targets(found.owner)[:, 0], found.prices, -np.inf)
