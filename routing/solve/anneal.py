"""Simulated annealing over ruin and recreate: one compiled call does a number of iterations of one lane."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.solve.arrays import Arrays, Ints, Matrix
from routing.solve.chance import Words, below, new_chance, uniform
from routing.solve.clock import State, load, new_state
from routing.solve.compiled import entry, part
from routing.solve.insertion import Places, new_places
from routing.solve.pool import Pool, keep, new_pool
from routing.solve.recreate import BY_GAIN, BY_REGRET, BY_SECOND, Bench, Taste, forget, new_bench, recreate
from routing.solve.ruin import (
    Torn,
    close_gaps,
    new_torn,
    put_back,
    tear_bargains,
    tear_circle,
    tear_shift,
    tear_strings,
)

CROWD = 120
"""Unserved visits an iteration considers beside those it took out; more are sampled around its seed."""
FILLED = 16
"""Visits put in between two looks at the clock."""


class Best(NamedTuple):
    """The best routes a lane has seen."""

    route: Matrix
    """[K, M] nodes, as in State."""
    length: Ints
    """[K] visits."""
    value: Ints
    """[1] objective, with the bonus of must visits."""


class Lane(NamedTuple):
    """Everything one annealing needs beside the problem; lanes share nothing."""

    state: State
    places: Places
    torn: Torn
    bench: Bench
    pool: Pool
    best: Best
    chance: Words
    clock: Ints
    """[3] last version given out, iterations done, objective of the present routes."""
    credit: npt.NDArray[np.float64]
    """[3] how often each recreate rule has paid of late."""


def new_lane(arrays: Arrays, seed: int, number: int, cells: int) -> Lane:
    """A lane with empty routes; lanes of one seed differ by their number."""
    state = new_state(arrays)
    for k in range(len(arrays.start)):
        load(arrays, state, k, np.zeros(0, np.int64))
    return Lane(
        state,
        new_places(arrays),
        new_torn(arrays, state),
        new_bench(arrays),
        new_pool(arrays, cells),
        Best(state.route.copy(), state.length.copy(), np.zeros(1, np.int64)),
        new_chance(seed, number),
        np.array([int(state.version.max(initial=0)), 0, 0], np.int64),
        np.ones(3),
    )


@part
def save_best(s: State, best: Best, value: int) -> None:
    """Remember the present routes and their objective."""
    best.value[0] = value
    for k in range(s.length.shape[0]):
        best.length[k] = s.length[k]
        for q in range(s.length[k] + 2):
            best.route[k, q] = s.route[k, q]


@part
def _ruin(p: Arrays, s: State, torn: Torn, seed: int, mean: float, longest: int, chance: Words) -> None:
    dice = uniform(chance)
    n = p.must.shape[0]
    size = 0.3 + 1.7 * uniform(chance) ** 2
    if dice < 0.78:
        tear_strings(p, s, torn, seed, mean * size, longest, chance)
    elif dice < 0.86:
        tear_circle(p, s, torn, seed, 1 + int(mean * size), chance)
    elif dice < 0.98:
        tear_bargains(p, s, torn, 1 + int(0.6 * mean * uniform(chance)), chance, uniform(chance) < 0.5)
    else:
        k = s.home[seed]
        if k < 0:
            k = below(chance, s.length.shape[0])
        if s.length[k] <= 2 * mean:
            tear_shift(s, torn, k)
        else:
            tear_circle(p, s, torn, seed, 1 + int(mean * size), chance)
    if torn.totals[0] == 0 and n > 0:
        tear_circle(p, s, torn, below(chance, n), 2, chance)


@part
def _fill_bench(p: Arrays, s: State, torn: Torn, bench: Bench, seed: int, unserved: int, chance: Words) -> None:
    """Candidates: what was taken out, and all other unserved visits or those nearest to the seed."""
    n = p.must.shape[0]
    count = 0
    if unserved <= CROWD + torn.totals[0]:
        for c in range(n):
            if s.home[c] < 0:
                bench.visits[count] = c
                count += 1
        bench.totals[0] = count
        return
    for z in range(torn.totals[0]):
        bench.visits[z] = torn.visits[z]
        s.home[torn.visits[z]] = -2
    count = torn.totals[0]
    most = count + CROWD
    if s.home[seed] == -1:
        bench.visits[count] = seed
        s.home[seed] = -2
        count += 1
    for i in range(p.near.shape[1]):
        c = p.near[seed, i]
        if count < most and s.home[c] == -1:
            bench.visits[count] = c
            s.home[c] = -2
            count += 1
    for _ in range(CROWD // 8):
        c = below(chance, n)
        if s.home[c] == -1:
            bench.visits[count] = c
            s.home[c] = -2
            count += 1
    for z in range(count):
        s.home[bench.visits[z]] = -1
    bench.totals[0] = count


@entry
def anneal(
    p: Arrays,
    lane: Lane,
    iterations: int,
    hot: float,
    cold: float,
    mean: float,
    longest: int,
    patience: float,
    share: float,
    noise: float,
    keen: float,
    dare: float,
) -> None:
    """Do `iterations` iterations while the temperature falls geometrically from `hot` to `cold`.

    `mean` visits are torn out on average, in strings of at most `longest`. `share` is the part of a visit's service
    that counts as its use of time, `keen` scales the exponent of worth against time. Now and then visits are let in
    that alone lose up to `dare`: two of them may pay together.
    """
    s, torn, bench, chance = lane.state, lane.torn, lane.bench, lane.chance
    n = p.must.shape[0]
    unserved = 0
    for c in range(n):
        if s.home[c] < 0:
            unserved += 1
    current = np.int64(0)
    for k in range(s.length.shape[0]):
        current += s.value[k]
    for it in range(iterations):
        heat = hot * (cold / hot) ** (it / iterations)
        seed = below(chance, n)
        if p.must[seed] == 0 and uniform(chance) < 0.6:
            for _ in range(4):
                if s.home[seed] >= 0:
                    break
                seed = below(chance, n)
        torn.totals[:] = 0
        _ruin(p, s, torn, seed, mean, longest, chance)
        close_gaps(p, s, torn, lane.clock)
        _fill_bench(p, s, torn, bench, seed, unserved + torn.totals[0], chance)
        total = lane.credit[0] + lane.credit[1] + lane.credit[2]
        dice = uniform(chance) * total
        rule = (
            BY_SECOND if dice < lane.credit[0] else (BY_GAIN if dice < lane.credit[0] + lane.credit[1] else BY_REGRET)
        )
        power = keen * (0.5 + uniform(chance))
        floor = heat * np.log(uniform(chance) + 1e-12) * 0.5
        stray = noise * 2.0 * uniform(chance)
        if uniform(chance) < 0.08:
            floor = -dare * uniform(chance)
            stray *= 4.0
        before = np.int64(0)
        taste = Taste(power, share, patience, stray, floor)
        recreate(p, s, lane.places, torn, bench, rule, taste, chance, lane.clock, n)
        new = current
        for z in range(torn.totals[1]):
            k = torn.shifts[z]
            new += s.value[k] - torn.value[k]
        taken = new >= current or uniform(chance) < np.exp((new - current) / heat)
        lane.credit[rule] *= 0.999
        lane.credit[rule] = max(0.15, lane.credit[rule])
        if taken:
            if new > current:
                lane.credit[rule] += 0.01
            for z in range(torn.totals[1]):
                k = torn.shifts[z]
                torn.changed[k] = 0
                before += torn.length[k] - s.length[k]
                if new > lane.best.value[0] - 40.0 * heat:
                    keep(s, lane.pool, k)
            unserved += before
            current = new
            if current > lane.best.value[0]:
                lane.credit[rule] += 0.05
                save_best(s, lane.best, current)
        else:
            put_back(p, s, torn)
            forget(s, lane.places, bench)
            for z in range(torn.totals[1]):
                torn.changed[torn.shifts[z]] = 0
    lane.clock[1] += iterations
    lane.clock[2] = current


def fill(p: Arrays, lane: Lane, share: float, over: Callable[[], bool] | None = None) -> None:
    """Insert every unserved visit that gains, best worth per second first; no randomness.

    `over` is asked now and then, and ends it with what is in by then.
    """
    while fill_some(p, lane, share, FILLED if over is not None else len(p.must)):
        if over is not None and over():
            return


@entry
def fill_some(p: Arrays, lane: Lane, share: float, most: int) -> bool:
    """The same of at most so many visits; True when there may be more."""
    s, torn, bench = lane.state, lane.torn, lane.bench
    torn.totals[:] = 0
    bench.totals[0] = 0
    for c in range(p.must.shape[0]):
        if s.home[c] < 0:
            bench.visits[bench.totals[0]] = c
            bench.totals[0] += 1
    taste = Taste(1.0, share, 0.0, 0.0, 0.0)
    more = recreate(p, s, lane.places, torn, bench, BY_SECOND, taste, lane.chance, lane.clock, most)
    total = np.int64(0)
    for z in range(torn.totals[1]):
        torn.changed[torn.shifts[z]] = 0
    for k in range(s.length.shape[0]):
        total += s.value[k]
    lane.clock[2] = total
    if total > lane.best.value[0]:
        save_best(s, lane.best, total)
    return more
