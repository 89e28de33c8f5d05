"""Putting visits back: the next one is the best bargain, by gain, by gain per second, or by regret, with noise.

The places of candidates are cached per shift (`insertion.Places`); what a rejected iteration overwrites is journalled
and restored, so that an accepted state never has to be worked out twice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.solve.arrays import Arrays, Ints
from routing.solve.chance import Words, uniform
from routing.solve.clock import State, refresh
from routing.solve.compiled import inlined, part
from routing.solve.insertion import NOWHERE, Places, find_place, mend_place
from routing.solve.ruin import Torn, touch

BY_SECOND, BY_GAIN, BY_REGRET = 0, 1, 2


class Bench(NamedTuple):
    """Unserved visits under consideration, and the journal of overwritten places."""

    visits: Ints
    """[n] candidates."""
    totals: Ints
    """[2] candidates, journal entries."""
    best: Ints
    """[n] shift where the candidate gains most, -1 if nowhere."""
    rank: npt.NDArray[np.float64]
    """[n] how good a bargain the candidate is there."""
    noise: npt.NDArray[np.float64]
    """[n] this iteration's noise on the rank."""
    journal: Ints
    """[J, 5] shift, visit, gain, spent, position of overwritten places."""


class Taste(NamedTuple):
    """What one iteration looks for in a bargain."""

    power: float
    """Exponent of gain against time."""
    share: float
    """Part of a service that counts as use of time."""
    patience: float
    """Price of a second of waiting when places are compared."""
    noise: float
    """Largest random change of a rank, up or down."""
    floor: float
    """Gain below which a visit is left out."""


def new_bench(arrays: Arrays) -> Bench:
    """Room for all visits."""
    shifts, visits = arrays.allowed.shape
    return Bench(
        np.zeros(visits, np.int64),
        np.zeros(2, np.int64),
        np.zeros(visits, np.int64),
        np.zeros(visits),
        np.zeros(visits),
        np.zeros((shifts * visits + 1, 5), np.int64),
    )


@inlined
def _fresh(
    p: Arrays, s: State, places: Places, torn: Torn, bench: Bench, k: int, c: int, patience: float, chance: Words
) -> None:
    if places.stamp[k, c] == s.version[k]:
        return
    if torn.changed[k] == 1 and places.stamp[k, c] == torn.version[k]:
        j = bench.totals[1]
        bench.journal[j, 0] = k
        bench.journal[j, 1] = c
        bench.journal[j, 2] = places.gain[k, c]
        bench.journal[j, 3] = places.spent[k, c]
        bench.journal[j, 4] = places.at[k, c]
        bench.totals[1] = j + 1
    find_place(p, s, places, k, c, patience, chance)


@inlined
def _rank(
    p: Arrays,
    s: State,
    places: Places,
    bench: Bench,
    c: int,
    rule: int,
    taste: Taste,
) -> None:
    """Choose the candidate's best shift and rank the bargain; -1 when nothing gains more than the floor."""
    best = -1
    first = float(NOWHERE)
    second = float(NOWHERE)
    for k in range(s.length.shape[0]):
        if p.allowed[k, c] == 0 or places.stamp[k, c] != s.version[k]:
            continue
        merit = places.gain[k, c] - taste.patience * places.spent[k, c]
        if places.gain[k, c] > taste.floor and merit > first:
            second = first
            first = merit
            best = k
        elif merit > second:
            second = merit
    bench.best[c] = best
    if best < 0:
        return
    gain = max(1.0, float(places.gain[best, c]))
    if rule == BY_SECOND:
        bench.rank[c] = taste.power * np.log(gain) - np.log(
            max(0, places.spent[best, c]) + taste.share * p.service[c] + 1.0
        )
        bench.rank[c] += bench.noise[c]
    elif rule == BY_GAIN:
        bench.rank[c] = np.log(gain) + bench.noise[c]
    else:
        bench.rank[c] = np.log(gain + max(0.0, first - max(0.0, second)) + 1.0) + bench.noise[c]


@part
def recreate(
    p: Arrays,
    s: State,
    places: Places,
    torn: Torn,
    bench: Bench,
    rule: int,
    taste: Taste,
    chance: Words,
    clock: Ints,
    most: int,
) -> bool:
    """Insert candidates of the bench one by one, `most` of them, until none gains more than the taste's floor.

    True when there may be more.
    """
    shifts = s.length.shape[0]
    count = bench.totals[0]
    bench.totals[1] = 0
    inserted = 0
    for z in range(count):
        c = bench.visits[z]
        bench.noise[c] = taste.noise * (2.0 * uniform(chance) - 1.0)
        for k in range(shifts):
            if p.allowed[k, c] == 1:
                _fresh(p, s, places, torn, bench, k, c, taste.patience, chance)
        _rank(p, s, places, bench, c, rule, taste)
    while count > 0:
        if inserted == most:
            return True
        inserted += 1
        chosen = -1
        top = -1e300
        z = 0
        while z < count:
            c = bench.visits[z]
            if bench.best[c] < 0:
                if p.metric == 0:
                    z += 1
                    continue
                count -= 1
                bench.visits[z] = bench.visits[count]
                continue
            if bench.rank[c] > top:
                top = bench.rank[c]
                chosen = z
            z += 1
        if chosen < 0:
            return False
        c = bench.visits[chosen]
        count -= 1
        bench.visits[chosen] = bench.visits[count]
        k = bench.best[c]
        q = np.int64(places.at[k, c])
        insert(p, s, torn, k, c, q, clock)
        for z in range(count):
            other = bench.visits[z]
            if p.allowed[k, other] == 0:
                continue
            was, spent = places.gain[k, other], places.spent[k, other]
            if was == NOWHERE and p.metric == 1:
                places.stamp[k, other] = s.version[k]
                continue
            mend_place(p, s, places, k, other, q, taste.patience, chance)
            if places.gain[k, other] == was and places.spent[k, other] == spent:
                continue
            if bench.best[other] == k or places.gain[k, other] > was:
                _rank(p, s, places, bench, other, rule, taste)
    return False


@part
def insert(p: Arrays, s: State, torn: Torn, k: int, c: int, q: int, clock: Ints) -> None:
    """Put visit c after position q of shift k."""
    touch(s, torn, k)
    for r in range(s.length[k] + 1, q, -1):
        node = s.route[k, r]
        s.route[k, r + 1] = node
        if r <= s.length[k]:
            s.place[node] = r + 1
    s.route[k, q + 1] = c
    s.length[k] += 1
    s.home[c] = k
    s.place[c] = q + 1
    clock[0] += 1
    s.version[k] = clock[0]
    refresh(p, s, k)


@part
def forget(s: State, places: Places, bench: Bench) -> None:
    """Restore the places that the iteration overwrote (after the routes were put back)."""
    for j in range(bench.totals[1]):
        k, c = bench.journal[j, 0], bench.journal[j, 1]
        places.gain[k, c] = bench.journal[j, 2]
        places.spent[k, c] = bench.journal[j, 3]
        places.at[k, c] = bench.journal[j, 4]
        places.stamp[k, c] = s.version[k]
