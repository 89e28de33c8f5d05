"""Drafts: a run that does not publish changes no plan; publishing changes what was chosen, once, or nothing."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from tests.visits.test_planning import documents, plan
from tests.visits.test_proposals import DANA, EIGHT, SUE, ask, commit, current_texts, stored
from tests.visits.world import MONDAY, SUNDAY_NOON, WEEK, appointment, at, customer, fill, fill_town, rep
from visits.day_plan import DayPlan, PlannedStop
from visits.draft_views import PublishAnswer, PublishRequest, RunDrafts
from visits.drafts import list_drafted_runs, run_drafts
from visits.errors import ConflictError, NotFoundError, StaleError
from visits.models import Absence, Customer, Event, PlanDraft, PlanVersion, Rep, StoredProblem, Visit, VisitState
from visits.privacy.erasing import erase_customer
from visits.privacy.exporting import export_rep
from visits.privacy.purging import purge
from visits.publishing import discard_drafts, publish_drafts
from visits.scope import SYSTEM
from visits.store import Store
from visits.taps import arrive
from visits.undoing import undo_plan

TUESDAY = WEEK[1]


def draft(store: Store, days: int = 1, **more) -> str:
    """A run over the days from Monday that publishes nothing."""
    return plan(store, days=days, publish=False, **more)[0]


def look(store: Store, run_id: str, viewer=DANA, now=SUNDAY_NOON) -> tuple[RunDrafts, str]:
    with store.reading() as session:
        return run_drafts(session, viewer, run_id, now)


def publish(store: Store, run_id: str, *days, viewer=DANA, now=SUNDAY_NOON, tag: str = "") -> PublishAnswer:
    """Publishes the rep-days of these (rep, date) pairs; all without any."""
    asked = [{"rep": name, "date": day} for name, day in days] or None
    request = PublishRequest.model_validate({"days": asked})
    tag = tag or look(store, run_id, viewer, now)[1]
    with store.session() as session:
        return publish_drafts(session, viewer, run_id, request, tag=tag, now=now)


def stales(store: Store, run_id: str, now=SUNDAY_NOON) -> dict[str, str]:
    return {day.rep: day.stale for day in look(store, run_id, now=now)[0].days if day.stale}


def first_stop(held: PlanDraft) -> PlannedStop:
    return DayPlan.model_validate_json(held.document).stops[0]


def rows(store: Store, kind) -> list:
    with store.reading() as session:
        return list(session.exec(select(kind)).all())


def require_once_each(store: Store) -> None:
    """No visit stands twice, and every visit's row says where its plan has it."""
    standing = [(stop.visit, one.rep, one.date) for one in documents(store).values() for stop in one.stops]
    assert max(Counter(name for name, _, _ in standing).values(), default=1) == 1
    placed = {(one.id, one.rep_id, one.day) for one in rows(store, Visit) if one.rep_id is not None}
    assert placed == set(standing)


def town(store: Store, customers: int = 30, *more) -> None:
    fill_town(store, customers, rep("bo", home_lon=24.93), *more)


def test_a_draft_changes_nothing_and_its_publication_all_of_it(store: Store) -> None:
    town(store, 30, appointment("c03"))
    was = stored(store)
    run_id = draft(store)
    assert stored(store) == was
    told, tag = look(store, run_id)
    assert told.before.stops == 0
    assert told.after.stops == told.added > 10
    assert {(day.rep, day.version, day.stale) for day in told.days} == {("rep_ana", 0, None), ("rep_bo", 0, None)}
    answer = publish(store, run_id, tag=tag)
    assert answer.left == 0
    assert {(one.rep, one.version) for one in answer.plans} == {("rep_ana", 1), ("rep_bo", 1)}
    assert sum(len(one.stops) for one in documents(store).values()) == told.after.stops
    assert {one.cause for one in documents(store).values()} == {"run"}
    require_once_each(store)
    assert {(one.run_id, one.change_id) for one in rows(store, PlanVersion)} == {(run_id, answer.change)}
    kinds = Counter(event.kind for event in rows(store, Event))
    assert (kinds["plan.stored"], kinds["run.published"]) == (2, 1)
    assert rows(store, PlanDraft) == []
    with pytest.raises(StaleError, match="meanwhile"):
        publish(store, run_id, tag=tag)
    with pytest.raises(ConflictError, match="nothing of this run"):
        publish(store, run_id)


