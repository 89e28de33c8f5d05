"""The exact order of a shift's visits against all orders."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings

from routing.problem import Problem
from routing.solve import sequencing
from routing.solve.arrays import to_arrays
from routing.solve.schedule import Scheduler
from tests.routing.solve.tiny import tiny_problems


def prices_of_orders(problem: Problem) -> dict[tuple[int, ...], int]:
    """What each order that can be done costs, for the largest set of visits that has one."""
    scheduler = Scheduler(problem)
    for size in range(len(problem.visits), 0, -1):
        for chosen in itertools.combinations(range(len(problem.visits)), size):
            prices = {
                order: timing.price_s + timing.travel_price_s
                for order in itertools.permutations(chosen)
                if (timing := scheduler.schedule(0, order)) is not None
            }
            if prices:
                return prices
    return {}


@given(tiny_problems(visits=6, shifts=1, waiting=False, length=30))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_order_is_the_cheapest_of_all(problem):
    prices = prices_of_orders(problem)
    if prices:
        worst = max(prices, key=lambda order: prices[order])
        found = sequencing.best_order(problem, to_arrays(problem), 0, worst)
        assert found is not None
        assert prices[found] == min(prices.values())


@given(tiny_problems(visits=6, shifts=1, waiting=False, length=30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_long_route_is_the_cheapest_of_the_orders_within_its_lag(problem):
    prices = prices_of_orders(problem)
    if not prices:
        return
    worst = max(prices, key=lambda order: prices[order])
    near = {
        order: price
        for order, price in prices.items()
        if all(order.index(a) < order.index(b) for i, a in enumerate(worst) for b in worst[i + 3 :])
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequencing, "FREE_UP_TO", 1)
        patch.setattr(sequencing, "LAG", 3)
        found = sequencing.best_order(problem, to_arrays(problem), 0, worst)
    assert found is not None
    assert prices[found] == min(near.values())
