"""Lists and single rows: what each person sees, and pages that miss and repeat nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from tests.visits.test_planning import plan
from tests.visits.world import MONDAY, customer, fill, queue_run, rep
from visits.day_plan import DayPlan
from visits.errors import ConflictError, InputError, NotFoundError
from visits.models import Person, Plan, PlanRun, Role, SignIn, SignInKind, Territory, Visit
from visits.queries.customers import get_customer, list_customers
from visits.queries.events import events_after
from visits.queries.holders import find_holder
from visits.queries.page import PageRequest
from visits.queries.plans import PlanNumber, current_plan, list_plans, plan_number, ready_plan
from visits.queries.reps import get_rep, list_reps
from visits.queries.runs import add_run, get_run, list_runs, request_cancel
from visits.queries.sign_ins import hash_token, new_token, sign_in
from visits.queries.territories import get_territory, list_territories
from visits.queries.visits import get_visit, list_visits
from visits.scope import SYSTEM, Viewer, viewer_of
from visits.store import Store

NOW = datetime(2026, 11, 22, tzinfo=UTC)

ANA = Viewer("per_ana", "Ana", Role.REP, "rep_ana", frozenset({"ter_n"}))
NORTH = Viewer("per_north", "North", Role.DISPATCHER, None, frozenset({"ter_n"}))
ALL = Viewer("per_all", "All", Role.DISPATCHER)
NOBODY = Viewer("per_none", "None", Role.REP, None, frozenset())
WHOLE = PageRequest(200)


@pytest.fixture
def country(store: Store) -> Store:
    """Two territories with a planned Monday each, two reps in the north."""
    fill(store, Territory(id="ter_s", name="South"))
    fill(
        store,
        *(rep("ana"), rep("al"), rep("bo", "ter_s")),
        *(customer(f"n{i:02}") for i in range(30)),
        *(customer(f"s{i:02}", "ter_s") for i in range(12)),
    )
    plan(store)
    return store


def test_who_sees_what(country: Store) -> None:
    with country.session() as session:
        session.add(Visit(customer_id="cus_n00", state="suggested"))
    with country.reading() as session:
        for viewer, customers, reps, territories in (
            (SYSTEM, 42, {"rep_ana", "rep_al", "rep_bo"}, 2),
            (ALL, 42, {"rep_ana", "rep_al", "rep_bo"}, 2),
            (NORTH, 30, {"rep_ana", "rep_al"}, 1),
            (ANA, 30, {"rep_ana"}, 1),
            (NOBODY, 0, set(), 0),
        ):
            assert len(list_customers(session, viewer, WHOLE).items) == customers
            assert {row.id for row in list_reps(session, viewer, WHOLE).items} == reps
            assert len(list_territories(session, viewer, WHOLE).items) == territories
            shown = list_plans(session, viewer, WHOLE, day=MONDAY).items
            assert {DayPlan.model_validate_json(one.document).rep for one in shown} == reps
            seen = {visit.rep_id for visit in list_visits(session, viewer, WHOLE).items}
            assert seen == reps | ({None} if viewer.role is not Role.REP else set())
            told = {event.rep_id for event in events_after(session, viewer, 0)}
            assert told == reps | ({None} if viewer.role is not Role.REP and reps else set())


def test_what_may_not_be_seen_is_not_found(country: Store) -> None:
    with country.reading() as session:
        foreign = session.exec(select(Visit).where(Visit.rep_id == "rep_bo")).first()
        for ask in (
            lambda: get_customer(session, ANA, "cus_s01"),
            lambda: get_rep(session, ANA, "rep_al"),
            lambda: get_rep(session, NORTH, "rep_bo"),
            lambda: get_territory(session, NORTH, "ter_s"),
            lambda: get_visit(session, NORTH, foreign.id),
            lambda: current_plan(session, ANA, "rep_al", MONDAY),
            lambda: plan_number(country, NORTH, "rep_bo", MONDAY, NOW),
            lambda: ready_plan(country, ANA, "rep_bo", MONDAY, NOW),
            lambda: ready_plan(country, ANA, "rep_bo", None, NOW),
            lambda: ready_plan(country, SYSTEM, "rep_none", None, NOW),
            lambda: current_plan(session, SYSTEM, "rep_ana", MONDAY.replace(year=2030)),
        ):
            with pytest.raises(NotFoundError, match="there is no"):
                ask()
        assert get_customer(session, ANA, "cus_n01").name == "N01"
        assert get_rep(session, ANA, "rep_ana").name == "Ana"
        assert get_visit(session, ALL, foreign.id).id == foreign.id


def test_a_served_plan_is_the_stored_text_with_its_number(country: Store) -> None:
    with country.reading() as session:
        served = current_plan(session, ANA, "rep_ana", MONDAY)
    number = plan_number(country, ANA, "rep_ana", MONDAY, NOW).version
    assert ready_plan(country, ANA, "rep_ana", MONDAY, NOW) == (PlanNumber(MONDAY, 1), served.document)
    document = DayPlan.model_validate_json(served.document)
    assert document.version == served.version == number == 1
    assert document.plan == served.plan_id
    assert document.rep_name == "Ana"


def test_a_glance_shows_what_a_query_would(country: Store) -> None:
    for viewer in (SYSTEM, ALL, NORTH, ANA, NOBODY, Viewer("per_m", "M", Role.MANAGER, None, frozenset({"ter_s"}))):
        with country.reading() as session:
            visible = {row.id for row in list_reps(session, viewer, WHOLE).items}
        for rep_id in ("rep_ana", "rep_al", "rep_bo"):
            if rep_id in visible:
                assert plan_number(country, viewer, rep_id, MONDAY, NOW).version == 1
            else:
                with pytest.raises(NotFoundError):
                    plan_number(country, viewer, rep_id, MONDAY, NOW)


def test_today_is_the_day_where_the_rep_is(country: Store) -> None:
    late = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC) - timedelta(hours=1)
    number, _ = ready_plan(country, ANA, "rep_ana", None, late)
    assert number.day == MONDAY


def test_glances_see_what_was_committed_and_nothing_else(country: Store) -> None:
    assert plan_number(country, ANA, "rep_ana", MONDAY, NOW).version == 1
    with country.session() as session:
        row = session.exec(select(Plan).where(Plan.rep_id == "rep_ana", Plan.day == MONDAY)).one()
        row.number = 2
        session.add(row)
        session.flush()
        assert plan_number(country, ANA, "rep_ana", MONDAY, NOW).version == 1
    assert plan_number(country, ANA, "rep_ana", MONDAY, NOW).version == 2


@pytest.mark.parametrize("limit", [7, 30])
def test_pages_miss_and_repeat_nothing(country: Store, limit: int) -> None:
    names: list[str] = []
    cursor = None
    with country.reading() as session:
        while True:
            page = list_customers(session, NORTH, PageRequest(limit, cursor))
            assert len(page.items) <= limit
            names += [row.name for row in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert names == [f"N{i:02}" for i in range(30)]


def test_lists_are_narrowed(country: Store) -> None:
    with country.reading() as session:
        found = list_customers(session, ALL, WHOLE, text="s0", territory_id="ter_s").items
        assert [row.name for row in found] == [f"S{i:02}" for i in range(10)]
        assert list_customers(session, ALL, WHOLE, text="100%").items == ()
        assert [row.id for row in list_reps(session, ALL, WHOLE, territory_id="ter_s").items] == ["rep_bo"]
        planned = list_visits(session, ALL, WHOLE, rep_id="rep_bo", day=MONDAY, state="planned").items
        assert planned
        assert {visit.rep_id for visit in planned} == {"rep_bo"}
        assert len(list_plans(session, ALL, WHOLE, day=MONDAY, territory_id="ter_n").items) == 2


@pytest.mark.parametrize("cursor", ["x", "!!!", "bnVsbA", "WzFd", "W10", "WzEsMiwzXQ"])
def test_a_foreign_cursor_is_refused(store: Store, cursor: str) -> None:
    with store.reading() as session, pytest.raises(InputError, match="not one that this list gave"):
        list_customers(session, SYSTEM, PageRequest(5, cursor))


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_has_its_limits(limit: int) -> None:
    with pytest.raises(InputError, match=f"limit is {limit}; ask for 1 to 200"):
        PageRequest(limit)


def test_runs_are_seen_by_those_who_asked_for_them(country: Store) -> None:
    with country.session() as session:
        run = add_run(session, NORTH, PlanRun(first_day=MONDAY, days=1))
        assert (run.territory_ids, run.actor) == (["ter_n"], "per_north")
        with pytest.raises(NotFoundError, match="'ter_s'"):
            add_run(session, NORTH, PlanRun(first_day=MONDAY, days=1, territory_ids=["ter_s"]))
        for days in (0, 29):
            with pytest.raises(InputError, match=f"days is {days}; plan 1 to 28 days"):
                add_run(session, ALL, PlanRun(first_day=MONDAY, days=days))
    other = queue_run(country)
    with country.reading() as session:
        assert get_run(session, ALL, other).status == "queued"
        assert [one.id for one in list_runs(session, NORTH, WHOLE).items] == [run.id]
        with pytest.raises(NotFoundError):
            get_run(session, NORTH, other)


def test_a_waiting_run_is_cancelled_at_once_and_only_once(country: Store) -> None:
    run_id = queue_run(country)
    with country.session() as session:
        assert request_cancel(session, SYSTEM, run_id).status == "cancelled"
    with country.session() as session, pytest.raises(ConflictError, match="already cancelled"):
        request_cancel(session, SYSTEM, run_id)


def test_a_token_opens_for_its_owner_alone(country: Store) -> None:
    token, old, over = new_token(), new_token(), new_token()
    with country.session() as session:
        ana = Person(email="a@b.fi", name="Ana", role="rep", rep_id="rep_ana")
        gone = Person(email="c@d.fi", name="Gone", role="admin", active=False)
        session.add_all([ana, gone])
        session.flush()
        sign_in(session, ana, SignInKind.TOKEN, token=token)
        sign_in(session, gone, SignInKind.TOKEN, token=old)
        sign_in(session, ana, SignInKind.SESSION, NOW, token=over)
    with country.session() as session:
        sign_in_id = session.exec(select(SignIn.id).where(SignIn.token_hash == hash_token(token))).one()
        seen = Viewer(ana.id, "Ana", Role.REP, "rep_ana", frozenset({"ter_n"}), sign_in_id=sign_in_id)
        assert viewer_of(session, session.get_one(Person, ana.id), sign_in_id) == seen
    found = find_holder(country, token, NOW)
    assert found is not None
    assert found.viewer == seen
    for wrong in (old, over, hash_token(token)):
        assert find_holder(country, wrong, NOW) is None


def test_text_is_found_however_it_is_capitalised(store: Store) -> None:
    fill(store)
    named = customer("a", address="Оптика, Straße 5%", external_id="X-Ö")
    named.name = "Äyräpää 大阪"
    with store.session() as session:
        session.add_all([named, customer("b")])
    with store.reading() as session:
        for text in ("Äyräpää", "ÄYRÄ", "äyräpää", "оптика", "大阪", "STRAßE 5%", "x-ö"):
            assert [one.id for one in list_customers(session, SYSTEM, WHOLE, text=text).items] == ["cus_a"], text
