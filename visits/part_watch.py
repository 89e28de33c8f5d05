"""Telling how far a part of a run is, and hearing that it should stop."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

from sqlmodel import select

from visits.errors import StoreError
from visits.models import PlanPart, PlanRun, RunState
from visits.run_keeping import Claim, ClaimLostError, hold_claim, show_progress
from visits.store import Store

WRITE_EVERY_S = 1.0


class PartWatch:
    """Keeps a part's progress in its row and looks there for a reason to stop, about once a second."""

    def __init__(self, store: Store, claim: Claim, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._claim, self._clock = store, claim, clock
        self._written_at = self._looked_at = float("-inf")
        self._stopped = False

    def note(self, percent: int, objective_s: int | None, message: str) -> None:
        """Write how far the part is; a database that is away or busy is no reason to stop planning."""
        if self._clock() - self._written_at < WRITE_EVERY_S:
            return
        self._written_at = self._clock()
        with contextlib.suppress(StoreError, ClaimLostError), self._store.session() as session:
            run, part = hold_claim(session, self._claim)
            part.percent, part.objective_s, part.message = percent, objective_s, message
            session.add(part)
            session.flush()
            show_progress(session, run)

    def should_stop(self) -> bool:
        """Whether somebody wishes the run to stop, or another worker has the part."""
        if not self._stopped and self._clock() - self._looked_at >= WRITE_EVERY_S:
            self._looked_at = self._clock()
            with contextlib.suppress(StoreError):
                self._stopped = not still_wanted(self._store, self._claim)
        return self._stopped


def still_wanted(store: Store, claim: Claim) -> bool:
    """Whether a claim still holds and nobody has cancelled its run. Raises StoreError."""
    statement = (
        select(PlanPart.claim, PlanPart.status, PlanRun.cancel_requested)
        .join(PlanRun)
        .where(PlanPart.id == claim.part_id)
    )
    with store.reading() as session:
        found = session.exec(statement).first()
    return found is not None and found == (claim.number, RunState.RUNNING.value, False)
