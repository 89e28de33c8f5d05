"""Who is next to whom: on real roads by whose customer each stretch of road is nearest to, else by Delaunay.

The road neighbour graph is the dual of the network Voronoi diagram (Okabe and Sugihara 2012): every junction belongs to
the customer it is quickest reached from, and two customers are neighbours where a street leads from the one's part of
the network to the other's. A river without a bridge therefore parts customers that lie in sight of each other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import Delaunay, QhullError, cKDTree

from routing.roads.graph import DEGREE, RoadGraph
from routing.roads.network import RoadNetwork, Snapped
from routing.territories.case import Neighbours

_LEAST_S = 1e-3
_LONG = 0.995
"""Delaunay edges longer than this quantile are left out: no road follows the hull."""
_NEAREST = 3
_JITTER = 1e-8
"""Degrees by which places are shaken, so that those of one house have corners of their own."""
_DETOUR, _SHORT_S = 2.5, 120.0
"""Customers that touch on the map are neighbours unless the drive is so many times the usual, and longer than this."""


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """The road network shared out among customers: `lonlat` float64 [v, 2] of junctions and customers, and whose."""

    neighbours: Neighbours
    lonlat: npt.NDArray[np.float64]
    nearest: npt.NDArray[np.int64]


def road_parts(network: RoadNetwork, places: Snapped) -> tuple[Parts, npt.NDArray[np.float64]]:
    """Neighbours by road, and the mean seconds from each customer to its three nearest, float64 [n].

    Customers that touch on the map are neighbours too, where the drive between them is no great detour. Where the
    network shows no streets, as one behind a server, only these count. Parts that stay alone are tied on.
    """
    flat = _flat(places.lonlat)
    touching = _triangulated(flat)
    touching, seconds, near = _driven(network, places, flat, touching)
    length = np.hypot(*(flat[touching[:, 0]] - flat[touching[:, 1]]).T)
    usual = np.median(seconds / np.maximum(length, 1e-9)) if len(length) else 1.0
    touching = touching[seconds <= _DETOUR * usual * length + _SHORT_S]
    graph = getattr(getattr(network, "map", None), "graph", None)
    if isinstance(graph, RoadGraph):
        pairs, lonlat, nearest = _by_street(graph, places)
        pairs = np.concatenate((pairs, touching))
    else:
        pairs, lonlat, nearest = touching, places.lonlat, np.arange(len(places))
    neighbours = Neighbours.of_pairs(np.concatenate((pairs, _ties(pairs, places.lonlat))), len(places))
    return Parts(neighbours, lonlat, nearest), near


def straight_parts(lonlat: npt.NDArray[np.float64]) -> Parts:
    """Neighbours by the Delaunay triangulation of places, float64 [n, 2], less its longest edges."""
    n = len(lonlat)
    flat = _flat(lonlat)
    pairs = _triangulated(flat)
    if len(pairs):
        length = np.hypot(*(flat[pairs[:, 0]] - flat[pairs[:, 1]]).T)
        pairs = pairs[length <= np.quantile(length, _LONG)]
    neighbours = Neighbours.of_pairs(np.concatenate((pairs, _ties(pairs, lonlat))), n)
    return Parts(neighbours, lonlat, np.arange(n))


def _driven(
    network: RoadNetwork, places: Snapped, flat: npt.NDArray[np.float64], pairs: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Those of the pairs that a road joins, the seconds of the shorter way, and the seconds to the three nearest."""
    n = len(places)
    if n < 2:
        return pairs, np.zeros(len(pairs)), np.zeros(n)
    around = Neighbours.of_pairs(np.concatenate((pairs, _nearby(flat))), n)
    seconds = np.full(len(around.other), np.inf)
    near = np.zeros(n)
    for rows in _blocks(flat):
        begin, end = around.first[rows], around.first[rows + 1]
        at = np.concatenate([np.arange(one, two) for one, two in zip(begin, end, strict=True)])
        row = np.repeat(np.arange(len(rows)), end - begin)
        targets, column = np.unique(around.other[at], return_inverse=True)
        driven = network.matrix(_take(places, rows), _take(places, targets)).duration_s[row, column]
        seconds[at] = np.where(driven < 0, np.inf, driven)
    for u in range(n):
        reached = np.sort(seconds[around.first[u] : around.first[u + 1]])[:_NEAREST]
        reached = reached[np.isfinite(reached)]
        near[u] = reached.mean() if len(reached) else 0.0
    begin = np.repeat(np.arange(n), np.diff(around.first))
    keys = begin * n + around.other
    one = seconds[np.searchsorted(keys, pairs[:, 0] * n + pairs[:, 1])]
    two = seconds[np.searchsorted(keys, pairs[:, 1] * n + pairs[:, 0])]
    both = np.minimum(one, two)
    joined = np.isfinite(both)
    return pairs[joined], both[joined], near


