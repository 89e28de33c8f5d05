"""Proposals: asking changes nothing, a commit changes all of it at once, an undo brings back every byte."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlmodel import select

from tests.visits.test_planning import documents, plan
from tests.visits.world import MONDAY, WEEK, StraightTravel, appointment, at, customer, fill_town, rep, reported
from visits.day_plan import DayPlan
from visits.deciding import CommitAnswer, StaleProposalError, commit_proposal, discard_proposal
from visits.errors import ConflictError, InputError, NotFoundError
from visits.models import (
    Absence,
    Event,
    Plan,
    PlanVersion,
    Proposal,
    Role,
    StoredProblem,
    Territory,
    Visit,
    VisitTransition,
)
from visits.problem_store import load_problem
from visits.proposal_views import ProposalAnswer, ProposalRequest
from visits.proposing import LIFE, get_proposal, propose, show
from visits.replanning import report_late, skip_visit
from visits.scope import SYSTEM, Viewer
from visits.store import Store
from visits.taps import complete
from visits.undoing import undo_plan

EIGHT = at(7, 50)
DANA = Viewer("per_dana", "Dana", Role.DISPATCHER, None, frozenset({"ter_n"}))
SUE = Viewer("per_sue", "Sue", Role.DISPATCHER, None, frozenset({"ter_s"}))


def team(store: Store, customers: int = 40, days: int = 1, *rows) -> dict[str, DayPlan]:
    """Two planned reps in one territory; their days by rep."""
    fill_town(store, customers, rep("bo", home_lon=24.93), *rows)
    plan(store, days=days)
    return {one.rep: one for (_, day), one in documents(store).items() if day == MONDAY}


def ask(store: Store, *events: dict, viewer: Viewer = DANA, now=EIGHT, **more) -> ProposalAnswer:
    request = ProposalRequest.model_validate({"date": MONDAY, "events": events} | more)
    return propose(store, viewer, request, now=now, travel=StraightTravel())


def commit(
    store: Store, proposal: ProposalAnswer, viewer: Viewer = DANA, now=EIGHT, etag: str = "", **more
) -> CommitAnswer:
    return commit_proposal(
        store,
        viewer,
        proposal.id,
        etag=etag or proposal.etag,
        confirm=more.get("confirm", False),
        now=now,
        travel=StraightTravel(),
    )


def stored(store: Store) -> dict[str, list]:
    """Everything that a proposal must not touch."""
    with store.reading() as session:
        return {
            kind.__name__: sorted(
                json.dumps(row.model_dump(mode="json"), sort_keys=True) for row in session.exec(select(kind))
            )
            for kind in (Plan, PlanVersion, Visit, VisitTransition, Absence)
        }


def current_texts(store: Store) -> dict[str, str]:
    with store.reading() as session:
        found = session.exec(
            select(Plan.rep_id, Plan.day, PlanVersion.document).join(
                PlanVersion, (PlanVersion.plan_id == Plan.id) & (PlanVersion.number == Plan.number)
            )
        ).all()
    return {f"{rep_id}/{day}": text for rep_id, day, text in found}


def require_sound(store: Store, proposal: ProposalAnswer) -> None:
    """The evaluator accepts what a proposal's plans were cut from, as far as it is stored."""
    with store.reading() as session:
        row = session.get_one(Proposal, proposal.id)
        assert row.problem_hash
        assert load_problem(session, row.problem_hash) is not None


def test_a_proposal_changes_nothing_and_its_commit_all_of_it(store: Store) -> None:
    before = team(store)
    gone = before["rep_ana"].stops[3].visit
    was = stored(store)
    proposal = ask(store, {"type": "cancel", "visit": gone}, reason="closed")
    assert stored(store) == was
    assert gone in {one.visit for one in proposal.diff.removed}
    assert [one.why for one in proposal.diff.removed if one.visit == gone] == ["called_off"]
    require_sound(store, proposal)
    answer = commit(store, proposal)
    after = {one.rep: one for one in documents(store).values()}
    assert {one.rep: one for one in answer.plans} == {one.plan.rep: after[one.plan.rep] for one in proposal.days}
    assert gone not in {stop.visit for one in after.values() for stop in one.stops}
    assert after["rep_ana"].cause == "proposal"
    with store.reading() as session:
        row = session.get_one(Visit, gone)
        kinds = session.exec(select(Event.kind).where(Event.actor == "per_dana")).all()
    assert (row.state, row.note) == ("cancelled", "closed")
    assert {"proposal.made", "visit.cancelled", "plan.stored", "proposal.committed"} <= set(kinds)


