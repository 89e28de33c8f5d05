"""Which visits a customer needs on the days being planned: promised, mandatory, or due by cadence.

Planning asks once per customer. The result names the days on which each visit may happen, its worth, and the id under
which it will be stored: that of an open visit where there is one, else one derived from the customer, so that planning
the same data twice asks the same problem.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from visits.day_plan import Why
from visits.hours import shift_id
from visits.models import Customer, Visit, VisitState
from visits.value import ValuePolicy, due_factor, due_on


@dataclass(frozen=True, slots=True)
class PromisedSpan:
    """A start agreed with the customer: whose shift, which day, seconds from its midnight."""

    rep_id: str
    day: date
    start_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Need:
    """One visit that a plan may or must contain, on one of `days`.

    `locked_to` is the shift that it may not leave, `agreed_s` the service that was agreed beside the customer's usual.
    """

    visit_id: str
    customer: Customer
    cause: str
    value_s: int
    days: tuple[date, ...]
    must: bool = False
    promise: PromisedSpan | None = None
    last_visit: date | None = None
    locked_to: str | None = None
    agreed_s: int | None = None

    @property
    def service_s(self) -> int:
        """How long the visit takes, in seconds."""
        return self.customer.service_minutes * 60 if self.agreed_s is None else self.agreed_s

    def why(self, day: date) -> Why:
        """Why the visit is worth it on a day."""
        since = None if self.last_visit is None else (day - self.last_visit).days
        cadence = self.customer.cadence_days
        over = since - cadence if since is not None and cadence is not None else None
        return Why(
            cause=self.cause,
            tier=self.customer.tier,
            days_since=since,
            days_over=over,
            cadence_days=cadence,
            value_s=self.value_s,
        )


@dataclass(frozen=True, slots=True)
class CustomerHistory:
    """What planning knows of a customer's visits: the open ones, how many there ever were, and the last one.

    On `refused` days a visit was cancelled or nobody was there: the customer is not asked again that day.
    """

    open_visits: tuple[Visit, ...] = ()
    visits_so_far: int = 0
    last_visit: date | None = None
    refused: frozenset[date] = frozenset()


def needs_of(
    customer: Customer,
    history: CustomerHistory,
    days: Sequence[date],
    policy: ValuePolicy,
    horizon: tuple[date, date],
) -> list[Need]:
    """The visits that a customer needs on `days` (rising), which are part of a `horizon` planned together.

    A customer with a visit planned outside the horizon is left alone. A mandatory visit binds in the part that covers
    its last possible day, at the latest in the last part.
    """
    if any(visit.day is not None and not horizon[0] <= visit.day <= horizon[1] for visit in history.open_visits):
        return []
    must_by = horizon[1]
    fixed = [need for visit in history.open_visits if (need := _fixed(customer, visit, history, days, policy, must_by))]
    if fixed or any(visit.promise_day is not None or visit.mandatory or visit.locked for visit in history.open_visits):
        return fixed
    return _by_cadence(customer, history, days, policy)


def _fixed(
    customer: Customer, visit: Visit, history: CustomerHistory, days: Sequence[date], policy: ValuePolicy, must_by: date
) -> Need | None:
    """The need behind a promised or mandatory visit; None when it is neither or not for these days."""
    base_s = policy.tier_s.get(customer.tier, 0)
    due = due_on(customer, days[-1], policy, history.last_visit)
    value_s = max(base_s, due.value_s if due else 0)
    promise = promise_of(visit)
    if promise is not None:
        if promise.day not in days:
            return None
        last, days = history.last_visit, (promise.day,)
        return Need(
            visit.id, customer, visit.cause, value_s, days, True, promise, last, _locked_to(visit), visit.service_s
        )
    if visit.locked and visit.day is not None:
        if visit.day not in days:
            return None
        last, days = history.last_visit, (visit.day,)
        return Need(
            visit.id, customer, visit.cause, value_s, days, True, None, last, _locked_to(visit), visit.service_s
        )
    if not visit.mandatory:
        return None
    allowed = _between(days, visit.not_before, visit.not_after)
    if not allowed:
        return None
    must = min(visit.not_after or must_by, must_by) <= days[-1]
    last, agreed_s = history.last_visit, visit.service_s
    return Need(visit.id, customer, visit.cause, value_s, allowed, must, None, last, agreed_s=agreed_s)


def _locked_to(visit: Visit) -> str | None:
    """The shift that a visit was locked to by hand, or None."""
    if not visit.locked or visit.rep_id is None or visit.day is None:
        return None
    return shift_id(visit.rep_id, visit.day)


def promise_of(visit: Visit) -> PromisedSpan | None:
    """The promise of a visit, or None."""
    rep, day, start, end = visit.promise_rep_id, visit.promise_day, visit.promise_start_s, visit.promise_end_s
    if rep is None or day is None or start is None or end is None:
        return None
    return PromisedSpan(rep, day, start, end)


def _by_cadence(customer: Customer, history: CustomerHistory, days: Sequence[date], policy: ValuePolicy) -> list[Need]:
    open_visits = sorted(
        (visit for visit in history.open_visits if visit.state != VisitState.PROMISED),
        key=lambda visit: (visit.day is None, visit.day or date.max, visit.id),
    )
    needs: list[Need] = []
    for last, span in _occasions(history.last_visit, customer.cadence_days, days):
        visit = open_visits[len(needs)] if len(needs) < len(open_visits) else None
        free = [day for day in span if day not in history.refused]
        worth = _worth(customer, free, last, policy, asked_for=visit is not None)
        if visit is not None:
            worth = {
                day: value for day, value in worth.items() if day in _between(span, visit.not_before, visit.not_after)
            }
        if not worth:
            continue
        number = history.visits_so_far + len(needs) - min(len(needs), len(open_visits))
        needs.append(
            Need(
                visit_id=visit.id if visit is not None else derived_visit_id(customer.id, number),
                customer=customer,
                cause=visit.cause if visit is not None else "cadence",
                value_s=round(sum(worth.values()) / len(worth)),
                days=tuple(worth),
                last_visit=last,
                agreed_s=visit.service_s if visit is not None else None,
            )
        )
    return needs


def _worth(
    customer: Customer, span: Sequence[date], last: date | None, policy: ValuePolicy, *, asked_for: bool
) -> dict[date, float]:
    """What a visit is worth on each day of a span on which it is worth anything.

    Without a cadence only a visit that somebody asked for is worth its tier.
    """
    base_s = policy.tier_s.get(customer.tier, 0)
    if customer.cadence_days is None:
        return {day: float(base_s) for day in span if asked_for and base_s}
    worth = {
        day: base_s * due_factor(None if last is None else (day - last).days, customer.cadence_days, policy)
        for day in span
    }
    return {day: value for day, value in worth.items() if value > 0}


def _occasions(
    last: date | None, cadence_days: int | None, days: Sequence[date]
) -> list[tuple[date | None, tuple[date, ...]]]:
    """Spans of days that want one visit each, with the visit before it.

    One span of all days, unless the agreed gap is shorter than them: then a span from every due day to the next.
    """
    if cadence_days is None or cadence_days > (days[-1] - days[0]).days:
        return [(last, tuple(days))]
    gap = timedelta(days=cadence_days)
    due = days[0] if last is None else max(days[0], last + gap)
    occasions: list[tuple[date | None, tuple[date, ...]]] = []
    begin, before = days[0], last
    while begin <= days[-1]:
        following = due + gap
        span = tuple(day for day in days if begin <= day < following)
        if span:
            occasions.append((before, span))
        begin, before, due = following, due, following
    return occasions


def _between(days: Sequence[date], first: date | None, last: date | None) -> tuple[date, ...]:
    return tuple(day for day in days if (first is None or day >= first) and (last is None or day <= last))


def derived_visit_id(customer_id: str, number: int) -> str:
    """The id of a customer's visit number so many, counted over all that were ever stored."""
    return "vis_" + hashlib.sha256(f"{customer_id}/{number}".encode()).hexdigest()[:20]
