"""Ways that a car uses otherwise in certain hours: `:conditional` tags of access, one-ways and speed limits.

In each combination of the hours that a way names, its tags are read with the values that then hold put in place of the
plain ones. Without a departure no hours hold. A direction that is open in some hours only stays in the graph, closed
in the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from routing.roads.access import ACCESS_KEYS, ONEWAY_KEYS
from routing.roads.conditional import timed_values
from routing.roads.drive import Drive, drive_of
from routing.roads.graph import Regime, RoadGraph, SegmentFlag

MOST_HOURS = 6
"""Of more different hours on one way the later ones are left out."""

_SUFFIX = ":conditional"
_SIDES = ("", ":forward", ":backward")
_KEYS = (
    *(key + side for key in ACCESS_KEYS for side in _SIDES),
    *ONEWAY_KEYS,
    *("maxspeed" + side for side in _SIDES),
)


def drives_by_hour(tags: Mapping[str, str]) -> tuple[Drive, Regime | None] | None:
    """How a car uses a way with these tags while no hours hold, and in all hours where they matter.

    None when it never can. Speeds are those of an open direction, taken from other hours while it is closed. Ferries
    are read without their hours.
    """
    usual = drive_of(tags.get)
    timed = {key: values for key in _KEYS if (values := timed_values(tags.get(key + _SUFFIX, "")))}
    if not timed or "highway" not in tags:
        return None if usual is None else (usual, None)
    hours = tuple(dict.fromkeys(text for values in timed.values() for _, text in values))[:MOST_HOURS]
    found = [drive_of(_overlaid(tags, timed, hours, combination).get) for combination in range(1 << len(hours))]
    opened = [drive for drive in found if drive is not None]
    if not opened:
        return None
    whole = replace(opened[0], along=max(d.along for d in opened), against=max(d.against for d in opened))
    drives = [_with_closed_sides(drive, whole) for drive in found]
    if all(drive == drives[0] for drive in drives):
        return drives[0], None
    return drives[0], Regime(hours, tuple((drive.along, drive.against, drive.flags) for drive in drives))


def _overlaid(
    tags: Mapping[str, str],
    timed: Mapping[str, Sequence[tuple[str, str]]],
    hours: Sequence[str],
    combination: int,
) -> dict[str, str]:
    """The tags while those hours hold whose bits are set."""
    holding = {text for bit, text in enumerate(hours) if combination >> bit & 1}
    said = {key: value for key, values in timed.items() for value, text in values if text in holding}
    return {**tags, **said}


def _with_closed_sides(drive: Drive | None, whole: Drive) -> Drive:
    """A drive that keeps the directions of `whole`, those that it lacks marked closed."""
    if drive is None:
        drive = replace(whole, along=0, against=0, flags=whole.flags & SegmentFlag.ROUNDABOUT)
    flags = drive.flags
    if whole.along and not drive.along:
        flags |= SegmentFlag.CLOSED_FORWARD
    if whole.against and not drive.against:
        flags |= SegmentFlag.CLOSED_BACKWARD
    return replace(drive, along=drive.along or whole.along, against=drive.against or whole.against, flags=flags)


def hours_of_ways(regimes: Iterable[Regime]) -> frozenset[str]:
    """The hours that some way depends on."""
    return frozenset(text for regime in regimes for text in regime.hours)


def drives_when(graph: RoadGraph, holding: AbstractSet[str]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """`speed` and `flags` of a graph's segments while the hours in `holding` hold, as RoadGraph has them otherwise."""
    drives = [regime.drive_when(holding) for regime in graph.regimes]
    if all(drive == regime.drives[0] for drive, regime in zip(drives, graph.regimes, strict=True)):
        return graph.speed, graph.flags
    timed = np.flatnonzero(graph.regime)
    now = np.array(drives, np.uint16)[graph.regime[timed] - 1]
    speed, flags = graph.speed.copy(), graph.flags.copy()
    speed[timed], flags[timed] = now[:, :2], now[:, 2]
    return speed, flags
