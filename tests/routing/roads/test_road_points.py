from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from routing.errors import InputError
from routing.roads.network import RoadMatrix, RoadRoute, Snapped
from routing.roads.points import parse_place, read_points, route_line, write_matrix


@pytest.fixture
def read(tmp_path):
    def make(content):
        path = tmp_path / "points.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_points(path)

    return make


def test_places_are_read_whatever_the_order_of_columns(read):
    points = read('\ufefflat,name,id,lon\r\n41.15,Ribeira,a,-8.61\r\n60.17, Tori ,"b,1",24.95\r\n')
    assert points.ids == ("a", "b,1")
    assert points.lonlat.tolist() == [[-8.61, 41.15], [24.95, 60.17]]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no column 'id' \\(found: none\\)"),
        ("id,lon\na,1\n", "no column 'lat' \\(found: id, lon\\)"),
        ("id;lon;lat\na;1;2\n", "no column 'id' \\(found: id;lon;lat\\)"),
        ("id,lon,lat\n", "holds no places"),
        ("id,lon,lat\na,1,2\na,3,4\n", "line 3 repeats the id 'a' of line 2"),
        ("id,lon,lat\n ,1,2\n", "line 2 has no id"),
        ("id,lon,lat\na,1,\n", "line 2 has lat '', not a number"),
        ("id,lon,lat\na,1\n", "line 2 has lat '', not a number"),
        ("id,lon,lat\na,west,2\n", "line 2 has lon 'west', not a number"),
        ("id,lon,lat\na,nan,2\n", "line 2 has lon nan, not a finite number"),
        ("id,lon,lat\na,1,inf\n", "line 2 has lat inf, not a finite number"),
        ("id,lon,lat\na,30.2,120.1\n", "lat 120.1, outside -90 to 90; write degrees; lon and lat may be swapped"),
        ("id,lon,lat\na,1000,2\n", "lon 1000, outside -180 to 180; write degrees$"),
        ('id,lon,lat\n"a"b,1,2\n', "line 2 is not CSV"),
        (b"id,lon,lat\n\xff,1,2\n", "not UTF-8"),
    ],
)
def test_bad_points_are_named_with_file_line_and_value(read, content, said):
    with pytest.raises(InputError, match=said) as raised:
        read(content)
    assert "points.csv" in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv does not exist"):
        read_points(tmp_path / "none.csv")


@pytest.mark.parametrize("text", ["1", "1,2,3", "a,b", "1;2", "nan,1", ""])
def test_a_place_that_is_none_is_shown(text):
    with pytest.raises(InputError, match=r"LON,LAT|number"):
        parse_place(text)


def test_a_place_is_lon_then_lat():
    assert parse_place("-8.61, 41.15") == (-8.61, 41.15)
    with pytest.raises(InputError, match="swapped"):
        parse_place("41.15,-98.61")


def small_matrix():
    matrix = RoadMatrix(np.array([[0, 5], [-1, 0]], np.int32), np.array([[0, 50], [-1, 0]], np.int32))
    places = np.zeros((2, 2))
    return matrix, Snapped(places, np.zeros(2, np.int64), np.zeros(2), places, np.array([1.5, 20.0]))


def test_a_matrix_is_written_without_pickles(tmp_path):
    write_matrix(tmp_path / "m.npz", ("a", "中"), *small_matrix())
    with np.load(tmp_path / "m.npz", allow_pickle=False) as archive:
        assert archive["ids"].tolist() == ["a", "中"]
        assert archive["duration_s"].dtype == archive["distance_m"].dtype == np.int32
        assert archive["duration_s"].tolist() == [[0, 5], [-1, 0]]
        assert archive["distance_m"].tolist() == [[0, 50], [-1, 0]]
        assert archive["snap_m"].tolist() == [1.5, 20.0]


def test_a_matrix_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(InputError, match=r"nowhere/m\.npz cannot be written: No such file or directory"):
        write_matrix(tmp_path / "nowhere" / "m.npz", ("a", "b"), *small_matrix())


LIMITED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.routing.roads.test_road_points import small_matrix
from routing.errors import InputError
from routing.roads.points import write_matrix
resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))
try:
    write_matrix(Path(sys.argv[1]), ("a", "b"), *small_matrix())
except InputError as error:
    print(error)
"""


def test_a_full_disk_keeps_the_old_matrix(tmp_path, request):
    target = tmp_path / "m.npz"
    target.write_bytes(b"old")
    command = [sys.executable, "-c", LIMITED, str(target), str(request.config.rootpath)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "m.npz cannot be written: File too large; free some space" in ended.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["m.npz"]
    assert target.read_bytes() == b"old"


def test_a_route_becomes_geojson():
    route = RoadRoute(7, 70, np.array([[1.0, 2.0], [3.00000001, 4.0]]), (("Main", 70),))
    assert route_line(route) == {
        "type": "LineString",
        "coordinates": [[1.0, 2.0], [3.0, 4.0]],
        "duration_s": 7,
        "distance_m": 70,
        "streets": [{"name": "Main", "distance_m": 70}],
    }
