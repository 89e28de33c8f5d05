"""What a visit is worth, in seconds of the rep's time: a base by tier times how due the customer is.

The factor is 0 below 0.6 of the agreed gap, rises in a straight line to 1 at the gap, then by 2 for every further gap,
up to 3 (all four editable, see `visits.models.policy`). A customer who was never visited counts as exactly due: factor
1, so that a newly imported list neither drowns the rest nor waits for ever. Without a cadence nobody is due by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from visits.errors import InputError
from visits.models import Customer, Policy

DueStatus = Literal["not_yet", "due", "overdue", "never_visited"]


@dataclass(frozen=True, slots=True)
class ValuePolicy:
    """The numbers of the formula; raises InputError for ones that make no sense."""

    tier_s: dict[str, int] = field(default_factory=lambda: {"A": 7200, "B": 3600, "C": 1800})
    due_from: float = 0.6
    overdue_slope: float = 2.0
    highest_factor: float = 3.0

    def __post_init__(self) -> None:
        if not 0 <= self.due_from < 1:
            raise InputError(f"due_from is {self.due_from}; write a share of the gap from 0 to below 1")
        if self.overdue_slope < 0 or self.highest_factor < 1:
            raise InputError("overdue_slope must be 0 or more and highest_factor 1 or more; correct the policy")
        if any(seconds < 0 for seconds in self.tier_s.values()):
            raise InputError("tier_minutes must be 0 or more; correct the policy")


def policy_from(row: Policy | None) -> ValuePolicy:
    """The organisation's policy, or the default when none is stored."""
    if row is None:
        return ValuePolicy()
    tiers = {tier: minutes * 60 for tier, minutes in row.tier_minutes.items()}
    return ValuePolicy(tiers, row.due_from, row.overdue_slope, row.highest_factor)


def due_factor(days_since: float | None, cadence_days: int, policy: ValuePolicy) -> float:
    """How due a customer is: 0 up to `policy.highest_factor`; never visited (None) is 1."""
    if days_since is None:
        return 1.0
    gaps = days_since / cadence_days
    if gaps < policy.due_from:
        return 0.0
    if gaps <= 1:
        return (gaps - policy.due_from) / (1 - policy.due_from)
    return min(1 + policy.overdue_slope * (gaps - 1), policy.highest_factor)


@dataclass(frozen=True, slots=True)
class Due:
    """A customer on a day: what a visit is worth and why, in words-as-data.

    `days_over` counts from the day the gap was over, negative before it; `status` is overdue once it exceeds the
    customer's tolerance.
    """

    customer_id: str
    tier: str
    factor: float
    value_s: int
    status: DueStatus
    cadence_days: int
    days_since: int | None = None
    days_over: int | None = None


def due_on(customer: Customer, day: date, policy: ValuePolicy, last_visit: date | None) -> Due | None:
    """How due a customer is on a day, given the last visit before it; None without a cadence."""
    if customer.cadence_days is None:
        return None
    since = None if last_visit is None else (day - last_visit).days
    factor = due_factor(since, customer.cadence_days, policy)
    over = None if since is None else since - customer.cadence_days
    status: DueStatus
    if over is None:
        status = "never_visited"
    elif factor == 0:
        status = "not_yet"
    else:
        status = "overdue" if over > customer.cadence_tolerance_days else "due"
    value_s = round(policy.tier_s.get(customer.tier, 0) * factor)
    return Due(customer.id, customer.tier, factor, value_s, status, customer.cadence_days, since, over)


def who_is_due(
    customers: Iterable[Customer],
    day: date,
    policy: ValuePolicy,
    last_visits: dict[str, date] | None = None,
) -> list[Due]:
    """Customers whose visit is worth something on a day, the most valuable first.

    `last_visits` by customer id replaces the stored last visit where it is later (visits already planned before).
    """
    found = []
    for customer in customers:
        due = due_on(customer, day, policy, latest_visit(customer, last_visits or {}))
        if due is not None and due.value_s > 0:
            found.append(due)
    return sorted(found, key=lambda due: (-due.value_s, due.customer_id))


def latest_visit(customer: Customer, planned: dict[str, date]) -> date | None:
    """The later of the stored last visit and one planned before the day in question."""
    days = [day for day in (customer.last_visit, planned.get(customer.id)) if day is not None]
    return max(days, default=None)
