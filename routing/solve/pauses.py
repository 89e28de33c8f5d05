"""What the breaks of a shift do to a drive between two services.

A set of breaks taken between leaving at D and the next service at T, in a given order and each as early as it may be,
asks two things whatever the drive: D is at most `leave_by_s` (else a break would begin after its latest start), and T
is at least `free_at_s` (no break begins before its earliest start). With `total_s` of breaks and a drive of d seconds
the next service may start at max(D + d + total_s, free_at_s). Orders that are beaten in both numbers are dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from routing.problem import Break

NEVER = 1 << 60
"""A time beyond every clock."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """Breaks taken between two services: positions in `shift.breaks` in the order taken; `mask` has their bits."""

    mask: int
    order: tuple[int, ...]
    leave_by_s: int
    free_at_s: int
    total_s: int

    def starts(self, breaks: Sequence[Break], left_s: int) -> list[int]:
        """When each break of `order` begins if the rep leaves at `left_s` and takes each as early as it may be."""
        now = left_s
        starts = []
        for i in self.order:
            now = max(now, breaks[i].earliest_s)
            starts.append(now)
            now += breaks[i].duration_s
        return starts

    def arrival(self, breaks: Sequence[Break], left_s: int, drive_s: int) -> int:
        """When a drive of `drive_s` ends that begins at `left_s` and is interrupted by these breaks."""
        now, remaining = left_s, drive_s
        for i in self.order:
            gap = max(0, breaks[i].earliest_s - now)
            if gap >= remaining:
                return now + remaining
            remaining -= gap
            now += gap + breaks[i].duration_s
        return now + remaining


NO_PAUSES = Pauses(mask=0, order=(), leave_by_s=NEVER, free_at_s=-NEVER, total_s=0)


class PauseTable:
    """Every useful way to take some of a shift's breaks between two services; k breaks cost O(2^k k) once."""

    def __init__(self, breaks: Sequence[Break]) -> None:
        self.breaks = tuple(breaks)
        self.full = (1 << len(self.breaks)) - 1
        ways: dict[int, list[Pauses]] = {0: [NO_PAUSES]}
        for mask in range(1, self.full + 1):
            ways[mask] = _unbeaten(
                longer
                for last in range(len(self.breaks))
                if mask >> last & 1
                for shorter in ways[mask & ~(1 << last)]
                if (longer := _append(shorter, last, self.breaks[last])) is not None
            )
        self._after: list[tuple[Pauses, ...]] = [
            tuple(way for mask in range(self.full + 1) if not mask & taken for way in ways[mask])
            for taken in range(self.full + 1)
        ]

    def after(self, taken: int) -> tuple[Pauses, ...]:
        """The ways to take none, some or all of the breaks that are not in the bit set `taken`."""
        return self._after[taken]


def _append(before: Pauses, last: int, pause: Break) -> Pauses | None:
    if before.free_at_s > pause.latest_s:
        return None
    return Pauses(
        mask=before.mask | 1 << last,
        order=(*before.order, last),
        leave_by_s=min(before.leave_by_s, pause.latest_s - before.total_s),
        free_at_s=max(before.free_at_s, pause.earliest_s) + pause.duration_s,
        total_s=before.total_s + pause.duration_s,
    )


def _unbeaten(ways: Iterable[Pauses]) -> list[Pauses]:
    kept: list[Pauses] = []
    for way in sorted(ways, key=lambda way: (way.free_at_s, -way.leave_by_s, way.order)):
        if not kept or way.leave_by_s > kept[-1].leave_by_s:
            kept.append(way)
    return kept
