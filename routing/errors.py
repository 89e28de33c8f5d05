"""The three errors that routing raises on purpose.

Each carries one sentence that is shown to a person as it stands: it names the field or file, the value and the mend.
"""

from __future__ import annotations


class BeatplanError(Exception):
    """Base of the errors whose message is written for the person who gave the input."""


class InputError(BeatplanError):
    """The input is wrong: a problem, a plan, a file or an argument. The command line answers with exit code 2."""


class RoadError(InputError):
    """Roads cannot answer: the extract is not one, holds no roads, or a place is too far from any road."""


class NoFeasiblePlan(BeatplanError):  # noqa: N818 - the finding is about the problem, nothing went wrong
    """A visit that must be served cannot be; the best plan without it exists. The command line exits with 3."""


class SolveError(BeatplanError):
    """A solve ended without a plan: the solver process died, ran out of memory, or broke its own promise."""
