"""The larger map of bench_roads.py: copies of one map side by side, joined by roads. Synthetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from routing.roads.graph import RoadGraph


def tiled(graph: RoadGraph, side: int = 3) -> RoadGraph:
    """Copies of a graph in a square, neighbours joined by straight two-way roads between nodes at their borders."""
    nodes, rows = len(graph.node_osm), len(graph.shape)
    low, high = graph.shape.min(axis=0), graph.shape.max(axis=0)
    step = (high - low + 20_000).astype(np.int64)
    corners = [(x, y) for y in range(side) for x in range(side)]
    place = np.zeros((nodes, 2), np.int64)
    place[graph.tail] = graph.shape[graph.shape_first[:-1]]
    place[graph.head] = graph.shape[graph.shape_first[1:] - 1]
    joints = [(a, b, axis) for a, (x, y) in enumerate(corners) for axis, (dx, dy) in enumerate(((1, 0), (0, 1)))
              if (x + dx, y + dy) in corners for b in [corners.index((x + dx, y + dy))]]  # fmt: skip
    joined = np.unique(np.concatenate((graph.tail, graph.head)))
    links = []
    for a, b, axis in joints:
        near = joined[np.argsort(-place[joined, axis])[:200:5]]
        far = joined[np.argsort(place[joined, axis])[:200:5]]
        near, far = near[np.argsort(place[near, 1 - axis])], far[np.argsort(place[far, 1 - axis])]
        links += [(a, int(u), b, int(v)) for u, v in zip(near, far, strict=True)]
    moved = [place + np.array(corner) * step for corner in corners]
    ends = np.array([[moved[a][u], moved[b][v]] for a, u, b, v in links])
    metres = np.hypot(*((ends[:, 1] - ends[:, 0]) * [0.75, 1.0]).T) / 1e7 * 111_195
    count, copies = len(links), len(corners)

    def repeat(values: np.ndarray, extra: np.ndarray, shift: int = 0) -> np.ndarray:
        moved_values = [values + np.asarray(k * shift, values.dtype) for k in range(copies)]
        return np.concatenate([*moved_values, extra.astype(values.dtype)])

    blank = np.zeros(count)
    return replace(
        graph,
        tail=repeat(graph.tail, np.array([a * nodes + u for a, u, _, _ in links]), nodes),
        head=repeat(graph.head, np.array([b * nodes + v for _, _, b, v in links]), nodes),
        way=repeat(graph.way, -1 - np.arange(count)),
        length_dm=repeat(graph.length_dm, np.maximum(metres * 10, 1)),
        speed=repeat(graph.speed, np.full((count, 2), 500)),
        road_class=repeat(graph.road_class, blank),
        flags=repeat(graph.flags, blank),
        name=repeat(graph.name, blank),
        regime=repeat(graph.regime, blank),
        shape_first=np.concatenate(
            [*(graph.shape_first[:-1] + k * rows for k in range(copies)), copies * rows + 2 * np.arange(count + 1)]
        ),
        shape=np.concatenate(
            [
                *((graph.shape + np.array(c) * step).astype(np.int32) for c in corners),
                ends.reshape(-1, 2).astype(np.int32),
            ]
        ),
        node_osm=np.arange(copies * nodes),
        node_flags=repeat(graph.node_flags, np.empty(0)),
        delay_ds=repeat(graph.delay_ds, np.empty((0, 2))),
    )