def test_the_diff_adds_up_and_tells_what_stays(store: Store) -> None:
    before = team(store)
    proposal = ask(store, {"type": "absent", "rep": "rep_ana", "from_s": 10 * 3600})
    diff = proposal.diff
    old = {stop.visit for one in before.values() for stop in one.stops}
    new = old - {one.visit for one in diff.removed} | {one.visit for one in diff.added}
    assert len(diff.moved) + len(diff.retimed) + len(diff.added) + diff.unchanged == len(new)
    assert all(one.target.rep == "rep_bo" for one in diff.moved if one.source.rep == "rep_ana")
    assert {one.shift for one in diff.reps} | {one.shift for one in diff.unchanged_days} == {
        f"rep_ana/{MONDAY}",
        f"rep_bo/{MONDAY}",
    }
    ana = next(one for one in proposal.days if one.plan.rep == "rep_ana")
    assert all(stop.departure_s <= 10 * 3600 for stop in ana.plan.stops)
    assert sum(one.travel_s for one in diff.reps) == diff.delta.travel_s


def test_a_rep_who_is_away_stays_away_in_later_plans(store: Store) -> None:
    team(store)
    commit(store, ask(store, {"type": "absent", "rep": "rep_ana", "from_s": 9 * 3600}))
    with store.reading() as session:
        absence = session.exec(select(Absence)).one()
    assert (absence.rep_id, absence.starts_at) == ("rep_ana", at(9))
    later = ask(store, {"type": "cancel", "visit": documents(store)["rep_bo", MONDAY].stops[-1].visit})
    for one in later.days:
        if one.plan.rep == "rep_ana":
            assert all(stop.departure_s <= 9 * 3600 for stop in one.plan.stops)


def test_an_urgent_visit_finds_its_place_before_its_deadline(store: Store) -> None:
    team(store, 40, 1, customer("fire", ago=1))
    urgent = {
        "id": "vis_fire",
        "location": "cus_fire",
        "service_s": 1200,
        "mandatory": True,
        "windows": [{"day": str(MONDAY), "start_s": 9 * 3600, "end_s": 12 * 3600}],
    }
    proposal = ask(store, {"type": "insert", "visit": urgent})
    (added,) = [one for one in proposal.diff.added if one.visit == "vis_fire"]
    assert 9 * 3600 <= added.place.start_s <= 12 * 3600
    commit(store, proposal)
    with store.reading() as session:
        row = session.get_one(Visit, "vis_fire")
    assert (row.state, row.mandatory, row.cause) == ("planned", True, "urgent")
    with pytest.raises(InputError, match="which is used"):
        ask(store, {"type": "insert", "visit": urgent})


def test_somebody_faster_means_a_fresh_proposal(store: Store) -> None:
    before = team(store)
    first, second = (before["rep_ana"].stops[i].visit for i in (2, 4))
    mine = ask(store, {"type": "cancel", "visit": first})
    theirs = ask(store, {"type": "cancel", "visit": second}, viewer=SYSTEM)
    commit(store, theirs, viewer=SYSTEM)
    texts = current_texts(store)
    with pytest.raises(StaleProposalError) as caught:
        commit(store, mine)
    assert current_texts(store) == texts
    fresh = caught.value.fresh
    assert fresh.id != mine.id
    assert fresh.etag != mine.etag
    with store.reading() as session:
        assert show(get_proposal(session, DANA, mine.id), EIGHT).replaced_by == fresh.id
    commit(store, fresh)
    assert not {first, second} & {stop.visit for one in documents(store).values() for stop in one.stops}


def test_a_tag_that_was_not_seen_is_refused_without_effect(store: Store) -> None:
    before = team(store)
    proposal = ask(store, {"type": "cancel", "visit": before["rep_ana"].stops[2].visit})
    with pytest.raises(StaleProposalError) as caught:
        commit(store, proposal, etag='"rep_ana/2026-11-23:7"')
    assert caught.value.fresh.id == proposal.id
    commit(store, proposal)


def test_a_proposal_expires_and_comes_back_fresh(store: Store) -> None:
    before = team(store)
    proposal = ask(store, {"type": "cancel", "visit": before["rep_ana"].stops[-1].visit})
    late = EIGHT + LIFE
    with store.reading() as session:
        assert show(get_proposal(session, DANA, proposal.id), late).state == "expired"
    with pytest.raises(StaleProposalError, match="expired"):
        commit(store, proposal, now=late)


def test_proposals_without_effect_go_after_a_day_with_their_problems(store: Store) -> None:
    before = team(store, 40, 3)
    visit = before["rep_ana"].stops[-1].visit
    kept = commit(store, ask(store, {"type": "cancel", "visit": before["rep_ana"].stops[0].visit}))
    for _ in range(2):
        ask(store, {"type": "cancel", "visit": visit})
    with store.reading() as session:
        problems = set(session.exec(select(StoredProblem.hash)).all())
    tomorrow = ask(store, {"type": "absent", "rep": "rep_bo", "from_s": 36_000}, date=WEEK[2], now=at(9, day=WEEK[1]))
    with store.reading() as session:
        assert set(session.exec(select(Proposal.id)).all()) == {kept.proposal.id, tomorrow.id}
        left = set(session.exec(select(StoredProblem.hash)).all())
        used = set(session.exec(select(PlanVersion.problem_hash)).all())
    assert problems - left
    assert used <= left


