"""Vector tiles: what is drawn lies where it is, and the file is whole or absent."""

from __future__ import annotations

import gzip
import math
import sqlite3
import subprocess
import sys
from pathlib import Path

import mapbox_vector_tile
import numpy as np
import pytest
import shapely

import visits.demo
from routing.errors import InputError, RoadError
from routing.roads.drawing import HIGHEST_ZOOM, LOWEST_ZOOM, read_drawing, seas
from routing.roads.tile_store import TileStore
from routing.roads.tiles import EXTENT, _cut, build_tiles, to_unit_square
from tests.tiny_maps import METRE, write_map

HELSINKI = Path(visits.demo.__file__).parent / "helsinki.osm.pbf"
PLACES = {1: (0, 0), 2: (400, 0), 3: (400, 300), 4: (0, 300), 5: (100, 100), 6: (200, 100), 7: (200, 200)}
WAYS = [
    (
        (1, 2, 3),
        {"highway": "primary", "name": "中山路", "name:en": "Zhongshan Rd", "name:zh": "中山路", "ref": "G1"},
    ),
    ((3, 4), {"highway": "footway"}),
    ((5, 6, 7, 5), {"leisure": "park", "name": "Park"}),
    ((4, 1), {"building": "yes"}),
]


def decode(data):
    return mapbox_vector_tile.decode(gzip.decompress(data), default_options={"y_coord_down": True})


def tile_of(lon, lat, zoom):
    x, y = to_unit_square(np.array([[lon, lat]]))[0] * (1 << zoom)
    return math.floor(x), math.floor(y), (x % 1 * EXTENT, y % 1 * EXTENT)


@pytest.fixture
def town(tmp_path):
    extract = write_map(tmp_path / "town.osm", PLACES, WAYS, {3: {"place": "village", "name": "Dorf"}})
    build_tiles(extract, tmp_path / "town.mbtiles")
    return TileStore(tmp_path / "town.mbtiles")


@pytest.fixture(scope="module")
def helsinki(tmp_path_factory):
    out = tmp_path_factory.mktemp("tiles") / "helsinki.mbtiles"
    report = build_tiles(HELSINKI, out)
    assert report.largest_bytes < 100_000
    return TileStore(out)


def test_a_tile_holds_its_layers_with_names_in_place(town):
    column, row, _ = tile_of(200 * METRE, 50 * METRE, 15)
    layers = decode(town.tile(15, column, row))
    assert set(layers) == {"roads", "green", "places"}
    primary, footway = layers["roads"]["features"]
    assert primary["properties"] == {
        "class": "primary",
        "name": "中山路",
        "name:en": "Zhongshan Rd",
        "name:zh": "中山路",
        "ref": "G1",
    }
    assert footway["properties"] == {"class": "footway"}
    assert layers["green"]["features"][0]["properties"] == {"class": "green", "name": "Park"}
    assert layers["places"]["features"][0]["properties"] == {"class": "village", "name": "Dorf"}
    assert layers["roads"]["extent"] == EXTENT


def test_a_line_lies_where_its_nodes_are(town):
    column, row, _ = tile_of(200 * METRE, 50 * METRE, 15)
    line = decode(town.tile(15, column, row))["roads"]["features"][0]["geometry"]["coordinates"]
    nodes = np.array([(0, 0), (400, 0), (400, 300)]) * METRE
    expected = (to_unit_square(nodes) * (1 << 15) - (column, row)) * EXTENT
    assert np.array(line) == pytest.approx(expected, abs=1)


def test_small_roads_appear_only_close_up(town):
    for zoom, classes in ((10, {"primary"}), (13, {"primary"}), (14, {"primary", "footway"})):
        column, row, _ = tile_of(200 * METRE, 50 * METRE, zoom)
        roads = decode(town.tile(zoom, column, row))["roads"]["features"]
        assert {feature["properties"]["class"] for feature in roads} == classes


def test_where_nothing_is_there_is_no_tile(town):
    assert town.tile(15, 0, 0) is None
    assert town.tile(15, -1, 1 << 20) is None
    assert town.tile(31, 0, 0) is None


def test_the_file_describes_itself(town):
    assert town.metadata["format"] == "pbf"
    assert "OpenStreetMap contributors" in town.metadata["attribution"]
    assert (town.metadata["minzoom"], town.metadata["maxzoom"]) == (str(LOWEST_ZOOM), str(HIGHEST_ZOOM))
    west, south, east, north = (float(value) for value in town.metadata["bounds"].split(","))
    assert (west, south) == (0, 0)
    assert (east, north) == pytest.approx((400 * METRE, 300 * METRE), abs=1e-6)


