"""An evaluator of its own: NetworkX and plain sums, sharing nothing with the engine but the case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import networkx as nx
import numpy as np

from routing.territories.case import Case, Neighbours, Wish


@dataclass(frozen=True)
class Verdict:
    cost: float
    loads: list[float]
    worst: float
    moved: int
    pieces: int
    """Connected pieces beyond one per territory, those left out in which everybody is held."""
    allowed: bool


def graph_of(case: Case) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(range(case.n))
    for u in range(case.n):
        for p in range(case.neighbours.first[u], case.neighbours.first[u + 1]):
            graph.add_edge(u, int(case.neighbours.other[p]))
    return graph


def judge(case: Case, wish: Wish, owner: list[int], graph: nx.Graph | None = None) -> Verdict:
    graph = graph or graph_of(case)
    members: dict[int, list[int]] = defaultdict(list)
    loads = [0.0] * case.k
    cost, moved, allowed = 0.0, 0, True
    for u, j in enumerate(owner):
        members[j].append(u)
        drive = float(case.drive_s[u, j])
        allowed = allowed and drive != float("inf")
        loads[j] += float(case.work[u, 0]) + float(case.haul[u]) * drive
        gone = case.present[u] >= 0 and case.present[u] != j
        moved += gone
        cost += float(case.weight[u]) * (
            wish.compactness * drive + (wish.move_price_s * float(case.dearness[u]) if gone else 0)
        )
    held = {u for u in range(case.n) if np.isfinite(case.drive_s[u]).sum() == 1}
    pieces = 0
    for mine in members.values():
        free = [part for part in nx.connected_components(graph.subgraph(mine)) if not part <= held]
        pieces += max(0, len(free) - 1)
    share = sum(loads) / float(case.capacity[:, 0].sum())
    worst = max(abs(loads[j] / (share * float(case.capacity[j, 0])) - 1) for j in range(case.k))
    return Verdict(cost, loads, worst, moved, pieces, allowed)


def rising(case: Case, wish: Wish) -> Iterator[Verdict]:
    """Verdicts on every plan that gives each territory somebody and each customer whom it may have, cheapest first."""
    graph, owners = graph_of(case), np.array(list(product(range(case.k), repeat=case.n)))
    at = np.arange(case.n)
    gone = (owners != case.present) & (case.present >= 0)
    price = wish.compactness * case.drive_s[at, owners] + wish.move_price_s * case.dearness * gone
    cost = (case.weight * price).sum(axis=1)
    full = [(owners == j).any(axis=1) for j in range(case.k)]
    kept = np.flatnonzero(np.isfinite(cost) & np.all(full, axis=0))
    for row in kept[np.argsort(cost[kept], kind="stable")].tolist():
        yield judge(case, wish, owners[row].tolist(), graph)


def best_of_all(case: Case, wish: Wish) -> float:
    """The cost of the best connected plan within the tolerance, by trying all; infinite where there is none."""
    good = (told.cost for told in rising(case, wish) if told.pieces == 0 and told.worst <= wish.tolerance)
    return next(good, float("inf"))


def town(seed: int, n: int, k: int, *, haul: bool = False, islands: float = 0.1) -> Case:
    """Customers on a jittered lattice with roads to the next ones, bases among them, an untidy present."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(n)))
    place = np.array([(i % side, i // side) for i in range(n)]) + rng.uniform(-0.3, 0.3, (n, 2))
    pairs = [(i, i + 1) for i in range(n - 1) if (i + 1) % side] + [(i, i + side) for i in range(n - side)]
    graph = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_weighted_edges_from((u, v, float(np.hypot(*(place[u] - place[v]))) * 60) for u, v in pairs)
    bases = rng.choice(n, k, replace=False).tolist()
    drive = np.column_stack(
        [[nx.single_source_dijkstra_path_length(graph, base)[u] for u in range(n)] for base in bases]
    ).astype(np.float32)
    work = rng.uniform(20, 60, (n, 1)) * 60
    present = drive.argmin(axis=1).astype(np.int64)
    stray = rng.random(n) < islands
    present[stray] = rng.integers(0, k, stray.sum())
    return Case(
        drive_s=drive,
        work=work,
        haul=rng.uniform(0.1, 1.0, n) if haul else np.zeros(n),
        weight=rng.uniform(0.5, 2.0, n),
        dearness=np.where(rng.random(n) < 0.1, 5.0, 1.0),
        present=present,
        capacity=rng.choice([1.0, 0.8], (k, 1)),
        neighbours=Neighbours.of_pairs(np.array(pairs), n),
    )
