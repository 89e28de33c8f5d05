"""The street stretches of a small map as plain arrays, to which the oracle snaps places."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import networkx as nx
import numpy as np
import numpy.typing as npt

from routing.roads.oracle.osmnx_reading import MM, MS

CLOSED = -1
"""Stands for the travel time of a direction in which a stretch may not be driven."""

EARTH_RADIUS_M = 6_371_009.0
"""Mean radius, the one OSMnx measures with."""


@dataclass(frozen=True, eq=False)
class Stretches:
    """Straight pieces of road between two neighbouring nodes, each open in one or both directions.

    `node_lonlat` float64 [nodes, 2]; per stretch: `tail`, `head` int32 node numbers; `ahead_ms`, `back_ms` int64
    milliseconds from tail to head and back (-1 closed); `length_mm` int64; `name` int32 into `names`.
    """

    node_lonlat: npt.NDArray[np.float64]
    tail: npt.NDArray[np.int32]
    head: npt.NDArray[np.int32]
    ahead_ms: npt.NDArray[np.int64]
    back_ms: npt.NDArray[np.int64]
    length_mm: npt.NDArray[np.int64]
    name: npt.NDArray[np.int32]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.tail)

    @cached_property
    def directed(self) -> int:
        """Number of stretches counted once per open direction."""
        return int((self.ahead_ms != CLOSED).sum() + (self.back_ms != CLOSED).sum())


def stretches_of(graph: nx.MultiDiGraph[Any]) -> Stretches:
    """The stretches of a priced graph (see `read_road_graph`), in the order of its nodes and edges.

    Of parallel edges between the same two nodes the fastest counts, then the shortest.
    """
    number = {node: i for i, node in enumerate(graph)}
    best: dict[tuple[int, int], tuple[int, int, str]] = {}
    for tail, head, data in graph.edges(data=True):
        pair = (number[tail], number[head])
        offer = (int(data[MS]), int(data[MM]), str(data["name"]))
        if pair not in best or offer < best[pair]:
            best[pair] = offer
    names = {"": 0}
    rows = []
    for tail, head in sorted({(min(pair), max(pair)) for pair in best}):
        ahead, back = best.get((tail, head)), best.get((head, tail))
        known = [offer for offer in (ahead, back) if offer is not None]
        name = names.setdefault(known[0][2], len(names))
        rows.append((tail, head, ahead[0] if ahead else CLOSED, back[0] if back else CLOSED, known[0][1], name))
    table = np.array(rows, np.int64).reshape(-1, 6)
    return Stretches(
        node_lonlat=np.array([(data["x"], data["y"]) for _, data in graph.nodes(data=True)], np.float64).reshape(-1, 2),
        tail=table[:, 0].astype(np.int32),
        head=table[:, 1].astype(np.int32),
        ahead_ms=table[:, 2].copy(),
        back_ms=table[:, 3].copy(),
        length_mm=table[:, 4].copy(),
        name=table[:, 5].astype(np.int32),
        names=tuple(names),
    )