def test_the_same_extract_gives_the_same_tiles(tmp_path, town):
    build_tiles(tmp_path / "town.osm", tmp_path / "again.mbtiles")
    question = "SELECT * FROM tiles ORDER BY 1, 2, 3"
    files = (town.path, tmp_path / "again.mbtiles")
    first, second = (sqlite3.connect(file).execute(question).fetchall() for file in files)
    assert first == second


def test_the_demo_city_has_streets_sea_and_places(helsinki):
    column, row, _ = tile_of(24.9528, 60.1672, 15)
    layers = decode(helsinki.tile(15, column, row))
    names = {feature["properties"].get("name") for feature in layers["roads"]["features"]}
    assert "Pohjoisesplanadi" in names
    seas_here = [f for f in layers["water"]["features"] if f["properties"]["class"] == "sea"]
    assert seas_here
    city = tile_of(24.9427, 60.1675, 10)
    assert "Helsinki" in str(decode(helsinki.tile(10, *city[:2]))["places"])


def test_the_sea_lies_to_the_right_of_its_coast():
    frame = shapely.box(0, 0, 10, 10)
    northward = shapely.LineString([(4, -1), (4, 11)])
    (sea,) = seas([northward], frame)
    assert sea.equals(shapely.box(4, 0, 10, 10))
    island = shapely.LineString([(6, 6), (6, 4), (8, 4), (8, 6), (6, 6)])
    (around,) = seas([island], frame)
    assert around.area == 96
    assert [round(face.area) for face in seas([northward, island], frame)] == [56]
    assert seas([shapely.LineString([(1, 1), (2, 2)])], frame) == []
    (cut_short,) = seas([shapely.LineString([(4, 0.1), (4, 9.9)])], frame)
    assert cut_short.area == pytest.approx(60)


@pytest.mark.parametrize(
    ("content", "said"),
    [("<osm", "cannot be read"), ('<osm version="0.6"></osm>', "nothing to draw"), (None, "does not exist")],
)
def test_a_bad_extract_is_named_and_the_old_file_kept(tmp_path, content, said):
    (tmp_path / "old.mbtiles").write_bytes(b"old")
    if content is not None:
        (tmp_path / "bad.osm").write_text(content)
    with pytest.raises(RoadError, match=rf"bad\.osm.*{said}"):
        build_tiles(tmp_path / "bad.osm", tmp_path / "old.mbtiles")
    assert (tmp_path / "old.mbtiles").read_bytes() == b"old"


def test_a_file_without_tiles_is_named_with_the_command_that_makes_one(tmp_path):
    (tmp_path / "foreign.mbtiles").write_bytes(b"photo" * 300)
    for name in ("absent.mbtiles", "foreign.mbtiles"):
        with pytest.raises(RoadError, match=rf"{name} is no file of map tiles .*beatplan roads tiles"):
            TileStore(tmp_path / name).tile(5, 0, 0)


LIMITED = """
import resource, sys
from pathlib import Path
from routing.errors import InputError
from routing.roads.tiles import build_tiles
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
try:
    build_tiles(Path(sys.argv[1]), Path(sys.argv[2]))
except InputError as error:
    print(error)
"""


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    command = [sys.executable, "-c", LIMITED, str(HELSINKI), str(tmp_path / "h.mbtiles")]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "h.mbtiles cannot be written" in ended.stdout
    assert ended.stdout.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    extract = write_map(tmp_path / "town.osm", PLACES, WAYS)
    with pytest.raises(InputError, match=r"nowhere/t\.mbtiles cannot be written"):
        build_tiles(extract, tmp_path / "nowhere" / "t.mbtiles")


def test_unreadable_names_do_not_stop_the_drawing(tmp_path):
    odd = write_map(tmp_path / "odd.osm", PLACES, [((1, 2), {"highway": "primary", "name": "a\u2028<&\U0001f600"})])
    (road,) = read_drawing(odd)
    assert road.properties["name"] == "a\u2028<&\U0001f600"


