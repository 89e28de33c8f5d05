"""One set of speeds turned into costs: what every state takes, and the weights of the hierarchy's arcs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from routing.roads.graph import RoadGraph
from routing.roads.hierarchy import Hierarchy, customize
from routing.roads.turns import TurnGraph
from routing.roads.weights import NEVER, Packed, pack


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """Costs of one moment: `state_ms` int32 [m] to drive each state, `weights` int64 [A, 2] of the arcs (up, down)."""

    state_ms: npt.NDArray[np.int32]
    weights: Packed


def make_metric(
    graph: RoadGraph,
    turns: TurnGraph,
    hierarchy: Hierarchy,
    slower: npt.NDArray[np.float64] | None = None,
    binding: npt.NDArray[np.bool_] | None = None,
) -> Metric:
    """Costs when each segment takes `slower` [s] times its free-flow time (1 where None).

    `binding` bool [1 + hours] says which conditional turn restrictions hold, entry 0 being False; none where None.
    """
    side = turns.backward.astype(np.int64)
    ms = graph.length_dm[turns.segment] / graph.speed[turns.segment, side] * 3600.0
    if slower is not None:
        ms *= slower[turns.segment]
    state_ms = np.maximum(np.rint(ms), 1).astype(np.int32)
    drive = pack(state_ms, graph.length_dm[turns.segment])
    cost = drive[turns.head] + pack(turns.delay_ms, np.zeros(1, np.int32), turns.entry)
    if binding is not None:
        cost[binding[turns.condition]] = NEVER
    return Metric(state_ms, customize(hierarchy, cost))
