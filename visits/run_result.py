"""What a planning run brought, part by part and in sum."""

from __future__ import annotations

from collections.abc import Sequence

from routing.documents import Count, Day, Document, Flag, Id
from routing.plan import Reason

LISTED = 500


class NotPlanned(Document):
    """A due customer that no plan of the run visits, and the checked reason."""

    visit: Id
    customer: Id
    name: str
    must: Flag
    reason: Reason
    detail: str = ""


class RunResult(Document):
    """What a planning run brought: sums over its rep-days, and who was left out (the musts first, at most 500).

    `plans` counts the rep-days that changed, or would by its drafts. `bound_s` is an objective that no plan of the same
    visits can exceed, where one was found.
    """

    plans: Count = 0
    stops: Count = 0
    value_s: int = 0
    travel_s: Count = 0
    objective_s: int = 0
    bound_s: int | None = None
    days: tuple[Day, ...] = ()
    not_planned: tuple[NotPlanned, ...] = ()
    not_planned_count: Count = 0
    must_not_planned: Count = 0


def in_sum(results: Sequence[RunResult]) -> RunResult:
    """The result of a run from those of its parts."""
    left = [entry for result in results for entry in result.not_planned]
    left.sort(key=lambda entry: (not entry.must, entry.name, entry.visit))
    return RunResult(
        plans=sum(result.plans for result in results),
        stops=sum(result.stops for result in results),
        value_s=sum(result.value_s for result in results),
        travel_s=sum(result.travel_s for result in results),
        objective_s=sum(result.objective_s for result in results),
        bound_s=sum_of_all([result.bound_s for result in results]),
        days=tuple(sorted({day for result in results for day in result.days})),
        not_planned=tuple(left[:LISTED]),
        not_planned_count=sum(result.not_planned_count for result in results),
        must_not_planned=sum(result.must_not_planned for result in results),
    )


def sum_of_all(values: Sequence[int | None]) -> int | None:
    """The sum, where every value is known and there is one."""
    known = [value for value in values if value is not None]
    return sum(known) if known and len(known) == len(values) else None


def sentence_of(result: RunResult, *, publish: bool = True) -> str:
    """A run's result in one line."""
    done = "rep-days changed" if publish else "rep-days wait to be published"
    text = f"{result.stops} stops planned, {result.plans} {done}"
    if result.must_not_planned:
        missing = next(entry for entry in result.not_planned if entry.must)
        text += f"; {result.must_not_planned} must-visits have no place, first {missing.name}: {missing.reason}"
    return text
