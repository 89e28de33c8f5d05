"""What a visit is worth: the formula's corners, its shape, and who is due."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from visits.errors import InputError, StaleError
from visits.models import Customer, Policy
from visits.queries.policies import change_policy, current_policy, value_policy
from visits.scope import SYSTEM
from visits.store import Store
from visits.value import ValuePolicy, due_factor, due_on, policy_from, who_is_due

TODAY = date(2026, 11, 23)
POLICY = ValuePolicy()


def customer(name: str = "k", tier: str = "B", cadence: int | None = 10, ago: int | None = None, **more) -> Customer:
    last = None if ago is None else TODAY - timedelta(days=ago)
    return Customer(id=f"cus_{name}", name=name, lon=0, lat=0, tier=tier, cadence_days=cadence, last_visit=last, **more)


@pytest.mark.parametrize(
    ("days", "factor"),
    [(0, 0), (5, 0), (6, 0), (8, 0.5), (10, 1), (15, 2), (20, 3), (25, 3), (1000, 3), (None, 1)],
)
def test_the_factor_at_a_gap_of_ten_days(days: int | None, factor: float) -> None:
    assert due_factor(days, 10, POLICY) == pytest.approx(factor)


@pytest.mark.parametrize(("tier", "minutes"), [("A", 120), ("B", 60), ("C", 30)])
def test_a_visit_that_is_exactly_due_is_worth_its_tier(tier: str, minutes: int) -> None:
    found = due_on(customer(tier=tier, ago=10), TODAY, POLICY, TODAY - timedelta(days=10))
    assert found is not None
    assert found.value_s == minutes * 60


@given(st.integers(1, 400), st.integers(0, 2000), st.integers(0, 2000))
def test_waiting_longer_is_never_worth_less(cadence: int, first: int, second: int) -> None:
    shorter, longer = sorted((first, second))
    low, high = due_factor(shorter, cadence, POLICY), due_factor(longer, cadence, POLICY)
    assert 0 <= low <= high <= 3


@given(st.integers(1, 400), st.integers(0, 2000))
def test_the_factor_has_no_jumps(cadence: int, days: int) -> None:
    steepest = max(1 / 0.4, 2) / cadence
    step = due_factor(days + 1, cadence, POLICY) - due_factor(days, cadence, POLICY)
    assert step <= steepest + 1e-9


def test_who_is_due_names_the_most_valuable_first_and_why() -> None:
    due = who_is_due(
        [
            customer("soon", ago=7),
            customer("fresh", ago=3),
            customer("late", tier="A", ago=14, cadence_tolerance_days=3),
            customer("slipping", tier="C", ago=11, cadence_tolerance_days=3),
            customer("never", tier="C"),
            customer("no cadence", cadence=None),
        ],
        TODAY,
        POLICY,
    )
    assert [(one.customer_id, one.status, one.days_since, one.days_over) for one in due] == [
        ("cus_late", "overdue", 14, 4),
        ("cus_slipping", "due", 11, 1),
        ("cus_never", "never_visited", None, None),
        ("cus_soon", "due", 7, -3),
    ]


def test_a_visit_planned_before_counts_as_made() -> None:
    assert who_is_due([customer("a", ago=30)], TODAY, POLICY, {"cus_a": TODAY - timedelta(days=2)}) == []


def test_the_stored_policy_is_used() -> None:
    policy = policy_from(Policy(tier_minutes={"A": 1, "B": 2, "C": 3}, due_from=0.5, overdue_slope=1, highest_factor=2))
    assert policy.tier_s == {"A": 60, "B": 120, "C": 180}
    assert due_factor(30, 10, policy) == 2
    assert due_factor(5, 10, policy) == 0


@pytest.mark.parametrize(
    "changes",
    [{"due_from": 1.0}, {"due_from": -0.1}, {"overdue_slope": -1}, {"highest_factor": 0.5}, {"tier_s": {"A": -1}}],
)
def test_a_policy_that_makes_no_sense_is_refused(changes: dict) -> None:
    with pytest.raises(InputError, match=r"policy|due_from"):
        ValuePolicy(**changes)


def test_the_policy_is_changed_once_by_the_quicker(store: Store) -> None:
    with store.reading() as session:
        default = current_policy(session)
        assert (default.version, value_policy(session)) == (0, ValuePolicy())
    wish = Policy(tier_minutes={"A": 200, "B": 100}, due_from=0.5)
    with store.session() as session:
        assert change_policy(session, SYSTEM, wish, expected=0).version == 1
    with store.session() as session, pytest.raises(StaleError):
        change_policy(session, SYSTEM, wish, expected=0)
    with store.session() as session, pytest.raises(InputError):
        change_policy(session, SYSTEM, Policy(due_from=2), expected=1)
    with store.reading() as session:
        assert value_policy(session) == ValuePolicy({"A": 12000, "B": 6000, "C": 0}, due_from=0.5)
