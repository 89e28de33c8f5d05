"""Proposals of territories over HTTP: asked, edited by hand, approved, published, rolled back, on both databases."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import select

from api.jobs.territory_work import work
from api.tools import make_tools
from routing.territories.search import Effort
from tests.api.serving import Served
from tests.api.test_problems import problem_of
from visits.models import Customer, Event, HandOver, Person, Rep, Territory, TerritoryProposal, TerritoryTask, Visit
from visits.territories.publishing import take_effect_when_due
from visits.territories.tasks import take_task, waiting_tasks
from visits.territories.working import carry_out

TODAY = datetime.now(UTC).date()
FIVE = ["fewest_hand_overs", "balanced", "compact", "fairest", "as_now"]


def do_tasks(service: Served) -> None:
    """What a worker would do, in this process."""
    with service.store.reading() as session:
        waiting = waiting_tasks(session)
    tools = make_tools(service.settings)
    for task_id, _ in waiting:
        claim = take_task(service.store, task_id, "test")
        assert claim is not None
        carry_out(service.store, claim, tools, TODAY, Effort(trials=20_000))


def ask(service: Served, person: str = "admin", **body) -> str:
    made = service.send(person, "POST", "/territory-proposals", json={"name": "Spring", **body})
    assert made.status_code == 202, made.text
    assert made.json()["state"] == "queued"
    return made.headers["location"].removeprefix("/api/v1")


def ready(service: Served, person: str = "admin", **body) -> str:
    path = ask(service, person, **body)
    do_tasks(service)
    assert service.get(person, path).json()["state"] == "ready", service.get(person, path).text
    return path


def owners(service: Served) -> dict[str, str | None]:
    with service.store.reading() as session:
        return dict(session.exec(select(Customer.id, Customer.territory_id)).all())


def test_a_proposal_from_question_to_roll_back(service: Served) -> None:
    with service.store.session() as session:
        for name in ("c0-0", "c1-0", "c2-0"):
            moved = session.get_one(Customer, name)
            moved.territory_id = "south"
            session.add(moved)
    before = owners(service)
    path = ready(service, wish={"move_price_s": 0})
    told = service.get("admin", path).json()
    assert [one["figures"]["name"] for one in told["alternatives"]] == FIVE
    assert told["travel"] == "roads"
    now = told["alternatives"][-1]["figures"]
    balanced = told["alternatives"][1]["figures"]
    assert now["moved"] == 0
    assert now["gap"] is None
    assert balanced["worst"] < now["worst"]
    assert 0 <= balanced["gap"] < 1
    assert sum(one["customers"] for one in balanced["territories"]) == 20

    one = service.get("admin", f"{path}/alternatives/balanced").json()
    shared = service.get("admin", f"{path}/customers").json()
    assert len(one["owners"]) == len(shared["customers"]) == 20
    moved = [c for c, j in zip(shared["customers"], one["owners"], strict=True) if c["present"] != j]
    over = service.get("admin", f"{path}/alternatives/balanced/hand-overs?limit=1").json()
    assert over["total"] == len(moved) == balanced["moved"] > 0
    assert over["items"][0]["reason"].startswith("moving it ")
    shapes = service.get("admin", f"{path}/alternatives/balanced/boundaries")
    assert {one["properties"]["territory"] for one in shapes.json()["features"]} == {"north", "south"}
    again = service.get(
        "admin", f"{path}/alternatives/balanced/boundaries", headers={"If-None-Match": shapes.headers["etag"]}
    )
    assert again.status_code == 304
    compared = service.get("admin", f"{path}/comparison?a=as_now&b=balanced").json()
    assert len(compared["differences"]) == len(moved)

    draft = service.send("admin", "POST", f"{path}/draft", json={"from": "balanced"})
    assert draft.status_code == 200, draft.text
    first = shared["customers"][0]["id"]
    goal = "south" if one["owners"][0] == 0 else "north"
    step = {"customers": [first], "to": goal, "pin": True}
    problem_of(service.send("admin", "PATCH", f"{path}/draft", json=step), 428)
    edited = service.send("admin", "PATCH", f"{path}/draft", json=step, headers={"If-Match": draft.headers["etag"]})
    assert edited.status_code == 200, edited.text
    assert edited.json()["pins"] == {first: goal}
    assert edited.json()["owners"][0] != one["owners"][0]
    stale = service.send("admin", "PATCH", f"{path}/draft", json=step, headers={"If-Match": draft.headers["etag"]})
    problem_of(stale, 412)
    guess = service.send("admin", "POST", f"{path}/what-if", json={"tolerance": 0.3, "from_draft": True, "keep": True})
    assert guess.status_code == 200, guess.text
    assert guess.json()["owners"][0] == edited.json()["owners"][0]
    assert service.get("admin", f"{path}/alternatives/what_if").json()["owners"] == guess.json()["owners"]
    undone = service.send("admin", "POST", f"{path}/draft/undo", headers={"If-Match": edited.headers["etag"]})
    assert undone.json()["owners"] == one["owners"]
    assert undone.json()["pins"] == {}
    problem_of(service.send("admin", "POST", f"{path}/draft/undo", headers={"If-Match": undone.headers["etag"]}), 409)

    version = {"If-Match": service.get("admin", path).headers["etag"], "Idempotency-Key": "once"}
    body = {"alternative": "draft", "effective_from": TODAY.isoformat()}
    published = service.send("admin", "POST", f"{path}/publish", json=body, headers=version)
    assert published.status_code == 200, published.text
    assert published.json()["state"] == "published"
    assert published.json()["customers"] == len(moved)
    assert service.send("admin", "POST", f"{path}/publish", json=body, headers=version).json() == published.json()
    after = owners(service)
    assert {name for name in after if after[name] != before[name]} == {c["id"] for c in moved}
    with service.store.reading() as session:
        rows = session.exec(select(HandOver)).all()
        joint = session.exec(select(Visit).where(Visit.cause == "hand_over")).all()
        kinds = session.exec(select(Event.kind)).all()
    assert len(rows) == len(moved)
    assert {visit.customer_id for visit in joint} == {c["id"] for c in moved if c["tier"] == "A"}
    assert "territory_proposal.published" in kinds
    assert "territory.redrawn" in kinds
    problem_of(service.send("admin", "DELETE", path), 409)

    tag = {"If-Match": service.get("admin", path).headers["etag"]}
    back = service.send("admin", "POST", f"{path}/roll-back", headers=tag)
    assert back.status_code == 200, back.text
    assert back.json()["customers"] == len(moved)
    assert owners(service) == before
    with service.store.reading() as session:
        assert {visit.state for visit in session.exec(select(Visit).where(Visit.cause == "hand_over"))} <= {"cancelled"}
    problem_of(service.send("admin", "POST", f"{path}/roll-back", headers=tag), 412)


def test_a_scheduled_proposal_takes_effect_on_its_day(on_sqlite: Served) -> None:
    path = ready(on_sqlite, wish={"move_price_s": 0, "tolerance": 0.05})
    tag = {"If-Match": on_sqlite.get("admin", path).headers["etag"]}
    day = TODAY + timedelta(days=3)
    draft = on_sqlite.send("admin", "POST", f"{path}/draft", json={"from": "as_now"})
    step = {"customers": ["c4-0", "c4-1"], "to": "south"}
    on_sqlite.send("admin", "PATCH", f"{path}/draft", json=step, headers={"If-Match": draft.headers["etag"]})
    body = {"alternative": "draft", "effective_from": day.isoformat(), "joint_visit_days": 0}
    asked = on_sqlite.send("admin", "POST", f"{path}/publish", json=body, headers=tag)
    assert asked.json()["state"] == "scheduled", asked.text
    before = owners(on_sqlite)
    assert before["c4-0"] == "north"
    with on_sqlite.store.session() as session:
        gone = session.get_one(Customer, "c4-1")
        gone.territory_id = None
        session.add(gone)
    assert take_effect_when_due(on_sqlite.store, TODAY) == 0
    assert take_effect_when_due(on_sqlite.store, day) == 1
    assert take_effect_when_due(on_sqlite.store, day) == 0
    assert owners(on_sqlite) == {**before, "c4-0": "south", "c4-1": None}
    assert on_sqlite.get("admin", path).json()["state"] == "published"


def test_others_must_approve_where_that_was_asked(on_sqlite: Served) -> None:
    path = ready(on_sqlite, approvals=1)
    body = {"alternative": "as_now", "effective_from": TODAY.isoformat()}
    tag = {"If-Match": on_sqlite.get("admin", path).headers["etag"]}
    early = on_sqlite.send("admin", "POST", f"{path}/publish", json=body, headers=tag)
    assert "1 more person must approve" in problem_of(early, 409).detail
    own = on_sqlite.send("admin", "POST", f"{path}/approvals", json={"alternative": "as_now"})
    assert "who made a proposal cannot approve it" in problem_of(own, 409).detail
    with on_sqlite.store.session() as session:
        wide = session.get_one(Person, "person-manager")
        wide.territory_ids = None
        session.add(wide)
    yes = on_sqlite.send("manager", "POST", f"{path}/approvals", json={"alternative": "as_now", "comment": "fine"})
    assert yes.status_code == 201, yes.text
    again = on_sqlite.send("manager", "POST", f"{path}/approvals", json={"alternative": "as_now"})
    assert again.json() == yes.json()
    assert [one["current"] for one in on_sqlite.get("admin", path).json()["approvals"]] == [True]
    published = on_sqlite.send("admin", "POST", f"{path}/publish", json=body, headers=tag)
    assert published.status_code == 200, published.text


def test_a_manager_sees_only_proposals_of_own_territories(service: Served) -> None:
    all_of_it = ask(service)
    own = ready(service, "manager")
    assert service.get("manager", own).json()["territory_ids"] == ["south"]
    problem_of(service.get("manager", all_of_it), 404)
    problem_of(service.send("manager", "POST", "/territory-proposals", json={"territories": ["north"]}), 404)
    listed = service.get("manager", "/territory-proposals").json()["items"]
    assert [one["id"] for one in listed] == [own.rpartition("/")[2]]
    assert len(service.get("admin", "/territory-proposals").json()["items"]) == 2


def test_what_stands_in_the_way_is_named_with_the_nearest_possible(on_sqlite: Served) -> None:
    path = ready(
        on_sqlite,
        wish={"tolerance": 0.05},
        pins={"c0-0": "south"},
        part_time=[{"rep": "ana", "share": 0.02}, {"rep": "bo", "share": 0.02}],
    )
    balanced = on_sqlite.get("admin", path).json()["alternatives"][1]["figures"]
    assert any("does not fit the capacity" in note and "of its hours" in note for note in balanced["notes"])
    assert [(one["customer"], one["reason"]) for one in balanced["exceptions"]] == [
        ("c0-0", "held by a pin, skill or region")
    ]
    with on_sqlite.store.session() as session:
        odd = session.get_one(Customer, "c1-0")
        odd.skills = ["welding"]
        session.add(odd)
    assert "nobody may serve the customer 'c1-0'" in failed(on_sqlite, ask(on_sqlite))
    with on_sqlite.store.session() as session:
        nowhere = session.get_one(Rep, "ana")
        nowhere.home_lon = nowhere.home_lat = 0.0
        session.add(nowhere)
    assert "has no base: home_lon and home_lat are 0" in failed(on_sqlite, ask(on_sqlite))


def failed(service: Served, path: str) -> str:
    """The sentence that a question ends with whose work a worker gave up."""
    with service.store.reading() as session:
        (task_id, _), *_ = waiting_tasks(session)
    claim = take_task(service.store, task_id, "test")
    assert claim is not None
    assert work(task_id, claim.number, service.settings.model_dump_json().encode()) == 0
    told = service.get("admin", path).json()
    assert told["state"] == "failed"
    return str(told["message"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"remove": ["nobody"]}, "'nobody' is no active rep"),
        ({"pins": {"nobody": "north"}}, "the customer 'nobody'"),
        ({"remove": ["ana", "bo"]}, "none of the territories has an active rep"),
    ],
)
def test_questions_that_cannot_be_answered_fail_with_a_sentence(on_sqlite: Served, change: dict, said: str) -> None:
    path = ask(on_sqlite, **change)
    assert said in failed(on_sqlite, path)
    problem_of(on_sqlite.get("admin", f"{path}/customers"), 409)


def test_a_worker_works_it_out_by_itself(working_on_sqlite: Served) -> None:
    path = ask(working_on_sqlite)
    deadline = time.monotonic() + 120
    while working_on_sqlite.get("admin", path).json()["state"] == "queued" and time.monotonic() < deadline:
        time.sleep(0.3)
    told = working_on_sqlite.get("admin", path).json()
    assert told["state"] == "ready", told
    task = working_on_sqlite.send("admin", "POST", f"{path}/alternatives/as_now/validation")
    assert task.status_code == 202, task.text
    while time.monotonic() < deadline:
        validation = working_on_sqlite.get("admin", f"{path}/alternatives/as_now").json()["validation"]
        if validation is not None:
            break
        time.sleep(0.3)
    assert {one["territory"] for one in validation["territories"]} == {"north", "south"}
    assert all(one["simulated_s"] > 0 and one["unserved"] == 0 for one in validation["territories"])


def test_one_more_rep_and_white_space(on_sqlite: Served) -> None:
    path = ready(on_sqlite, add=[{"name": "West", "lon": 24.944, "lat": 60.175, "weekly_hours": 40}])
    alternatives = on_sqlite.get("admin", path).json()["alternatives"]
    balanced = alternatives[1]["figures"]
    assert [one["name"] for one in balanced["territories"]] == ["North", "South", "West"]
    asked = on_sqlite.send("admin", "POST", f"{path}/bases", json={"candidates": 6, "listed": 2})
    assert asked.status_code == 200, asked.text
    one, two = asked.json()["suggestions"]
    assert one["saves_s"] >= two["saves_s"]
    cells = on_sqlite.get("admin", f"{path}/white-space").json()["features"]
    assert sum(cell["properties"]["customers"] for cell in cells) == 20
    tag = {"If-Match": on_sqlite.get("admin", path).headers["etag"]}
    body = {"alternative": "balanced", "effective_from": TODAY.isoformat()}
    assert on_sqlite.send("admin", "POST", f"{path}/publish", json=body, headers=tag).status_code == 200
    with on_sqlite.store.reading() as session:
        west = session.exec(select(Territory).where(Territory.name == "West")).one()
    assert "West" in [one["name"] for one in on_sqlite.get("admin", "/territories").json()["items"]]
    assert west.id in owners(on_sqlite).values()
    tag = {"If-Match": on_sqlite.get("admin", path).headers["etag"]}
    assert on_sqlite.send("admin", "POST", f"{path}/roll-back", headers=tag).status_code == 200
    assert "West" not in [one["name"] for one in on_sqlite.get("admin", "/territories").json()["items"]]


def test_the_workload_is_fitted_on_planned_days(planned: Served) -> None:
    assert planned.get("admin", "/workload").json()["days"] == 0
    task = planned.send("admin", "POST", "/workload/fits")
    assert task.status_code == 202, task.text
    do_tasks(planned)
    with planned.store.reading() as session:
        assert session.get_one(TerritoryTask, task.json()["id"]).status == "done"
    assert planned.get("admin", "/workload").json()["days"] == 0  # four days are too few to learn from


def test_who_is_erased_is_gone_from_proposals(on_sqlite: Served) -> None:
    path = ready(on_sqlite)
    tag = {"If-Match": on_sqlite.get("admin", "/customers/c0-0").headers["etag"]}
    erased = on_sqlite.send("admin", "POST", "/customers/c0-0/erase", headers=tag)
    assert erased.status_code == 200, erased.text
    told = on_sqlite.get("admin", path).json()
    assert told["state"] == "discarded"
    assert told["alternatives"] == []
    with on_sqlite.store.reading() as session:
        assert "Café c0-0" not in "".join(session.exec(select(TerritoryProposal.snapshot)).all())
