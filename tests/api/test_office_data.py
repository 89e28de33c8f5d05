"""Segments, assignment rules, the policy, absences, imports, figures and forecast over HTTP, on both databases."""

from __future__ import annotations

import pytest

from tests.api.conftest import MONDAY
from tests.api.seed import place
from tests.api.serving import Served
from tests.api.test_problems import problem_of

DAY = MONDAY.isoformat()
HEADER = "external_id,name,lon,lat,tier,territory\n"


def made(service: Served, path: str, body: dict, person: str = "admin") -> dict:
    reply = service.send(person, "POST", path, json=body)
    assert reply.status_code == 201, reply.text
    found = service.get(person, reply.headers["location"].removeprefix("/api/v1"))
    assert found.json() == reply.json()
    return reply.json()


def around(row: int) -> list[dict]:
    """A ring around the customers of one row of the made-up town."""
    west, north = place(0, row)
    east, south = place(12, row)
    return [
        {"lon": lon, "lat": lat}
        for lon, lat in ((west, south - 0.0005), (east, south - 0.0005), (east, north + 0.0005), (west, north + 0.0005))
    ]


def test_a_segment_names_customers_by_tier_and_tags(service: Served) -> None:
    both = {"headers": {"If-Match": '"1"'}, "json": {"tags": ["dairy", "new"]}}
    assert service.send("admin", "PATCH", "/customers/c0-0", **both).status_code == 200
    segment = made(service, "/segments", {"name": "Dairy A", "tiers": ["A"], "tags": ["dairy"]})
    path = f"/segments/{segment['id']}"
    assert [one["id"] for one in service.get("admin", f"{path}/customers").json()["items"]] == ["c0-0"]
    assert service.get("manager", f"{path}/customers").json()["items"] == []  # theirs is the south
    problem_of(service.send("admin", "POST", "/segments", json={"name": "Dairy A"}), 409)
    wider = service.send("admin", "PATCH", path, json={"tags": []}, headers={"If-Match": '"1"'})
    assert wider.status_code == 200, wider.text
    assert len(service.get("admin", f"{path}/customers?limit=200").json()["items"]) == 8
    problem_of(service.send("admin", "PATCH", path, json={"tags": []}, headers={"If-Match": '"1"'}), 412)
    for method, address in (("POST", "/segments"), ("PATCH", path), ("DELETE", path)):
        problem_of(service.send("manager", method, address, json={"name": "X"}, headers={"If-Match": '"2"'}), 404)
    assert service.send("admin", "DELETE", path).status_code == 204
    problem_of(service.get("admin", path), 404)


def test_rules_give_customers_their_territories_the_first_that_fits(service: Served) -> None:
    segment = made(service, "/segments", {"name": "Tier A", "tiers": ["A"]})
    rule = {"name": "Row 0", "position": 1, "area": around(0), "territory_id": "south"}
    first = made(service, "/assignment-rules", rule)
    assert first["area"] == around(0)
    made(service, "/assignment-rules", {"name": "A", "segment_id": segment["id"], "territory_id": "north"})
    run = "/assignment-rules/run"
    assert service.send("admin", "POST", run, json={"dry_run": False}).json() == {
        "moves": [],
        "unchanged": 0,
        "unmatched": 0,
    }
    would = service.send("admin", "POST", run, json={"dry_run": True, "everybody": True}).json()
    moved = {move["customer"]: move["to_territory"] for move in would["moves"]}
    assert {moved["c0-0"], moved["c0-1"]} == {"south"}  # although tier A belongs to the north
    assert {name for name, where in moved.items() if where == "north"} == {"c6-0", "c6-1", "c9-0", "c9-1"}
    assert service.get("admin", "/customers/c0-0").json()["territory_id"] == "north"
    assert service.send("admin", "POST", run, json={"dry_run": False, "everybody": True}).json() == would
    assert service.get("admin", "/customers/c0-0").json()["territory_id"] == "south"
    again = service.send("admin", "POST", run, json={"dry_run": False, "everybody": True}).json()
    assert (again["moves"], again["unchanged"]) == ([], would["unchanged"] + len(would["moves"]))
    problem_of(service.send("admin", "DELETE", f"/segments/{segment['id']}"), 409)
    crossed = [around(0)[i] for i in (0, 2, 1, 3)]
    bad = service.send("admin", "POST", "/assignment-rules", json={**rule, "area": crossed})
    assert "crossing" in problem_of(bad, 422).detail
    unknown = {**rule, "segment_id": "seg_none"}
    assert "segment_id" in problem_of(service.send("admin", "POST", "/assignment-rules", json=unknown), 422).detail
    path = f"/assignment-rules/{first['id']}"
    changed = service.send("admin", "PATCH", path, json={"area": None}, headers={"If-Match": '"1"'})
    assert changed.json() == {**first, "area": None, "version": 2}
    for method in ("PATCH", "DELETE"):
        problem_of(service.send("manager", method, path, json={}, headers={"If-Match": '"2"'}), 404)
    assert service.send("admin", "DELETE", path).status_code == 204