def _nearby(flat: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Pairs of each place with the six nearest as the crow flies."""
    n = len(flat)
    count = min(n - 1, 6)
    found = cKDTree(flat).query(flat, count + 1)[1]
    return np.column_stack((np.repeat(np.arange(n), count + 1), found.ravel())).astype(np.int64)


def _blocks(flat: npt.NDArray[np.float64], size: int = 96) -> list[npt.NDArray[np.int64]]:
    """Places in blocks that lie together, so that the neighbours of a block are few."""
    strips = max(1, round(np.sqrt(len(flat) / size)))
    across = np.argsort(flat[:, 0], kind="stable")
    blocks = []
    for strip in np.array_split(across, strips):
        along = strip[np.argsort(flat[strip, 1], kind="stable")]
        blocks += [along[begin : begin + size] for begin in range(0, len(along), size)]
    return blocks


def _take(places: Snapped, at: npt.NDArray[np.int64]) -> Snapped:
    return Snapped(
        places.lonlat[at], places.edge[at], places.fraction[at], places.road_lonlat[at], places.off_road_m[at]
    )


def _by_street(
    graph: RoadGraph, places: Snapped
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Neighbouring customers, the places of junctions and customers, and whose each is."""
    v, n = len(graph.node_osm), len(places)
    speed = graph.open_speed.max(axis=1).astype(np.float64)
    speed[speed == 0] = graph.speed.max(axis=1)[speed == 0]
    seconds = graph.length_dm / np.maximum(speed, 1) * 3.6
    split = np.zeros(len(graph), np.bool_)
    split[places.edge] = True
    whole = ~split
    order = np.lexsort((places.fraction, places.edge))
    edge, fraction = places.edge[order], places.fraction[order]
    begins = np.append(True, edge[1:] != edge[:-1])
    ends = np.append(begins[1:], True)
    before = np.where(begins, graph.tail[edge], v + np.roll(order, 1))
    done = np.where(begins, 0.0, np.roll(fraction, 1))
    tail = np.concatenate((graph.tail[whole], before, v + order[ends])).astype(np.int64)
    head = np.concatenate((graph.head[whole], v + order, graph.head[edge[ends]])).astype(np.int64)
    cost = np.concatenate(
        (seconds[whole], seconds[edge] * (fraction - done), seconds[edge[ends]] * (1 - fraction[ends]))
    )
    links = _cheapest(tail, head, np.maximum(cost, _LEAST_S), v + n)
    _, _, source = csgraph.dijkstra(
        links, directed=False, indices=v + np.arange(n), min_only=True, return_predecessors=True
    )
    whose = np.where(source >= 0, source.astype(np.int64) - v, -1)
    one, two = whose[tail], whose[head]
    apart = (one != two) & (one >= 0) & (two >= 0)
    lonlat = np.empty((v + n, 2))
    ends_at = graph.shape_first[1:] - 1
    lonlat[graph.tail] = graph.shape[graph.shape_first[:-1]] / DEGREE
    lonlat[graph.head] = graph.shape[ends_at] / DEGREE
    lonlat[v:] = places.road_lonlat
    known = whose >= 0
    return np.column_stack((one[apart], two[apart])), lonlat[known], whose[known]


def _cheapest(
    tail: npt.NDArray[np.int64], head: npt.NDArray[np.int64], cost: npt.NDArray[np.float64], size: int
) -> sparse.csr_matrix:
    """Undirected links; of parallel ones the quickest, where SciPy would add them up."""
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    order = np.lexsort((cost, high, low))
    low, high, cost = low[order], high[order], cost[order]
    kept = np.append(True, (np.diff(low) != 0) | (np.diff(high) != 0)) & (low != high)
    return sparse.csr_matrix((cost[kept], (low[kept], high[kept])), shape=(size, size))


def _triangulated(flat: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Edges of the Delaunay triangulation; a line of places is a chain."""
    n = len(flat)
    order = np.lexsort(flat.T)
    chain = np.column_stack((order[:-1], order[1:])).astype(np.int64)
    if n < 4:
        return chain
    try:
        corners = Delaunay(flat + np.random.default_rng(0).normal(0, _JITTER, flat.shape)).simplices
    except QhullError:
        return chain
    return np.unique(np.sort(corners[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1), axis=0).astype(np.int64)


def _ties(pairs: npt.NDArray[np.int64], lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Pairs that tie parts of the graph together at their nearest places, until it is one."""
    n = len(lonlat)
    flat = _flat(lonlat)
    ties = np.zeros((0, 2), np.int64)
    while n > 1:
        every = np.concatenate((pairs, ties))
        links = sparse.csr_matrix((np.ones(len(every), np.int32), (every[:, 0], every[:, 1])), shape=(n, n))
        count, label = csgraph.connected_components(links, directed=False)
        if count == 1:
            break
        small = np.flatnonzero(np.bincount(label) < np.bincount(label).max())
        piece = int(small[0]) if len(small) else 0
        inside = np.flatnonzero(label == piece)
        outside = np.flatnonzero(label != piece)
        far, at = (np.atleast_1d(found) for found in cKDTree(flat[outside]).query(flat[inside]))
        nearest = int(far.argmin())
        ties = np.concatenate((ties, [[inside[nearest], outside[at[nearest]]]]))
    return ties


def _flat(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Places on a plane in which near distances are true to each other."""
    shrink = float(np.cos(np.radians(lonlat[:, 1].mean()))) if len(lonlat) else 1.0
    flat: npt.NDArray[np.float64] = lonlat * np.array([shrink, 1.0])
    return flat
