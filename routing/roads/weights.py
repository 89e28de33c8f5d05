"""Travel costs as single whole numbers: cost, entries into residents' streets and length, packed into 61 bits.

A packed cost is `cost_ms * 2**33 + entries * 2**27 + length_dm`. Packed costs add and compare as plain int64: sums are
sums of the parts, and the smaller number is the cheaper path, of equal ones the one with fewer entries, then the
shorter. One number therefore answers seconds and metres along the fastest path at once, and a path's metres never
depend on which of two equal ones a search happened to meet first. `cost_ms` is what the search minimises: travel time
plus ENTRY_MS for each entry, so that a car drives through a private or destination-only street only to get to a place
on it, or where the way round is very long. There is room for 74 hours, 63 entries and 13,421 km on one path.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

COST_SHIFT = 33
ENTRY_SHIFT = 27
LENGTH_MASK = (1 << ENTRY_SHIFT) - 1
ENTRY_MASK = (1 << (COST_SHIFT - ENTRY_SHIFT)) - 1
ENTRY_MS = 1_800_000
"""Half an hour: what a path through a street that is not for through traffic counts as longer, never drives longer."""
CLOSED_ENTRIES = 12
"""Six hours: a street that is closed at the time counts as so many entries. No detour in a region is as long, so
nobody drives through; a place on it is still reached, as its people reach it, and no matrix has holes because of it."""

ENTRY = (ENTRY_MS << COST_SHIFT) + (1 << ENTRY_SHIFT)
"""The packed cost of one entry."""

NEVER = 1 << 61
"""No path. Twice that still fits in an int64, so sums need no test."""

Packed = npt.NDArray[np.int64]


def pack(
    cost_ms: npt.NDArray[np.integer], length_dm: npt.NDArray[np.integer], entries: npt.NDArray[np.integer] | None = None
) -> Packed:
    """Packed costs of pieces of road; `entries` counts those into residents' streets (ENTRY_MS is added here)."""
    packed = (cost_ms.astype(np.int64) << COST_SHIFT) + length_dm.astype(np.int64)
    if entries is not None:
        packed += entries.astype(np.int64) * ENTRY
    return packed


def unpack(packed: Packed) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Travel time in ms (without ENTRY_MS) and length in dm; -1 and -1 where there is no path."""
    entries = (packed >> ENTRY_SHIFT) & ENTRY_MASK
    time = (packed >> COST_SHIFT) - entries * ENTRY_MS
    none = packed >= NEVER
    return np.where(none, -1, time), np.where(none, -1, packed & LENGTH_MASK)