def test_the_policy_is_one_and_changed_by_who_sees_all(service: Served) -> None:
    (known,) = service.get("dispatcher", "/policies").json()["items"]
    assert (known["id"], known["version"], known["tier_minutes"]) == ("policy", 0, {"A": 120, "B": 60, "C": 30})
    change = {"json": {"due_from": 0.5}, "headers": {"If-Match": '"0"'}}
    problem_of(service.send("manager", "PATCH", "/policies/policy", **change), 404)
    changed = service.send("admin", "PATCH", "/policies/policy", **change)
    assert changed.json() == {**known, "due_from": 0.5, "version": 1}
    assert service.get("admin", "/policies/policy").json() == changed.json()
    problem_of(service.send("admin", "PATCH", "/policies/policy", **change), 412)
    problem_of(service.get("admin", "/policies/other"), 404)
    problem_of(
        service.send("admin", "PATCH", "/policies/policy", json={"due_from": 1}, headers={"If-Match": '"1"'}), 422
    )


def test_absences_are_for_the_office_of_the_rep(service: Served) -> None:
    span = {"rep_id": "ana", "starts_at": f"{DAY}T00:00:00+02:00", "ends_at": "2027-03-02T00:00:00+02:00"}
    problem_of(service.send("ana", "POST", "/absences", json=span), 404)
    problem_of(service.send("manager", "POST", "/absences", json=span), 404)
    problem_of(service.send("admin", "POST", "/absences", json={**span, "ends_at": span["starts_at"]}), 422)
    absence = made(service, "/absences", {**span, "reason": "course"}, "dispatcher")
    path = f"/absences/{absence['id']}"
    for person, status in (("ana", 200), ("bo", 404), ("dispatcher", 200), ("manager", 404), ("admin", 200)):
        assert service.get(person, path).status_code == status, person
        listed = service.get(person, "/absences?rep=ana").json()["items"]
        assert [one["id"] for one in listed] == ([absence["id"]] if status == 200 else [])
    later = service.get("admin", "/absences", params={"begin": "2027-03-03T00:00:00Z"}).json()["items"]
    assert later == []
    problem_of(service.send("manager", "DELETE", path), 404)
    weeks = service.get("admin", f"/forecast?from={DAY}&weeks=1&territory=north").json()["weeks"]
    assert service.send("dispatcher", "DELETE", path).status_code == 204
    without = service.get("admin", f"/forecast?from={DAY}&weeks=1&territory=north").json()["weeks"]
    assert without[0]["capacity_s"] - weeks[0]["capacity_s"] == 9 * 3600 - 1800


def test_an_import_is_tried_written_and_taken_back(service: Served) -> None:
    text = HEADER + "X-c0-0,Renamed,24.95,60.17,B,North\nE1,New one,24.95,60.17,C,North\nE2,Other,24.95,60.17,C,East\n"
    body = {"noun": "customers", "file": "list.csv", "content": text}
    before = service.get("admin", "/customers/c0-0").json()
    tried = service.send("admin", "POST", "/imports", json={**body, "dry_run": True}).json()
    assert (tried["created"], tried["updated"], tried["written"], tried["id"]) == (2, 1, False, None)
    assert service.get("admin", "/imports").json()["items"] == []
    report = service.send("admin", "POST", "/imports", json=body).json()
    assert (report["created"], report["updated"], report["written"]) == (2, 1, True)
    path = f"/imports/{report['id']}"
    assert service.get("admin", path).json()["report"] == report
    found = {one["external_id"]: one for one in service.get("admin", "/customers?limit=200").json()["items"]}
    assert found["X-c0-0"]["name"] == "Renamed"
    other = f"/customers/{found['E2']['id']}"
    assert service.send("admin", "PATCH", other, json={"name": "Kept"}, headers={"If-Match": '"1"'}).status_code == 200
    for person, status in (("manager", 404), ("dispatcher", 404)):
        problem_of(service.send(person, "POST", f"{path}/undo"), status)
        problem_of(service.get(person, path), status)
        problem_of(service.send(person, "POST", "/imports", json=body), status)
    undone = service.send("admin", "POST", f"{path}/undo").json()
    assert undone == {"removed": 1, "retired": 0, "restored": 1, "left": [found["E2"]["id"]]}
    after = service.get("admin", "/customers/c0-0").json()
    assert after == {**before, "version": after["version"]}
    names = {one["external_id"] for one in service.get("admin", "/customers?limit=200").json()["items"]}
    assert "E1" not in names
    assert "E2" in names
    problem_of(service.send("admin", "POST", f"{path}/undo"), 409)
    assert service.get("admin", path).json()["undone_at"] is not None


