"""One set of speeds turned into costs: what every state takes, and the weights of the hierarchy's arcs."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.roads.conditional import EITHER
from routing.roads.graph import RoadGraph, SegmentFlag
from routing.roads.hierarchy import Hierarchy, customize
from routing.roads.regimes import drives_when
from routing.roads.turns import TurnGraph, enters
from routing.roads.weights import CLOSED_ENTRIES, NEVER, Packed, pack


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """Costs of one moment.

    `state_ms` int32 [m] to drive each state, `closed` bool [m] whether it is closed then, `weights` int64 [A, 2] of the
    arcs (up, down).
    """

    state_ms: npt.NDArray[np.int32]
    closed: npt.NDArray[np.bool_]
    weights: Packed


def make_metric(
    graph: RoadGraph,
    turns: TurnGraph,
    hierarchy: Hierarchy,
    slower: npt.NDArray[np.float64] | None = None,
    holding: AbstractSet[str] = frozenset(),
) -> Metric:
    """Costs when each segment takes `slower` [s] times its free-flow time (1 where None).

    `holding` are the hours, of conditional turn restrictions and of ways, that hold then.
    """
    speed, flags = drives_when(graph, holding)
    side = turns.backward.astype(np.int64)
    ms = graph.length_dm[turns.segment] / speed[turns.segment, side] * 3600.0
    if slower is not None:
        ms *= slower[turns.segment]
    state_ms = np.maximum(np.rint(ms), 1).astype(np.int32)
    closed_bit = np.where(turns.backward, SegmentFlag.CLOSED_BACKWARD, SegmentFlag.CLOSED_FORWARD)
    closed = (flags[turns.segment] & closed_bit) > 0
    drive = pack(state_ms, graph.length_dm[turns.segment])
    entries = _entries(graph, turns, flags, closed)
    cost = drive[turns.head] + pack(turns.delay_ms, np.zeros(1, np.int32), entries)
    binding = np.array([False, *(any(text in holding for text in hours.split(EITHER)) for hours in turns.hours)])
    if binding.any():
        cost[binding[turns.condition]] = NEVER
    return Metric(state_ms, closed, customize(hierarchy, cost))


def _entries(
    graph: RoadGraph, turns: TurnGraph, flags: npt.NDArray[np.uint8], closed: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int64]:
    """How many entries each turn counts, int64 [a], with these flags of the segments."""
    entries = turns.entry.astype(np.int64)
    changed = (flags != graph.flags)[turns.segment]
    arcs = np.flatnonzero(changed[turns.tail] | changed[turns.head])
    entries[arcs] = enters(graph, flags, turns.segment, turns.backward, turns.tail[arcs], turns.head[arcs])
    return entries + CLOSED_ENTRIES * (closed[turns.head] & ~closed[turns.tail])
