"""Two dispatchers and a phone at random, on both databases: no event is lost, and every plan can be driven."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlmodel import select

from routing.evaluate import evaluate
from tests.visits.test_planning import documents, plan
from tests.visits.world import MONDAY, StraightTravel, appointment, at, customer, fill_town, rep, reported
from visits.day_plan import DayPlan, NoShowAnswer, PlannedStop
from visits.day_problem import Extra, question_of
from visits.deciding import StaleProposalError, commit_proposal, discard_proposal
from visits.errors import BeatplanError, ConflictError, InputError
from visits.holding import HoldRequest, book_slot, hold_slot
from visits.models import OPEN_STATES, Event, PlanVersion, Role, Visit, VisitTransition
from visits.offering import SlotRequest, quote_slots
from visits.proposal_views import ProposalAnswer, ProposalRequest
from visits.proposing import propose
from visits.rep_days import Scope, read_days
from visits.replanning import cancel_visit, report_late, report_no_show, skip_visit
from visits.scope import SYSTEM, Viewer
from visits.store import Store, open_store
from visits.taps import arrive, complete, depart, no_show
from visits.undoing import undo_plan

DISPATCHERS = [Viewer(f"per_{name}", name, Role.DISPATCHER, None, frozenset({"ter_n"})) for name in ("dana", "dirk")]
TAPS = {
    "depart": depart,
    "arrive": arrive,
    "complete": lambda *args, **more: complete(*args, outcome="", note="", **more),
    "no_show": lambda *args, **more: no_show(*args, note="", **more),
}


class Board(RuleBasedStateMachine):
    """Two reps on one Monday; time only goes forward."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store
        fill_town(store, 20, rep("bo", home_lon=24.93), appointment("c05", start=14, end=16), customer("new", ago=60))
        plan(store)
        self.now = at(6)
        self.count = 0
        self.pending: list[ProposalAnswer] = []
        self.events: dict[int, str] = {}
        self.versions: dict[tuple[str, int], str] = {}
        self.said: list[tuple[str, str]] = []
        self.by_hand: set[str] = set()

    def teardown(self) -> None:
        self.store.close()

    def _key(self) -> str:
        self.count += 1
        return f"key {self.count}"

    def _stops(self) -> list[PlannedStop]:
        return sorted(
            (stop for one in documents(self.store).values() for stop in one.stops), key=lambda stop: stop.visit
        )

    def _texts(self) -> dict[tuple[str, int], str]:
        with self.store.reading() as session:
            rows = session.exec(select(PlanVersion)).all()
        return {(row.plan_id, row.number): row.document for row in rows}

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        self.now = min(self.now + timedelta(minutes=minutes), at(18))

    @precondition(lambda self: self._stops())
    @rule(data=st.data(), who=st.sampled_from(DISPATCHERS))
    def ask(self, data: st.DataObject, who: Viewer) -> None:
        stop = data.draw(st.sampled_from(self._stops()))
        home = next(one for one in documents(self.store).values() if stop in one.stops)
        now_s = max(0, int((self.now - at(0)).total_seconds()))
        visit = {"id": f"urgent {self.count}", "location": "cus_new", "service_s": 900, "mandatory": True}
        asked = data.draw(
            st.sampled_from(
                [
                    {"events": [{"type": "cancel", "visit": stop.visit}]},
                    {"events": [{"type": "no_show", "visit": stop.visit}]},
                    {"events": [{"type": "late", "shift": f"{home.rep}/{MONDAY}", "delay_s": 1800}]},
                    {"events": [{"type": "absent", "rep": home.rep, "from_s": now_s + 600}]},
                    {"events": [{"type": "insert", "visit": visit}]},
                    {"move": {"type": "lock", "visit": stop.visit}},
                    {"move": {"type": "remove", "visit": stop.visit}},
                    {"move": {"type": "assign", "visit": stop.visit, "rep": "rep_bo", "date": str(MONDAY)}},
                ]
            )
        )
        before = self._texts()
        self.count += 1
        try:
            request = ProposalRequest.model_validate({"date": MONDAY, **asked})
            answer = propose(self.store, who, request, now=self.now, travel=StraightTravel())
        except (InputError, ConflictError):
            answer = None
        assert self._texts() == before
        if answer is not None:
            self.said.append(("proposal.made", answer.id))
            if not answer.broken:
                self.pending.append(answer)

    @precondition(lambda self: self.pending)
    @rule(data=st.data(), who=st.sampled_from(DISPATCHERS))
    def commit(self, data: st.DataObject, who: Viewer) -> None:
        one = data.draw(st.sampled_from(self.pending))
        self.pending.remove(one)
        try:
            commit_proposal(
                self.store, who, one.id, etag=one.etag, confirm=False, now=self.now, travel=StraightTravel()
            )
        except StaleProposalError as error:
            if not error.fresh.broken:
                self.pending.append(error.fresh)
        except (InputError, ConflictError):
            pass
        else:
            self.said.append(("proposal.committed", one.id))

    @precondition(lambda self: self.pending)
    @rule(data=st.data())
    def discard(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.pending))
        self.pending.remove(one)
        discard_proposal(self.store, DISPATCHERS[0], one.id, now=self.now)

    @rule(who=st.sampled_from(DISPATCHERS), name=st.sampled_from(["rep_ana", "rep_bo"]))
    def undo(self, who: Viewer, name: str) -> None:
        one = documents(self.store).get((name, MONDAY))
        if one is None:
            return
        try:
            answer = undo_plan(self.store, who, one.plan, now=self.now)
        except ConflictError:
            return
        for restored in answer.plans:
            text = self.versions[restored.plan, restored.version]
            assert DayPlan.model_validate_json(text) == restored
            self.said.append(("plan.undone", restored.plan))

    @precondition(lambda self: self._stops())
    @rule(data=st.data(), kind=st.sampled_from(sorted(TAPS)), minutes=st.one_of(st.none(), st.integers(0, 240)))
    def tap(self, data: st.DataObject, kind: str, minutes: int | None) -> None:
        stop = data.draw(st.sampled_from(self._stops()))
        key, moment = self._key(), None if minutes is None else self.now - timedelta(minutes=minutes)
        try:
            answer = TAPS[kind](self.store, SYSTEM, stop.visit, key=key, now=self.now, at=moment)
        except ConflictError:
            settled = "refused"
        else:
            settled = answer.settled
            assert TAPS[kind](self.store, SYSTEM, stop.visit, key=key, now=self.now, at=moment) == answer
        with self.store.reading() as session:
            last = session.exec(
                select(VisitTransition)
                .where(VisitTransition.visit_id == stop.visit)
                .order_by(VisitTransition.id.desc())
            ).first()
        assert last is not None
        assert (last.action, last.settled) == (kind, settled)

    @precondition(lambda self: self._stops())
    @rule(data=st.data(), kind=st.sampled_from(["cancel", "skip", "late", "no_show"]))
    def report(self, data: st.DataObject, kind: str) -> None:
        stop = data.draw(st.sampled_from(self._stops()))
        told = reported(stop.visit, key=self._key(), now=self.now)
        reports: dict[str, Callable] = {
            "cancel": lambda: cancel_visit(self.store, told, reason=""),
            "skip": lambda: skip_visit(self.store, told, reason=""),
            "late": lambda: report_late(self.store, told, minutes=20),
            "no_show": lambda: report_no_show(self.store, told, note=""),
        }
        try:
            answer = reports[kind]()
        except ConflictError:
            return
        told_as = {"cancel": "cancelled", "skip": "skipped", "late": "late", "no_show": "no_show"}[kind]
        if isinstance(answer, NoShowAnswer) and answer.settled != "moved":
            told_as = f"no_show.{answer.settled}"
        self.said.append((f"visit.{told_as}", stop.visit))

    @rule(book=st.booleans())
    def a_caller(self, book: bool) -> None:
        wish = SlotRequest.model_validate({"customer": "cus_new", "service_s": 900, "from": MONDAY, "to": MONDAY})
        found = quote_slots(self.store, DISPATCHERS[0], wish, now=self.now, travel=StraightTravel()).slots
        if not found:
            return
        best = found[0]
        request = HoldRequest(
            customer="cus_new",
            service_s=900,
            rep=best.rep,
            date=MONDAY,
            start_s=best.start_s,
            end_s=min(best.end_s, best.start_s + 1800),
        )
        try:
            held = hold_slot(self.store, DISPATCHERS[0], request, now=self.now, travel=StraightTravel())
            self.said.append(("slot.held", held.id))
            if book:
                booked = book_slot(
                    self.store,
                    DISPATCHERS[0],
                    held.id,
                    customer_id=None,
                    note="",
                    now=self.now,
                    travel=StraightTravel(),
                )
                assert booked.visit in {stop.visit for stop in self._stops()}
        except ConflictError:
            return

    @invariant()
    def no_event_and_no_version_is_lost(self) -> None:
        with self.store.reading() as session:
            events = {row.id: f"{row.kind} {row.subject}" for row in session.exec(select(Event)).all()}
        assert self.events.items() <= events.items()
        self.events = events
        versions = self._texts()
        assert self.versions.items() <= versions.items()
        self.versions = versions
        told = set(events.values())
        assert {f"{kind} {subject}" for kind, subject in self.said} <= told

    @invariant()
    def plans_and_visits_tell_the_same(self) -> None:
        with self.store.reading() as session:
            rows = {row.id: row for row in session.exec(select(Visit))}
        shown = [(one, stop) for one in documents(self.store).values() for stop in one.stops]
        assert len({stop.visit for _, stop in shown}) == len(shown)
        for one, stop in shown:
            row = rows[stop.visit]
            assert (row.rep_id, row.day) == (one.rep, one.date)
            assert row.state not in {"cancelled", "skipped"}
            if row.state in OPEN_STATES and not stop.locked:
                assert row.start_s == stop.start_s
                assert row.locked == stop.pinned
        placed = {row.id for row in rows.values() if row.state in OPEN_STATES and row.day is not None}
        assert placed <= {stop.visit for _, stop in shown}

    @invariant()
    def what_lies_ahead_is_accepted_by_the_evaluator(self) -> None:
        try:
            with self.store.reading() as session:
                team = read_days(session, Scope(("ter_n",), MONDAY, MONDAY, plans_alone=True), self.now)
        except BeatplanError:
            return
        question = question_of(team, StraightTravel(), Extra(candidates=()))
        ahead = {name for name, one in team.by_shift.items() if not one.begun and one.shift is not None}
        faults = [
            fault
            for fault in evaluate(question.problem, question.plan).violations
            if fault.shift in ahead and fault.kind != "totals"
        ]
        assert faults == []

    @invariant()
    def what_is_open_can_be_driven(self) -> None:
        for one in documents(self.store).values():
            for sooner, later in zip(one.stops, one.stops[1:], strict=False):
                if not later.locked and not sooner.locked:
                    assert later.arrival_s >= sooner.departure_s + later.travel_s


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres)])
def test_two_dispatchers_and_a_phone(request: pytest.FixtureRequest, tmp_path: Path, database: str) -> None:
    def fresh() -> Board:
        if database == "sqlite":
            path = tmp_path / f"{secrets.token_hex(6)}.db"
            shutil.copy(request.getfixturevalue("migrated_sqlite"), path)
            return Board(open_store(f"sqlite:///{path}"))
        server, name = request.getfixturevalue("postgres"), f"board_{secrets.token_hex(6)}"
        server.run(f"CREATE DATABASE {name} TEMPLATE {request.getfixturevalue('migrated_postgres')}")
        return Board(open_store(server.url(name)))

    run_state_machine_as_test(
        fresh,
        settings=settings(
            max_examples=int(os.environ.get("BEATPLAN_MACHINE_EXAMPLES", "6")),
            stateful_step_count=12,
            deadline=None,
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=list(HealthCheck),
        ),
    )
