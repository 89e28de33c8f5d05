"""A rep's day over HTTP: the ready document, its ETag, taps, and the cancellation that repairs it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlmodel import select

from api.settings import Settings
from api.tools import WarmSolvers, make_tools
from tests.api.conftest import MONDAY
from tests.api.serving import Served, served
from tests.api.test_problems import problem_of
from visits.day_plan import CancelAnswer, DayPlan
from visits.models import Event, Plan, PlanRun, PlanVersion, Rep
from visits.planning import run_planning
from visits.queries.runs import add_run
from visits.scope import SYSTEM
from visits.store import open_store

PATH = f"/reps/ana/plans/{MONDAY.isoformat()}"


def tap(service: Served, person: str, visit: str, what: str, body: dict | None = None, key: str = "") -> httpx.Response:
    return service.send(
        person, "POST", f"/visits/{visit}/{what}", json=body or {}, headers={"Idempotency-Key": key or str(uuid4())}
    )


def plan_of(service: Served) -> DayPlan:
    return DayPlan.model_validate_json(service.get("ana", PATH).content)


def test_a_plan_is_served_as_it_is_stored(shared: Served) -> None:
    reply = shared.get("ana", PATH)
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "private, no-cache"
    with shared.store.reading() as session:
        plan = session.exec(select(Plan).where(Plan.rep_id == "ana", Plan.day == MONDAY)).one()
        stored = session.exec(select(PlanVersion.document).where(PlanVersion.plan_id == plan.id)).one()
    assert reply.text == stored
    assert plan_of(shared).stops


def test_what_the_phone_has_is_not_sent_again(shared: Served) -> None:
    etag = shared.get("ana", PATH).headers["etag"]
    for header in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        reply = shared.get("ana", PATH, headers={"If-None-Match": header})
        assert reply.status_code == 304, header
        assert reply.content == b""
        assert reply.headers["etag"] == etag
    for header in ('"other"', etag.strip('"'), ""):
        assert shared.get("ana", PATH, headers={"If-None-Match": header}).status_code == 200, header


def test_the_same_version_of_another_day_is_another_thing(shared: Served) -> None:
    etags = {
        shared.get("admin", f"/reps/ana/plans/{day}").headers["etag"] for day in (MONDAY, MONDAY + timedelta(days=1))
    }
    assert len(etags) == 2


def test_a_day_without_a_plan(shared: Served) -> None:
    assert "2027-04-01" in problem_of(shared.get("ana", "/reps/ana/plans/2027-04-01"), 404).detail
    problem_of(shared.get("ana", "/reps/ana/plans/today"), 404)
    assert shared.get("ana", "/plans?date=2027-04-01").json() == {"items": [], "next_cursor": None}


def test_the_plans_of_a_day_come_in_pages(shared: Served) -> None:
    first = shared.get("admin", "/plans", params={"date": MONDAY.isoformat(), "limit": 1}).json()
    second = shared.get(
        "admin", "/plans", params={"date": MONDAY.isoformat(), "limit": 1, "cursor": first["next_cursor"]}
    ).json()
    assert second["next_cursor"] is None
    assert {first["items"][0]["rep"], second["items"][0]["rep"]} == {"ana", "bo"}
    south = shared.get("admin", "/plans", params={"date": MONDAY.isoformat(), "territory": "south"}).json()
    assert [plan["rep"] for plan in south["items"]] == ["bo"]
    assert second["items"][0] in south["items"] or first["items"][0] in south["items"]


def test_a_cancellation_repairs_the_day(planned: Served) -> None:
    before_reply = planned.get("ana", PATH)
    before = DayPlan.model_validate_json(before_reply.content)
    others = planned.get("bo", PATH.replace("ana", "bo")).text
    visit = before.stops[1].visit
    reply = tap(planned, "ana", visit, "cancel", {"reason": "ill"})
    assert reply.status_code == 200, reply.text
    answer = CancelAnswer.model_validate_json(reply.content)
    assert answer.before == before
    assert answer.plan is not None
    assert answer.diff is not None
    assert visit in {change.visit for change in answer.diff.removed}
    assert visit not in {stop.visit for stop in answer.plan.stops}
    assert answer.plan.version == answer.version == before.version + 1
    assert {move.source.shift for move in answer.diff.retimed} <= {f"ana/{MONDAY}"}
    after = planned.get("ana", PATH, headers={"If-None-Match": before_reply.headers["etag"]})
    assert after.status_code == 200
    assert DayPlan.model_validate_json(after.content) == answer.plan
    assert planned.get("bo", PATH.replace("ana", "bo")).text == others
    gone = planned.get("admin", f"/visits/{visit}").json()
    assert gone["state"] == "cancelled"
    values = [one.why.value_s - one.extra_travel_s for one in answer.suggestions]
    assert values == sorted(values, reverse=True)


def test_a_key_used_again_gives_the_first_answer(planned: Served) -> None:
    visit = plan_of(planned).stops[0].visit
    first = tap(planned, "ana", visit, "cancel", {"reason": "ill"}, key="k1")
    version = plan_of(planned).version
    again = tap(planned, "ana", visit, "cancel", {"reason": "ill"}, key="k1")
    assert (again.status_code, again.text) == (200, first.text)
    assert plan_of(planned).version == version
    with planned.store.reading() as session:
        assert len(session.exec(select(Event).where(Event.kind == "visit.cancelled")).all()) == 1
    problem_of(tap(planned, "ana", visit, "cancel", {"reason": "closed"}, key="k1"), 409)
    problem_of(tap(planned, "ana", plan_of(planned).stops[0].visit, "cancel", {"reason": "ill"}, key="k1"), 409)
    problem_of(tap(planned, "ana", visit, "complete", key="k1"), 409)
    other = plan_of(planned).stops[0].visit
    assert tap(planned, "dispatcher", other, "cancel", {"reason": "ill"}, key="k1").status_code == 200


def test_a_tap_without_a_key_changes_nothing(planned: Served) -> None:
    before = plan_of(planned)
    for what in ("arrive", "complete", "cancel", "no-show"):
        for headers in ({}, {"Idempotency-Key": ""}, {"Idempotency-Key": "x" * 201}):
            reply = planned.send("ana", "POST", f"/visits/{before.stops[0].visit}/{what}", json={}, headers=headers)
            assert problem_of(reply, 400).errors[0].field == "Idempotency-Key"
    assert plan_of(planned) == before


def test_cancelled_is_cancelled(planned: Served) -> None:
    visit = plan_of(planned).stops[0].visit
    assert tap(planned, "admin", visit, "cancel").status_code == 200
    for what in ("cancel", "arrive"):
        problem_of(tap(planned, "admin", visit, what), 409)


def test_a_tap_needs_no_body(planned: Served) -> None:
    visit = plan_of(planned).stops[0].visit
    reply = planned.send("ana", "POST", f"/visits/{visit}/cancel", headers={"Idempotency-Key": "k"})
    assert reply.status_code == 200, reply.text


@pytest.mark.parametrize("body", [{"reason": 3}, {"why": "x"}, {"reason": "a\x00b"}, {"reason": "x" * 2001}])
def test_taps_with_bad_bodies(shared: Served, body: dict) -> None:
    visit = plan_of(shared).stops[0].visit
    problem_of(tap(shared, "ana", visit, "cancel", body), 422)


@pytest.fixture
def under_way(settings: Settings, solvers: WarmSolvers) -> Iterator[Served]:
    """A service in the middle of a planned day: the reps live where it is between eleven and noon right now."""
    now = datetime.now(UTC)
    offset = 11 - now.hour
    zone = ZoneInfo("Etc/GMT" if offset == 0 else f"Etc/GMT{-offset:+d}")
    store = open_store(settings.store_url)
    with store.session() as session:
        for rep in session.exec(select(Rep)):
            rep.timezone = str(zone)
            session.add(rep)
        run = add_run(session, SYSTEM, PlanRun(first_day=now.astimezone(zone).date(), days=1, seconds=0.5))
    run_planning(store, run.id, make_tools(settings, solvers), now=now - timedelta(hours=6))
    store.close()
    with served(settings, solvers) as running:
        yield running


def today_of(service: Served) -> DayPlan:
    return DayPlan.model_validate_json(service.get("ana", "/reps/ana/plans/today").content)


def test_today_is_the_reps_own(under_way: Served) -> None:
    plan = today_of(under_way)
    assert plan.date == datetime.now(UTC).astimezone(ZoneInfo(plan.timezone)).date()
    assert (
        under_way.get("ana", f"/reps/ana/plans/{plan.date}").json()
        == under_way.get("ana", "/reps/ana/plans/today").json()
    )


def test_what_is_executed_stays_where_it_was(under_way: Served) -> None:
    before = today_of(under_way)
    now = datetime.now(UTC)
    begun = [stop for stop in before.stops if stop.start <= now]
    ahead = [stop for stop in before.stops if stop.arrival > now + timedelta(hours=1)]
    assert begun
    assert ahead
    reply = tap(under_way, "ana", ahead[0].visit, "cancel", {"reason": "closed"})
    assert reply.status_code == 200, reply.text
    after = today_of(under_way)
    assert after.version == before.version + 1
    for old, new in zip(begun, after.stops, strict=False):
        assert (new.visit, new.start, new.departure) == (old.visit, old.start, old.departure)
        assert new.locked
    assert ahead[0].visit not in {stop.visit for stop in after.stops}
    assert all(stop.start >= now - timedelta(minutes=1) for stop in after.stops[len(begun) :])


def test_taps_show_on_the_plan_and_close_the_visit(under_way: Served) -> None:
    first, second = today_of(under_way).stops[:2]
    etag = under_way.get("ana", "/reps/ana/plans/today").headers["etag"]
    assert tap(under_way, "ana", first.visit, "arrive").json()["state"] == "arrived"
    done = tap(under_way, "ana", first.visit, "complete", {"outcome": "order", "note": "20 boxes"}, key="d")
    assert done.json()["state"] == "done"
    assert tap(under_way, "ana", first.visit, "complete", {"outcome": "order", "note": "20 boxes"}, key="d").json() == (
        done.json()
    )
    nobody = tap(under_way, "ana", second.visit, "no-show", key="n").json()
    assert nobody["state"] == "no_show"
    plan = today_of(under_way)
    assert nobody["repair"]["plan"] == plan.model_dump(mode="json")
    assert nobody["repair"]["before"]["version"] == plan.version - 1
    assert tap(under_way, "ana", second.visit, "no-show", key="n").json() == nobody
    assert today_of(under_way).version == plan.version
    assert [stop.state for stop in plan.stops if stop.visit in {first.visit, second.visit}] == ["done", "no_show"]
    assert under_way.get("ana", "/reps/ana/plans/today", headers={"If-None-Match": etag}).status_code == 200
    shown = under_way.get("ana", f"/visits/{first.visit}").json()
    assert (shown["outcome"], shown["note"]) == ("order", "20 boxes")
    for what in ("arrive", "complete", "cancel", "no-show"):
        problem_of(tap(under_way, "ana", first.visit, what), 409)
    assert under_way.get("ana", f"/customers/{first.customer}").json()["last_visit"] == plan.date.isoformat()
