"""Alternatives as they are served: hours per territory, spread, travel, hand-overs, exceptions, the proven gap."""

from __future__ import annotations

import hashlib

import numpy as np

from routing.documents import Document, Id
from routing.territories.alternatives import AS_NOW
from routing.territories.assembling import notes
from routing.territories.case import Owners, Wish
from routing.territories.figures import Figures, figures
from routing.territories.search import Found, excess_of
from visits.territories.snapshot import Study


class TerritoryFigures(Document):
    """A territory of an alternative, seconds a month; `deviation` is the share by which it is off its own.

    `before_*` is what it does now. `utilisation` is work by capacity.
    """

    territory: Id
    name: str
    is_new: bool
    reps: tuple[Id, ...]
    work_s: int
    capacity_s: int
    utilisation: float
    drive_s: int
    deviation: float
    customers: int
    before_work_s: int
    before_customers: int


class ExceptionOut(Document):
    """A customer that lies apart from the rest of its territory, and why it stays."""

    customer: Id
    name: str
    territory: Id
    reason: str


class AlternativeView(Document):
    """One way to share the customers out.

    `gap` is by how much it can be dearer than the best connected plan within its tolerance, at most; null where none
    was sought. `moved` customers change hands, worth `moved_value_s` of visits a month; `broken` of them have been with
    their territory for over two years. `travel_s` is the monthly drive out and back, `base_s` the mean drive from the
    base. `digest` names these owners.
    """

    name: str
    digest: str
    tolerance: float
    move_price_s: float
    compactness: float
    most_moved: int | None
    territories: tuple[TerritoryFigures, ...]
    within: bool
    worst: float
    spread: float
    travel_s: int
    base_s: float
    customers: int
    moved: int
    moved_value_s: int
    broken: int
    exceptions: tuple[ExceptionOut, ...]
    exception_count: int
    gap: float | None
    objective_s: float
    bound_s: float | None
    notes: tuple[str, ...]


_LISTED = 200


def digest_of(owner: Owners) -> str:
    """A name for owners: the same for the same."""
    return hashlib.sha256(np.ascontiguousarray(owner, np.int32).tobytes()).hexdigest()[:20]


def view(study: Study, name: str, found: Found, wish: Wish) -> AlternativeView:
    """An alternative's figures, worked out anew from its owners."""
    owner = found.owner
    told, before = figures(study.case, owner), _before(study)
    problem, snapshot = study.snapshot.problem, study.snapshot
    moved = study.moved(owner)
    bound = found.bound if found.bound > 0 else None
    names = [one.name for one in snapshot.territories]
    customers = [one.name for one in snapshot.customers]
    exceptions = _exceptions(study, told, owner)
    return AlternativeView(
        name=name,
        digest=digest_of(owner),
        tolerance=wish.tolerance,
        move_price_s=round(wish.move_price_s, 1),
        compactness=wish.compactness,
        most_moved=wish.most_moved,
        territories=tuple(
            TerritoryFigures(
                territory=one.id,
                name=names[j],
                is_new=snapshot.territories[j].is_new,
                reps=snapshot.territories[j].reps,
                work_s=round(told.work_s[j]),
                capacity_s=one.capacity_s,
                utilisation=round(float(told.work_s[j]) / one.capacity_s, 4),
                drive_s=round(told.drive_s[j]),
                deviation=round(float(told.deviation[j]), 4),
                customers=int(told.customers[j]),
                before_work_s=before[0][j],
                before_customers=before[1][j],
            )
            for j, one in enumerate(problem.territories)
        ),
        within=bool(told.worst <= wish.tolerance + 1e-9),
        worst=round(told.worst, 4),
        spread=round(told.spread, 4),
        travel_s=round(float(told.drive_s.sum())),
        base_s=round(told.base_s, 1),
        customers=study.case.n,
        moved=told.moved,
        moved_value_s=round(float(study.values_s[moved].sum())),
        broken=int((moved & study.old_friends).sum()),
        exceptions=exceptions[:_LISTED],
        exception_count=len(exceptions),
        gap=None if bound is None else round(found.gap, 4),
        objective_s=round(found.objective, 1),
        bound_s=None if bound is None else round(bound, 1),
        notes=(*snapshot.notes, *notes(told, wish, names, customers, sought=name != AS_NOW)),
    )


def found_by_hand(study: Study, owner: Owners, wish: Wish, cost: float) -> Found:
    """Owners that nobody sought: no bound is claimed for them."""
    return Found(owner, study.case.targets(owner), cost, 0.0, excess_of(study.case, wish, owner))


def _before(study: Study) -> tuple[list[int], list[int]]:
    """Work and customers of each territory as it is now, of those that it has and may have."""
    case = study.case
    here = case.present >= 0
    rows, at = np.flatnonzero(here), case.present[here]
    drive = case.drive_s[rows, at].astype(np.float64)
    drive = np.where(np.isfinite(drive), drive, 0.0)
    work = np.bincount(at, case.work[rows, 0] + case.haul[rows] * drive, case.k)
    return [round(value) for value in work.tolist()], np.bincount(at, minlength=case.k).tolist()


def _exceptions(study: Study, told: Figures, owner: Owners) -> tuple[ExceptionOut, ...]:
    territories = study.snapshot.problem.territories
    return tuple(
        ExceptionOut(
            customer=study.snapshot.problem.customers[u].id,
            name=study.snapshot.customers[u].name,
            territory=territories[int(owner[u])].id,
            reason="held by a pin, skill or region" if held else "no territory beside it may or can take it",
        )
        for u, held in zip(told.kept_apart.customers.tolist(), told.kept_apart.pinned.tolist(), strict=True)
    )
