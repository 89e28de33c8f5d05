"""From sequences to a plan that may leave: gaps filled, reasons checked, every rule judged."""

from __future__ import annotations

from collections.abc import Sequence

from routing.evaluate import require_valid
from routing.plan import Engine, Plan
from routing.solve.construct import Deadline, fill_gaps
from routing.solve.reasons import examine
from routing.solve.schedule import Scheduler, routes_to_plan

FILL_PART = 0.4
"""Part of the time left that filling gaps may take; the rest is for reasons and checks."""
PRICING_S = 0.1
"""Time for the prices of what is left out, even when the deadline has passed."""


def finish(
    scheduler: Scheduler,
    sequences: Sequence[Sequence[int]],
    *,
    seed: int,
    iterations: int,
    engine: Engine,
    deadline: Deadline | None = None,
    bound_s: int | None = None,
) -> Plan:
    """The plan of these sequences and of every further visit that fits and pays, with a checked reason for the rest.

    `deadline` shortens the search for better, never the checks. Raises SolveError when a rule is broken.
    """
    limit = deadline or Deadline(None)
    left = limit.remaining_s
    routes = fill_gaps(scheduler, sequences, limit if left is None else Deadline.after(FILL_PART * left))
    patience = Deadline.after(None if limit.remaining_s is None else max(PRICING_S, limit.remaining_s))
    verdict = examine(scheduler, routes, limit, patience=patience)
    while verdict.better and not limit.passed:
        for position, sequence in verdict.better.items():
            routes[position] = sequence
        routes = fill_gaps(scheduler, routes, limit)
        verdict = examine(scheduler, routes, limit, patience=patience)
    problem = scheduler.problem
    plan = routes_to_plan(
        problem,
        routes,
        seed=seed,
        iterations=iterations,
        engine=engine,
        unserved=verdict.unserved,
        bound_s=bound_s,
        scheduler=scheduler,
    )
    missing = frozenset(entry.visit for entry in plan.unserved)
    require_valid(problem, plan, allow_missing=missing)
    return plan
