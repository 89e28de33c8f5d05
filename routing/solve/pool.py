"""The pool of routes the search has driven through, for recombination.

A table of fixed size addressed by a hash of shift kind and visit set: of one set the best order stays, of two sets in
one cell the newer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from routing.solve.arrays import Arrays, Ints, Matrix
from routing.solve.chance import Words
from routing.solve.clock import State
from routing.solve.compiled import part

LONGEST = 120
"""Visits of the longest route kept."""


class Pool(NamedTuple):
    """Routes by cell. C cells."""

    key: Words
    """[C] hash of kind and visit set, 0 when empty."""
    shift: Ints
    """[C] a shift of the route's kind."""
    length: Ints
    """[C] visits."""
    value: Ints
    """[C] worth minus prices."""
    visits: Matrix
    """[C, L] the visits in order."""
    names: Words
    """[n] a random word for each visit."""
    kinds: Words
    """[K] a random word for each shift, equal for interchangeable shifts."""


def new_pool(arrays: Arrays, cells: int) -> Pool:
    """An empty pool; the words depend on the sizes alone, so pools of one problem agree on every key."""
    shifts, visits = arrays.allowed.shape
    words = np.random.SeedSequence(20).generate_state(visits + shifts, np.uint64)
    width = max(1, min(LONGEST, int(arrays.allowed.sum(axis=1).max(initial=0))))
    return Pool(
        np.zeros(cells, np.uint64),
        np.zeros(cells, np.int64),
        np.zeros(cells, np.int64),
        np.zeros(cells, np.int64),
        np.zeros((cells, width), np.int32),
        words[:visits],
        words[visits:][arrays.kind],
    )


@part
def keep(s: State, pool: Pool, k: int) -> None:
    """Put the route of shift k into the pool."""
    m = s.length[k]
    if m == 0 or m > pool.visits.shape[1]:
        return
    key = pool.kinds[k]
    for q in range(1, m + 1):
        key += pool.names[s.route[k, q]]
    key ^= key >> np.uint64(29)
    cell = np.int64(key % np.uint64(pool.key.shape[0]))
    if pool.key[cell] == key and pool.value[cell] >= s.value[k]:
        return
    pool.key[cell] = key
    pool.shift[cell] = k
    pool.length[cell] = m
    pool.value[cell] = s.value[k]
    for q in range(m):
        pool.visits[cell, q] = s.route[k, q + 1]