def test_faults_of_an_import_are_named_and_nothing_is_written(service: Served) -> None:
    text = HEADER + "E1,,24.95,60.17,C,\nE2,Other,24.95,95,Q,\n"
    reply = service.send("admin", "POST", "/imports", json={"noun": "customers", "file": "l.csv", "content": text})
    assert reply.status_code == 200, reply.text
    report = reply.json()
    assert (report["written"], report["created"]) == (False, 0)
    assert {(fault["row"], fault["column"]) for fault in report["faults"]} == {(2, "name"), (3, "lat"), (3, "tier")}
    taken = {"noun": "reps", "file": "r.csv", "content": "a,b\n1,2\n"}
    problem_of(service.send("admin", "POST", "/imports", json=taken), 422)


def test_an_imported_customer_with_visits_is_retired_not_removed(planned: Served) -> None:
    place_text = HEADER + "E9,Lone,24.95,60.17,A,North\n"
    body = {"noun": "customers", "file": "l.csv", "content": place_text}
    report = planned.send("admin", "POST", "/imports", json=body).json()
    found = planned.get("admin", "/customers?text=Lone").json()["items"][0]
    wish = {"customer": found["id"], "service_s": 900, "from": DAY, "to": DAY}
    best = planned.send("admin", "POST", "/slots", json=wish).json()["slots"][0]
    wanted = {"customer": found["id"], "service_s": 900, "rep": best["rep"], "date": DAY}
    span = {"start_s": best["start_s"], "end_s": best["end_s"]}
    key = {"Idempotency-Key": "hold-1"}
    held = planned.send("admin", "POST", "/slots/holds", json={**wanted, **span}, headers=key)
    assert held.status_code == 201, held.text
    again = planned.send("admin", "POST", "/slots/holds", json={**wanted, **span}, headers=key)
    assert again.json() == held.json()
    booked = planned.send("admin", "POST", f"/slots/holds/{held.json()['id']}/book", json={})
    assert booked.status_code == 200, booked.text
    undone = planned.send("admin", "POST", f"/imports/{report['id']}/undo").json()
    assert (undone["removed"], undone["retired"], undone["left"]) == (0, 1, [])
    assert planned.get("admin", f"/customers/{found['id']}").json()["active"] is False


@pytest.mark.parametrize(("person", "reps"), [("admin", ["ana", "bo"]), ("dispatcher", ["ana"]), ("manager", ["bo"])])
def test_figures_add_up_to_the_plans(shared: Served, person: str, reps: list[str]) -> None:
    found = shared.get(person, f"/kpis?from={DAY}&to={DAY}").json()
    plans = shared.get(person, "/plans", params={"date": DAY}).json()["items"]
    assert [one["rep"] for one in found["reps"]] == reps
    for one in found["reps"]:
        plan = next(plan for plan in plans if plan["rep"] == one["rep"])
        figures = one["figures"]
        assert figures["planned"] == figures["stops"] == len(plan["stops"])
        assert figures["travel_s"] == plan["totals"]["travel_s"]
        assert figures["rep_days"] == 1
    for name, total in found["total"].items():
        assert total == sum(one["figures"][name] for one in found["reps"]), name
    assert found["upkeep"]["never_visited"] == found["upkeep"]["customers"] == 10 * len(reps)


def test_figures_and_forecast_stay_within_what_one_sees(shared: Served) -> None:
    problem_of(shared.get("manager", f"/kpis?from={DAY}&to={DAY}&territory=north"), 404)
    problem_of(shared.get("manager", f"/forecast?from={DAY}&territory=north"), 404)
    problem_of(shared.get("ana", f"/kpis?from={DAY}&to={DAY}"), 404)
    problem_of(shared.get("admin", "/kpis?from=2027-03-02&to=2027-03-01"), 422)
    problem_of(shared.get("admin", "/kpis?from=2027-01-01&to=2027-12-31"), 422)
    problem_of(shared.get("admin", "/forecast?from=2027-02-30"), 422)


def test_a_forecast_counts_every_gap(shared: Served) -> None:
    found = shared.get("dispatcher", f"/forecast?from={DAY}&weeks=4").json()
    assert (found["reps"], found["customers"], found["travel_known"]) == (1, 10, True)
    assert [week["visits"] for week in found["weeks"]] == [10, 0, 10, 0]  # never visited, then every 14 days
    assert found["weeks"][0]["service_s"] == 10 * 1800
    assert found["weeks"][0]["travel_s"] == 10 * found["travel_s_each"]
    assert {week["capacity_s"] for week in found["weeks"]} == {7 * (9 * 3600 - 1800)}
