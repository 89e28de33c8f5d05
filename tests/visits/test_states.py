"""The one table of what is said of a visit and what comes of it."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.visits.world import at
from visits.models import CLOSED_STATES, Visit, VisitState
from visits.states import RULES, Action, Settled, judge

TAPS = (Action.DEPART, Action.ARRIVE, Action.COMPLETE, Action.NO_SHOW, Action.SKIP, Action.CANCEL)


def visit(state: VisitState) -> Visit:
    ended = at(10) if state in CLOSED_STATES else None
    return Visit(
        customer_id="c", state=state, ended_at=ended, arrived_at=at(9) if state == VisitState.ARRIVED else None
    )


def test_every_action_has_a_rule_in_every_state() -> None:
    assert set(RULES) == set(product(VisitState, Action))


def test_only_a_visit_that_took_place_leaves_a_closed_state() -> None:
    for (state, action), rule in RULES.items():
        if state in CLOSED_STATES and rule.state is not None and action is not Action.RESTORE:
            assert (action, rule.state) == (Action.COMPLETE, VisitState.DONE)


def test_done_is_never_undone() -> None:
    for action in Action:
        assert RULES[VisitState.DONE, action].state is None


def test_a_late_message_is_never_refused_where_the_rep_may_be_right() -> None:
    for state in CLOSED_STATES:
        for action in TAPS:
            assert not judge(visit(state), action, at(9)).refused, (state, action)


@pytest.mark.parametrize(
    ("state", "action", "hour", "settled", "after"),
    [
        ("planned", "arrive", 11, "moved", "arrived"),
        ("arrived", "arrive", 11, "noted", "arrived"),
        ("done", "arrive", 9, "noted", "done"),
        ("done", "arrive", 11, "refused", "done"),
        ("cancelled", "complete", 9, "moved", "done"),
        ("cancelled", "complete", 11, "moved", "done"),
        ("cancelled", "arrive", 9, "kept", "cancelled"),
        ("no_show", "complete", 11, "moved", "done"),
        ("done", "no_show", 9, "kept", "done"),
        ("done", "cancel", 11, "refused", "done"),
        ("suggested", "complete", 11, "refused", "suggested"),
        ("en_route", "place", 11, "refused", "en_route"),
    ],
)
def test_the_rules_read_as_meant(state: str, action: str, hour: int, settled: str, after: str) -> None:
    verdict = judge(visit(VisitState(state)), Action(action), at(hour))
    assert (verdict.settled, verdict.state) == (settled, after)


@given(st.permutations([(Action.ARRIVE, 9), (Action.COMPLETE, 10), (Action.DEPART, 8)]))
def test_taps_in_any_order_end_done(taps: list[tuple[Action, int]]) -> None:
    row = Visit(customer_id="c", state=VisitState.PLANNED)
    for action, hour in taps:
        verdict = judge(row, action, at(hour))
        assert verdict.settled in {Settled.MOVED, Settled.NOTED}
        row.state = verdict.state
        if action is Action.COMPLETE:
            row.ended_at = at(hour)
        elif action is Action.ARRIVE:
            row.arrived_at = at(hour)
    assert row.state == "done"
    assert judge(row, Action.COMPLETE, at(10) + timedelta(minutes=1)).refused
