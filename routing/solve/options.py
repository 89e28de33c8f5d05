"""What a caller asks of a solve, and what it is told meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass

from routing.errors import InputError
from routing.plan import Engine

DEFAULT_SECONDS = 10.0
ENGINES: tuple[Engine, ...] = ("search", "ortools")


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """How long and with what to solve. With `iterations` and no `seconds` the plan is the same on every run.

    With neither, `DEFAULT_SECONDS` are taken. With `gap` the solve may end as soon as the objective is proven to be
    within that part of the bound. Raises InputError naming the option that cannot be.
    """

    engine: Engine = "search"
    seconds: float | None = None
    iterations: int | None = None
    seed: int = 1
    processes: int = 1
    gap: float | None = None

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise InputError(f"engine is {self.engine!r}; choose one of {', '.join(ENGINES)}")
        if self.seconds is not None and not (math.isfinite(self.seconds) and self.seconds > 0):
            raise InputError(f"seconds is {self.seconds}; give a finite number above 0")
        if self.iterations is not None and self.iterations < 0:
            raise InputError(f"iterations is {self.iterations}; give 0 or more")
        if not 0 <= self.seed < 2**31:
            raise InputError(f"seed is {self.seed}; give a whole number from 0 to {2**31 - 1}")
        if self.processes < 1:
            raise InputError(f"processes is {self.processes}; give 1 or more")
        if self.gap is not None and not 0 <= self.gap < 1:
            raise InputError(f"gap is {self.gap}; give a part of the bound from 0 to 1, such as 0.01")

    @property
    def time_s(self) -> float | None:
        """The time limit that holds; None when iterations alone bound the solve."""
        return DEFAULT_SECONDS if self.seconds is None and self.iterations is None else self.seconds


@dataclass(frozen=True, slots=True)
class Progress:
    """How a solve stands: the best objective so far in seconds, the visits it serves, and a word for a person."""

    elapsed_s: float
    iterations: int
    objective_s: int | None
    served: int
    message: str