def test_a_day_that_went_on_means_a_fresh_proposal(store: Store) -> None:
    before = team(store)
    ana = before["rep_ana"]
    proposal = ask(store, {"type": "cancel", "visit": ana.stops[-1].visit}, now=ana.leave - timedelta(minutes=5))
    with pytest.raises(StaleProposalError, match=r"gone on|changed"):
        commit(store, proposal, now=ana.leave + timedelta(minutes=1))


def test_committing_twice_gives_the_same_answer(store: Store) -> None:
    before = team(store)
    proposal = ask(store, {"type": "cancel", "visit": before["rep_ana"].stops[2].visit})
    first = commit(store, proposal)
    assert commit(store, proposal) == first
    with pytest.raises(ConflictError, match="committed"):
        discard_proposal(store, DANA, proposal.id, now=EIGHT)


def test_a_discarded_proposal_is_gone(store: Store) -> None:
    before = team(store)
    proposal = ask(store, {"type": "cancel", "visit": before["rep_ana"].stops[2].visit})
    discard_proposal(store, DANA, proposal.id, now=EIGHT)
    discard_proposal(store, DANA, proposal.id, now=EIGHT)
    with pytest.raises(ConflictError, match="discarded"):
        commit(store, proposal)


def test_others_territories_are_not_there(store: Store) -> None:
    before = team(store, 40, 1, Territory(id="ter_s", name="South"))
    gone = before["rep_ana"].stops[2].visit
    with pytest.raises(InputError, match="not there"):
        ask(store, {"type": "cancel", "visit": gone}, viewer=SUE)
    proposal = ask(store, {"type": "cancel", "visit": gone})
    with pytest.raises(NotFoundError):
        commit(store, proposal, viewer=SUE)
    with pytest.raises(NotFoundError):
        undo_plan(store, SUE, before["rep_ana"].plan, now=EIGHT)


def test_late_retimes_the_rest_and_names_lost_promises(store: Store) -> None:
    fill_town(store, 24, appointment("c03", start=14, end=15))
    plan(store)
    ana = documents(store)["rep_ana", MONDAY]
    now = ana.stops[0].start
    answer = report_late(store, reported(ana.stops[1].visit, now=now), minutes=40)
    assert answer.plan is not None
    assert answer.plan.cause == "late"
    later = next(stop for stop in answer.plan.stops if not stop.locked)
    assert later.arrival >= ana.stops[0].departure + timedelta(minutes=40)
    assert answer.promises_lost == ()
    lost = report_late(store, reported("vis_c03", key="l", now=now), minutes=600)
    assert lost.promises_lost == ("vis_c03",)
    with pytest.raises(InputError, match="minutes is 0"):
        report_late(store, reported(ana.stops[1].visit, key="m", now=now), minutes=0)


def test_a_skipped_customer_stays_as_due_as_before(store: Store) -> None:
    ana = team(store, 40, 2)["rep_ana"]
    stop = next(stop for stop in ana.stops if stop.promise is None)
    answer = skip_visit(store, reported(stop.visit, now=EIGHT), reason="road closed")
    assert answer.plan is not None
    with store.reading() as session:
        assert session.get_one(Visit, stop.visit).state == "skipped"
        assert session.get_one(type(customer("x")), stop.customer).last_visit == MONDAY - timedelta(days=14)


def test_a_move_by_hand_is_priced_and_what_it_breaks_needs_a_word(store: Store) -> None:
    before = team(store, 24, 1, appointment("c03", start=10, end=11))
    home = next(one for one in before.values() if any(stop.visit == "vis_c03" for stop in one.stops))
    other = next(one for one in before.values() if one.rep != home.rep)
    free = next(stop for stop in home.stops if stop.promise is None)
    move = {"type": "assign", "visit": free.visit, "rep": other.rep, "date": MONDAY, "after": other.stops[0].visit}
    proposal = ask(store, move=move)
    assert proposal.price_s is not None
    assert [one.visit for one in proposal.diff.moved] == [free.visit]
    if not proposal.broken:
        commit(store, proposal)
        moved = documents(store)[other.rep, MONDAY].stops
        assert [stop.visit for stop in moved[:2]] == [other.stops[0].visit, free.visit]
    promised = {"type": "assign", "visit": "vis_c03", "rep": other.rep, "date": MONDAY}
    broken = ask(store, move=promised)
    assert "promise" in {fault.kind for fault in broken.broken}
    with pytest.raises(ConflictError, match="breaks a rule"):
        commit(store, broken)
    commit(store, broken, confirm=True)
    with store.reading() as session:
        payload = session.exec(select(Event.payload).where(Event.kind == "visit.assigned")).all()[-1]
    assert "promise" in payload["broken"]


