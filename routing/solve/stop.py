"""When a search ends: small criteria, each asked between compiled calls with how things stand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Standing:
    """How a search stands: iterations done, the best objective and the best known bound, in seconds of objective."""

    iterations: int = 0
    objective_s: int | None = None
    bound_s: int | None = None


class Stop(Protocol):
    """Whether the search is over, and which part of its budget is used."""

    def over(self, standing: Standing) -> bool:
        """True once the search must end."""

    def used(self, standing: Standing) -> float:
        """Used part of the budget, 0 to 1; 0 where a criterion has no budget."""


class Seconds:
    """Ends after a time on the wall clock, counted from when it is made."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self.now = clock
        self._began = clock()

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was made."""
        return self.now() - self._began

    def over(self, standing: Standing) -> bool:  # noqa: ARG002 -- a criterion of the clock alone
        """True once the seconds have passed."""
        return self.elapsed_s >= self.seconds

    def used(self, standing: Standing) -> float:  # noqa: ARG002 -- a criterion of the clock alone
        """Part of the seconds that has passed."""
        return min(1.0, self.elapsed_s / self.seconds)


@dataclass(frozen=True, slots=True)
class Iterations:
    """Ends after a number of iterations over all lanes."""

    iterations: int

    def over(self, standing: Standing) -> bool:
        """True once they are done."""
        return standing.iterations >= self.iterations

    def used(self, standing: Standing) -> float:
        """Part of the iterations that is done."""
        return min(1.0, standing.iterations / self.iterations) if self.iterations else 1.0


@dataclass(frozen=True, slots=True)
class Gap:
    """Ends when the best objective is within a share of the bound; never where no bound is known."""

    share: float

    def over(self, standing: Standing) -> bool:
        """True once bound minus objective is at most the share of the bound."""
        if standing.objective_s is None or standing.bound_s is None:
            return False
        return standing.bound_s - standing.objective_s <= self.share * abs(standing.bound_s)

    def used(self, standing: Standing) -> float:
        """1 when over, else 0: a gap is no budget."""
        return float(self.over(standing))


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Ends when the caller says so."""

    should_stop: Callable[[], bool]

    def over(self, standing: Standing) -> bool:  # noqa: ARG002 -- the caller alone decides
        """What the caller says."""
        return self.should_stop()

    def used(self, standing: Standing) -> float:  # noqa: ARG002 -- a cancel is no budget
        """0: a cancel is no budget."""
        return 0.0


@dataclass(frozen=True, slots=True)
class FirstOf:
    """Ends with the first of several criteria."""

    criteria: tuple[Stop, ...]

    def over(self, standing: Standing) -> bool:
        """True once any of them is over."""
        return any(criterion.over(standing) for criterion in self.criteria)

    def used(self, standing: Standing) -> float:
        """The most that any of them has used."""
        return max((criterion.used(standing) for criterion in self.criteria), default=0.0)
