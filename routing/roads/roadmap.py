"""Everything that does not depend on speeds, built once per map: segments, turns, hierarchy, streets, grid."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from routing.errors import RoadError
from routing.roads.forbidden import forbid_turns
from routing.roads.graph import RoadGraph
from routing.roads.hierarchy import Hierarchy, contract
from routing.roads.ordering import contraction_order
from routing.roads.osm import read_extract
from routing.roads.restrictions import Restriction
from routing.roads.segments import cut_segments
from routing.roads.snap import Grid, Islands, build_grid, build_islands
from routing.roads.turns import TurnGraph, expand_turns, largest_part


@dataclass(frozen=True, slots=True, eq=False)
class RoadMap:
    """A map ready to be driven on: only segments inside the largest strongly connected part.

    `islands` are the streets outside it. `street_first` int32 [s + 1] and `street_state` int32 [m]: the states of each
    segment, rising. `left_out` counts the states that the extract has outside that part.
    """

    graph: RoadGraph
    turns: TurnGraph
    hierarchy: Hierarchy
    grid: Grid
    islands: Islands
    street_first: npt.NDArray[np.int32]
    street_state: npt.NDArray[np.int32]
    left_out: int


def read_map(extract: Path, workspace: Path | None = None) -> RoadMap:
    """The map of an extract, with room for a temporary copy of its roads in `workspace`.

    Raises RoadError when it is not one, holds no roads that lead anywhere, or there is no room.
    """
    content = read_extract(extract, workspace)
    return build_map(cut_segments(content), content.restrictions)


def build_map(graph: RoadGraph, restrictions: tuple[Restriction, ...] = ()) -> RoadMap:
    """The map over a road graph. Raises RoadError when no place has a road there and back."""
    every = forbid_turns(graph, expand_turns(graph), restrictions)
    turns = largest_part(every)
    if not len(turns.tail):
        raise RoadError("the extract has no two places with roads both there and back; give a larger extract")
    used, street = np.unique(turns.segment, return_inverse=True)
    lost = take_segments(graph, np.setdiff1d(np.arange(len(graph)), used))
    graph = take_segments(graph, used.astype(np.int64))
    turns = replace(turns, segment=street.astype(np.int32))
    turns, hierarchy = contract(turns, contraction_order(turns))
    begins = np.zeros(len(used), np.bool_)
    begins[turns.segment[~turns.copy]] = True
    by_street = np.argsort(turns.segment, kind="stable").astype(np.int32)
    return RoadMap(
        graph=graph,
        turns=turns,
        hierarchy=hierarchy,
        grid=build_grid(graph.shape_first, graph.shape, begins),
        islands=build_islands(lost.shape_first, lost.shape),
        street_first=np.searchsorted(turns.segment[by_street], np.arange(len(used) + 1)).astype(np.int32),
        street_state=by_street,
        left_out=len(every) - len(turns),
    )


def take_segments(graph: RoadGraph, kept: npt.NDArray[np.int64]) -> RoadGraph:
    """The part of a graph over some of its segments and the nodes at their ends."""
    counts = np.diff(graph.shape_first)[kept]
    first = np.concatenate(([0], np.cumsum(counts)))
    rows = np.arange(first[-1]) - np.repeat(first[:-1] - graph.shape_first[kept], counts)
    nodes, ends = np.unique(np.concatenate((graph.tail[kept], graph.head[kept])), return_inverse=True)
    return replace(
        graph,
        tail=ends[: len(kept)].astype(np.int32),
        head=ends[len(kept) :].astype(np.int32),
        node_osm=graph.node_osm[nodes],
        node_flags=graph.node_flags[nodes],
        delay_ds=graph.delay_ds[nodes],
        way=graph.way[kept],
        length_dm=graph.length_dm[kept],
        speed=graph.speed[kept],
        road_class=graph.road_class[kept],
        flags=graph.flags[kept],
        name=graph.name[kept],
        regime=graph.regime[kept],
        shape_first=first,
        shape=graph.shape[rows],
    )