def test_what_is_drafted_is_what_would_have_been_published(store: Store) -> None:
    town(store)
    publish(store, draft(store, days=3))
    drafted = {name: one.model_copy(update={"plan": ""}) for name, one in documents(store).items()}
    again = draft(store, days=3)
    assert look(store, again, SYSTEM)[0].days == (), "planning the same again proposes nothing"
    plan(store, days=3)
    assert {name: one.model_copy(update={"plan": ""}) for name, one in documents(store).items()} == drafted


def test_a_publication_is_taken_back_byte_for_byte(store: Store) -> None:
    town(store)
    plan(store)
    fill(store, *(customer(f"late{i}", ago=30) for i in range(6)))
    run_id = draft(store)
    texts, open_before = current_texts(store), {one.id: one.state for one in rows(store, Visit)}
    answer = publish(store, run_id)
    assert current_texts(store) != texts
    undo_plan(store, DANA, answer.plans[0].plan, now=EIGHT, expected=answer.plans[0].version)
    assert current_texts(store) == texts
    assert {one.id: one.state for one in rows(store, Visit)} == open_before


def test_a_publication_that_a_rep_has_begun_is_not_taken_back(store: Store) -> None:
    town(store)
    answer = publish(store, draft(store))
    first = documents(store)["rep_ana", MONDAY].stops[0]
    arrive(store, SYSTEM, first.visit, key="a", now=first.arrival)
    with pytest.raises(ConflictError, match="executed since"):
        undo_plan(store, DANA, answer.plans[0].plan, now=first.arrival)


def test_some_days_now_and_the_others_later(store: Store) -> None:
    town(store, 60)
    plan(store, days=2)
    fill(store, *(customer(f"late{i}", ago=40, tier="A") for i in range(12)))
    run_id = draft(store, days=2)
    told, tag = look(store, run_id)
    by_shift = {day.shift: day for day in told.days}
    first = next(day for day in told.days if day.date == MONDAY)
    wanted = {first.shift}
    while more := {other for shift in wanted for other in by_shift[shift].goes_with} - wanted:
        wanted |= more
    if first.goes_with:
        with pytest.raises(ConflictError, match="publish them together"):
            publish(store, run_id, (first.rep, first.date), tag=tag)
    before = current_texts(store)
    answer = publish(store, run_id, *((by_shift[shift].rep, by_shift[shift].date) for shift in wanted), tag=tag)
    assert {one.rep for one in answer.plans} == {by_shift[shift].rep for shift in wanted}
    assert answer.left == len(told.days) - len(wanted)
    after = current_texts(store)
    assert {name for name, text in after.items() if before.get(name) != text} == wanted
    require_once_each(store)
    assert stales(store, run_id) == {}, "its own publication is no news for the rest of a run"
    if answer.left:
        assert publish(store, run_id).left == 0
    require_once_each(store)


