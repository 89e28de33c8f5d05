"""A working day at random: taps, cancellations, planning runs and absences in any order keep the books straight."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlmodel import select

from tests.visits.test_planning import documents
from tests.visits.world import (
    appointment,
    at,
    customer,
    fill,
    fill_town,
    queue_run,
    quick_tools,
    rep,
    reported,
)
from visits.day_plan import PlannedStop
from visits.errors import ConflictError
from visits.models import CLOSED_STATES, OPEN_STATES, Absence, Visit
from visits.planning import run_planning
from visits.replanning import cancel_visit
from visits.scope import SYSTEM
from visits.store import Store, migrate, open_store
from visits.taps import arrive, complete, no_show

TAPS = {
    "arrive": arrive,
    "complete": lambda *args, **more: complete(*args, outcome="", note="", **more),
    "no_show": lambda *args, **more: no_show(*args, note="", **more),
}


class Day(RuleBasedStateMachine):
    """Two reps, thirty customers, one Monday; time only goes forward."""

    template: Path | None = None

    def __init__(self) -> None:
        super().__init__()
        if Day.template is None:
            Day.template = Path(tempfile.mkdtemp(prefix="beatplan-day-")) / "b.db"
            migrate(f"sqlite:///{Day.template}")
        self.folder = Path(tempfile.mkdtemp(prefix="beatplan-day-"))
        shutil.copy(Day.template, self.folder / "b.db")
        self.store: Store = open_store(f"sqlite:///{self.folder / 'b.db'}")
        fill_town(self.store, 26, rep("bo", home_lon=24.92), appointment("c05", start=14, end=16))
        self.now = at(6)
        self.count = 0
        self.history: dict[str, tuple[str, int, int]] = {}

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)

    def _key(self) -> str:
        self.count += 1
        return f"key {self.count}"

    def _stops(self) -> list[PlannedStop]:
        return [stop for one in documents(self.store).values() for stop in one.stops]

    @rule(minutes=st.integers(1, 120))
    def time_passes(self, minutes: int) -> None:
        self.now = min(self.now + timedelta(minutes=minutes), at(22))

    @rule()
    def plan(self) -> None:
        run_planning(self.store, queue_run(self.store), quick_tools(), now=self.now)

    @precondition(lambda self: self._stops())
    @rule(data=st.data(), kind=st.sampled_from(sorted(TAPS)))
    def tap(self, data: st.DataObject, kind: str) -> None:
        stop = data.draw(st.sampled_from(self._stops()))
        key = self._key()
        try:
            answer = TAPS[kind](self.store, SYSTEM, stop.visit, key=key, now=self.now)
        except ConflictError:
            return
        assert TAPS[kind](self.store, SYSTEM, stop.visit, key=key, now=self.now) == answer

    @precondition(lambda self: self._stops())
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        stop = data.draw(st.sampled_from(self._stops()))
        try:
            cancel_visit(self.store, reported(stop.visit, key=self._key(), now=self.now), reason="")
        except ConflictError:
            return
        assert stop.visit not in {one.visit for one in self._stops()}

    @rule(hours=st.integers(1, 6))
    def rep_is_away(self, hours: int) -> None:
        begin = self.now + timedelta(minutes=30)
        fill(self.store, Absence(rep_id="rep_bo", starts_at=begin, ends_at=begin + timedelta(hours=hours)))

    @rule(number=st.integers(0, 10_000))
    def somebody_new(self, number: int) -> None:
        with self.store.reading() as session:
            known = session.get(type(customer("x")), f"cus_new{number}")
        if known is None:
            fill(self.store, customer(f"new{number}", ago=40))

    @invariant()
    def plans_and_visits_tell_the_same(self) -> None:
        plans = documents(self.store)
        with self.store.reading() as session:
            rows = {row.id: row for row in session.exec(select(Visit))}
        shown = [(one, stop) for one in plans.values() for stop in one.stops]
        assert len({stop.visit for _, stop in shown}) == len(shown)
        assert len({stop.customer for _, stop in shown}) == len(shown)
        for one, stop in shown:
            row = rows[stop.visit]
            assert (row.rep_id, row.day) == (one.rep, one.date)
            assert row.state != "cancelled"
            if row.state in OPEN_STATES and not stop.locked:
                assert row.start_s == stop.start_s
        placed = {row.id for row in rows.values() if row.state in OPEN_STATES and row.day is not None}
        assert placed <= {stop.visit for _, stop in shown}
        for row in rows.values():
            assert row.state in OPEN_STATES or row.state in CLOSED_STATES or row.state in {"arrived", "en_route"}

    @invariant()
    def what_was_executed_never_moves(self) -> None:
        for one in documents(self.store).values():
            for stop in one.stops:
                where = (one.rep, stop.arrival_s, stop.departure_s)
                if stop.visit in self.history:
                    assert self.history[stop.visit] == where
                if stop.departure <= self.now or stop.state in {"arrived", "done", "no_show"}:
                    self.history.setdefault(stop.visit, where)

    @invariant()
    def what_is_open_can_be_driven(self) -> None:
        for one in documents(self.store).values():
            for sooner, later in zip(one.stops, one.stops[1:], strict=False):
                if not later.locked:
                    assert later.arrival_s >= sooner.departure_s + later.travel_s or sooner.locked
            if one.stops and not one.stops[-1].locked:
                assert one.totals.end_s <= one.shift.end_s


Day.TestCase.settings = settings(
    max_examples=int(os.environ.get("BEATPLAN_MACHINE_EXAMPLES", "10")),
    stateful_step_count=14,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
TestDay = Day.TestCase
