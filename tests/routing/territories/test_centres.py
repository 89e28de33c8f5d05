"""Territories with centres of their own, on published instances and by the evaluator."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import networkx as nx
import numpy as np
import pytest

from routing.territories.case import Neighbours, Wish
from routing.territories.centres import design, medians

BENCH = Path(os.environ.get("BEATPLAN_BENCH_DIR", Path(__file__).parents[4] / "shared" / "bench")) / "territory" / "2du"


def read(path: Path):
    lines = [line.split() for line in path.read_text().splitlines()]
    n = int(lines[0][0])
    units = np.array([[float(value) for value in line] for line in lines[1 : n + 1]])
    m = int(lines[n + 1][0])
    pairs = np.array([[int(value) for value in line[:2]] for line in lines[n + 2 : n + 2 + m]])
    last = lines[n + 2 + m]
    return units[:, 1:3], units[:, 3:6], pairs, int(last[0]), float(last[2])


@pytest.mark.needs_bench
@pytest.mark.parametrize("name", ["2DU60-05-1", "2DU80-05-6"])
def test_published_instances_come_out_feasible_and_no_dearer(name: str) -> None:
    if not BENCH.is_dir():
        pytest.skip(f"the instances {BENCH} are missing")
    places, work, pairs, k, tolerance = read(BENCH / f"{name}.dat")
    between = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    found = design(
        between.astype(np.float32), work, Neighbours.of_pairs(pairs, len(places)), k, Wish(tolerance, 0), starts=8
    )
    graph = nx.Graph(pairs.tolist())
    cost = 0.0
    for j in range(k):
        mine = np.flatnonzero(found.owner == j)
        assert nx.is_connected(graph.subgraph(mine.tolist()))
        assert np.abs(work[mine].sum(axis=0) / (work.sum(axis=0) / k) - 1).max() <= tolerance + 1e-9
        cost += float(between[np.ix_(mine, [found.centres[j]])].sum())
    assert cost == pytest.approx(found.cost, rel=1e-5)
    with (BENCH / "published.csv").open() as file:
        published = {row["instance"]: float(row["published_alns_objective"]) for row in csv.DictReader(file)}
    assert cost <= published[name] * 1.005


def test_medians_by_trying() -> None:
    rng = np.random.default_rng(1)
    place = rng.random((30, 2))
    between = np.hypot(*(place[:, None] - place[None]).transpose(2, 0, 1)).astype(np.float32)
    owner = np.arange(30) % 3
    for j, centre in enumerate(medians(between, owner, 3).tolist()):
        mine = np.flatnonzero(owner == j).tolist()
        assert centre in mine
        sums = {c: sum(float(between[u, c]) for u in mine) for c in mine}
        assert sums[centre] == pytest.approx(min(sums.values()))
