"""What the domain refuses, each with one sentence for the person who asked.

`InputError` (from routing) is bad input; the classes here tell apart the refusals that are no fault of a field.
"""

from __future__ import annotations

from routing.errors import BeatplanError, InputError


class StoreError(InputError):
    """The database cannot be used: locked, read-only, full, of another schema, or not there."""


class NotFoundError(BeatplanError):
    """No such thing, or the viewer may not see it: the two are not told apart."""


class ConflictError(BeatplanError):
    """The state does not allow it: already done, already cancelled, in the past, or a key used for something else."""


class StaleError(ConflictError):
    """Somebody was faster: the plan or row has a newer version. `current` is that version where known."""

    def __init__(self, message: str, current: int | None = None) -> None:
        super().__init__(message)
        self.current = current


__all__ = ["BeatplanError", "ConflictError", "InputError", "NotFoundError", "StaleError", "StoreError"]
