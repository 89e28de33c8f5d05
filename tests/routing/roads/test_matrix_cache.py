from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from routing.roads.cache import MatrixCache
from routing.roads.engine import CchRoadNetwork
from routing.roads.metric import make_metric
from routing.roads.network import RoadMatrix
from routing.roads.roadmap import build_map
from tests.routing.roads.naive_drives import small_graph
from tests.routing.roads.test_engine_exact import on_streets


def truth(keys):
    """A made-up, asymmetric travel between places, with some pairs unreachable."""
    duration = (keys[:, None] * 31 + keys[None, :] * 7) % 1000 - 1
    return RoadMatrix(duration.astype(np.int32), np.where(duration < 0, -1, duration * 10).astype(np.int32))


class Counter:
    """Computes `truth` and counts the cells it was asked for."""

    def __init__(self, keys):
        self.keys, self.cells = np.asarray(keys), 0

    def __call__(self, rows, columns):
        self.cells += len(rows) * len(columns)
        whole = truth(self.keys)
        return RoadMatrix(whole.duration_s[np.ix_(rows, columns)], whole.distance_m[np.ix_(rows, columns)])


def ask(cache, keys, name="costs"):
    counter = Counter(keys)
    matrix = cache.matrix(name, np.asarray(keys, np.int64), counter)
    wanted = truth(np.asarray(keys))
    assert np.array_equal(matrix.duration_s, wanted.duration_s)
    assert np.array_equal(matrix.distance_m, wanted.distance_m)
    return counter.cells


def test_a_new_place_costs_one_row_and_one_column(tmp_path):
    cache = MatrixCache(tmp_path / "cache")
    keys = list(range(0, 400, 4))
    assert ask(cache, keys) == 100 * 100
    assert ask(cache, keys) == 0
    assert ask(cache, [*keys[:50], 1, *keys[50:]]) == 2 * 101
    assert ask(cache, [*keys[20:30], 1]) == 0
    assert ask(MatrixCache(tmp_path / "cache"), keys) == 0
    assert ask(cache, keys, "other costs") == 100 * 100


def test_the_same_place_twice_is_one_place(tmp_path):
    assert ask(MatrixCache(tmp_path), [5, 9, 5, 5]) == 4


def test_places_and_tables_are_bounded_and_the_unused_go_first(tmp_path):
    cache = MatrixCache(tmp_path, capacity=8, tables=2)
    assert ask(cache, range(6)) == 36
    assert ask(cache, [0, 1, 2, 20, 21, 22]) > 0
    assert ask(cache, [0, 1, 2, 20, 21, 22]) == 0
    assert ask(cache, range(3, 6)) > 0
    assert ask(cache, range(9)) == 81
    for name in ("second", "third"):
        ask(cache, range(3), name)
    assert sorted(path.name for path in tmp_path.glob("*.cell")) == ["second.cell", "third.cell"]


def test_a_directory_that_cannot_be_used_only_costs_the_time(tmp_path):
    (tmp_path / "file").write_text("not a directory")
    assert ask(MatrixCache(tmp_path / "file"), range(5)) == 25


def test_a_table_that_the_disk_has_no_room_for_is_not_begun(tmp_path):
    assert ask(MatrixCache(tmp_path, capacity=1 << 30), range(5)) == 25
    assert not list(tmp_path.glob("*.cell"))


def test_a_torn_table_is_made_anew(tmp_path):
    cache = MatrixCache(tmp_path)
    ask(cache, range(5))
    for path in tmp_path.glob("costs.*l"):
        path.write_bytes(b"torn")
    (tmp_path / "costs.place").write_bytes(b"")
    assert ask(cache, range(5)) == 25


HAMMER = """
import sys
from pathlib import Path
import numpy as np
from routing.roads.cache import MatrixCache
from routing.roads.network import RoadMatrix

def travel(here, there):
    duration = ((here[:, None] * 31 + there[None, :] * 7) % 1000 - 1).astype(np.int32)
    return RoadMatrix(duration, np.where(duration < 0, -1, duration * 10).astype(np.int32))

rng = np.random.default_rng(int(sys.argv[2]))
cache = MatrixCache(Path(sys.argv[1]), capacity=24)
for _ in range(60):
    keys = rng.choice(60, rng.integers(1, 20), replace=False)
    found = cache.matrix("costs", keys, lambda rows, columns: travel(keys[rows], keys[columns]))
    wanted = travel(keys, keys)
    assert np.array_equal(found.duration_s, wanted.duration_s)
    assert np.array_equal(found.distance_m, wanted.distance_m)
"""


def test_several_processes_share_one_cache_without_harm(tmp_path):
    workers = [
        subprocess.Popen([sys.executable, "-c", HAMMER, str(tmp_path), str(seed)], stderr=subprocess.PIPE, text=True)
        for seed in range(3)
    ]
    for worker in workers:
        _, said = worker.communicate(timeout=120)
        assert worker.returncode == 0, said


@pytest.mark.parametrize("count", [2, 40])
def test_the_engine_answers_the_same_with_and_without_a_cache(tmp_path, count):
    rng = np.random.default_rng(1)
    ring = [(k, (k + 1) % 9, int(rng.integers(100, 9000)), 500, 300, 0) for k in range(9)]
    road_map = build_map(small_graph(10, [*ring, (0, 9, 500, 500, 500, 0)]))
    metric = make_metric(road_map.graph, road_map.turns, road_map.hierarchy)
    plain, cached = CchRoadNetwork(road_map, metric), CchRoadNetwork(road_map, metric, cache=MatrixCache(tmp_path))
    places = on_streets(rng.integers(0, 10, count), rng.integers(0, 1025, count) / 1024)
    for _ in range(2):
        one, two = plain.matrix(places), cached.matrix(places)
        assert np.array_equal(one.duration_s, two.duration_s)
        assert np.array_equal(one.distance_m, two.distance_m)
