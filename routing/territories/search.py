"""From a wish to owners: starts, annealing in rounds, a last pass for territories beyond the tolerance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from routing.solve.chance import new_chance
from routing.territories.bound import lower_bound
from routing.territories.case import Case, Floats, Owners, Wish, objective
from routing.territories.islands import apart, count_moved, join_islands
from routing.territories.kernels import HARD, Ground, Rules, State, anneal
from routing.territories.polish import Care, mended, polished
from routing.territories.transport import Flow, flow, seeded
from routing.territories.trying import best_of_all, plans

ShouldStop = Callable[[], bool]

TRIALS_PER_CUSTOMER = 5_000
_MARGIN = 0.99
"""The search keeps this share of the tolerance, for what rounding and the shares' own change take."""
_SLICE = 4_000_000
_LAST_ROUNDS = 4
_COLD, _COLDEST = 3.0, 0.06
_HEAT, _HEAT_OF_PRICE = 120.0, 0.6
_SOFT, _HARD_AT_FIRST = 0.0, HARD / 40
"""What is beyond the tolerance costs little at first, so that work can flow through full territories."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to search: trials on each start, windows to polish in the end; `seed` makes it repeatable.

    A case with no more than `most_tried` plans is not searched: all of them are tried. `care` is deterministic time for
    each window that CP-SAT mends or polishes.
    """

    trials: int | None = None
    seed: int = 1
    both_starts: bool = True
    windows: int = 0
    most_tried: int = 1 << 18
    care: float = 0.5

    def for_case(self, case: Case) -> int:
        """Trials of one start."""
        return self.trials if self.trials is not None else case.n * TRIALS_PER_CUSTOMER


USUAL = Effort()


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Owners that the search found. `objective` and `bound` in weighted seconds of drive and price.

    `targets` float64 [k, a] are what the tolerance counts from. `excess` is the largest share by which a territory is
    beyond the tolerance, 0 when none is.
    """

    owner: Owners
    targets: Floats
    objective: float
    bound: float
    excess: float

    @property
    def gap(self) -> float:
        """Share by which the plan may be dearer than the best possible, at most."""
        return max(0.0, self.objective / self.bound - 1) if self.bound > 0 else 0.0


SMALL, SMALL_LANES = 100, 4
"""Customers up to which one annealing can be caught by where it starts, and how many are made from each start then."""


def search(
    case: Case,
    wish: Wish,
    effort: Effort = USUAL,
    should_stop: ShouldStop | None = None,
) -> Found:
    """Balanced, connected territories near the least drive and disruption, with the bound that tells how near.

    The same case, wish and effort give the same owners. Raises SolveError.
    """
    order = _near_each_other(case)
    found = _search(case.in_order(order), wish, effort, should_stop)
    owner = np.empty_like(found.owner)
    owner[order] = found.owner
    return replace(found, owner=owner)


def _near_each_other(case: Case) -> npt.NDArray[np.int64]:
    """An order in which neighbours have near numbers (Cuthill and McKee 1969), int64 [n]."""
    near = case.neighbours
    links = sparse.csr_matrix((np.ones(len(near.other), np.int8), near.other, near.first), shape=(case.n, case.n))
    return csgraph.reverse_cuthill_mckee(links, symmetric_mode=True).astype(np.int64)


def _search(case: Case, wish: Wish, effort: Effort, should_stop: ShouldStop | None) -> Found:
    now = seeded(case, wish, case.present)
    first = flow(case, wish, case.targets(now)[:, 0])
    best = best_of_all(case, wish) if plans(case) <= effort.most_tried else None
    return prove(case, wish, _annealed(case, wish, now, first, effort, should_stop) if best is None else best, first)


def _annealed(
    case: Case, wish: Wish, now: Owners, first: Flow, effort: Effort, should_stop: ShouldStop | None
) -> Owners:
    """The best of the annealings that start at the flow and at the present owners, polished."""
    begins = []
    if wish.most_moved is None:
        begins.append(first.owner)
    if effort.both_starts or wish.most_moved is not None:
        begins.append(now)
    lanes = (SMALL_LANES if case.n <= SMALL else 1) * len(begins)
    candidates = [
        anneal_from(case, wish, begins[lane % len(begins)], first, effort, lane, should_stop) for lane in range(lanes)
    ]
    best = min(candidates, key=lambda owner: rank(case, wish, owner))
    care = Care(effort.care, seed=effort.seed)
    best = mended(case, wish, best, care)
    if effort.windows:
        best = polished(case, wish, best, care, effort.windows)
    return best


def prove(case: Case, wish: Wish, owner: Owners, start: Flow) -> Found:
    """What is known of owners: their cost, the bound that the flow's prices lead to, and the excess."""
    targets = case.targets(owner)
    cost = objective(case, wish, owner)
    bound = lower_bound(case, wish, targets[:, 0], start.prices, cost)
    return Found(owner, targets, cost, min(bound, cost), excess_of(case, wish, owner))


