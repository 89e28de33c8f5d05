"""Whoever commits, cancels, holds and undoes at the same moment: one of them is first, and the books stay straight."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sqlmodel import select

from tests.visits.test_planning import documents, plan
from tests.visits.test_proposals import DANA, EIGHT, ask, commit, team
from tests.visits.world import MONDAY, StraightTravel, customer, fill_town, reported
from visits.deciding import StaleProposalError
from visits.errors import ConflictError
from visits.holding import HoldRequest, hold_slot
from visits.models import PlanVersion, SlotHold, Visit
from visits.replanning import cancel_visit
from visits.store import Store
from visits.undoing import undo_plan


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each work gave or raised, all of them begun together."""
    told: list[object] = [None] * len(works)
    gate = threading.Barrier(len(works))

    def run(place: int) -> None:
        gate.wait()
        try:
            told[place] = works[place]()
        except Exception as fault:  # noqa: BLE001 -- handed to the test's own thread
            told[place] = fault

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def test_of_two_commits_on_one_plan_the_second_gets_a_fresh_proposal(store: Store) -> None:
    ana = team(store)["rep_ana"]
    first, second = (ask(store, {"type": "cancel", "visit": ana.stops[i].visit}) for i in (2, 4))
    told = at_once(lambda: commit(store, first), lambda: commit(store, second))
    (late,) = [one for one in told if isinstance(one, Exception)]
    assert isinstance(late, StaleProposalError)
    commit(store, late.fresh)
    assert not {ana.stops[2].visit, ana.stops[4].visit} & {
        stop.visit for one in documents(store).values() for stop in one.stops
    }


def test_one_proposal_committed_many_times_at_once_counts_once(store: Store) -> None:
    ana = team(store)["rep_ana"]
    proposal = ask(store, {"type": "cancel", "visit": ana.stops[2].visit})
    told = at_once(*[lambda: commit(store, proposal)] * 4)
    assert told == [told[0]] * 4
    with store.reading() as session:
        causes = session.exec(select(PlanVersion.cause).where(PlanVersion.plan_id == ana.plan)).all()
    assert list(causes).count("proposal") == 1


def test_a_tap_and_a_commit_and_an_undo_at_once_keep_every_version(store: Store) -> None:
    ana = team(store)["rep_ana"]
    commit(store, ask(store, {"type": "cancel", "visit": ana.stops[6].visit}))
    proposal = ask(store, {"type": "cancel", "visit": ana.stops[4].visit})
    told = at_once(
        lambda: commit(store, proposal),
        lambda: undo_plan(store, DANA, ana.plan, now=EIGHT),
        lambda: cancel_visit(store, reported(ana.stops[2].visit, now=EIGHT), reason=""),
    )
    assert all(not isinstance(one, Exception) or isinstance(one, ConflictError) for one in told), told
    with store.reading() as session:
        numbers = sorted(session.exec(select(PlanVersion.number).where(PlanVersion.plan_id == ana.plan)).all())
        rows = {row.id: row for row in session.exec(select(Visit))}
    assert numbers == list(range(1, len(numbers) + 1))
    for one in documents(store).values():
        for stop in one.stops:
            assert (rows[stop.visit].rep_id, rows[stop.visit].day) == (one.rep, one.date)
            assert rows[stop.visit].state in {"planned", "promised"}


def test_one_slot_is_held_once(store: Store) -> None:
    fill_town(store, 10, customer("caller", ago=1))
    plan(store)
    start = documents(store)["rep_ana", MONDAY].totals.end_s + 600
    request = HoldRequest(customer="cus_caller", service_s=1800, rep="rep_ana", date=MONDAY, start_s=start, end_s=start)
    told = at_once(*[lambda: hold_slot(store, DANA, request, now=EIGHT, travel=StraightTravel())] * 3)
    assert sum(not isinstance(one, Exception) for one in told) == 1, told
    assert all(not isinstance(one, Exception) or isinstance(one, ConflictError) for one in told)
    with store.reading() as session:
        assert len(session.exec(select(SlotHold)).all()) == 1
