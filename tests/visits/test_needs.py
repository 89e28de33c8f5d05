"""Who needs a visit on which days: promises, musts, cadence, and ids that stay the same."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.visits.world import MONDAY, WEEK, appointment, customer
from visits.models import Visit
from visits.needs import CustomerHistory, Need, derived_visit_id, needs_of
from visits.value import ValuePolicy

POLICY = ValuePolicy()
WHOLE_WEEK = (WEEK[0], WEEK[-1])


def needs(who, *visits: Visit, days=WEEK, horizon=WHOLE_WEEK, so_far: int | None = None, **more) -> list[Need]:
    history = CustomerHistory(visits, len(visits) if so_far is None else so_far, who.last_visit, **more)
    return needs_of(who, history, days, POLICY, horizon)


def test_a_due_customer_may_be_visited_on_any_day_of_the_week() -> None:
    (need,) = needs(customer("k", ago=14, tier="B"))
    assert (need.days, need.must, need.promise, need.cause) == (WEEK, False, None, "cadence")
    assert need.value_s == round(sum(3600 * (1 + 2 * i / 14) for i in range(5)) / 5)
    assert need.why(WEEK[2]).days_over == 2


def test_days_before_a_visit_is_worth_anything_are_not_offered() -> None:
    (need,) = needs(customer("k", ago=7, cadence_days=14))
    assert need.days == WEEK[2:]


def test_somebody_just_visited_needs_nothing() -> None:
    assert needs(customer("k", ago=2)) == []


def test_without_a_cadence_only_a_visit_that_was_asked_for_counts() -> None:
    who = customer("k", cadence_days=None, tier="A")
    assert needs(who) == []
    (need,) = needs(who, Visit(id="vis_1", customer_id=who.id, cause="fill_in"))
    assert (need.visit_id, need.value_s, need.cause) == ("vis_1", 7200, "fill_in")


def test_a_promise_is_its_day_and_nothing_beside() -> None:
    who = customer("k", ago=40)
    (need,) = needs(who, appointment("k", day=WEEK[3]))
    assert (need.visit_id, need.must, need.days) == ("vis_k", True, (WEEK[3],))
    assert (need.promise.start_s, need.promise.end_s) == (36000, 39600)
    later = MONDAY + timedelta(days=9)
    assert needs(who, appointment("k", day=later)) == []


def test_a_must_binds_in_the_part_with_its_last_day() -> None:
    who = customer("k", ago=40)
    visit = Visit(id="vis_1", customer_id=who.id, mandatory=True, not_before=WEEK[1], not_after=WEEK[3])
    (need,) = needs(who, visit)
    assert (need.must, need.days) == (True, WEEK[1:4])
    two_weeks = (WEEK[0], WEEK[-1] + timedelta(days=7))
    endless = Visit(id="vis_2", customer_id=who.id, mandatory=True)
    (need,) = needs(who, endless, horizon=two_weeks)
    assert need.must is False
    (need,) = needs(who, endless, days=tuple(day + timedelta(days=7) for day in WEEK), horizon=two_weeks)
    assert need.must is True


def test_a_visit_planned_outside_the_horizon_leaves_its_customer_alone() -> None:
    who = customer("k", ago=40)
    planned = Visit(id="vis_1", customer_id=who.id, state="planned", rep_id="rep_ana", day=MONDAY + timedelta(days=8))
    assert needs(who, planned) == []


def test_an_open_visit_keeps_its_id_and_a_new_one_gets_the_next() -> None:
    who = customer("k", ago=2, cadence_days=2)
    planned = Visit(id="vis_1", customer_id=who.id, state="planned", rep_id="rep_ana", day=WEEK[2])
    found = needs(who, planned, so_far=5)
    assert [need.visit_id for need in found] == [
        "vis_1",
        derived_visit_id(who.id, 5),
        derived_visit_id(who.id, 6),
    ]
    assert [need.days for need in found] == [WEEK[0:2], WEEK[2:4], WEEK[4:5]]


def test_a_refused_day_is_not_offered_again() -> None:
    (need,) = needs(customer("k", ago=14), refused=frozenset({WEEK[0], WEEK[3]}))
    assert need.days == (WEEK[1], WEEK[2], WEEK[4])


@given(
    st.integers(1, 40),
    st.one_of(st.none(), st.integers(0, 200)),
    st.integers(1, 12),
    st.integers(0, 6),
    st.integers(0, 5),
)
def test_needs_never_share_a_day_and_repeat_exactly(
    cadence: int, ago: int | None, length: int, offset: int, so_far: int
) -> None:
    days = tuple(MONDAY + timedelta(days=offset + i) for i in range(length))
    who = customer("k", ago=ago, cadence_days=cadence)
    found = needs(who, days=days, horizon=(days[0], days[-1]), so_far=so_far)
    assert found == needs(who, days=days, horizon=(days[0], days[-1]), so_far=so_far)
    offered: list[date] = [day for need in found for day in need.days]
    assert len(offered) == len(set(offered))
    assert offered == sorted(offered)
    assert set(offered) <= set(days)
    assert all(0 <= need.value_s <= 3 * POLICY.tier_s[who.tier] for need in found)
    assert len({need.visit_id for need in found}) == len(found)
    assert len(found) <= 1 + length // cadence
