"""The best objective of a tiny problem by trying every assignment in every order."""

from __future__ import annotations

from itertools import permutations, product

from routing.problem import Problem
from routing.solve.schedule import Scheduler


def best_by_brute_force(problem: Problem) -> tuple[int, int]:
    """Most must-visits served, then the highest objective among those plans."""
    scheduler = Scheduler(problem)
    routes: dict[tuple[int, frozenset[int]], int | None] = {}

    def route(shift: int, chosen: frozenset[int]) -> int | None:
        key = (shift, chosen)
        if key not in routes:
            costs = []
            for order in permutations(sorted(chosen)):
                timing = scheduler.schedule(shift, order)
                if timing is not None:
                    costs.append(timing.price_s + timing.travel_price_s)
            rep = problem.shifts[shift].rep
            worth = sum(problem.visits[visit].worth_s(rep) for visit in chosen)
            routes[key] = worth - min(costs) if costs else None
        return routes[key] if chosen else 0

    best = (-1, 0)
    for places in product(range(-1, len(problem.shifts)), repeat=len(problem.visits)):
        total, served = 0, 0
        for shift in range(len(problem.shifts)):
            chosen = frozenset(visit for visit, place in enumerate(places) if place == shift)
            worth = route(shift, chosen)
            if worth is None:
                break
            total += worth
            served += sum(problem.visits[visit].must for visit in chosen)
        else:
            best = max(best, (served, total))
    return best
