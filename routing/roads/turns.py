"""The turn-expanded graph: a state is "driving along a segment in one direction", an arc is a turn between two states.

Turn costs follow a sigmoid of the angle, as fitted to real drives by the OSRM project
(https://github.com/Project-OSRM/osrm-backend, `profiles/car.lua`): little straight on, `TURN_S` at a U-turn.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from routing.roads.graph import NodeFlag, RoadGraph, SegmentFlag

TURN_S = 7.5
TURN_BIAS = 1.075
ONCOMING_S = 2.0
U_TURN_S = 20.0
STUB_DM = 1
"""A piece no longer than this has no direction to turn from or to."""
NEAR_DM = 200
"""A stop sign without a direction further than this from a junction binds those who come to the junction."""


@dataclass(frozen=True, slots=True, eq=False)
class TurnGraph:
    """States m and arcs a between them.

    `segment` int32 [m] and `backward` bool [m]: where a state drives. `copy` bool [m]: the state remembers the street a
    car came from, which binds its next turns; no drive begins in it. `tail`, `head` int32 [a]: states. `delay_ms`
    int32 [a]: what the turn, signal, sign or gate takes. `entry` bool [a]: the turn enters a street that is for its
    residents only. `condition` int16 [a]: 0, or 1 + the place in `hours` of when the turn is forbidden.
    """

    segment: npt.NDArray[np.int32]
    backward: npt.NDArray[np.bool_]
    copy: npt.NDArray[np.bool_]
    tail: npt.NDArray[np.int32]
    head: npt.NDArray[np.int32]
    delay_ms: npt.NDArray[np.int32]
    entry: npt.NDArray[np.bool_]
    condition: npt.NDArray[np.int16]
    hours: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.segment)


def expand_turns(graph: RoadGraph) -> TurnGraph:
    """Every turn that the map's layout allows, before turn restrictions; U-turns at dead ends and barriers only."""
    along, against = (np.flatnonzero(graph.speed[:, side] > 0).astype(np.int32) for side in (0, 1))
    segment = np.concatenate((along, against))
    backward = np.concatenate((np.zeros(len(along), np.bool_), np.ones(len(against), np.bool_)))
    begins = np.where(backward, graph.head[segment], graph.tail[segment])
    ends = np.where(backward, graph.tail[segment], graph.head[segment])

    nodes = len(graph.node_osm)
    leaving = np.argsort(begins, kind="stable").astype(np.int32)
    first = np.searchsorted(begins[leaving], np.arange(nodes + 1))
    choices = first[ends + 1] - first[ends]
    tail = np.repeat(np.arange(len(segment), dtype=np.int32), choices)
    within = np.arange(len(tail)) - np.repeat(np.cumsum(choices) - choices, choices)
    head = leaving[first[ends[tail]] + within]
    via = ends[tail]

    roads = np.bincount(graph.tail, minlength=nodes) + np.bincount(graph.head, minlength=nodes)
    u_turn = (segment[tail] == segment[head]) & (backward[tail] != backward[head])
    closed = (graph.node_flags & NodeFlag.CLOSED) > 0
    stuck = (roads == 1) | closed
    allowed = np.where(u_turn, stuck[via], ~closed[via])
    tail, head, via, u_turn = tail[allowed], head[allowed], via[allowed], u_turn[allowed]

    delay_s = _turn_seconds(
        graph, _angles(graph, segment, backward, tail, head), u_turn, roads[via], segment, tail, head
    )
    delay_s += _obstacle_seconds(graph, segment, backward, tail, head, via, roads[via])
    return TurnGraph(
        segment=segment,
        backward=backward,
        copy=np.zeros(len(segment), np.bool_),
        tail=tail,
        head=head,
        delay_ms=np.rint(delay_s * 1000).astype(np.int32),
        entry=enters(graph, graph.flags, segment, backward, tail, head),
        condition=np.zeros(len(tail), np.int16),
    )


def _angles(
    graph: RoadGraph,
    segment: npt.NDArray[np.int32],
    backward: npt.NDArray[np.bool_],
    tail: npt.NDArray[np.int32],
    head: npt.NDArray[np.int32],
) -> npt.NDArray[np.float64]:
    """Degrees of each turn, -180 to 180, right positive."""
    first, last = graph.shape_first[segment], graph.shape_first[segment + 1] - 1
    out_from, out_to = np.where(backward, last, first), np.where(backward, last - 1, first + 1)
    in_from, in_to = np.where(backward, first + 1, last - 1), np.where(backward, first, last)
    outward = _bearings(graph.shape, out_from, out_to)
    inward = _bearings(graph.shape, in_from, in_to)
    angle: npt.NDArray[np.float64] = (outward[head] - inward[tail] + 540.0) % 360.0 - 180.0
    stub = graph.length_dm[segment] <= STUB_DM
    angle[stub[tail] | stub[head]] = 0.0
    return angle