def lake_district(path):
    """A lake of 20 km with islands, as a multipolygon of many ways, in a wood that is a closed way; a named square."""
    places, ways, members = {}, [], []
    number = 0

    def ring(radius, centre, points, role):
        nonlocal number
        first = number + 1
        for k in range(points):
            number += 1
            angle, wave = 2 * math.pi * k / points, 1 + 0.05 * math.sin(40 * math.pi * k / points)
            places[number] = (
                centre[0] + radius * wave * math.cos(angle),
                centre[1] + radius * wave * math.sin(angle),
            )
        nodes = [*range(first, number + 1), first]
        for begin in range(0, points, 50):
            ways.append((nodes[begin : begin + 51], {}))
            members.append(("way", len(ways), role))

    ring(10_000, (0, 0), 2000, "outer")
    for k in range(20):
        ring(300, (700 * (k - 10), 500 * (k % 5 - 2)), 100, "inner")
    corners = {9001: (-15_000, -15_000), 9002: (15_000, -15_000), 9003: (15_000, 15_000), 9004: (-15_000, 15_000)}
    plaza = {9005: (12_000, 12_000), 9006: (12_100, 12_000), 9007: (12_100, 12_100)}
    ways.append(((9001, 9002, 9003, 9004, 9001), {"natural": "wood"}))
    ways.append(((9005, 9006, 9007, 9005), {"place": "square", "name": "Platz"}))
    lake = {"type": "multipolygon", "natural": "water", "name": "湖", "name:zh": "湖", "name:en": "Lake"}
    return write_map(path, {**places, **corners, **plaza}, ways, relations=[(members, lake)])


def test_a_large_lake_keeps_its_area_islands_and_names_at_every_zoom(tmp_path):
    build_tiles(lake_district(tmp_path / "lake.osm"), tmp_path / "lake.mbtiles")
    store = TileStore(tmp_path / "lake.mbtiles")
    (drawn,) = [thing for thing in read_drawing(tmp_path / "lake.osm") if thing.layer == "water"]
    whole = shapely.transform(drawn.shape, to_unit_square)
    assert len(whole.geoms[0].interiors) == 20
    for zoom in range(LOWEST_ZOOM, HIGHEST_ZOOM + 1):
        scale = 1 << zoom
        west, north, east, south = (math.floor(value * scale) for value in whole.bounds)
        area = 0.0
        for column in range(west, east + 1):
            for row in range(north, south + 1):
                data = store.tile(zoom, column, row)
                layers = decode(data) if data else {}
                for feature in layers.get("water", {"features": ()})["features"]:
                    assert feature["properties"] == {"class": "water", "name": "湖", "name:en": "Lake", "name:zh": "湖"}
                    here = shapely.geometry.shape(feature["geometry"])
                    area += shapely.intersection(here.buffer(0), shapely.box(0, 0, EXTENT, EXTENT)).area
        assert area / (EXTENT * scale) ** 2 == pytest.approx(whole.area, rel=0.1 if zoom < 8 else 0.02), zoom


@pytest.mark.parametrize("zoom", [11, 14])
def test_cutting_by_halves_gives_what_cutting_each_tile_out_of_the_whole_gives(tmp_path, zoom):
    things = [*read_drawing(lake_district(tmp_path / "lake.osm")), *read_drawing(HELSINKI)[::40]]
    for thing in things:
        scaled = shapely.transform(thing.shape, lambda lonlat: to_unit_square(lonlat) * EXTENT * (1 << zoom))
        found = {}
        for column, row, piece in _cut(scaled):
            found.setdefault((column, row), []).append(piece)
        west, north, east, south = (math.floor(value / EXTENT) for value in scaled.bounds)
        for column in range(west - 1, east + 2):
            for row in range(north - 1, south + 2):
                frame = (column * EXTENT - 64, row * EXTENT - 64, (column + 1) * EXTENT + 64, (row + 1) * EXTENT + 64)
                wanted = shapely.clip_by_rect(scaled, *frame)
                here = shapely.GeometryCollection(found.get((column, row), []))
                assert here.area == pytest.approx(wanted.area, rel=1e-3, abs=EXTENT), (thing.properties, column, row)
                assert here.length == pytest.approx(wanted.length, rel=1e-2, abs=40), (thing.properties, column, row)


def test_a_place_that_is_drawn_as_an_area_is_named_in_its_middle(tmp_path):
    (square,) = [thing for thing in read_drawing(lake_district(tmp_path / "lake.osm")) if thing.layer == "places"]
    assert square.properties == {"class": "square", "name": "Platz"}
    assert 12_000 * METRE < square.shape.x < 12_100 * METRE
