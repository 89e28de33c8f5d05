"""Pieces of territories, and giving those that lie apart to a territory that they touch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from routing.territories.case import Case, Neighbours, Owners, Wish, pair_costs

_ROUNDS = 12


def pieces(neighbours: Neighbours, owner: Owners) -> npt.NDArray[np.int32]:
    """Number of the connected piece of its territory that each customer is in, int32 [n]."""
    n = len(owner)
    pairs = neighbours.pairs
    inside = pairs[owner[pairs[:, 0]] == owner[pairs[:, 1]]]
    links = sparse.csr_matrix((np.ones(len(inside), np.int8), (inside[:, 0], inside[:, 1])), shape=(n, n))
    label: npt.NDArray[np.int32] = csgraph.connected_components(links, directed=False)[1]
    return label


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """Customers that lie in a piece of their territory other than its main one, and why each piece stays.

    `customers` int64 [m] rising; `pinned` bool [m]: the piece stays because all of it is held there. `breaks` counts
    the pieces.
    """

    customers: npt.NDArray[np.int64]
    pinned: npt.NDArray[np.bool_]
    breaks: int

    @property
    def free_breaks(self) -> int:
        """Whether any piece lies apart although it could be elsewhere; 0 when none does."""
        return int((~self.pinned).any())


def apart(case: Case, owner: Owners) -> Apart:
    """What lies apart from the main piece of its territory: the one with the most work."""
    label = pieces(case.neighbours, owner)
    forced = case.forced
    amount = np.bincount(label, case.work[:, 0] + 1e-9)
    home = np.zeros(len(amount), np.int64)
    home[label] = owner
    free = np.bincount(label, ~forced) > 0
    main = np.full(case.k, -1)
    for piece in np.lexsort((np.arange(len(amount)), -amount, ~free)):
        if main[home[piece]] < 0:
            main[home[piece]] = piece
    away = label != main[owner]
    customers = np.flatnonzero(away)
    return Apart(customers, ~free[label[customers]], len(np.unique(label[customers])))


def join_islands(case: Case, wish: Wish, owner: Owners, most_moved: int | None = None) -> Owners:
    """The owners with every piece that lies apart given, customer by customer, to the cheapest territory it touches.

    Held customers stay. With `most_moved` pieces are joined, small ones first, as long as no more change hands.
    """
    owner = owner.copy()
    spare = case.n if most_moved is None else most_moved - count_moved(case, owner)
    forced = case.forced
    for _ in range(_ROUNDS):
        found = apart(case, owner)
        left = found.customers[~forced[found.customers]]
        if not len(left):
            break
        label = pieces(case.neighbours, owner)
        sizes = np.bincount(label)
        left = left[np.lexsort((left, label[left], sizes[label[left]]))]
        away = np.zeros(case.n, np.bool_)
        away[found.customers] = True
        changed = 0
        for u in left.tolist():
            options = {int(owner[v]) for v in case.neighbours[u] if not away[v] or owner[v] != owner[u]}
            options = {j for j in options - {int(owner[u])} if np.isfinite(case.drive_s[u, j])}
            if not options:
                continue
            costs = pair_costs(case, wish, slice(u, u + 1))[0]
            best = min(options, key=lambda j: (costs[j], j))
            step = _moves(case, u, best) - _moves(case, u, int(owner[u]))
            if step > spare:
                continue
            spare -= step
            owner[u] = best
            away[u] = False
            changed += 1
        if not changed:
            break
    return owner


def count_moved(case: Case, owner: Owners) -> int:
    """Customers that are not with their present owner, of those that have one."""
    return int(((owner != case.present) & (case.present >= 0)).sum())


def _moves(case: Case, customer: int, territory: int) -> int:
    return int(case.present[customer] >= 0 and case.present[customer] != territory)
