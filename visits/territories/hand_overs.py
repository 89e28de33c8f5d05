"""Who changes hands, and why: what it saves, what it evens out, what it breaks."""

from __future__ import annotations

import numpy as np

from routing.documents import Document, Id
from routing.territories.case import Owners
from routing.territories.islands import apart
from visits.territories.snapshot import RELATIONSHIP_YEARS, Study

_EVEN_S = 60.0


class HandOverView(Document):
    """A customer that changes hands.

    `saves_s` of drive a month, negative where it costs; `relieves_s` is the work that it takes from a territory above
    its share to one below, `years` with the present one, null where nobody knows.
    """

    customer: Id
    name: str
    tier: str
    lon: float
    lat: float
    source: Id | None
    source_name: str
    target: Id
    target_name: str
    target_is_new: bool
    visits: float
    value_s: int
    saves_s: int
    relieves_s: int
    years: float | None
    breaks: bool
    joins_island: bool
    reason: str


def hand_overs(study: Study, owner: Owners) -> list[HandOverView]:
    """Every customer that these owners take from where it is, those that save most first."""
    case, problem, snapshot = study.case, study.snapshot.problem, study.snapshot
    now = _now(study)
    share_now = case.loads(now)[:, 0] / case.targets(now)[:, 0] - 1
    islands = _apart_now(study, now)
    found = []
    for u in np.flatnonzero(study.changing(owner)).tolist():
        source, target = int(case.present[u]), int(owner[u])
        there = float(case.drive_s[u, target])
        here = float(case.drive_s[u, source]) if source >= 0 else np.inf
        saves = round(float(case.haul[u]) * (here - there)) if np.isfinite(here) else 0
        work = round(float(case.work[u, 0] + case.haul[u] * there))
        relieves = work if source >= 0 and share_now[source] > share_now[target] else 0
        told = snapshot.customers[u]
        view = HandOverView(
            customer=problem.customers[u].id,
            name=told.name,
            tier=told.tier,
            lon=problem.customers[u].lon,
            lat=problem.customers[u].lat,
            source=problem.territories[source].id if source >= 0 else None,
            source_name=snapshot.territories[source].name if source >= 0 else "",
            target=problem.territories[target].id,
            target_name=snapshot.territories[target].name,
            target_is_new=snapshot.territories[target].is_new,
            visits=round(problem.customers[u].visits, 2),
            value_s=round(problem.customers[u].value),
            saves_s=saves,
            relieves_s=relieves,
            years=told.years,
            breaks=source >= 0 and bool(study.old_friends[u]),
            joins_island=u in islands,
            reason="",
        )
        found.append(view.model_copy(update={"reason": reason_of(view)}))
    return sorted(found, key=lambda one: (-one.saves_s, -one.relieves_s, one.customer))


def reason_of(view: HandOverView) -> str:
    """The reason in a sentence, such as "moving it saves 38 min a month and breaks a 4-year relationship"."""
    parts = []
    if view.source is None:
        parts.append("nobody has it now")
    if view.saves_s >= _EVEN_S:
        parts.append(f"saves {_minutes(view.saves_s)} a month")
    elif view.saves_s <= -_EVEN_S:
        parts.append(f"costs {_minutes(-view.saves_s)} a month")
    if view.relieves_s >= _EVEN_S:
        parts.append(f"takes {_minutes(view.relieves_s)} a month from {view.source_name} to {view.target_name}")
    if view.joins_island:
        parts.append(f"lies apart from the rest of {view.source_name}")
    if view.years is not None and view.years > RELATIONSHIP_YEARS:
        parts.append(f"breaks a {view.years:.0f}-year relationship")
    if not parts:
        parts.append("keeps territories in one piece and even")
    text = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    return f"moving it {text}" if view.source is not None else text


def _minutes(seconds: int) -> str:
    return f"{round(seconds / 60)} min"


def _now(study: Study) -> Owners:
    """The present owners, nobody's customers with the nearest."""
    case = study.case
    nearest = case.drive_s.argmin(axis=1)
    owner: Owners = np.where(case.present >= 0, case.present, nearest).astype(np.int64)
    barred = ~np.isfinite(case.drive_s[np.arange(case.n), owner])
    return np.where(barred, nearest, owner).astype(np.int64)


def _apart_now(study: Study, now: Owners) -> set[int]:
    return set(apart(study.case, now).customers.tolist())
