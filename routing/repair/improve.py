"""The engine behind a repair: one function, so that another engine can take its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from routing.repair.rest import Rest
from routing.solve.construct import trim
from routing.solve.options import SolveOptions

Sequences = list[tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search: seconds on the wall clock or iterations, from a seed, until told to stop."""

    seconds: float | None
    iterations: int | None
    seed: int
    should_stop: Callable[[], bool] | None = None

    def part(self, share: float) -> Effort:
        """A share of it."""
        return Effort(
            None if self.seconds is None else self.seconds * share,
            None if self.iterations is None else int(self.iterations * share),
            self.seed,
            self.should_stop,
        )

    @property
    def long(self) -> bool:
        """Whether there is time for days after that no stop asks for, and for swaps in the search for reasons."""
        return (self.seconds or 0) >= LONG_S or (self.iterations or 0) >= LONG_ITERATIONS

    @property
    def worthwhile(self) -> bool:
        """Whether there is anything to spend."""
        return bool(self.iterations) or (self.seconds is not None and self.seconds > LEAST_S)


LONG_S = 1.0
LONG_ITERATIONS = 20_000
LEAST_S = 0.004
"""Less time than this is not worth building the arrays of a search."""
COOL = 0.05
"""Starting temperature of the search as a part of the mean worth of a visit: a plan that stands is not melted."""


def improve(rest: Rest, start: Sequence[Sequence[int]], effort: Effort) -> tuple[Sequences, int]:
    """Better sequences than `start`, or as good, that can be timed; and the iterations done."""
    if not effort.worthwhile:
        return [tuple(sequence) for sequence in start], 0
    from routing.solve.search import Tuning, search  # noqa: PLC0415 - compiled code that a quick repair need not load

    options = SolveOptions(seconds=effort.seconds, iterations=effort.iterations, seed=effort.seed)
    found = search(rest.problem, options, should_stop=effort.should_stop, start=start, tuning=Tuning(hot=COOL))
    return trim(rest.clock, found.sequences), found.iterations
