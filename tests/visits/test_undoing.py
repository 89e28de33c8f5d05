"""Taking a change back: every byte stands again, and nothing that happened is undone."""

from __future__ import annotations

import json

import pytest

from tests.visits.test_planning import documents
from tests.visits.test_proposals import DANA, EIGHT, ask, commit, current_texts, stored, team
from tests.visits.world import MONDAY, customer, reported
from visits.errors import ConflictError, NotFoundError
from visits.models import Role, Visit
from visits.replanning import cancel_visit
from visits.scope import SYSTEM, Viewer
from visits.store import Store
from visits.taps import arrive
from visits.undoing import undo_plan


@pytest.mark.parametrize("kind", ["cancel", "absent", "insert", "several"])
def test_undo_restores_every_byte(store: Store, kind: str) -> None:
    before = team(store, 40, 2, customer("fire", ago=1))
    gone = before["rep_ana"].stops[3].visit
    events = {
        "cancel": {"type": "cancel", "visit": gone},
        "absent": {"type": "absent", "rep": "rep_ana", "from_s": 9 * 3600},
        "insert": {
            "type": "insert",
            "visit": {"id": "vis_f", "location": "cus_fire", "service_s": 900, "mandatory": True},
        },
    }
    chosen = list(events.values()) if kind == "several" else [events[kind]]
    texts, was = current_texts(store), stored(store)
    answer = commit(store, ask(store, *chosen))
    assert current_texts(store) != texts
    undone = undo_plan(store, DANA, answer.plans[0].plan, now=EIGHT)
    assert undone.change == answer.proposal.change
    assert current_texts(store) == texts
    after = stored(store)
    assert after["Absence"] == was["Absence"]
    untimed = [
        {json.loads(row)["id"]: {**json.loads(row), "version": 0, "updated_at": ""} for row in one["Visit"]}
        for one in (was, after)
    ]
    assert untimed[0] == untimed[1]
    again = commit(store, ask(store, *chosen))
    assert max(one.version for one in again.plans) > max(one.version for one in answer.plans)


def test_what_was_executed_or_built_upon_is_not_taken_back(store: Store) -> None:
    ana = team(store)["rep_ana"]
    answer = commit(store, ask(store, {"type": "cancel", "visit": ana.stops[-1].visit}))
    now = answer.plans[0].stops[0].arrival
    with pytest.raises(ConflictError, match="gone on"):
        undo_plan(store, DANA, ana.plan, now=now)
    arrive(store, SYSTEM, documents(store)["rep_ana", MONDAY].stops[0].visit, key="a", now=now)
    with pytest.raises(ConflictError, match="executed since"):
        undo_plan(store, DANA, ana.plan, now=now)


def test_a_run_is_not_taken_back_and_one_change_at_a_time(store: Store) -> None:
    ana = team(store)["rep_ana"]
    with pytest.raises(ConflictError, match="planning run"):
        undo_plan(store, DANA, ana.plan, now=EIGHT)
    texts = [current_texts(store)]
    for i in (2, 4):
        commit(store, ask(store, {"type": "cancel", "visit": ana.stops[i].visit}))
        texts.append(current_texts(store))
    for before in reversed(texts[:-1]):
        undo_plan(store, DANA, ana.plan, now=EIGHT)
        assert current_texts(store) == before
    with pytest.raises(ConflictError, match="planning run"):
        undo_plan(store, DANA, ana.plan, now=EIGHT)


def test_a_reps_own_cancellation_can_be_taken_back(store: Store) -> None:
    ana = team(store)["rep_ana"]
    texts = current_texts(store)
    own = Viewer("per_ana", "Ana", Role.REP, "rep_ana", frozenset({"ter_n"}))
    answer = cancel_visit(store, reported(ana.stops[2].visit, now=EIGHT, viewer=own), reason="")
    assert answer.change
    other = Viewer("per_bo", "Bo", Role.REP, "rep_bo", frozenset({"ter_n"}))
    with pytest.raises(NotFoundError):
        undo_plan(store, other, ana.plan, now=EIGHT)
    undo_plan(store, own, ana.plan, now=EIGHT)
    assert current_texts(store) == texts
    with store.reading() as session:
        assert session.get_one(Visit, ana.stops[2].visit).state in {"planned", "promised"}
