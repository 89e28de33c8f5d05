"""What a rep taps at a stop: arrived, done, nobody there. Each tap may be sent twice under the same key.

Raises, all of them: NotFoundError for a visit the viewer may not see; ConflictError for a visit that is in no state for
it, or for a key already used for another request.
"""

from __future__ import annotations

from datetime import datetime

from visits.day_plan import TapAnswer
from visits.scope import Viewer
from visits.store import Store


def arrive(store: Store, viewer: Viewer, visit_id: str, *, key: str, now: datetime) -> TapAnswer:
    """The rep is at the customer."""
    ...


def complete(
    store: Store, viewer: Viewer, visit_id: str, *, outcome: str, note: str, key: str, now: datetime
) -> TapAnswer:
    """The visit is done; the customer's last visit becomes today. Allowed without an arrival, as taps get lost."""
    ...


def no_show(store: Store, viewer: Viewer, visit_id: str, *, note: str, key: str, now: datetime) -> TapAnswer:
    """Nobody was there; the customer stays as due as before."""
    ...
