"""Drafts of a planning run over HTTP: nobody in the field sees them before they are published."""

from __future__ import annotations

from tests.api.conftest import MONDAY
from tests.api.serving import Served
from tests.api.test_plan_runs import ask, watch
from tests.api.test_problems import problem_of

DAY = MONDAY.isoformat()
PLAN = f"/reps/ana/plans/{DAY}"


def test_what_is_drafted_goes_to_the_phones_when_it_is_published_and_not_before(working: Served) -> None:
    path = ask(working, publish=False)
    run = watch(working, path, {"done", "failed"})
    assert (run["status"], run["publish"], run["result"]["plans"]) == ("done", False, 4), run
    assert "wait to be published" in run["message"]
    problem_of(working.get("ana", PLAN), 404)
    assert working.get("everywhere", f"/plans?date={DAY}").json()["items"] == []
    assert working.get("everywhere", f"/board?date={DAY}").json()["plans"] == []
    assert working.get("everywhere", f"/kpis?from={DAY}&to={DAY}").json()["total"]["planned"] == 0
    kinds = {event["kind"] for event in working.get("everywhere", "/events/history?limit=200").json()["items"]}
    assert not any(kind.startswith("plan.") for kind in kinds)

    drafts, publish = f"{path}/drafts", f"{path}/publish"
    for person in ("ana", "bo"):
        problem_of(working.get(person, drafts), 404)
    seen = {person: working.get(person, drafts) for person in ("dispatcher", "manager", "everywhere")}
    assert {one["rep"] for one in seen["dispatcher"].json()["days"]} == {"ana"}
    assert {one["rep"] for one in seen["manager"].json()["days"]} == {"bo"}
    assert len(seen["everywhere"].json()["days"]) == 4
    assert [one["rep_days"] for one in working.get("dispatcher", "/plan-drafts").json()["items"]] == [2]
    (drafted,) = working.get("dispatcher", f"{drafts}/plans?date={DAY}").json()

    chosen = {"days": [{"rep": "ana", "date": DAY}]}
    tag = {"If-Match": seen["dispatcher"].headers["etag"]}
    problem_of(working.send("dispatcher", "POST", publish, json=chosen), 428)
    theirs = {"If-Match": seen["manager"].headers["etag"]}
    problem_of(working.send("manager", "POST", publish, json=chosen, headers=theirs), 404)
    once = {**tag, "Idempotency-Key": "one"}
    answer = working.send("dispatcher", "POST", publish, json=chosen, headers=once)
    assert answer.status_code == 200, answer.text
    assert [(one["rep"], one["version"]) for one in answer.json()["plans"]] == [("ana", 1)]
    assert answer.json()["left"] == 1
    assert working.send("dispatcher", "POST", publish, json=chosen, headers=once).json() == answer.json()
    assert "meanwhile" in problem_of(working.send("dispatcher", "POST", publish, json=chosen, headers=tag), 412).detail
    served = working.get("ana", PLAN).json()
    assert [stop["visit"] for stop in served["stops"]] == [stop["visit"] for stop in drafted["stops"]]
    problem_of(working.get("bo", f"/reps/bo/plans/{DAY}"), 404)

    assert working.send("everywhere", "DELETE", drafts).status_code == 204
    assert working.get("everywhere", drafts).json()["days"] == []
    assert working.get("dispatcher", "/plan-drafts").json()["items"] == []
    undone = working.send("dispatcher", "POST", f"/plans/{answer.json()['plans'][0]['plan']}/undo", json={})
    assert undone.status_code == 200, undone.text
    problem_of(working.get("ana", PLAN), 404)
