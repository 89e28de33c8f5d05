"""A rep's calendar: read at a secret address by anybody who has it, until it ends."""

from __future__ import annotations

import httpx
from icalendar import Calendar, Event

from tests.api.serving import Served
from tests.api.test_plans import plan_of, tap
from tests.api.test_problems import problem_of
from visits.models import Person


def opened(service: Served, person: str = "ana") -> str:
    made = service.send(person, "POST", "/me/calendar", json={})
    assert made.status_code == 201, made.text
    return str(made.json()["url"])


def read(service: Served, url: str, **more) -> httpx.Response:
    assert url.startswith(f"{service.base_url}/api/v1/calendars/")
    return service.client.get(url, **more)


def events(reply: httpx.Response) -> dict[str, Event]:
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"] == "text/calendar; charset=utf-8"
    return {str(one["uid"]): one for one in Calendar.from_ical(reply.content).walk("VEVENT")}


def test_a_calendar_has_every_visit_under_a_lasting_name(planned: Served) -> None:
    url, plan = opened(planned), plan_of(planned)
    before = events(read(planned, url))
    shown = [before[f"{stop.visit}@beatplan"] for stop in plan.stops]
    assert [(str(one["summary"]), one["dtstart"].dt, one["dtend"].dt) for one in shown] == [
        (stop.name, stop.start, stop.departure) for stop in plan.stops
    ]
    assert {str(one["status"]) for one in before.values()} == {"CONFIRMED"}
    gone = plan.stops[0]
    assert tap(planned, "ana", gone.visit, "cancel").status_code == 200
    after, moved = events(read(planned, url)), plan_of(planned)
    assert str(after[f"{gone.visit}@beatplan"]["status"]) == "CANCELLED"
    for stop in moved.stops:
        name = f"{stop.visit}@beatplan"
        assert after[name]["dtstart"].dt == stop.start
        if name in before and before[name]["dtstart"].dt != stop.start:
            assert after[name]["sequence"] > before[name]["sequence"]
    assert b"+358" not in read(planned, url).content


def test_an_address_ends_and_opens_nothing_else(planned: Served) -> None:
    assert planned.get("ana", "/me/calendar").json() == {"opened_at": None, "last_read_at": None}
    first = opened(planned)
    same = read(planned, first)
    assert read(planned, first, headers={"If-None-Match": same.headers["etag"]}).status_code == 304
    second = opened(planned)
    assert second != first
    problem_of(read(planned, first), 404)
    assert events(read(planned, second))
    assert planned.get("ana", "/me/calendar").json()["opened_at"] is not None
    secret = second.rpartition("/")[2].removesuffix(".ics")
    problem_of(planned.client.get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"}), 401)
    listed = planned.get("ana", "/sessions").json()["items"]
    assert [one["kind"] for one in listed].count("calendar") == 1
    assert planned.send("ana", "DELETE", "/me/calendar").status_code == 204
    assert planned.send("ana", "DELETE", "/me/calendar").status_code == 204
    problem_of(read(planned, second), 404)


def test_who_may_no_longer_sign_in_is_no_longer_read(planned: Served) -> None:
    mine, theirs = opened(planned), opened(planned, "bo")
    assert not events(read(planned, mine)).keys() & events(read(planned, theirs)).keys()
    token = f"{planned.base_url}/api/v1/calendars/bp_token-of-ana.ics"
    problem_of(read(planned, token), 404)
    with planned.store.session() as session:
        person = session.get_one(Person, "person-ana")
        person.active = False
        session.add(person)
    problem_of(read(planned, mine), 404)
    assert events(read(planned, theirs))
