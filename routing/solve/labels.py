"""Labels of the timing of a sequence: partial timings, of which only those that no other beats are kept."""

from __future__ import annotations

from typing import NamedTuple

from routing.solve.pauses import Pauses


class Label(NamedTuple):
    """A way to be free at `time_s` after a service, with the breaks of `mask` taken."""

    time_s: int
    cost: int
    travel_s: int
    mask: int
    start_s: int
    pauses: Pauses
    before: Label | None


class Step(NamedTuple):
    """One decision of a timed route: when the rep leaves, the breaks before the next service, when that starts."""

    left_s: int
    pauses: Pauses
    start_s: int


def steps_to(last: Label) -> list[Step]:
    """The decisions that led to a label, in order."""
    steps: list[Step] = []
    label = last
    while label.before is not None:
        steps.append(Step(label.before.time_s, label.pauses, label.start_s))
        label = label.before
    return steps[::-1]


def undominated(labels: list[Label], *, by_travel: bool) -> list[Label]:
    """Labels that no other beats in time, cost, breaks taken and (where limited) travel at once."""
    if len(labels) < 2:
        return labels
    kept: list[Label] = []
    for label in sorted(labels, key=lambda one: (one.time_s, one.cost, -one.mask.bit_count(), one.travel_s)):
        if not any(
            other.cost <= label.cost
            and other.mask & label.mask == label.mask
            and not (by_travel and other.travel_s > label.travel_s)
            for other in kept
        ):
            kept.append(label)
    return kept
