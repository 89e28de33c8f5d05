"""Prices of visits at which no shift can gain much: a bound by column generation.

The linear relaxation of choosing one route per shift is solved over the routes known so far (GLOP); its prices of
visits are tried on every shift, whose best route at these prices joins them. The sum of all prices and of every shift's
gain at them is a bound on every plan, whatever the prices (Lagrange), so that stopping early only makes it looser.
Prices are whole numbers and all arithmetic on them is exact. The next prices lie between the best and the newest ones
(Wentges 1997).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.solve.arrays import Ints
from routing.solve.labelling import NOTHING, Goal, new_labels
from routing.solve.master import Column, Floats, Master
from routing.solve.one_shift import OneShift
from routing.solve.outlook import LOST, Outlook, look_ahead, new_outlook, read_routes
from routing.solve.proof import most_gain, nearest, read_back

CENTRE = 0.7
"""How far the prices tried stay from the newest towards the best."""
NEAR_CENTRE, FIRST_REACH = 0.0, 0.1
"""The same where prices are kept near the best, and how near, as a part of each visit's worth."""
JOINING = 12
"""Routes of one shift that join the relaxation in a round at most."""
LONGEST = 160
"""Visits of a route that is read from a table, at most."""


@dataclass(frozen=True, slots=True)
class Dual:
    """A bound, the prices of visits that give it, what each kind of shift gains at most at them, and rounds made."""

    bound: int
    prices: Ints
    gains: Ints
    rounds: int = 1


class Pricing:
    """The shifts of a problem, one per kind, with their worths: finds the best routes at given prices."""

    def __init__(self, shifts: Sequence[OneShift], capacity: Ints, worths: Sequence[Ints], cells: int) -> None:
        self.shifts, self.capacity, self.worths = shifts, capacity, worths
        self.tables: list[Outlook] = [new_outlook(shift, cells) for shift in shifts]

    def at(self, prices: Ints) -> tuple[Ints, list[Column]]:
        """What each kind of shift gains at most at these prices, and routes that gain much."""
        gains = np.zeros(len(self.shifts), np.int64)
        columns: list[Column] = []
        for kind, (shift, worth) in enumerate(zip(self.shifts, self.worths, strict=True)):
            gains[kind], found = self._price(kind, worth - prices[shift.visits], prices)
            columns += found
        return gains, columns

    def _price(self, kind: int, profit: Ints, prices: Ints) -> tuple[int, list[Column]]:
        shift, table = self.shifts[kind], self.tables[kind]
        return int(look_ahead(shift, profit, table)), _best_routes(kind, shift, prices, table)


class NearPricing(Pricing):
    """The same over routes that repeat no visit nearby: tighter, and slower.

    A labelling looks only for routes that gain more than every one known, `columns` to begin with.
    """

    def __init__(
        self, rough: Pricing, columns: Iterable[Column], most_labels: int, most_work: Callable[[], int]
    ) -> None:
        self.shifts, self.capacity, self.worths, self.tables = rough.shifts, rough.capacity, rough.worths, rough.tables
        self._near = [nearest(shift) for shift in self.shifts]
        self._most_labels, self._most_work = most_labels, most_work
        self._known: list[list[Column]] = [[] for _ in self.shifts]
        self._remember(columns)

    def _remember(self, columns: Iterable[Column]) -> None:
        for column in columns:
            self._known[column[0]].append(column)

    def _price(self, kind: int, profit: Ints, prices: Ints) -> tuple[int, list[Column]]:
        shift, table = self.shifts[kind], self.tables[kind]
        price = prices.tolist()
        floor = max((value - sum(price[v] for v in visits) for _, value, visits in self._known[kind]), default=0)
        floor = max(0, floor)
        hoped = int(look_ahead(shift, profit, table))
        if hoped <= floor:
            return hoped, []
        goal = Goal(profit, profit, 0, floor, len(profit))
        labels = new_labels(shift, table, self._most_labels)
        gain = most_gain(shift, goal, table, self._near[kind], labels, self._most_work())
        columns: list[Column] = []
        for place in np.argsort(-labels.total, kind="stable").tolist():
            if labels.last[place] != NOTHING and labels.total[place] > 0 and len(columns) < JOINING:
                visits = shift.visits[read_back(labels, int(labels.last[place]))]
                columns.append((kind, int(labels.total[place] + prices[visits].sum()), tuple(visits.tolist())))
        self._remember(columns)
        return min(gain, hoped), columns


def _best_routes(kind: int, shift: OneShift, prices: Ints, table: Outlook) -> list[Column]:
    routes = np.zeros((len(shift.visits), LONGEST), np.int64)
    values = np.zeros(len(shift.visits), np.int64)
    read_routes(shift, table, routes, values)
    columns = []
    for row in np.argsort(-values, kind="stable")[:JOINING].tolist():
        if values[row] <= 0 or values[row] <= LOST:
            break
        visits = shift.visits[routes[row, 1 : 1 + routes[row, 0]]]
        columns.append((kind, int(values[row] + prices[visits].sum()), tuple(visits.tolist())))
    return columns


def lower_prices(
    pricing: Pricing,
    master: Master,
    start: Floats,
    goal: int,
    go_on: Callable[[int], bool],
    limits: tuple[Floats, Floats] | None = None,
) -> Dual:
    """Prices with a low bound, found from the prices `start` float [n] and the relaxation's routes.

    Ends when `go_on(rounds)` is false, no route joins any more, or the bound is at most `goal`. With `limits` the
    prices of visits stay between them and, at first, near the best ones.
    """
    best, tried = _tried(pricing, master, start), 1
    reach = FIRST_REACH
    while best.bound > goal and go_on(tried):
        if limits is not None:
            near = reach * np.abs(limits[1])
            lowest = np.maximum(limits[0], best.prices - near)
            master.keep_within(lowest, np.maximum(lowest, np.minimum(limits[1], best.prices + near)))
        newest, _, relaxed = master.solve()
        if limits is None and best.bound <= relaxed + 0.5:
            break
        known, former = len(master), best.bound
        centre = CENTRE if limits is None else NEAR_CENTRE
        for prices in (centre * best.prices + (1 - centre) * newest, newest):
            found = _tried(pricing, master, prices)
            tried += 1
            best = min(best, found, key=lambda dual: dual.bound)
            if len(master) > known or not go_on(tried):
                break
        if best.bound == former:
            reach *= 0.5
        if len(master) == known and best.bound == former:
            break
    return replace(best, rounds=tried)


def _tried(pricing: Pricing, master: Master, prices: Floats) -> Dual:
    """The bound at these prices, made whole; the routes they are good for join the relaxation."""
    whole = np.rint(prices).astype(np.int64)
    gains, found = pricing.at(whole)
    master.add(found)
    return Dual(int(whole.sum() + (pricing.capacity * gains).sum()), whole, gains)
