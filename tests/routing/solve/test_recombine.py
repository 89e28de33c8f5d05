"""Recombination against every pair of pooled routes."""

from __future__ import annotations

import itertools

from routing.solve.anneal import anneal, fill, new_lane
from routing.solve.arrays import to_arrays
from routing.solve.recombine import gather, recombine
from tests.routing.solve.test_search import objective_of, seven_visits


def pooled(seed: int, shifts: int):
    problem = seven_visits(seed, shifts)
    arrays = to_arrays(problem)
    lane = new_lane(arrays, seed, 0, 1 << 12)
    fill(arrays, lane, 1.0)
    anneal(arrays, lane, 300, 2000.0, 500.0, 3.0, 5, 0.3, 1.0, 0.5, 1.4, 2000.0)
    return problem, arrays, lane.pool


def test_columns_are_distinct_sets_at_their_true_value():
    problem, arrays, pool = pooled(1, 2)
    columns = gather(arrays, [pool, pool])
    sets = {frozenset(row[row < 7].tolist()) for row in columns.visits}
    assert len(sets) == len(columns) > 5
    for row, value in zip(columns.visits, columns.value, strict=True):
        assert objective_of(problem, [tuple(row[row < 7].tolist()), ()]) == value


def test_the_best_set_of_routes_is_chosen():
    for seed in range(4):
        _, arrays, pool = pooled(seed, 2)
        columns = gather(arrays, [pool])
        sets = [frozenset(row[row < 7].tolist()) for row in columns.visits]
        pairs = itertools.combinations(range(len(sets)), 2)
        two = [int(columns.value[i] + columns.value[j]) for i, j in pairs if not sets[i] & sets[j]]
        best = max(*two, int(columns.value.max()))
        chosen = recombine(arrays, [pool], ((), ()), 0, seconds=20.0, seed=1)
        assert chosen is not None
        value = {members: int(worth) for members, worth in zip(sets, columns.value, strict=True)}
        assert sum(value[frozenset(route)] for route in chosen if route) == best
        assert recombine(arrays, [pool], chosen, best, seconds=20.0, seed=1) is None