def test_what_a_hand_put_there_against_the_rules_stays_when_the_day_is_repaired(store: Store) -> None:
    morning = customer("early", ago=40, tier="A", opening_hours="Mo-Fr 08:00-10:00")
    before = team(store, 24, 1, morning)
    home = next(one for one in before.values() if any(stop.customer == "cus_early" for stop in one.stops))
    stop = next(stop for stop in home.stops if stop.customer == "cus_early")
    last = next(one for one in reversed(home.stops) if one.visit != stop.visit)
    assert last.departure_s > 12 * 3600
    move = {"type": "assign", "visit": stop.visit, "rep": home.rep, "date": MONDAY, "after": last.visit}
    moved = ask(store, move=move)
    assert "window" in {fault.kind for fault in moved.broken}
    commit(store, moved, confirm=True)
    gone = next(one for one in home.stops if one.visit not in {stop.visit, last.visit})
    commit(store, ask(store, {"type": "cancel", "visit": gone.visit}))
    assert stop.visit in {one.visit for one in documents(store)[home.rep, MONDAY].stops}


def test_a_locked_stop_stays_whatever_happens_around_it(store: Store) -> None:
    ana = team(store)["rep_ana"]
    kept = ana.stops[-1].visit
    locked = commit(store, ask(store, move={"type": "lock", "visit": kept}))
    assert [stop.visit for stop in locked.plans[0].stops if stop.pinned] == [kept]
    for i in range(3):
        commit(store, ask(store, {"type": "cancel", "visit": ana.stops[i].visit}))
    plan(store, now=EIGHT)
    after = documents(store)["rep_ana", MONDAY]
    assert next(stop for stop in after.stops if stop.visit == kept).pinned
    commit(store, ask(store, move={"type": "unlock", "visit": kept}))
    assert not any(stop.pinned for stop in documents(store)["rep_ana", MONDAY].stops)


def test_removing_and_bringing_back_by_hand(store: Store) -> None:
    ana = team(store)["rep_ana"]
    stop = next(stop for stop in ana.stops if stop.promise is None)
    commit(store, ask(store, move={"type": "remove", "visit": stop.visit}))
    with store.reading() as session:
        assert session.get_one(Visit, stop.visit).state == "suggested"
    back = ask(store, move={"type": "assign", "customer": stop.customer, "rep": "rep_bo", "date": MONDAY})
    commit(store, back, confirm=True)
    assert stop.visit in {one.visit for one in documents(store)["rep_bo", MONDAY].stops}


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"events": []}, "neither events nor a move"),
        ({"move": {"type": "assign", "visit": "x"}}, "without rep and date"),
        ({"move": {"type": "lock", "customer": "x"}}, "takes visit alone"),
        ({"move": {"type": "remove"}}, "either visit or customer"),
        (
            {"events": [{"type": "late", "shift": "a", "delay_s": 1}], "move": {"type": "lock", "visit": "x"}},
            "one after",
        ),
    ],
)
def test_requests_that_make_no_sense(request_: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ProposalRequest.model_validate({"date": MONDAY, **request_})


def test_a_day_that_is_over_and_ids_that_are_not_there(store: Store) -> None:
    ana = team(store)["rep_ana"]
    with pytest.raises(ConflictError, match="is over"):
        ask(store, {"type": "cancel", "visit": ana.stops[0].visit}, now=at(9, day=WEEK[1]))
    for event in (
        {"type": "cancel", "visit": "vis_x"},
        {"type": "absent", "rep": "rep_x", "from_s": 0},
        {"type": "late", "shift": "rep_x/2026-11-23", "delay_s": 60},
        {"type": "insert", "visit": {"id": "n", "location": "cus_x", "service_s": 60}},
    ):
        with pytest.raises(InputError, match=r"events\[0\]"):
            ask(store, event)


def test_done_although_called_off_is_kept_and_shown(store: Store) -> None:
    ana = team(store)["rep_ana"]
    first = ana.stops[0]
    commit(store, ask(store, {"type": "cancel", "visit": first.visit}, now=first.start), now=first.start)
    told = complete(
        store, SYSTEM, first.visit, outcome="order", note="was there", key="d", now=at(12), at=first.departure
    )
    assert told.state == "done"
    with store.reading() as session:
        states = session.exec(
            select(VisitTransition.to_state).where(VisitTransition.visit_id == first.visit).order_by(VisitTransition.id)
        ).all()
    assert list(states)[-2:] == ["cancelled", "done"]
