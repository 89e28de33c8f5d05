"""The dispatcher's board over HTTP: propose, look, commit, undo; slots; explanations; the rights of all of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import httpx
import pytest
from sqlmodel import select

from tests.api.conftest import MONDAY
from tests.api.serving import Served
from tests.api.test_problems import problem_of
from visits.day_plan import DayPlan
from visits.models import Event, Plan, PlanVersion, Proposal, SlotHold, Visit

DAY = MONDAY.isoformat()
ANA, BO = f"/reps/ana/plans/{DAY}", f"/reps/bo/plans/{DAY}"


def plan_of(service: Served, rep: str = "ana") -> DayPlan:
    return DayPlan.model_validate_json(service.get("admin", f"/reps/{rep}/plans/{DAY}").content)


def propose(service: Served, person: str, *events: dict, **more) -> httpx.Response:
    return service.send(person, "POST", "/proposals", json={"date": DAY, "events": events, **more})


def commit(service: Served, person: str, reply: httpx.Response, body: dict | None = None) -> httpx.Response:
    where = reply.headers["location"].removeprefix("/api/v1")
    headers = {"If-Match": reply.headers["etag"]}
    return service.send(person, "POST", f"{where}/commit", json=body or {}, headers=headers)


def test_propose_look_commit_undo(planned: Served) -> None:
    before = planned.get("ana", ANA)
    visit = plan_of(planned).stops[1].visit
    made = propose(planned, "dispatcher", {"type": "cancel", "visit": visit}, reason="closed")
    assert made.status_code == 201, made.text
    assert planned.get("ana", ANA).content == before.content
    where = made.headers["location"].removeprefix("/api/v1")
    seen = planned.get("dispatcher", where)
    assert seen.json()["id"] == made.json()["id"]
    assert seen.headers["etag"] == made.headers["etag"]
    diff = made.json()["diff"]
    assert visit in {one["visit"] for one in diff["removed"]}
    assert {"unchanged", "moved", "added", "removed", "retimed", "delta", "promises_at_risk", "reps"} <= set(diff)
    assert made.json()["id"] in {
        one["id"] for one in planned.get("dispatcher", "/proposals?state=open").json()["items"]
    }
    done = commit(planned, "dispatcher", made)
    assert done.status_code == 200, done.text
    after = plan_of(planned)
    assert visit not in {stop.visit for stop in after.stops}
    assert DayPlan.model_validate(done.json()["plans"][0]) == after
    again = commit(planned, "dispatcher", made)
    assert again.json() == done.json()
    undo = f"/plans/{after.plan}/undo"
    for stale in (f'"{after.version - 1}"', "no version"):
        refused = planned.send("dispatcher", "POST", undo, json={}, headers={"If-Match": stale})
        problem_of(refused, 412)
        assert refused.headers.get("etag") == (f'"{after.version}"' if stale != "no version" else None)
    assert plan_of(planned) == after
    undone = planned.send("dispatcher", "POST", undo, json={}, headers={"If-Match": f'"{after.version}"'})
    assert undone.status_code == 200, undone.text
    restored = planned.get("ana", ANA)
    assert restored.content == before.content
    assert restored.headers["etag"] == before.headers["etag"]
    problem_of(planned.send("dispatcher", "POST", f"/plans/{after.plan}/undo", json={}), 409)


def test_whoever_is_slower_gets_a_fresh_proposal(planned: Served) -> None:
    stops = plan_of(planned).stops
    slow = propose(planned, "dispatcher", {"type": "cancel", "visit": stops[1].visit})
    fast = propose(planned, "everywhere", {"type": "cancel", "visit": stops[2].visit})
    assert commit(planned, "everywhere", fast).status_code == 200
    text = planned.get("ana", ANA).content
    late = commit(planned, "dispatcher", slow)
    problem_of(late, 412)
    assert planned.get("ana", ANA).content == text
    fresh = planned.get("dispatcher", late.headers["location"].removeprefix("/api/v1"))
    assert fresh.headers["etag"] == late.headers["etag"]
    assert commit(planned, "dispatcher", late).status_code == 200
    assert not {stops[1].visit, stops[2].visit} & {stop.visit for stop in plan_of(planned).stops}
    assert planned.get("dispatcher", slow.headers["location"].removeprefix("/api/v1")).json()["state"] == "replaced"
    problem_of(commit(planned, "dispatcher", slow), 409)


def test_a_commit_says_what_it_saw(planned: Served) -> None:
    made = propose(planned, "dispatcher", {"type": "cancel", "visit": plan_of(planned).stops[1].visit})
    where = made.headers["location"].removeprefix("/api/v1")
    problem_of(planned.send("dispatcher", "POST", f"{where}/commit", json={}), 428)
    problem_of(planned.send("dispatcher", "POST", f"{where}/commit", json={}, headers={"If-Match": '"x"'}), 412)
    assert planned.send("dispatcher", "DELETE", where).status_code == 204
    problem_of(commit(planned, "dispatcher", made), 409)
    assert planned.send("dispatcher", "DELETE", where).status_code == 204


def test_an_expired_proposal_comes_back_fresh(planned: Served) -> None:
    made = propose(planned, "dispatcher", {"type": "cancel", "visit": plan_of(planned).stops[1].visit})
    with planned.store.session() as session:
        row = session.get_one(Proposal, made.json()["id"])
        row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
        session.add(row)
    assert planned.get("dispatcher", f"/proposals/{made.json()['id']}").json()["state"] == "expired"
    late = commit(planned, "dispatcher", made)
    problem_of(late, 412)
    assert commit(planned, "dispatcher", late).status_code == 200


def test_whose_proposal_it_is_and_is_not(planned: Served) -> None:
    ana, bo = plan_of(planned), plan_of(planned, "bo")
    problem_of(propose(planned, "ana", {"type": "cancel", "visit": ana.stops[0].visit}), 422)
    problem_of(propose(planned, "dispatcher", {"type": "cancel", "visit": bo.stops[0].visit}), 422)
    problem_of(propose(planned, "manager", {"type": "absent", "rep": "ana", "from_s": 36_000}), 422)
    made = propose(planned, "everywhere", {"type": "cancel", "visit": bo.stops[0].visit})
    where = made.headers["location"].removeprefix("/api/v1")
    problem_of(planned.get("dispatcher", where), 404)
    problem_of(commit(planned, "dispatcher", made), 404)
    problem_of(planned.send("dispatcher", "DELETE", where), 404)
    assert planned.get("dispatcher", "/proposals").json()["items"] == []
    assert commit(planned, "manager", made).status_code == 200
    problem_of(planned.send("dispatcher", "POST", f"/plans/{bo.plan}/undo", json={}), 404)
    problem_of(planned.send("ana", "POST", f"/plans/{bo.plan}/undo", json={}), 404)
    problem_of(planned.send("bo", "POST", f"/plans/{bo.plan}/undo", json={}), 409)
    assert planned.send("manager", "POST", f"/plans/{bo.plan}/undo", json={}).status_code == 200
    assert plan_of(planned, "bo") == bo


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"date": DAY},
        {"date": "soon", "events": []},
        {"date": DAY, "events": [{"type": "explode"}]},
        {"date": DAY, "events": [{"type": "cancel"}]},
        {"date": DAY, "events": [{"type": "cancel", "visit": "vis_none"}]},
        {"date": DAY, "events": [{"type": "absent", "rep": "nobody", "from_s": 0}]},
        {"date": DAY, "events": [{"type": "late", "shift": "ana", "delay_s": 60}]},
        {"date": DAY, "events": [{"type": "insert", "visit": {"id": "x", "location": "nobody", "service_s": 60}}]},
        {"date": DAY, "move": {"type": "assign", "visit": "vis_none", "rep": "ana", "date": DAY}},
        {"date": DAY, "move": {"type": "remove", "visit": "vis_none"}},
        {"date": DAY, "events": [{"type": "cancel", "visit": "a"}], "move": {"type": "lock", "visit": "a"}},
        {"date": DAY, "events": [], "anew": ["ana"]},
        {"date": "9999-12-31", "anew": ["ana/9999-12-31"]},
        {"date": "9999-12-31", "events": [{"type": "absent", "rep": "ana", "from_s": 0}]},
        {"date": DAY, "events": [{"type": "cancel", "visit": "a"}], "surprise": 1},
    ],
)
def test_requests_that_name_nothing_are_bad_fields(shared: Served, body: dict) -> None:
    problem_of(shared.send("dispatcher", "POST", "/proposals", json=body), 422)


def test_a_day_that_is_over_is_a_conflict(shared: Served) -> None:
    for day in ("2026-01-05", "0001-01-01"):
        body = {"date": day, "events": [{"type": "absent", "rep": "ana", "from_s": 36_000}]}
        problem_of(shared.send("dispatcher", "POST", "/proposals", json=body), 409)


def test_moves_by_hand(planned: Served) -> None:
    stops = plan_of(planned).stops
    move = {"type": "assign", "visit": stops[2].visit, "rep": "ana", "date": DAY}
    made = propose(planned, "dispatcher", move=move)
    assert made.status_code == 201, made.text
    assert isinstance(made.json()["price_s"], int)
    if made.json()["broken"]:
        problem_of(commit(planned, "dispatcher", made), 409)
    assert commit(planned, "dispatcher", made, {"confirm": True}).status_code == 200
    assert plan_of(planned).stops[0].visit == stops[2].visit
    locked = propose(planned, "dispatcher", move={"type": "lock", "visit": stops[2].visit})
    assert commit(planned, "dispatcher", locked).status_code == 200
    assert planned.get("ana", f"/visits/{stops[2].visit}").json()["locked"] is True
    removed = propose(planned, "dispatcher", move={"type": "remove", "visit": stops[2].visit})
    assert commit(planned, "dispatcher", removed).status_code == 200
    assert stops[2].visit not in {stop.visit for stop in plan_of(planned).stops}
    with planned.store.reading() as session:
        kinds = set(session.exec(select(Event.kind).where(Event.subject == stops[2].visit)).all())
    assert {"visit.assigned", "visit.locked", "visit.removed"} <= kinds


def test_slots_are_ranked_held_booked_and_released(planned: Served) -> None:
    wish = {"customer": "c0-0", "service_s": 1200, "from": DAY, "to": DAY, "limit": 10}
    quoted = planned.send("dispatcher", "POST", "/slots", json=wish)
    assert quoted.status_code == 200, quoted.text
    slots = quoted.json()["slots"]
    assert slots
    assert [one["cost_s"] for one in slots] == sorted(one["cost_s"] for one in slots)
    best = slots[0]
    hold = {"customer": "c0-0", "service_s": 1200, "rep": best["rep"], "date": best["date"]}
    hold |= {"start_s": best["start_s"], "end_s": min(best["end_s"], best["start_s"] + 600)}
    held = planned.send("dispatcher", "POST", "/slots/holds", json=hold)
    assert held.status_code == 201, held.text
    later = planned.send("dispatcher", "POST", "/slots", json=wish).json()["slots"]
    assert all(one["start_s"] + 1200 <= hold["start_s"] or one["start_s"] >= hold["start_s"] + 1200 for one in later)
    where = held.headers["location"].removeprefix("/api/v1")
    problem_of(planned.send("manager", "DELETE", where), 404)
    problem_of(planned.send("ana", "POST", f"{where}/book", json={}), 404)
    booked = planned.send("dispatcher", "POST", f"{where}/book", json={"note": "rang at noon"})
    assert booked.status_code == 200, booked.text
    visit = booked.json()["visit"]
    stop = next(stop for stop in plan_of(planned).stops if stop.visit == visit)
    assert hold["start_s"] <= stop.start_s <= hold["end_s"]
    assert stop.promise is not None
    assert planned.send("dispatcher", "POST", f"{where}/book", json={}).json()["visit"] == visit
    problem_of(planned.send("dispatcher", "DELETE", where), 409)
    assert planned.get("dispatcher", f"/visits/{visit}").json()["state"] == "promised"
    second = planned.send("dispatcher", "POST", "/slots/holds", json=hold | {"start_s": 36_000, "end_s": 54_000})
    if second.status_code == 201:
        other = second.headers["location"].removeprefix("/api/v1")
        assert planned.send("dispatcher", "DELETE", other).status_code == 204
        problem_of(planned.send("dispatcher", "POST", f"{other}/book", json={}), 409)


def test_a_hold_ends_by_itself_and_a_full_day_cannot_be_held(planned: Served) -> None:
    hold = {"customer": "c0-0", "service_s": 1200, "rep": "ana", "date": DAY, "start_s": 40_000, "end_s": 50_000}
    held = planned.send("dispatcher", "POST", "/slots/holds", json=hold)
    assert held.status_code == 201, held.text
    with planned.store.session() as session:
        row = session.get_one(SlotHold, held.json()["id"])
        row.expires_at = datetime.now(UTC) - timedelta(seconds=1)
        session.add(row)
    problem_of(planned.send("dispatcher", "POST", f"/slots/holds/{held.json()['id']}/book", json={}), 409)
    whole = hold | {"service_s": 9 * 3600, "start_s": 8 * 3600, "end_s": 9 * 3600}
    problem_of(planned.send("dispatcher", "POST", "/slots/holds", json=whole), 409)


@pytest.mark.parametrize(
    "body",
    [
        {"service_s": 600, "from": DAY, "to": DAY},
        {"customer": "c0-0", "service_s": 1, "from": DAY, "to": DAY},
        {"customer": "c0-0", "service_s": 600, "from": DAY, "to": "2027-02-01"},
        {"customer": "c0-0", "location": {"lon": 1, "lat": 1}, "service_s": 600, "from": DAY, "to": DAY},
        {"location": {"lon": 1, "lat": 100}, "territory": "north", "service_s": 600, "from": DAY, "to": DAY},
    ],
)
def test_wishes_that_make_no_sense(shared: Served, body: dict) -> None:
    problem_of(shared.send("dispatcher", "POST", "/slots", json=body), 422)


def test_a_place_that_is_no_customer_yet(shared: Served) -> None:
    where = {"lon": 24.945, "lat": 60.171}
    wish = {"location": where, "territory": "north", "service_s": 900, "from": DAY, "to": DAY}
    reply = shared.send("dispatcher", "POST", "/slots", json=wish)
    assert reply.status_code == 200, reply.text
    problem_of(shared.send("dispatcher", "POST", "/slots", json=wish | {"territory": "south"}), 404)
    problem_of(shared.send("dispatcher", "POST", "/slots", json=wish | {"location": None, "customer": "c9-0"}), 404)


def test_explanations_speak_the_readers_language(shared: Served) -> None:
    stop = plan_of(shared).stops[1]
    path = f"/visits/{stop.visit}/explanation"
    english = shared.get("dispatcher", path)
    assert english.status_code == 200, english.text
    assert english.headers["content-language"] == "en"
    assert english.json()["planned"]["rep"] == "ana"
    assert english.json()["facts"][0]["code"] == "planned"
    chinese = shared.get("dispatcher", path, headers={"Accept-Language": "fr, zh-CN;q=0.9, en;q=0.5"})
    assert chinese.headers["content-language"] == "zh"
    assert [one["code"] for one in chinese.json()["facts"]] == [one["code"] for one in english.json()["facts"]]
    assert "已安排" in chinese.json()["facts"][0]["text"]
    assert shared.get("dispatcher", f"{path}?lang=zh").json() == chinese.json()
    problem_of(shared.get("dispatcher", f"{path}?lang=tlh"), 422)
    others = [one for one in shared.get("ana", path).json()["alternatives"] if one["rep"] != "ana"]
    assert others == []


def test_why_a_customer_is_not_planned(shared: Served) -> None:
    planned = {stop.customer for rep in ("ana", "bo") for stop in plan_of(shared, rep).stops}
    for customer in (f"c{row}-{column}" for row in range(5) for column in range(2)):
        reply = shared.get("dispatcher", f"/customers/{customer}/explanation?date={DAY}")
        assert reply.status_code == 200, reply.text
        answer = reply.json()
        assert answer["facts"][0]["text"]
        assert (answer["planned"] is not None) == (customer in planned), answer
    problem_of(shared.get("dispatcher", f"/customers/c9-0/explanation?date={DAY}"), 404)
    problem_of(shared.get("dispatcher", "/customers/c0-0/explanation"), 422)
    problem_of(shared.get("dispatcher", "/customers/c0-0/explanation?date=2026-01-05"), 409)


def test_a_rep_chooses_what_to_do_with_freed_time(planned: Served) -> None:
    before = plan_of(planned)
    visit = before.stops[1].visit
    headers = {"Idempotency-Key": str(uuid4())}
    body = {"reason": "closed", "fill": False}
    cancelled = planned.send("ana", "POST", f"/visits/{visit}/cancel", json=body, headers=headers).json()
    assert cancelled["diff"]["added"] == []
    assert not any(one["planned"] for one in cancelled["suggestions"])
    path = f"/reps/ana/plans/{DAY}/fill-ins"
    if cancelled["suggestions"]:
        chosen = {"visit": cancelled["suggestions"][0]["visit"]}
        headers = {"Idempotency-Key": str(uuid4())}
        taken = planned.send("ana", "POST", path, json=chosen, headers=headers)
        assert taken.status_code == 200, taken.text
        assert planned.send("ana", "POST", path, json=chosen, headers=headers).json() == taken.json()
        assert chosen["visit"] in {stop.visit for stop in plan_of(planned).stops}
        assert plan_of(planned).cause == "fill_in"
        headers = {"Idempotency-Key": str(uuid4())}
        problem_of(planned.send("ana", "POST", path, json=chosen, headers=headers), 409)
    problem_of(planned.send("ana", "POST", path, json={"visit": "x"}), 400)
    headers = {"Idempotency-Key": str(uuid4())}
    problem_of(planned.send("bo", "POST", path, json={"visit": "x"}, headers=headers), 404)


def test_late_taps_settle_and_stand_in_the_history(planned: Served) -> None:
    visit = plan_of(planned).stops[0].visit

    def tap(what: str, body: dict | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": str(uuid4())}
        return planned.send("ana", "POST", f"/visits/{visit}/{what}", json=body or {}, headers=headers)

    now = datetime.now(UTC)
    assert tap("depart").json()["state"] == "en_route"
    done = tap("complete", {"outcome": "order", "at": (now - timedelta(minutes=1)).isoformat()})
    assert done.json()["state"] == "done"
    late = tap("arrive", {"at": (now - timedelta(minutes=30)).isoformat()})
    assert (late.status_code, late.json()["state"], late.json()["settled"]) == (200, "done", "noted")
    kept = tap("no-show", {"at": (now - timedelta(minutes=40)).isoformat()})
    assert (kept.status_code, kept.json()["settled"]) == (200, "kept")
    problem_of(tap("arrive"), 409)
    for at in (now + timedelta(hours=1), now - timedelta(days=60)):
        problem_of(tap("arrive", {"at": at.isoformat()}), 422)
    problem_of(tap("arrive", {"at": "2026-11-23T10:00:00"}), 422)
    history = planned.get("ana", f"/visits/{visit}/history").json()["items"]
    assert [one["action"] for one in history] == ["place", "depart", "complete", "arrive", "no_show", "arrive"]
    assert [one["settled"] for one in history][1:] == ["moved", "moved", "noted", "kept", "refused"]
    problem_of(planned.get("bo", f"/visits/{visit}/history"), 404)


def test_nothing_is_written_by_looking(planned: Served) -> None:
    def rows() -> list[str]:
        with planned.store.reading() as session:
            return [
                str(row.model_dump())
                for kind in (Plan, PlanVersion, Visit)
                for row in session.exec(select(kind).order_by(kind.id))
            ]

    was = rows()
    stop = plan_of(planned).stops[0]
    propose(planned, "dispatcher", {"type": "absent", "rep": "ana", "from_s": 40_000})
    planned.get("dispatcher", f"/visits/{stop.visit}/explanation")
    planned.get("dispatcher", f"/customers/{stop.customer}/explanation?date={DAY}")
    planned.send("dispatcher", "POST", "/slots", json={"customer": "c0-0", "service_s": 900, "from": DAY, "to": DAY})
    assert rows() == was


def test_a_rep_moves_visits_within_their_own_days_and_nowhere_else(planned: Served) -> None:
    def move(person: str, **wish: str | None) -> httpx.Response:
        return planned.send(person, "POST", "/proposals", json={"date": DAY, "move": wish})

    ana, bo = plan_of(planned), plan_of(planned, "bo")
    stop = ana.stops[-1]
    problem_of(move("ana", type="lock", visit=stop.visit), 422)
    problem_of(move("ana", type="remove", visit=bo.stops[0].visit), 422)
    problem_of(move("ana", type="assign", customer=bo.stops[0].customer, rep="ana", date=DAY), 422)
    problem_of(move("ana", type="assign", customer=stop.customer, rep="bo", date=DAY), 422)
    out = move("ana", type="remove", visit=stop.visit)
    where = out.headers["location"].removeprefix("/api/v1")
    problem_of(planned.get("bo", where), 404)
    problem_of(commit(planned, "bo", out), 404)
    assert commit(planned, "ana", out).status_code == 200
    assert stop.customer not in {one.customer for one in plan_of(planned).stops}
    wish = {"type": "assign", "customer": stop.customer, "rep": "ana", "date": DAY, "after": ana.stops[-2].visit}
    back = move("ana", **wish)
    assert back.json()["diff"]["added"][0]["customer"] == stop.customer
    assert commit(planned, "ana", back).status_code == 200
    assert stop.customer in {one.customer for one in plan_of(planned).stops}
    assert plan_of(planned, "bo") == bo
    with planned.store.session() as session:
        row = session.exec(select(Visit).where(Visit.id == ana.stops[0].visit)).one()
        row.rep_id = "bo"
        session.add(row)
    said = problem_of(move("ana", type="assign", customer=ana.stops[0].customer, rep="ana", date=DAY), 409)
    assert "colleague" in said.detail