def _bearings(
    shape: npt.NDArray[np.int32], begin: npt.NDArray[np.int64], end: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    lon, lat = shape[:, 0].astype(np.float64), shape[:, 1].astype(np.float64)
    east = (lon[end] - lon[begin]) * np.cos(np.radians(lat[begin] * 1e-7))
    return np.degrees(np.arctan2(east, lat[end] - lat[begin]))


def _turn_seconds(
    graph: RoadGraph,
    angle: npt.NDArray[np.float64],
    u_turn: npt.NDArray[np.bool_],
    roads: npt.NDArray[np.int64],
    segment: npt.NDArray[np.int32],
    tail: npt.NDArray[np.int32],
    head: npt.NDArray[np.int32],
) -> npt.NDArray[np.float64]:
    if graph.left_hand:
        angle = -angle
    right = TURN_S / (1 + np.exp(-((13 / TURN_BIAS) * angle / 180 - 6.5 * TURN_BIAS)))
    left = TURN_S / (1 + np.exp(-((13 * TURN_BIAS) * -angle / 180 - 6.5 / TURN_BIAS)))
    round_about = (graph.flags & SegmentFlag.ROUNDABOUT) > 0
    crosses = (angle < 0) & ~u_turn & (roads > 2) & ~round_about[segment[tail]] & ~round_about[segment[head]]
    oncoming = np.where(crosses, ONCOMING_S / (1 + np.exp(-(13 * np.abs(angle) / 180 - 3.25))), 0.0)
    ferry = (graph.flags & SegmentFlag.FERRY) > 0
    junction = (roads > 2) | u_turn | (ferry[segment[tail]] != ferry[segment[head]])
    seconds = np.where(junction, np.where(angle >= 0, right, left) + oncoming, 0.0)
    return seconds + np.where(u_turn, U_TURN_S, 0.0)


def _obstacle_seconds(
    graph: RoadGraph,
    segment: npt.NDArray[np.int32],
    backward: npt.NDArray[np.bool_],
    tail: npt.NDArray[np.int32],
    head: npt.NDArray[np.int32],
    via: npt.NDArray[np.int32],
    roads: npt.NDArray[np.int64],
) -> npt.NDArray[np.float64]:
    side = backward[tail].astype(np.int64)
    seconds = graph.delay_ds[via, side] / 10.0
    flags = graph.node_flags[via]
    length = graph.length_dm
    leaves_junction = (roads == 2) & (length[segment[tail]] < NEAR_DM) & (length[segment[head]] > NEAR_DM)
    speed = graph.speed[segment, backward.astype(np.int64)]
    fastest = np.zeros(len(graph.node_osm), np.uint16)
    np.maximum.at(fastest, via, speed[head])
    on_major = speed[tail] >= fastest[via]
    spared = ((flags & NodeFlag.STOP_EITHER_WAY) > 0) & leaves_junction
    spared |= ((flags & NodeFlag.STOP_MINOR_ONLY) > 0) & on_major
    return np.where(spared, 0.0, seconds)


def enters(
    graph: RoadGraph,
    flags: npt.NDArray[np.uint8],
    segment: npt.NDArray[np.int32],
    backward: npt.NDArray[np.bool_],
    tail: npt.NDArray[np.int32],
    head: npt.NDArray[np.int32],
) -> npt.NDArray[np.bool_]:
    """Turns, bool [a], from a public street into one for residents, or through a private gate.

    `flags` are those of the graph's segments, the states as in TurnGraph.
    """
    bit = np.where(backward, SegmentFlag.RESTRICTED_BACKWARD, SegmentFlag.RESTRICTED_FORWARD)
    restricted = (flags[segment] & bit) > 0
    via = np.where(backward[tail], graph.tail[segment[tail]], graph.head[segment[tail]])
    gate = (graph.node_flags[via] & NodeFlag.RESTRICTED) > 0
    entry: npt.NDArray[np.bool_] = (~restricted[tail] & restricted[head]) | (gate & ~restricted[tail])
    return entry


def largest_part(turns: TurnGraph) -> TurnGraph:
    """The states from which every other of them can be reached: the largest strongly connected part."""
    size = len(turns)
    links = sparse.csr_matrix((np.ones(len(turns.tail), np.int32), (turns.tail, turns.head)), shape=(size, size))
    _, part = csgraph.connected_components(links, directed=True, connection="strong")
    kept = np.flatnonzero(part == np.bincount(part, minlength=1).argmax())
    return take_states(turns, kept)


def take_states(turns: TurnGraph, kept: npt.NDArray[np.int64]) -> TurnGraph:
    """The part of a turn graph over some of its states, numbered in the order given."""
    number = np.full(len(turns), -1, np.int32)
    number[kept] = np.arange(len(kept), dtype=np.int32)
    inside = (number[turns.tail] >= 0) & (number[turns.head] >= 0)
    return replace(
        turns,
        segment=turns.segment[kept],
        backward=turns.backward[kept],
        copy=turns.copy[kept],
        tail=number[turns.tail[inside]],
        head=number[turns.head[inside]],
        delay_ms=turns.delay_ms[inside],
        entry=turns.entry[inside],
        condition=turns.condition[inside],
    )
