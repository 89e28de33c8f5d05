"""The proof: what no connected plan within the tolerance can cost less than.

Lagrangian relaxation (Geoffrion 1974) of two things. Of the balance: with a price on each territory's work every
customer takes its cheapest territory, and the sum, less what the shares are worth at these prices, is a bound for any
prices; those of the min-cost flow are the best where work does not depend on the territory, and subgradient steps from
there (Polyak's rule) make up for it where it does. And of connectedness, by the cuts of `routing.territories.ascent`
at these prices.

All pairs are looked at, whatever arcs the flow had.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routing.territories.ascent import connected_gain
from routing.territories.case import Case, Floats, Wish, pair_costs

_BLOCK = 4_000_000
"""Pairs looked at in one go."""
_BALANCE_STEPS = 30
_MOST_PAIRS = 60_000_000
"""Pairs that connectedness is looked into with, half a gigabyte; with more of them it adds nothing to the bound."""


def lower_bound(case: Case, wish: Wish, targets: Floats, prices: Floats, best: float) -> float:
    """A cost that no connected plan can beat whose first things are within the tolerance of `targets` float64 [k].

    `prices` are to start from, float64 [k] per unit of work; `best` is the cost of a known plan, which only sets the
    length of the steps.
    """
    low, high = targets * (1 - wish.tolerance), targets * (1 + wish.tolerance)
    found, prices = _balance(case, wish, (low, high), prices, best)
    free = _relaxed(case, wish, np.zeros(case.k), low, high)[0]
    if free > found:
        found, prices = free, np.zeros(case.k)
    if case.n * case.k > _MOST_PAIRS:
        return found
    return found + connected_gain(case, _priced(case, wish, prices, slice(None)), low)


def _balance(
    case: Case, wish: Wish, shares: tuple[Floats, Floats], prices: Floats, best: float
) -> tuple[float, Floats]:
    """The best bound that prices of work give, and these."""
    low, high = shares
    found, kept = -np.inf, prices
    reach, stale = 1.0, 0
    for _ in range(_BALANCE_STEPS if (case.haul > 0).any() else 1):
        value, load = _relaxed(case, wish, prices, low, high)
        if value > found:
            found, kept, stale = value, prices, 0
        else:
            stale += 1
        over, under = load - high, load - low
        slope = np.where(prices > 0, over, np.where(prices < 0, under, np.maximum(over, 0) + np.minimum(under, 0)))
        length = float(slope @ slope)
        if length <= 0 or best <= found:
            break
        if stale == 3:
            reach, stale, prices = reach / 2, 0, kept
            continue
        prices = prices + reach * (best - value) / length * slope
    return found, kept


def _relaxed(case: Case, wish: Wish, prices: Floats, low: Floats, high: Floats) -> tuple[float, Floats]:
    """The bound at these prices, and the work that each territory would have."""
    value = float(-(np.maximum(prices, 0) @ high) - (np.minimum(prices, 0) @ low))
    load = np.zeros(case.k)
    for rows in _blocks(case):
        costs = _priced(case, wish, prices, rows)
        choice = costs.argmin(axis=1)
        at = np.arange(len(choice))
        value += float(costs[at, choice].sum())
        drive = case.drive_s[rows][at, choice].astype(np.float64)
        load += np.bincount(choice, case.work[rows, 0] + case.haul[rows] * drive, case.k)
    return value, load


def _priced(case: Case, wish: Wish, prices: Floats, rows: slice | npt.NDArray[np.int64]) -> Floats:
    """What each customer costs in each territory with its work priced, float64 [rows, k]."""
    seconds = case.drive_s[rows].astype(np.float64)
    work = case.work[rows, 0][:, None] + case.haul[rows][:, None] * np.where(np.isfinite(seconds), seconds, 0.0)
    costs: Floats = pair_costs(case, wish, rows) + prices * work
    return costs


def _blocks(case: Case) -> list[slice]:
    size = max(1, _BLOCK // case.k)
    return [slice(begin, begin + size) for begin in range(0, case.n, size)]
