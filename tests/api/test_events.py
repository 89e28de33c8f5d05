"""Live events: to whom they go, in which order, and that a listener who comes back misses none."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlmodel import select

from api.settings import Settings
from tests.api.seed import TOKENS
from tests.api.serving import NO_CERTIFICATES, Served, served
from tests.api.test_problems import problem_of
from visits.models import Event, Rep, Role, Territory
from visits.queries.events import events_after, last_event_id, record, seen_events_after
from visits.scope import SYSTEM, Viewer, sees_event
from visits.store import Store, open_store


@contextmanager
def listening(service: Served, person: str, after: int | None = None) -> Iterator[Iterator[dict]]:
    """What a person is sent, from the moment that the service listens for them."""
    headers = {"Authorization": f"Bearer {TOKENS[person]}"}
    if after is not None:
        headers["Last-Event-ID"] = str(after)
    with (
        httpx.Client(base_url=service.base_url, timeout=300, verify=NO_CERTIFICATES, trust_env=False) as client,
        client.stream("GET", "/api/v1/events", headers=headers) as reply,
    ):
        assert reply.status_code == 200
        assert reply.headers["content-type"].startswith("text/event-stream")
        lines = reply.iter_lines()
        assert next(lines) == ": listening"
        yield events_of(lines)


def events_of(lines: Iterator[str]) -> Iterator[dict]:
    seen: dict = {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line.startswith("data"):
            seen = {**json.loads(value), "sent_as": seen}
        elif name in {"id", "event"}:
            seen = {**seen, name: value}
        elif line == "" and "kind" in seen:
            sent_as = seen.pop("sent_as")
            assert (int(sent_as["id"]), sent_as["event"]) == (seen["id"], seen["kind"])
            yield seen
            seen = {}


def happen(store: Store, kind: str, subject: str = "x", **scope: str | None) -> None:
    with store.session() as session:
        record(session, SYSTEM, kind, subject, {"n": 1}, **scope)


def test_everybody_hears_what_is_theirs_as_it_happens(service: Served) -> None:
    wanted = {"ana": "az", "dispatcher": "anz", "manager": "bz", "admin": "abnoz"}
    heard: dict[str, list[str]] = {}
    ready = threading.Barrier(len(wanted) + 1)

    def hear(person: str) -> None:
        with listening(service, person) as events:
            ready.wait(60)
            heard[person] = []
            for event in events:
                heard[person].append(event["kind"])
                if event["kind"] == "z":
                    return

    threads = [threading.Thread(target=hear, args=(person,)) for person in wanted]
    for thread in threads:
        thread.start()
    ready.wait(60)
    happen(service.store, "a", rep_id="ana")
    happen(service.store, "b", rep_id="bo")
    happen(service.store, "n", territory_id="north")
    happen(service.store, "o")
    happen(service.store, "z", rep_id="ana", territory_id="south")
    for thread in threads:
        thread.join(60)
    assert {person: "".join(kinds) for person, kinds in heard.items()} == wanted


def test_who_comes_back_misses_nothing_and_hears_nothing_twice(service: Served) -> None:
    with service.store.reading() as session:
        before = last_event_id(session)
    for number in range(3):
        happen(service.store, "early", f"e{number}")
    with listening(service, "admin", after=before) as events:
        first = [next(events) for _ in range(2)]
    for number in range(7):
        happen(service.store, "late", f"l{number}")
    with listening(service, "admin", after=first[-1]["id"]) as events:
        happen(service.store, "last")
        rest = []
        for event in events:
            rest.append(event)
            if event["kind"] == "last":
                break
    subjects = [event["subject"] for event in [*first, *rest]]
    assert subjects == ["e0", "e1", "e2", *(f"l{n}" for n in range(7)), "x"]
    numbers = [event["id"] for event in [*first, *rest]]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("last", ["x", "-1", "1.5", "9" * 25, ""])
def test_a_last_event_that_never_was_is_refused(on_sqlite: Served, last: str) -> None:
    problem_of(on_sqlite.get("admin", "/events", headers={"Last-Event-ID": last}), 422)


def test_the_audit_trail_is_paged_and_cut_to_the_reader(service: Served) -> None:
    for number in range(5):
        happen(service.store, "visit.done", f"v{number}", rep_id="ana")
        happen(service.store, "visit.done", f"w{number}", rep_id="bo")
    page = service.get("dispatcher", "/events/history?limit=3&kind=visit.done").json()
    assert [item["subject"] for item in page["items"]] == ["v4", "v3", "v2"]
    rest = service.get("dispatcher", f"/events/history?limit=3&cursor={page['next_cursor']}").json()
    assert [item["subject"] for item in rest["items"]] == ["v1", "v0"]
    assert len(service.get("admin", "/events/history?subject=w3").json()["items"]) == 1
    problem_of(service.get("ana", "/events/history"), 404)


def test_numbers_rise_as_events_become_visible(store: Store) -> None:
    """A transaction that began first and ends last must not slip an event under those already seen."""
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> None:
        with store.session() as session:
            record(session, SYSTEM, "slow", "s")
            session.flush()
            begun.set()
            may_end.wait(30)

    on_sqlite = store.engine.dialect.name == "sqlite"
    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(30)
    if on_sqlite:  # there the second writer waits for the first
        may_end.set()
    happen(store, "quick")
    with store.reading() as session:
        seen = [event.kind for event in seen_events_after(session, 0, 10)]
    may_end.set()
    thread.join(30)
    with store.reading() as session:
        everything = [event.kind for event in seen_events_after(session, 0, 10)]
    assert everything[: len(seen)] == seen
    assert set(everything) == {"slow", "quick"}


def test_an_event_that_is_rolled_back_never_was(store: Store) -> None:
    def fail() -> None:
        with store.session() as session:
            record(session, SYSTEM, "gone", "g")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.reading() as session:
        assert session.exec(select(Event)).all() == []


VIEWERS = [
    Viewer("p", "P", role, rep, territories)
    for role in Role
    for rep in (None, "r_n", "r_s")
    for territories in (None, frozenset(), frozenset({"n"}), frozenset({"n", "s"}))
]
MAYBE_REP, MAYBE_TERRITORY = st.sampled_from([None, "r_n", "r_s", "r_0"]), st.sampled_from([None, "n", "s"])


@examples(max_examples=5, deadline=None)
@given(events=st.lists(st.tuples(MAYBE_REP, MAYBE_TERRITORY), min_size=1, max_size=12))
def test_the_stream_and_the_query_agree_on_who_sees_what(migrated_sqlite_store: Store, events: list) -> None:
    store = migrated_sqlite_store
    with store.session() as session:
        for rep, territory in events:
            session.add(Event(actor="a", kind="k", subject="s", rep_id=rep, territory_id=territory))
    with store.reading() as session:
        seen = seen_events_after(session, 0, 10_000)
        for viewer in VIEWERS:
            asked = {event.id for event in events_after(session, viewer, 0, 10_000)}
            sent = {e.id for e in seen if sees_event(viewer, e.rep_id, e.territory_id, e.rep_territory_id)}
            assert asked == sent, viewer


@pytest.fixture(scope="module")
def migrated_sqlite_store(migrated_sqlite, tmp_path_factory) -> Iterator[Store]:
    path = tmp_path_factory.mktemp("events") / "beatplan.db"
    path.write_bytes(migrated_sqlite.read_bytes())
    store = open_store(f"sqlite:///{path}")
    with store.session() as session:
        session.add_all(Territory(id=name, name=name) for name in "ns")
        session.flush()
        for name, territory in (("r_n", "n"), ("r_s", "s"), ("r_0", None)):
            session.add(
                Rep(
                    id=name,
                    name=name,
                    home_lon=0,
                    home_lat=0,
                    timezone="UTC",
                    weekly_hours="Mo-Fr",
                    territory_id=territory,
                )
            )
    yield store
    store.close()


def test_a_stream_ends_by_the_clock_and_with_the_service(sqlite_settings: Settings) -> None:
    brief = sqlite_settings.model_copy(update={"events_minutes": 0.005})
    with served(brief) as service, listening(service, "admin") as events:
        assert list(events) == []
    with served(sqlite_settings) as service:
        ended = threading.Event()

        def hear(began: threading.Event) -> None:
            with listening(service, "admin") as events:
                began.set()
                list(events)
            ended.set()

        began = threading.Event()
        threading.Thread(target=hear, args=(began,), daemon=True).start()
        assert began.wait(60)
    assert ended.wait(60)