@pytest.mark.parametrize("change", ["plan", "visit", "customer_left", "customer_came", "away", "rep_left", "over"])
def test_what_changed_meanwhile_is_named_and_the_rest_can_be_published(store: Store, change: str) -> None:
    town(store)
    run_id = draft(store)
    drafted = look(store, run_id)[0]
    tag = look(store, run_id)[1]
    with store.reading() as session:
        held = session.exec(select(PlanDraft).where(PlanDraft.rep_id == "rep_ana")).one()
    visit_id = first_stop(held).visit
    with store.session() as session:
        customer_id = first_stop(held).customer
        if change == "visit":
            session.add(Visit(id=visit_id, customer_id=customer_id, state=VisitState.CANCELLED))
        elif change == "customer_left":
            session.get_one(Customer, customer_id).active = False
        elif change == "customer_came":
            session.add(Visit(customer_id=customer_id, state=VisitState.PLANNED, rep_id="rep_bo", day=WEEK[3]))
        elif change == "away":
            session.add(Absence(rep_id="rep_ana", starts_at=at(9), ends_at=at(12)))
        elif change == "rep_left":
            session.get_one(Rep, "rep_ana").active = False
    now = SUNDAY_NOON
    if change == "plan":
        request = {"type": "assign", "customer": customer_id, "rep": "rep_ana", "date": MONDAY.isoformat()}
        commit(store, ask(store, viewer=DANA, move=request, now=now), now=now, confirm=True)
    elif change == "over":
        now = at(18, 0)
    was = stored(store)
    with pytest.raises(StaleError, match="Ana on 2026-11-23") as told:
        publish(store, run_id, tag=tag, now=now)
    assert "publish the rest, or plan again" in str(told.value)
    assert stored(store) == was, "nothing half published"
    if change == "over":
        assert set(stales(store, run_id, now).values()) == {"over"}
        return
    want = {"customer_left": "customer", "customer_came": "customer", "rep_left": "away"}
    assert stales(store, run_id)["rep_ana"] == want.get(change, change)
    rest = [(day.rep, day.date) for day in look(store, run_id)[0].days if day.stale is None]
    assert len(rest) == len(drafted.days) - len(stales(store, run_id)) > 0
    assert {one.rep for one in publish(store, run_id, *rest, tag=tag).plans} == {"rep_bo"}


def test_nothing_executed_changes_and_a_rep_who_has_gone_on_is_left_alone(store: Store) -> None:
    town(store)
    plan(store)
    fill(store, *(customer(f"late{i}", ago=40, tier="A") for i in range(10)))
    noon = at(11, 0)
    run_id = plan(store, publish=False, now=noon)[0]
    before = documents(store)
    told, tag = look(store, run_id, now=noon)
    with pytest.raises(StaleError, match="gone on"):
        publish(store, run_id, tag=tag, now=at(15, 0))
    assert documents(store) == before
    answer = publish(store, run_id, tag=tag, now=noon)
    assert answer.plans
    for name, one in documents(store).items():
        done = [stop for stop in before[name].stops if stop.departure <= noon]
        assert [stop.visit for stop in one.stops[: len(done)]] == [stop.visit for stop in done]
        assert [stop.start for stop in one.stops[: len(done)]] == [stop.start for stop in done]
    assert told.days


def test_drafts_are_for_the_dispatchers_of_the_territory(store: Store) -> None:
    town(store)
    run_id = draft(store)
    with store.reading() as session:
        assert [one.run for one in list_drafted_runs(session, DANA).items] == [run_id]
        assert list_drafted_runs(session, SUE).items == ()
        with pytest.raises(NotFoundError):
            run_drafts(session, SUE, run_id, SUNDAY_NOON)
    with store.session() as session, pytest.raises(NotFoundError):
        discard_drafts(session, SUE, run_id)
    with pytest.raises(NotFoundError, match="rep_nobody"):
        publish(store, run_id, ("rep_nobody", MONDAY))


def test_discarded_drafts_leave_nothing_but_the_record(store: Store) -> None:
    town(store)
    run_id = draft(store)
    was = stored(store)
    with store.session() as session:
        assert discard_drafts(session, DANA, run_id) == 2
    assert stored(store) == was
    assert rows(store, PlanDraft) == []
    assert rows(store, StoredProblem) == []
    assert [event.actor for event in rows(store, Event) if event.kind == "run.discarded"] == [DANA.person_id]
    assert look(store, run_id, SYSTEM)[0].days == ()


def test_drafts_go_when_their_day_is_over_and_when_somebody_is_erased(store: Store) -> None:
    town(store)
    draft(store)
    purge(store, datetime.combine(TUESDAY, EIGHT.timetz()))
    held = rows(store, PlanDraft)
    assert len(held) == 2
    with store.session() as session:
        assert export_rep(session, SYSTEM, "rep_ana", datetime.now(UTC))["content"]["drafts"][0]["rep"] == "rep_ana"
        name = first_stop(held[0]).customer
        erase_customer(session, SYSTEM, name, SUNDAY_NOON, expected=session.get_one(Customer, name).version)
    assert len(rows(store, PlanDraft)) == 1
    purge(store, datetime.combine(TUESDAY, EIGHT.timetz()) + timedelta(days=3))
    assert rows(store, PlanDraft) == rows(store, StoredProblem) == []
