"""A small random number generator for the kernels: the same numbers on every machine and in every thread.

xorshift64* (S. Vigna, 2016): one word of state, held in a uint64 array of length one.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routing.solve.compiled import inlined

Words = npt.NDArray[np.uint64]

_MULTIPLIER = np.uint64(0x2545F4914F6CDD1D)
_TWELVE, _TWENTY_FIVE, _TWENTY_SEVEN, _ELEVEN = np.uint64(12), np.uint64(25), np.uint64(27), np.uint64(11)
_SCALE = 1.0 / 9007199254740992.0


def new_chance(seed: int, *stream: int) -> Words:
    """Generator state for a seed and any numbers that tell streams of the same seed apart."""
    word = np.random.SeedSequence([seed, *stream]).generate_state(1, np.uint64)
    return word | np.uint64(1)


@inlined
def uniform(chance: Words) -> float:
    """A number in [0, 1)."""
    word = chance[0]
    word ^= word >> _TWELVE
    word ^= word << _TWENTY_FIVE
    word ^= word >> _TWENTY_SEVEN
    chance[0] = word
    return np.float64((word * _MULTIPLIER) >> _ELEVEN) * _SCALE


@inlined
def below(chance: Words, limit: int) -> int:
    """A whole number in [0, limit)."""
    return np.int64(uniform(chance) * limit)
