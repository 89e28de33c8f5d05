"""What the dispatcher's board reads over HTTP, on both databases: whole days, drives, the tray, search, files."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from xml.etree import ElementTree as ET

import pytest

from tests.api.conftest import MONDAY
from tests.api.serving import Served
from tests.api.test_problems import problem_of
from visits.board_views import BoardDay, BoardWeek, DriveLines, Unplanned
from visits.day_plan import DayPlan
from visits.models import Absence, Customer, PlanRun, Visit
from visits.route_files import GPX

DAY = MONDAY.isoformat()
ON_DAY = f"?date={DAY}"


def board_of(service: Served, person: str = "everywhere", query: str = ON_DAY) -> BoardDay:
    reply = service.get(person, f"/board{query}")
    assert reply.status_code == 200, reply.text
    return BoardDay.model_validate_json(reply.content)


def plan_of(service: Served, rep: str) -> DayPlan:
    return DayPlan.model_validate_json(service.get("admin", f"/reps/{rep}/plans/{DAY}").content)


def test_a_day_holds_every_rep_and_the_plans_as_they_are_served(shared: Served) -> None:
    day = board_of(shared)
    assert [rep.id for rep in day.reps] == ["ana", "bo"]
    assert {plan.rep: plan for plan in day.plans} == {rep: plan_of(shared, rep) for rep in ("ana", "bo")}
    assert [(one.id, one.name) for one in day.territories] == [("north", "North"), ("south", "South")]
    ana = day.reps[0]
    assert ana.shift is not None
    assert (ana.shift.start_s, ana.shift.end_s, ana.away, ana.last_sign) == (8 * 3600, 17 * 3600, False, None)
    assert [rep.id for rep in board_of(shared, query=f"{ON_DAY}&rep=bo").reps] == ["bo"]
    assert board_of(shared, query="?date=2027-06-01").plans == ()


def test_everybody_sees_their_own_territories_alone(shared: Served) -> None:
    for person, rep, territory in (("dispatcher", "ana", "north"), ("manager", "bo", "south")):
        day = board_of(shared, person)
        assert [one.id for one in day.reps] == [rep]
        assert [one.rep for one in day.plans] == [rep]
        assert board_of(shared, person, f"{ON_DAY}&rep=ana&rep=bo").reps == day.reps
        lines = DriveLines.model_validate_json(shared.get(person, f"/board/lines{ON_DAY}").content)
        assert [line.properties.rep for line in lines.lines] == [rep]
        week = BoardWeek.model_validate_json(shared.get(person, f"/board/week{ON_DAY}").content)
        assert {cell.rep for cell in week.cells} == {rep}
        tray = Unplanned.model_validate_json(shared.get(person, f"/board/unplanned{ON_DAY}").content)
        assert {one.territory for one in tray.items} <= {territory}
        found = shared.get(person, "/customer-search?q=caf&limit=50").json()["items"]
        assert {one["territory"] for one in found} == {territory}
    problem_of(shared.get("everywhere", "/board?date=tomorrow"), 422)


def test_absence_hold_and_signs_of_life_are_on_the_board(planned: Served) -> None:
    plan = plan_of(planned, "ana")
    with planned.store.session() as session:
        session.add(Absence(rep_id="bo", starts_at=plan.shift.start, ends_at=plan.shift.start + timedelta(hours=20)))
    first = plan.stops[0].visit
    told = planned.send("ana", "POST", f"/visits/{first}/arrive", json={}, headers={"Idempotency-Key": "tap"})
    assert told.status_code == 200, told.text
    slot = {"customer": "c1-0", "service_s": 600, "from": DAY, "to": DAY}
    offer = planned.send("dispatcher", "POST", "/slots", json=slot).json()["slots"][0]
    hold = {"customer": "c1-0", "service_s": 600, **{name: offer[name] for name in ("rep", "date", "start_s", "end_s")}}
    assert planned.send("dispatcher", "POST", "/slots/holds", json=hold).status_code == 201
    day = board_of(planned)
    ana, bo = day.reps
    assert bo.away
    assert bo.shift is None
    assert [one.rep for one in day.holds] == ["ana"]
    assert next(one for one in day.plans if one.rep == "ana").stops[0].state == "arrived"
    assert ana.last_sign is None, "a sign of another day is none of this day"


def test_drives_follow_the_roads_and_a_proposal_has_its_own(planned: Served) -> None:
    plans = {rep: plan_of(planned, rep) for rep in ("ana", "bo")}
    lines = DriveLines.model_validate_json(planned.get("everywhere", f"/board/lines{ON_DAY}").content)
    for line in lines.lines:
        plan = plans[line.properties.rep]
        assert line.properties.version == plan.version
        points = line.geometry.coordinates
        assert points[0] == (plan.start.lon, plan.start.lat)
        assert {(stop.lon, stop.lat) for stop in plan.stops} <= set(points)
    gone = plans["ana"].stops[1]
    events = [{"type": "cancel", "visit": gone.visit}]
    made = planned.send("dispatcher", "POST", "/proposals", json={"date": DAY, "events": events, "fill": False})
    where = made.headers["location"].removeprefix("/api/v1")
    proposed = DriveLines.model_validate_json(planned.get("dispatcher", f"{where}/lines").content)
    assert [line.properties.rep for line in proposed.lines] == ["ana"]
    problem_of(planned.get("manager", f"{where}/lines"), 404)


def test_the_week_sums_what_the_plans_hold(shared: Served) -> None:
    week = BoardWeek.model_validate_json(shared.get("everywhere", f"/board/week{ON_DAY}&days=2").content)
    assert week.days == (MONDAY, MONDAY + timedelta(days=1))
    cell = next(cell for cell in week.cells if (cell.rep, cell.date) == ("ana", MONDAY))
    totals = plan_of(shared, "ana").totals
    assert (cell.stops, cell.travel_s, cell.distance_m) == (totals.stops, totals.travel_s, totals.distance_m)
    problem_of(shared.get("everywhere", f"/board/week{ON_DAY}&days=99"), 422)


def test_the_tray_has_who_is_due_and_in_no_plan(planned: Served) -> None:
    plan = plan_of(planned, "ana")
    taken, lost = plan.stops[0], plan.stops[1].customer
    move = {"type": "remove", "visit": taken.visit}
    made = planned.send("dispatcher", "POST", "/proposals", json={"date": DAY, "move": move})
    where = made.headers["location"].removeprefix("/api/v1")
    done = planned.send("dispatcher", "POST", f"{where}/commit", json={}, headers={"If-Match": made.headers["etag"]})
    assert done.status_code == 200, done.text
    with planned.store.session() as session:
        session.add(
            Visit(
                id="vis_lost",
                customer_id=lost,
                state="promised",
                mandatory=True,
                promise_rep_id="ana",
                promise_day=MONDAY,
                promise_start_s=36_000,
                promise_end_s=39_600,
            )
        )
    tray = Unplanned.model_validate_json(planned.get("dispatcher", f"/board/unplanned{ON_DAY}").content)
    assert tray.items[0].customer == lost
    assert tray.items[0].promise is not None
    found = next(one for one in tray.items if one.customer == taken.customer)
    assert found.value_s > 0
    assert tray.count == len(tray.items)
    shorter = Unplanned.model_validate_json(planned.get("dispatcher", f"/board/unplanned{ON_DAY}&limit=1").content)
    assert (len(shorter.items), shorter.count) == (1, tray.count)
    over = planned.get("dispatcher", "/board/unplanned?date=2020-01-06")
    assert over.json()["items"] == []


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("重庆", "chongqing"),
        ("重慶小麵", "chongqing"),
        ("chongqing", "chongqing"),
        ("cqxm", "chongqing"),
        ("changan", "chongqing"),
        ("台湾牛肉", "taiwan"),
        ("TAIWAN niurou", "taiwan"),
        ("twnr", "taiwan"),
        ("ＣＡＦＥ c0-0", "c0-0"),
        ("café C0-0", "c0-0"),
        ("x-c0-0", "c0-0"),
        ("zhongzheng 21", "taiwan"),
    ],
)
def test_a_customer_is_found_however_it_is_typed(named: Served, typed: str, found: str) -> None:
    reply = named.get("dispatcher", "/customer-search", params={"q": typed})
    assert [one["customer"] for one in reply.json()["items"]] == [found], reply.text


def test_what_is_nowhere_is_not_found(named: Served) -> None:
    for typed in ("北京", "nowhere", "   "):
        assert named.get("dispatcher", "/customer-search", params={"q": typed}).json()["items"] == []
    planned = named.get("dispatcher", "/customer-search", params={"q": "c0-0"}).json()["items"][0]["planned"]
    assert planned is None or planned["rep_name"] == "Ana"


@pytest.fixture(scope="module")
def named(shared: Served) -> Served:
    """Customers with Chinese names among the others; nothing is planned for them."""
    with shared.store.session() as session:
        for name, shown, address in (
            ("chongqing", "重庆小面馆", "长安路8号"),
            ("taiwan", "臺灣牛肉麵", "中正路21號"),
        ):
            if session.get(Customer, name) is None:
                place = {"lon": 24.95, "lat": 60.171}
                session.add(Customer(id=name, name=shown, address=address, territory_id="north", **place))
    return shared


def test_a_route_as_csv_and_as_gpx(shared: Served) -> None:
    plan = plan_of(shared, "ana")
    where = f"/reps/ana/plans/{DAY}/file"
    told = shared.get("dispatcher", where)
    assert told.headers["content-type"].startswith("text/csv")
    assert "attachment" in told.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(told.text)))
    assert [row["visit"] for row in rows] == [stop.visit for stop in plan.stops]
    assert rows[0]["start"] == f"{plan.stops[0].start:%H:%M}"
    root = ET.fromstring(shared.get("ana", f"{where}?format=gpx").text)  # noqa: S314 - our own answer
    assert len(root.findall(f"{{{GPX}}}wpt")) == len(plan.stops)
    assert len(root.findall(f".//{{{GPX}}}rtept")) == len(plan.stops) + 2
    assert len(root.findall(f".//{{{GPX}}}trkpt")) > len(plan.stops)
    problem_of(shared.get("bo", where), 404)
    problem_of(shared.get("ana", f"{where}?format=pdf"), 422)


def test_text_in_a_csv_runs_nothing(planned: Served) -> None:
    customer = plan_of(planned, "ana").stops[0].customer
    with planned.store.session() as session:
        row = session.get_one(Customer, customer)
        row.name = "=1+1"
        session.add(row)
    events = [{"type": "lock", "visit": plan_of(planned, "ana").stops[1].visit}]
    made = planned.send(
        "dispatcher", "POST", "/proposals", json={"date": DAY, "events": events, "anew": [f"ana/{DAY}"], "fill": False}
    )
    where = made.headers["location"].removeprefix("/api/v1")
    planned.send("dispatcher", "POST", f"{where}/commit", json={}, headers={"If-Match": made.headers["etag"]})
    text = planned.get("dispatcher", f"/reps/ana/plans/{DAY}/file").text
    if any(stop.name == "=1+1" for stop in plan_of(planned, "ana").stops):
        assert "'=1+1" in text
    assert ",=1+1" not in text


def test_a_promise_where_the_visit_stands(planned: Served) -> None:
    before = plan_of(planned, "ana")
    stop = before.stops[1]
    span = {"start_s": stop.start_s - 600, "end_s": stop.start_s + 1200}
    where = f"/visits/{stop.visit}/promise"
    early = planned.send("dispatcher", "POST", where, json={"start_s": 0, "end_s": 600})
    assert "outside" in problem_of(early, 409).detail
    problem_of(planned.send("dispatcher", "POST", where, json={"start_s": 5, "end_s": 1}), 422)
    made = planned.send("dispatcher", "POST", where, json=span)
    assert made.status_code == 200, made.text
    after = plan_of(planned, "ana")
    kept = after.stops[1]
    assert kept.promise is not None
    assert (kept.promise.start_s, kept.promise.end_s, kept.state) == (span["start_s"], span["end_s"], "promised")
    assert planned.get("dispatcher", f"/visits/{stop.visit}").json()["state"] == "promised"
    undone = planned.send("dispatcher", "POST", f"/plans/{after.plan}/undo", json={})
    assert undone.status_code == 200, undone.text
    assert plan_of(planned, "ana") == before
    assert planned.get("dispatcher", f"/visits/{stop.visit}").json()["state"] == "planned"


def test_a_promise_is_kept_by_what_is_planned_later(planned: Served) -> None:
    stop = plan_of(planned, "ana").stops[2]
    span = {"start_s": stop.start_s - 300, "end_s": stop.start_s + 900}
    assert planned.send("dispatcher", "POST", f"/visits/{stop.visit}/promise", json=span).status_code == 200
    first = plan_of(planned, "ana").stops[0].visit
    events = [{"type": "cancel", "visit": first}]
    made = planned.send("dispatcher", "POST", "/proposals", json={"date": DAY, "events": events})
    (day,) = made.json()["days"]
    kept = next(one for one in day["plan"]["stops"] if one["visit"] == stop.visit)
    assert span["start_s"] <= kept["start_s"] <= span["end_s"]
    assert made.json()["diff"]["promises_at_risk"] == []


def test_a_run_is_held_against_what_was_before(shared: Served) -> None:
    with shared.store.reading() as session:
        run = session.get_one(PlanRun, shared.get("admin", "/plan-runs").json()["items"][0]["id"])
    told = shared.get("admin", f"/plan-runs/{run.id}/comparison").json()
    assert told["before"] == dict.fromkeys(told["before"], 0)
    assert told["after"]["plans"] == len(told["days"]) == 4
    monday = next(day for day in told["days"] if (day["rep"], day["date"]) == ("ana", DAY))
    assert monday["after"]["travel_s"] == plan_of(shared, "ana").totals.travel_s
    problem_of(shared.get("dispatcher", f"/plan-runs/{run.id}/comparison"), 404)


def test_a_stop_tells_as_many_alternatives_as_are_asked_for(shared: Served) -> None:
    visit = plan_of(shared, "ana").stops[0].visit
    some = shared.get("dispatcher", f"/visits/{visit}/explanation?alternatives=1").json()["alternatives"]
    assert len(some) == 1
    assert datetime.fromisoformat(f"{some[0]['date']}T00:00")
    problem_of(shared.get("dispatcher", f"/visits/{visit}/explanation?alternatives=0"), 422)
