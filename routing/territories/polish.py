"""Exact work on a few territories at a time: CP-SAT over who gets which customer, everything else staying.

Balance and the number of moves are hard rules here. Connectedness comes in as it is needed: a plan in pieces is
answered with the cuts that forbid it (x of a customer in a piece implies x of one around it), until the plan is whole.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ortools.sat.python import cp_model

from routing.territories.case import Case, Floats, Owners, Wish, objective, pair_costs
from routing.territories.islands import apart, count_moved, pieces

_WORK_UNITS, _COST_UNITS = 1000, 1000
"""An average customer's work and cost in whole units."""
_OVER = 200
"""Price of an average customer's work beyond the tolerance, in average costs."""
_ROUNDS = 30
_LEAST = 0.005
_NODE_LIMIT = 400
"""Customers of a window at most; larger windows are left to the search."""


@dataclass(frozen=True, slots=True)
class Care:
    """How long CP-SAT may take, and how far customers may go.

    `time` is deterministic time of a window, about as many seconds; `steps` those of the neighbour graph within which
    a territory must begin for a customer to go there, None for anywhere.
    """

    time: float = 1.0
    steps: int | None = 4
    seed: int = 1


def polish(
    case: Case,
    wish: Wish,
    owner: Owners,
    window: tuple[int, ...],
    care: Care = Care(),
) -> Owners:
    """Better owners within the territories of `window`, or the same ones; the shares are counted as they are now."""
    inside = np.flatnonzero(np.isin(owner, window))
    if not len(inside) or len(inside) > _NODE_LIMIT or len(window) < 2:
        return owner
    model = _Window(case, wish, owner, window, inside, care.steps)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = care.seed
    left = care.time
    for _ in range(_ROUNDS):
        solver.parameters.max_deterministic_time = left
        status = solver.solve(model.model)
        left -= solver.response_proto.deterministic_time
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return owner
        found = model.owners(solver)
        if not model.forbid_pieces(found):
            return found if _better(case, wish, found, owner) else owner
        if left <= _LEAST:
            return owner
    return owner


def windows(case: Case, owner: Owners, size: int = 4) -> list[tuple[int, ...]]:
    """A window around each territory: itself and those that share most neighbours with it."""
    pairs = case.neighbours.pairs
    one, two = owner[pairs[:, 0]], owner[pairs[:, 1]]
    border = np.zeros((case.k, case.k), np.int64)
    np.add.at(border, (one, two), 1)
    border += border.T
    np.fill_diagonal(border, 0)
    around = np.argsort(-border, axis=1, kind="stable")[:, : size - 1]
    return [(j, *(q for q in around[j].tolist() if border[j, q])) for j in range(case.k)]


def _better(case: Case, wish: Wish, found: Owners, owner: Owners) -> bool:
    """Whether found owners are no less whole and balanced, and cheaper, or more balanced."""

    def rank(owners: Owners) -> tuple[int, float, float]:
        off = np.abs(case.loads(owners) / case.targets(owners) - 1)
        over = float(np.maximum(off - wish.tolerance, 0).sum())
        return apart(case, owners).breaks, round(over, 6), objective(case, wish, owners)

    return rank(found) < rank(owner)


