"""The five proposals that are always made, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from routing.territories.case import Case, Wish, objective
from routing.territories.search import USUAL, Effort, Found, ShouldStop, excess_of, search
from routing.territories.transport import seeded

FEWEST, BALANCED, COMPACT, FAIREST, AS_NOW = "fewest_hand_overs", "balanced", "compact", "fairest", "as_now"
NAMES = (FEWEST, BALANCED, COMPACT, FAIREST, AS_NOW)

_SHARES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {FEWEST: (0.10, 4.0), BALANCED: (0.05, 1.0), COMPACT: (0.05, 0.2), FAIREST: (0.02, 1.0)}
)
"""Tolerance, and the price of a move in times the common one."""


def wish_of(name: str, common: Wish) -> Wish:
    """What a named proposal asks for: its own tolerance and price, the rest as the manager wishes.

    Raises KeyError for a name that is none.
    """
    tolerance, times = _SHARES[name]
    return replace(common, tolerance=tolerance, move_price_s=common.move_price_s * times)


def usual_price(case: Case) -> float:
    """A common price of a move for this case, in seconds of drive: what the mean customer is from its base now."""
    kept = case.present >= 0
    drive = np.where(kept, case.drive_s[np.arange(case.n), np.maximum(case.present, 0)], case.drive_s.min(axis=1))
    drive = np.where(np.isfinite(drive), drive, 0).astype(np.float64)
    weights = float(case.weight.sum())
    return float((case.weight * drive).sum() / weights) if weights > 0 else 0.0


def propose(
    case: Case,
    name: str,
    common: Wish,
    effort: Effort = USUAL,
    should_stop: ShouldStop | None = None,
) -> Found:
    """One of the named proposals. As it is now has no bound: nothing was sought. Raises KeyError, SolveError."""
    if name == AS_NOW:
        owner = seeded(case, common, case.present, all_territories=False)
        cost = objective(case, common, owner)
        return Found(owner, case.targets(owner), cost, 0.0, excess_of(case, common, owner))
    return search(case, wish_of(name, common), effort, should_stop)
