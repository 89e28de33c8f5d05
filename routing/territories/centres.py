"""Territories without given bases: each one's centre is the customer that its others are nearest to.

Location and allocation in turns, inside one annealing: between rounds of the boundary search every centre moves to the
1-median of its territory (Hess et al. 1965; Kalcsics 2015 on territory design). Several starts, then exact work with
the centres held.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from routing.solve.chance import new_chance
from routing.territories.case import Case, Drives, Floats, Neighbours, Owners, Wish
from routing.territories.islands import apart
from routing.territories.kernels import HARD, SOFT, Ground, Rules, State, anneal
from routing.territories.polish import Care, polish

_ROUNDS = 60
_TRIALS_PER_CUSTOMER = 20_000
_COLDEST = 1e-4
_KEPT = 4
"""Best starts that go on to the exact work."""


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Owners int64 [n], the centre of each territory int64 [k], the sum of distances to them, and the balance.

    `excess` is the largest share by which a thing is beyond the tolerance, `breaks` how many pieces lie apart.
    """

    owner: Owners
    centres: Owners
    cost: float
    excess: float
    breaks: int

    @property
    def rank(self) -> tuple[int, float, float]:
        """Whole before balanced before near."""
        return self.breaks, round(self.excess, 9), self.cost


def design(
    between: Drives,
    work: Floats,
    neighbours: Neighbours,
    k: int,
    wish: Wish,
    *,
    seconds: float | None = None,
    starts: int = 20,
    seed: int = 1,
) -> Design:
    """Territories around centres of their own: `between` float32 [n, n] what there is between two places.

    With `seconds` starts go on until that much processor time is used, else `starts` are made, which is repeatable.
    """
    began = time.process_time()
    for_starts = None if seconds is None else seconds * 0.6
    found: list[Design] = []
    number = 0
    while number < 2 or (number < starts if for_starts is None else time.process_time() - began < for_starts):
        found.append(_one_start(between, work, neighbours, k, wish, seed, number))
        number += 1
    found = sorted(found, key=lambda one: one.rank)[:_KEPT]
    best = found[0]
    for one in found:
        if seconds is not None and time.process_time() - began > seconds * 0.9:
            break
        left = 2.0 if seconds is None else max(0.3, seconds - (time.process_time() - began))
        best = min(best, _exact(between, work, neighbours, one, wish, Care(min(2.0, left / 2), None, seed)), key=_rank)
    return best


def _rank(one: Design) -> tuple[int, float, float]:
    return one.rank


def medians(between: Drives, owner: Owners, k: int) -> Owners:
    """The customer of each territory that its others are nearest to in sum, int64 [k]; ties to the first."""
    centres = np.empty(k, np.int64)
    for j in range(k):
        mine = np.flatnonzero(owner == j)
        centres[j] = mine[between[np.ix_(mine, mine)].sum(axis=0, dtype=np.float64).argmin()]
    return centres


def _one_start(
    between: Drives, work: Floats, neighbours: Neighbours, k: int, wish: Wish, seed: int, number: int
) -> Design:
    n = len(between)
    rng = np.random.default_rng([seed, number])
    centres = _spread(between, k, rng)
    owner = _grown(between, neighbours, centres)
    case = case_of(between, work, neighbours, centres)
    targets = case.targets(owner)
    scale = float(between.mean()) / 8
    state = State(
        owner,
        case.loads(owner),
        np.bincount(owner, minlength=k).astype(np.int64),
        np.zeros(1, np.int64),
        new_chance(seed, number),
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(1, np.int64),
    )
    trials = n * _TRIALS_PER_CUSTOMER
    soft, hard = SOFT * scale / 480, HARD * scale / 480
    rules = Rules(float(between.mean()) / 3, _COLDEST, wish.tolerance * 0.9999, 1.0, soft, hard, hard)
    for step in range(_ROUNDS):
        ground = Ground(
            neighbours.first,
            neighbours.other,
            np.ascontiguousarray(between[:, centres]),
            work,
            np.zeros(n),
            np.ones(n),
            np.zeros(n),
            np.full(n, -1),
            targets,
            np.zeros(k),
        )
        anneal(ground, state, rules, n, step * trials // _ROUNDS, (step + 1) * trials // _ROUNDS, trials)
        centres = medians(between, state.owner, k)
    return _judged(between, work, neighbours, state.owner, wish)


def case_of(between: Drives, work: Floats, neighbours: Neighbours, centres: Owners) -> Case:
    """The case with bases at these centres, nobody present, everybody of equal weight and capacity."""
    n, k = len(between), len(centres)
    return Case(
        np.ascontiguousarray(between[:, centres]),
        work,
        np.zeros(n),
        np.ones(n),
        np.ones(n),
        np.full(n, -1),
        np.ones((k, work.shape[1])),
        neighbours,
    )


def _judged(between: Drives, work: Floats, neighbours: Neighbours, owner: Owners, wish: Wish) -> Design:
    k = int(owner.max()) + 1
    centres = medians(between, owner, k)
    case = case_of(between, work, neighbours, centres)
    off = float(np.abs(case.loads(owner) / case.targets(owner) - 1).max())
    cost = float(between[np.arange(len(owner)), centres[owner]].sum(dtype=np.float64))
    return Design(owner.copy(), centres, cost, max(0.0, off - wish.tolerance), apart(case, owner).breaks)


def _exact(between: Drives, work: Floats, neighbours: Neighbours, start: Design, wish: Wish, care: Care) -> Design:
    """The start after exact work with its centres held and the centres moved, in turns, until neither helps."""
    best = start
    while True:
        case = case_of(between, work, neighbours, best.centres)
        owner = polish(case, replace(wish, move_price_s=0.0), best.owner, tuple(range(len(best.centres))), care)
        found = _judged(between, work, neighbours, owner, wish)
        if found.rank >= best.rank:
            return best
        best = found


def _spread(between: Drives, k: int, rng: np.random.Generator) -> Owners:
    """Places far from each other by chance (k-means++, Arthur and Vassilvitskii 2007)."""
    centres = [int(rng.integers(len(between)))]
    for _ in range(k - 1):
        far = between[:, centres].min(axis=1).astype(np.float64) ** 2
        far[centres] = 0
        total = far.sum()
        chance = far / total if total > 0 else None
        centres.append(int(rng.choice(len(between), p=chance)))
    return np.array(centres)


def _grown(between: Drives, neighbours: Neighbours, centres: Owners) -> Owners:
    """Connected territories around centres: everybody to the one nearest over the neighbour graph."""
    n = len(between)
    pairs: npt.NDArray[np.int64] = neighbours.pairs
    length = np.maximum(between[pairs[:, 0], pairs[:, 1]], 1e-6)
    links = sparse.csr_matrix((length, (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    _, _, source = csgraph.dijkstra(links, directed=False, indices=centres, min_only=True, return_predecessors=True)
    number = np.zeros(n, np.int64)
    number[centres] = np.arange(len(centres))
    owner: Owners = number[source]
    return owner