class _Window:
    """The model of one window: x of a customer and a territory is true where it goes there."""

    def __init__(
        self,
        case: Case,
        wish: Wish,
        owner: Owners,
        window: tuple[int, ...],
        inside: npt.NDArray[np.int64],
        steps: int | None,
    ) -> None:
        self.model = cp_model.CpModel()
        self._case, self._owner, self._inside = case, owner, inside
        self._forced = case.forced
        self._x = self._choices(window, steps)
        self._by_territory: dict[int, list[int]] = {j: [] for j in window}
        for u, j in self._x:
            self._by_territory[j].append(u)
        self._costs(wish, window)
        self._moves(wish)
        for (u, j), choice in self._x.items():
            self.model.add_hint(choice, owner[u] == j)
            if not self._forced[u]:
                self._one_beside(choice, case.neighbours[u].tolist(), j)

    def owners(self, solver: cp_model.CpSolver) -> Owners:
        """Owners of the solution."""
        found = self._owner.copy()
        for (u, j), choice in self._x.items():
            if solver.boolean_value(choice):
                found[u] = j
        return found

    def forbid_pieces(self, found: Owners) -> bool:
        """Cuts against the pieces of these owners; False when there are none to forbid."""
        label = pieces(self._case.neighbours, found)
        cut = False
        for j in self._by_territory:
            mine = np.flatnonzero(found == j)
            numbers, sizes = np.unique(label[mine], return_counts=True)
            for number in numbers[np.argsort(-sizes, kind="stable")][1:].tolist():
                piece = mine[label[mine] == number].tolist()
                free = [u for u in piece if not self._forced[u] and (u, j) in self._x]
                beside = {int(v) for u in piece for v in self._case.neighbours[u]} - set(piece)
                for u in free:
                    self._one_beside(self._x[u, j], beside, j)
                    cut = True
        return cut

    def _one_beside(self, choice: cp_model.IntVar, beside: set[int] | list[int], j: int) -> None:
        others = [self._x[v, j] for v in sorted(beside) if (v, j) in self._x]
        self.model.add_bool_or([choice.negated(), *others])

    def _choices(self, window: tuple[int, ...], steps: int | None) -> dict[tuple[int, int], cp_model.IntVar]:
        case, owner = self._case, self._owner
        choices = {}
        for j in window:
            reach = self._within(j, steps)
            for u in self._inside.tolist():
                if np.isfinite(case.drive_s[u, j]) and (owner[u] == j or reach[u]):
                    choices[u, j] = self.model.new_bool_var("")
        for u in self._inside.tolist():
            self.model.add_exactly_one(choices[u, j] for j in window if (u, j) in choices)
        return choices

    def _within(self, j: int, steps: int | None) -> npt.NDArray[np.bool_]:
        """Customers that so many steps from territory j reach, bool [n]."""
        case = self._case
        if steps is None:
            return np.ones(case.n, np.bool_)
        reach = self._owner == j
        pairs = case.neighbours.pairs
        for _ in range(steps):
            grown = reach.copy()
            grown[pairs[:, 0]] |= reach[pairs[:, 1]]
            grown[pairs[:, 1]] |= reach[pairs[:, 0]]
            reach = grown
        result: npt.NDArray[np.bool_] = reach
        return result

    def _costs(self, wish: Wish, window: tuple[int, ...]) -> None:
        case, model = self._case, self.model
        costs = pair_costs(case, wish, self._inside)
        finite = costs[np.isfinite(costs)]
        cost_unit = max(float(np.abs(finite).mean()), 1e-9) / _COST_UNITS
        row = {u: i for i, u in enumerate(self._inside.tolist())}
        terms = [round(float(costs[row[u], j]) / cost_unit) * choice for (u, j), choice in self._x.items()]
        targets = case.targets(self._owner)
        for thing in range(case.work.shape[1]):
            unit = max(float(case.work[:, thing].mean()), 1e-9) / _WORK_UNITS
            for j in window:
                parts = [(u, self._work(u, j, thing) / unit) for u in self._by_territory[j]]
                slack = len(parts)  # each part may be rounded by half a unit
                low, high = (
                    float(targets[j, thing]) * (1 + side * wish.tolerance) / unit - side * slack / 2 for side in (-1, 1)
                )
                load = sum(round(work) * self._x[u, j] for u, work in parts)
                over = model.new_int_var(0, round(float(targets[:, thing].sum()) / unit), "")
                model.add(load <= int(np.floor(high)) + over)
                model.add(load >= int(np.ceil(low)) - over)
                terms.append(_OVER * _COST_UNITS // _WORK_UNITS * over)
        model.minimize(sum(terms))

    def _work(self, customer: int, territory: int, thing: int) -> float:
        case = self._case
        drive = float(case.haul[customer]) * float(case.drive_s[customer, territory]) if thing == 0 else 0.0
        return float(case.work[customer, thing]) + drive

    def _moves(self, wish: Wish) -> None:
        if wish.most_moved is None:
            return
        case = self._case
        outside = self._owner.copy()
        outside[self._inside] = case.present[self._inside]
        spare = max(wish.most_moved, count_moved(case, self._owner)) - count_moved(case, outside)
        moved = [choice for (u, j), choice in self._x.items() if case.present[u] >= 0 and case.present[u] != j]
        self.model.add(sum(moved) <= spare)


def mended(case: Case, wish: Wish, owner: Owners, care: Care = Care(), most: int = 4) -> Owners:
    """Owners with the windows around territories beyond the tolerance polished, worst first, at most so many."""
    for _ in range(most):
        off = (np.abs(case.loads(owner) / case.targets(owner) - 1)).max(axis=1)
        worst = int(off.argmax())
        if off[worst] <= wish.tolerance:
            break
        around = windows(case, owner)[worst]
        better = polish(case, wish, owner, around, care)
        if (better == owner).all():
            break
        owner = better
    return owner


def polished(case: Case, wish: Wish, owner: Owners, care: Care, most: int) -> Owners:
    """Owners with so many windows polished, those first whose borders are longest."""
    every = windows(case, owner)
    step = max(1, len(every) // max(1, most))
    for window in every[::step][:most]:
        owner = polish(case, wish, owner, window, care)
    return owner


def balance_costs(case: Case, owner: Owners) -> Floats:
    """Share by which each territory is off its own, float64 [k]."""
    off: Floats = np.abs(case.loads(owner) / case.targets(owner) - 1).max(axis=1)
    return off
