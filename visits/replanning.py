"""The day repairs itself: a cancelled visit makes a new version of that rep's day, its executed part untouched."""

from __future__ import annotations

from datetime import datetime

from visits.day_plan import CancelAnswer
from visits.scope import Viewer
from visits.solving import Tools
from visits.store import Store


def cancel_visit(
    store: Store,
    viewer: Viewer,
    visit_id: str,
    *,
    reason: str,
    key: str,
    now: datetime,
    tools: Tools,
    seconds: float = 1.0,
) -> CancelAnswer:
    """Cancel a visit and repair the rest of its rep's day; other days and other reps never change.

    The answer to a repeated `key` is the stored one. A visit in no plan is cancelled with nothing to repair.
    Raises NotFoundError for a visit the viewer may not see, ConflictError when it is done, cancelled, under way or in
    the past or when `key` was used for another request, StaleError when the plan kept changing meanwhile.
    """
    ...
