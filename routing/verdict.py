"""What the judge says of a plan: its timing second by second, its sums, and every rule it breaks."""

from __future__ import annotations

from typing import Literal

from routing.documents import Count, Document, Id

Kind = Literal[
    "unknown",
    "duplicate",
    "order",
    "not_allowed",
    "skill",
    "unreachable",
    "window",
    "promise",
    "mandatory",
    "break",
    "shift_start",
    "shift_end",
    "max_travel",
    "timing",
    "totals",
    "unserved",
]


class Violation(Document):
    """A broken rule: its kind, where, one sentence, and by how many seconds where it can be counted."""

    kind: Kind
    detail: str
    shift: Id | None = None
    visit: Id | None = None
    by_s: Count | None = None


class StopTiming(Document):
    """When a stop really happens. `wait_s` is idle time between arrival and start, breaks not counted."""

    visit: Id
    arrival_s: int
    start_s: int
    departure_s: int
    travel_s: int
    wait_s: int
    late_s: int


class RouteTiming(Document):
    """When a route really happens and what its time goes to."""

    shift: Id
    start_s: int
    end_s: int
    travel_s: Count
    distance_m: Count
    service_s: Count
    break_s: Count
    waiting_s: int
    lateness_s: Count
    overtime_s: Count
    stops: tuple[StopTiming, ...]


class Evaluation(Document):
    """The verdict on a plan: sums in seconds and metres, timings, violations."""

    version: Literal[1] = 1
    valid: bool
    objective_s: int
    value_s: int
    travel_s: Count
    distance_m: Count
    waiting_s: int
    lateness_s: Count
    overtime_s: Count
    served: Count
    unserved: Count
    violations: tuple[Violation, ...]
    routes: tuple[RouteTiming, ...]
