"""A place by its name, from a loopback server that speaks Nominatim and Overpass and serves the demo city."""

from __future__ import annotations

import socket
from pathlib import Path

import numpy as np
import osmium
import pytest
import shapely

import visits.demo
from routing.errors import InputError, RoadError
from routing.roads.fetch import fetch_extract
from routing.roads.store import build_roads, open_roads
from routing.roads.tiles import build_tiles
from tests.contract.overpass_server import read_elements, serve_city

HELSINKI = Path(visits.demo.__file__).parent / "helsinki.osm.pbf"
OUTLINE = shapely.geometry.mapping(shapely.box(24.930, 60.160, 24.960, 60.182))
CORNER = shapely.geometry.mapping(shapely.box(24.9500, 60.1640, 24.9505, 60.1645))
POINT = {"type": "Point", "coordinates": [24.94, 60.17]}
COUNTRY = shapely.geometry.mapping(shapely.box(20, 60, 30, 70))
DESERT = shapely.geometry.mapping(shapely.box(5, 5, 5.01, 5.01))


@pytest.fixture(scope="module")
def ask():
    outlines = {
        "Helsinki, Finland": OUTLINE,
        "Corner": CORNER,
        "Statue": POINT,
        "Finland": COUNTRY,
        "Desert": DESERT,
    }
    with serve_city(HELSINKI, outlines) as address:

        def fetch(place, out):
            fetch_extract(place, out, nominatim=f"{address}/nominatim", overpass=f"{address}/api")

        yield fetch


def test_a_fetched_city_drives_like_its_extract(ask, tmp_path):
    resolve = socket.getaddrinfo
    ask("Helsinki, Finland", tmp_path / "fetched.osm.pbf")
    assert socket.getaddrinfo is resolve
    whole, fetched = read_elements(HELSINKI), read_elements(tmp_path / "fetched.osm.pbf")
    kept = {"highway", "restriction"}
    drivable = {name: thing for name, thing in whole.items() if kept & thing["tags"].keys()}
    assert drivable.items() <= fetched.items()
    places = np.random.default_rng(5).uniform([24.9365, 60.1650], [24.9520, 60.1740], (20, 2))
    matrices = []
    for name, extract in (("whole", HELSINKI), ("fetched", tmp_path / "fetched.osm.pbf")):
        build_roads(extract, tmp_path / name)
        network = open_roads(tmp_path / name)
        matrices.append(network.matrix(network.snap(places)).duration_s)
    assert np.array_equal(*matrices)
    assert build_tiles(tmp_path / "fetched.osm.pbf", tmp_path / "f.mbtiles").tiles >= 10


def test_only_the_place_and_its_surroundings_are_fetched(ask, tmp_path):
    ask("Corner", tmp_path / "corner.osm.pbf")
    kinds = [thing.type_str() for thing in osmium.FileProcessor(str(tmp_path / "corner.osm.pbf"))]
    assert kinds == sorted(kinds, key="nwr".index)
    assert 0 < kinds.count("w") < 2000
    ids = [thing.id for thing in osmium.FileProcessor(str(tmp_path / "corner.osm.pbf"), osmium.osm.NODE)]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("Atlantis", "no area called 'Atlantis' is known"),
        ("Statue", "no area called 'Statue' is known"),
        ("Finland", "'Finland' is too large to fetch .*beatplan roads build"),
        ("Desert", "the map has no streets in 'Desert'"),
        ("broken", "'broken' could not be fetched: .*500.*--nominatim"),
    ],
)
def test_what_cannot_be_fetched_is_one_sentence(ask, tmp_path, place, said):
    with pytest.raises(RoadError, match=said):
        ask(place, tmp_path / "f.osm.pbf")
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(RoadError, match=r"'Porto' could not be fetched"):
        fetch_extract("Porto", tmp_path / "p.osm.pbf", nominatim="http://127.0.0.1:9", overpass="http://127.0.0.1:9")


def test_a_file_that_cannot_be_written_is_named(ask, tmp_path):
    with pytest.raises(InputError, match=r"nowhere/f\.osm\.pbf cannot be written"):
        ask("Corner", tmp_path / "nowhere" / "f.osm.pbf")