def excess_of(case: Case, wish: Wish, owner: Owners) -> float:
    """Largest share by which a territory is beyond the tolerance of its share, 0 when none is."""
    off = np.abs(case.loads(owner) / case.targets(owner) - 1)
    return max(0.0, float(off.max()) - wish.tolerance)


def rank(case: Case, wish: Wish, owner: Owners) -> tuple[int, float, float]:
    """Whole before balanced before cheap: less is better."""
    return apart(case, owner).free_breaks, round(excess_of(case, wish, owner), 4), objective(case, wish, owner)


def anneal_from(
    case: Case,
    wish: Wish,
    owner: Owners,
    start: Flow,
    effort: Effort,
    lane: int,
    should_stop: ShouldStop | None = None,
) -> Owners:
    """Owners after an annealing that starts at these, their islands joined first.

    The flow's prices of work hold the balance as they do in its optimum, so that a territory at its limit is no wall.
    A last pass of cold trials without them counts from the shares as they have become, and looks at balance first.
    """
    begin = join_islands(case, wish, owner, wish.most_moved)
    heat = max(_HEAT, _HEAT_OF_PRICE * wish.move_price_s)
    trials = effort.for_case(case)
    state = _state(case, begin, effort.seed, lane)
    ground = _ground(case, wish, case.targets(start.owner), start.prices)
    most = case.n if wish.most_moved is None else max(wish.most_moved, int(state.moved[0]))
    tolerance = wish.tolerance * _MARGIN
    rules = Rules(heat, _COLDEST, tolerance, wish.compactness, _SOFT, _HARD_AT_FIRST, HARD)
    for at in range(0, trials, _SLICE):
        if should_stop is not None and should_stop():
            break
        anneal(ground, state, rules, most, at, min(at + _SLICE, trials), trials)
    free, last = np.zeros(case.k), max(trials // 20, case.n * 100)
    for again in range(_LAST_ROUNDS):
        ground = _ground(case, wish, case.targets(state.owner), free)
        if again and excess_of(case, wish, state.owner) <= 0:
            break
        price = HARD * 10.0**again
        rules = Rules(_COLD, _COLDEST, tolerance, wish.compactness, _SOFT, price, price)
        anneal(ground, state, rules, most, 0, last, last)
    return state.owner


def _ground(case: Case, wish: Wish, targets: Floats, prices: Floats) -> Ground:
    mean = float(case.weight.mean()) or 1.0
    weight = case.weight / mean
    return Ground(
        case.neighbours.first,
        case.neighbours.other,
        case.drive_s,
        case.work,
        case.haul,
        weight,
        weight * case.dearness * wish.move_price_s,
        case.present,
        targets,
        prices / mean,
    )


def _state(case: Case, owner: Owners, seed: int, lane: int) -> State:
    return State(
        owner.copy(),
        case.loads(owner),
        np.bincount(owner, minlength=case.k).astype(np.int64),
        np.array([count_moved(case, owner)], np.int64),
        new_chance(seed, lane),
        np.zeros(case.n, np.int64),
        np.zeros(case.n, np.int64),
        np.zeros(1, np.int64),
    )
