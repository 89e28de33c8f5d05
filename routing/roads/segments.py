"""Cuts the ways of an extract at junctions and obstacles into the segments of a road graph."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from routing.errors import RoadError
from routing.roads.graph import DEGREE, RoadGraph, SegmentFlag, step_metres
from routing.roads.kernels.opl import MISSING
from routing.roads.osm import Extract

MAX_LENGTH_DM = 2**27 - 1


def cut_segments(extract: Extract) -> RoadGraph:
    """The road graph of an extract. Raises RoadError when no way has two nodes that the extract holds."""
    nodes, place = np.unique(extract.refs, return_inverse=True)
    way_of = np.repeat(np.arange(len(extract.way), dtype=np.int32), np.diff(extract.first))
    is_cut = _is_cut(extract, nodes, place)
    begin, end = _between_cuts(is_cut[place], way_of)
    closed = place[begin] == place[end]
    if closed.any():
        # A segment that begins and ends at one node is cut in the middle, so that no turn leads from it into itself.
        is_cut[place[(begin[closed] + end[closed]) // 2]] = True
        begin, end = _between_cuts(is_cut[place], way_of)
        open_ended = place[begin] != place[end]
        begin, end = begin[open_ended], end[open_ended]

    step = step_metres(extract.shape[:, 0] / DEGREE, extract.shape[:, 1] / DEGREE)
    missing = extract.shape[:, 0] == MISSING
    lacking = np.concatenate(([0], np.cumsum(missing)))
    whole = lacking[end + 1] == lacking[begin]
    begin, end = begin[whole], end[whole]
    if not len(begin):
        raise RoadError("the extract holds no road with both its ends; take a larger extract")
    step[missing[:-1] | missing[1:] | (way_of[:-1] != way_of[1:])] = 0.0
    along = np.concatenate(([0.0], np.cumsum(step)))
    metres = along[end] - along[begin]
    way = way_of[begin]

    used, ends = np.unique(np.concatenate((place[begin], place[end])), return_inverse=True)
    flags, delay = _obstacles(extract, nodes[used])
    counts = end - begin + 1
    first = np.concatenate(([0], np.cumsum(counts)))
    rows = np.arange(first[-1]) - np.repeat(first[:-1] - begin, counts)
    return RoadGraph(
        tail=ends[: len(begin)].astype(np.int32),
        head=ends[len(begin) :].astype(np.int32),
        way=extract.way[way],
        length_dm=np.minimum(np.rint(metres * 10), MAX_LENGTH_DM).astype(np.int32),
        speed=_with_ferries(extract, along)[way],
        road_class=extract.road_class[way],
        flags=extract.flags[way],
        name=extract.name[way],
        shape_first=first,
        shape=extract.shape[rows],
        node_osm=nodes[used],
        node_flags=flags,
        delay_ds=delay,
        names=extract.names,
        left_hand=_keeps_left(extract),
        regime=extract.regime[way],
        regimes=extract.regimes,
    )


def _between_cuts(
    is_cut: npt.NDArray[np.bool_], way_of: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """First and last row of every piece between two cuts of the same way."""
    cuts = np.flatnonzero(is_cut)
    begin, end = cuts[:-1], cuts[1:]
    inside = way_of[begin] == way_of[end]
    return begin[inside], end[inside]


def _is_cut(extract: Extract, nodes: npt.NDArray[np.int64], place: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Nodes at which ways are cut: ends of ways, nodes used twice, obstacles."""
    is_cut = np.bincount(place, minlength=len(nodes)) > 1
    is_cut[place[extract.first[:-1]]] = True
    is_cut[place[extract.first[1:] - 1]] = True
    at = np.searchsorted(nodes, extract.obstacle)
    at = at[at < len(nodes)]
    found = np.isin(nodes[at], extract.obstacle)
    is_cut[at[found]] = True
    return is_cut


def _obstacles(extract: Extract, nodes: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16]]:
    flags, delay = np.zeros(len(nodes), np.uint8), np.zeros((len(nodes), 2), np.uint16)
    at = np.minimum(np.searchsorted(nodes, extract.obstacle), len(nodes) - 1)
    found = nodes[at] == extract.obstacle
    flags[at[found]] = extract.obstacle_flags[found]
    delay[at[found]] = extract.delay_ds[found]
    return flags, delay


def _with_ferries(extract: Extract, along: npt.NDArray[np.float64]) -> npt.NDArray[np.uint16]:
    """Speeds of the ways, where a ferry's crossing time is said taken from that."""
    speed = extract.speed.copy()
    timed = np.flatnonzero(extract.ferry_s > 0)
    metres = along[extract.first[timed + 1] - 1] - along[extract.first[timed]]
    tenths = np.clip(np.rint(metres / extract.ferry_s[timed] * 36), 1, 1000).astype(np.uint16)
    speed[timed] = np.where(speed[timed] > 0, tenths[:, None], 0)
    return speed


def _keeps_left(extract: Extract) -> bool:
    """Whether traffic keeps left: its roundabouts then turn clockwise, which their summed signed area tells."""
    area = 0.0
    for way in np.flatnonzero(extract.flags & SegmentFlag.ROUNDABOUT):
        line = extract.shape[extract.first[way] : extract.first[way + 1]].astype(np.float64)
        if extract.refs[extract.first[way]] != extract.refs[extract.first[way + 1] - 1] or (line == MISSING).any():
            continue
        x, y = (line - line[0]).T
        turn = float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]))
        forward = extract.speed[way, 0] > 0
        area += np.sign(turn) if forward else -np.sign(turn)
    return bool(area < 0)
