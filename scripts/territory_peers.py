"""One peer of bench_territories.py in its own environment: the question as JSON on stdin, parts on stdout."""

from __future__ import annotations

import json
import random
import sys
import time
from typing import Any

import networkx as nx
import numpy as np

SEED = 1


def gerrychain(question: dict[str, Any]) -> list[int]:
    """Recursive bipartition by spanning trees, each part within a twentieth of its share."""
    from gerrychain import Graph  # noqa: PLC0415 - each peer loads its own library
    from gerrychain.tree import recursive_tree_part  # noqa: PLC0415

    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002 - what the library draws from
    graph = nx.Graph()
    for u, work in enumerate(question["work"]):
        graph.add_node(u, work=work)
    graph.add_edges_from(question["pairs"])
    k = question["k"]
    share = sum(question["work"]) / k
    found = recursive_tree_part(Graph.from_networkx(graph), range(k), share, "work", 0.05)
    return [int(found[u]) for u in range(len(question["work"]))]


def spopt(question: dict[str, Any]) -> list[int]:
    """Regional k-means: connected parts, with no rule of balance."""
    import libpysal  # noqa: PLC0415
    from spopt.region import RegionKMeansHeuristic  # noqa: PLC0415

    np.random.seed(SEED)  # noqa: NPY002 - what the library draws from
    n = len(question["work"])
    neighbours: dict[int, list[int]] = {u: [] for u in range(n)}
    for u, v in question["pairs"]:
        neighbours[u].append(v)
        neighbours[v].append(u)
    weights = libpysal.weights.W(neighbours, silence_warnings=True)
    model = RegionKMeansHeuristic(np.array(question["work"])[:, None], question["k"], weights)
    model.solve()
    return [int(part) for part in model.labels_]


def main() -> None:
    question = json.load(sys.stdin)
    began = time.process_time()
    part = {"gerrychain": gerrychain, "spopt": spopt}[sys.argv[1]](question)
    print(json.dumps({"part": part, "cpu_s": time.process_time() - began}))


if __name__ == "__main__":
    main()
