"""The demo in a database: whole, twice the same, and planned without a promise broken."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from routing.roads.store import build_roads, open_roads
from tests.visits.test_planning import documents
from tests.visits.world import HELSINKI, queue_run, quick_tools, reported
from visits.day_plan import DayPlan
from visits.demo_loading import DEMO_DATA, load_demo, next_working_day, working_day
from visits.errors import InputError
from visits.models import Customer, Territory, Visit
from visits.planning import run_planning
from visits.queries.holders import find_holder
from visits.replanning import cancel_visit
from visits.solving import tools_for
from visits.store import Store, open_store

SUNDAY = date(2026, 11, 22)


def test_loading_twice_changes_nothing_but_the_tokens(store: Store) -> None:
    first = load_demo(store, SUNDAY)
    with store.reading() as session:
        before = session.exec(select(func.count()).select_from(Visit)).one()
        seen = session.exec(select(Customer.last_visit)).all()
    again = load_demo(store, SUNDAY + timedelta(days=3))
    assert (
        (first.customers, first.reps, first.territories)
        == (240, 4, 4)
        == (
            again.customers,
            again.reps,
            again.territories,
        )
    )
    with store.reading() as session:
        assert session.exec(select(func.count()).select_from(Visit)).one() == before == 262 + 8
        assert sorted(session.exec(select(Customer.last_visit)).all()) == sorted(seen)
        assert max(seen) < date(2026, 11, 23)
    for old, new in zip(first.people, again.people, strict=True):
        assert old.email == new.email
        assert find_holder(store, old.token, datetime.now(UTC)) is None
        assert find_holder(store, new.token, datetime.now(UTC)) is not None
    assert sorted({person.role for person in first.people}) == ["admin", "dispatcher", "manager", "rep"]


def test_the_week_keeps_every_promise(store: Store) -> None:
    demo = load_demo(store, SUNDAY)
    run_id = queue_run(store, demo.first_day, 5)
    now = datetime(2026, 11, 22, 12, tzinfo=HELSINKI)
    result = run_planning(store, run_id, quick_tools(), now=now)
    assert result.must_not_planned == 0
    plans = documents(store)
    assert len(plans) == 20
    promised = [stop for one in plans.values() for stop in one.stops if stop.promise]
    assert len(promised) == 8
    assert all(stop.promise.start_s <= stop.start_s <= stop.promise.end_s for stop in promised)
    with store.reading() as session:
        visits = {row.id: row for row in session.exec(select(Visit))}
    for stop in promised:
        assert visits[stop.visit].promise_day == stop.start.date()
    _serves_open_doors(plans.values())


def _serves_open_doors(plans: list[DayPlan]) -> None:
    for one in plans:
        assert len(one.to_json()) < 30_000
        for stop in one.stops:
            assert (
                stop.promise
                or not stop.windows
                or any(window.start_s <= stop.start_s <= window.end_s for window in stop.windows)
            )


def test_the_demo_city_is_planned_and_repaired_on_its_roads(migrated_sqlite: Path, tmp_path: Path) -> None:
    shutil.copy(migrated_sqlite, tmp_path / "b.db")
    store = open_store(f"sqlite:///{tmp_path / 'b.db'}")
    build_roads(DEMO_DATA / "helsinki.osm.pbf", tmp_path / "roads")
    tools = tools_for(open_roads(tmp_path / "roads"))
    demo = load_demo(store, SUNDAY)
    with store.reading() as session:
        territory = session.exec(select(Territory.id).where(Territory.external_id == "ter-south-east")).one()
    run_id = queue_run(store, demo.first_day, 5, territory_ids=[territory])
    result = run_planning(store, run_id, tools, now=datetime(2026, 11, 22, 12, tzinfo=HELSINKI))
    assert (result.plans, result.must_not_planned) == (5, 0)
    assert "unreachable" not in {entry.reason for entry in result.not_planned}
    before = documents(store)
    monday = min(before.values(), key=lambda one: one.date)
    gone = next(stop for stop in monday.stops[2:] if stop.promise is None)
    leaving = monday.stops[0].departure
    answer = cancel_visit(store, reported(gone.visit, now=leaving, travel=tools.travel), reason="closed")
    executed = [(stop.visit, stop.start_s) for stop in monday.stops[:2]]
    assert [(stop.visit, stop.start_s) for stop in answer.plan.stops[:2]] == executed
    assert answer.plan.objective_s >= monday.objective_s - gone.why.value_s
    after = documents(store)
    assert {key for key in after if after[key] != before[key]} == {(monday.rep, monday.date)}
    store.close()


@pytest.mark.parametrize(
    ("day", "monday"),
    [(date(2026, 11, 20), date(2026, 11, 20)), (date(2026, 11, 21), date(2026, 11, 23)), (SUNDAY, date(2026, 11, 23))],
)
def test_the_first_day_is_a_working_day(day: date, monday: date) -> None:
    assert next_working_day(day) == monday


@pytest.mark.parametrize("first", [date(2026, 11, 23) + timedelta(days=i) for i in range(5)])
def test_working_days_are_counted_without_weekends(first: date) -> None:
    days = [working_day(first, offset) for offset in range(-12, 13)]
    assert days[12] == first
    assert all(day.weekday() < 5 for day in days)
    assert days == sorted(set(days))
    assert (days[-1] - days[0]).days == 24 + 2 * sum(
        (days[0] + timedelta(days=i)).weekday() == 5 for i in range((days[-1] - days[0]).days)
    )


def test_a_folder_without_the_demo_is_named(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"territories\.csv does not exist"):
        load_demo(store, SUNDAY, tmp_path)
