"""The proof: what no connected plan within the tolerance can cost less than.

Lagrangian relaxation (Geoffrion 1974) of two things. Of the balance: with a price on each territory's work every
customer takes its cheapest territory, and the sum, less what the shares are worth at these prices, is a bound for any
prices; those of the min-cost flow are the best where work does not depend on the territory, and subgradient steps from
there (Polyak's rule) make up for it where it does. And of connectedness: where a set S of customers holds too little
work to be a whole territory j, a customer of S can be j's only if one of those around S is. Such cuts, taken at the
pieces that lie apart in the relaxed plan, are priced in the same way, in rounds.

All pairs are looked at, whatever arcs the flow had.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.territories.case import Case, Floats, Owners, Wish, pair_costs
from routing.territories.islands import pieces

_BLOCK = 4_000_000
"""Pairs looked at in one go."""
_BALANCE_STEPS = 30
_CUT_STEPS = 300
_CUT_ROUNDS = 8
_PATIENCE, _LEAST_REACH = 6, 1e-3
_LARGEST_PIECE = 40
"""Pieces of more customers give no cuts: they are dear to price and bind little."""


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
    return found + _connected_gain(case, wish, prices, low, best - found)


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


@dataclass(slots=True)
class _Cuts:
    """Cuts "customer c is j's only if one of those around it is", as lists of their terms."""

    customer: list[int]
    territory: list[int]
    around: list[npt.NDArray[np.int64]]
    known: set[tuple[int, int, int]]

    def add(self, customer: int, territory: int, piece: npt.NDArray[np.int64], around: npt.NDArray[np.int64]) -> None:
        """One cut, unless it is there."""
        name = (customer, territory, hash(piece.tobytes()))
        if name not in self.known:
            self.known.add(name)
            self.customer.append(customer)
            self.territory.append(territory)
            self.around.append(around)


def _connected_gain(case: Case, wish: Wish, prices: Floats, low: Floats, room: float) -> float:
    """By how much priced cuts raise the bound at these prices of work; `room` is what a known plan leaves."""
    if room <= 0:
        return 0.0
    owner = np.concatenate([_priced(case, wish, prices, rows).argmin(axis=1) for rows in _blocks(case)])
    cuts = _Cuts([], [], [], set())
    price = np.zeros(0)
    best_gain = 0.0
    for _ in range(_CUT_ROUNDS):
        before = len(cuts.customer)
        _add_cuts(case, cuts, owner, low)
        if len(cuts.customer) == before:
            break
        price = np.concatenate((price, np.zeros(len(cuts.customer) - before)))
        gain, price, rows, choice = _climb(case, wish, prices, cuts, price, room)
        best_gain = max(best_gain, gain)
        owner[rows] = choice
    return best_gain


def _add_cuts(case: Case, cuts: _Cuts, owner: Owners, low: Floats) -> None:
    """Cuts for the pieces that lie apart from the largest of their territory under these owners."""
    label = pieces(case.neighbours, owner)
    order = np.argsort(label, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(label[order])) + 1)
    largest: dict[int, int] = {}
    for number, piece in enumerate(members):
        j = int(owner[piece[0]])
        if j not in largest or len(piece) > len(members[largest[j]]):
            largest[j] = number
    forced = case.forced
    for number, piece in enumerate(members):
        j = int(owner[piece[0]])
        if number == largest[j] or len(piece) > _LARGEST_PIECE:
            continue
        drive = case.drive_s[piece, j].astype(np.float64)
        if float((case.work[piece, 0] + case.haul[piece] * drive).sum()) >= low[j]:
            continue
        beside = np.unique(np.concatenate([case.neighbours[u] for u in piece.tolist()])).astype(np.int64)
        around = np.setdiff1d(beside, piece)
        around = around[np.isfinite(case.drive_s[around, j])]
        for u in piece[~forced[piece]].tolist():
            cuts.add(u, j, np.sort(piece), around)


def _climb(
    case: Case, wish: Wish, prices: Floats, cuts: _Cuts, price: Floats, room: float
) -> tuple[float, Floats, npt.NDArray[np.int64], Owners]:
    """Raises the prices of cuts by subgradient steps.

    The gain over the bound without cuts, the prices that give it, and the customers that cuts speak of with the
    territories that they then take. Only pairs of a customer and a territory in some cut change their cost; of all
    others the cheapest of each customer is enough.
    """
    sizes = [len(around) for around in cuts.around]
    cut = np.concatenate((np.arange(len(sizes)), np.repeat(np.arange(len(sizes)), sizes)))
    customer = np.concatenate((np.array(cuts.customer), *cuts.around)).astype(np.int64)
    sign = np.concatenate((np.ones(len(sizes)), -np.ones(sum(sizes))))
    keys, pair = np.unique(customer * case.k + np.array(cuts.territory)[cut], return_inverse=True)
    rows, begins, row = np.unique(keys // case.k, return_index=True, return_inverse=True)
    column = keys % case.k
    plain = np.concatenate([_priced(case, wish, prices, part) for part in np.array_split(rows, len(rows) // 4000 + 1)])
    base = float(plain.min(axis=1).sum())
    cost = plain[row, column]
    plain[row, column] = np.inf
    other, rest = plain.argmin(axis=1), plain.min(axis=1)
    numbers = np.arange(len(keys))
    gain, kept, choice = -np.inf, price, other
    reach, stale = 1.0, 0
    for _ in range(_CUT_STEPS):
        now = cost + np.bincount(pair, sign * price[cut], len(keys))
        least = np.minimum.reduceat(now, begins)
        at = np.minimum.reduceat(np.where(now <= least[row], numbers, len(keys)), begins)
        chosen = least < rest
        value = float(np.where(chosen, least, rest).sum()) - base
        if value > gain:
            stale = 0 if value > gain + 1e-4 * room else stale + 1
            gain, kept, choice = value, price, np.where(chosen, column[at], other)
        else:
            stale += 1
        taken = np.zeros(len(keys))
        taken[at[chosen]] = 1
        slope = np.bincount(cut, sign * taken[pair], len(sizes))
        slope[(price <= 0) & (slope < 0)] = 0
        length = float(slope @ slope)
        if length <= 0 or gain >= room or reach < _LEAST_REACH:
            break
        if stale >= _PATIENCE:
            reach, stale, price = reach / 2, 0, kept
            continue
        price = np.maximum(0, price + reach * (room - value) / length * slope)
    return gain, kept, rows, choice
