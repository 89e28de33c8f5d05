"""`beatplan roads`, run as a person runs it, on the embedded demo's map."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import visits.demo
from api.commands.roads import app
from routing.errors import InputError
from routing.roads.tile_store import TileStore
from tests.contract.overpass_server import serve_city

EXTRACT = Path(visits.demo.__file__).parent / "helsinki.osm.pbf"
RAILWAY_STATION, CATHEDRAL = "24.9414,60.1708", "24.9522,60.1700"


def run(*arguments):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, InputError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def roads(tmp_path_factory):
    out = tmp_path_factory.mktemp("helsinki") / "roads"
    assert "directed edges" in run("build", EXTRACT, "--out", out)
    return out


def test_info_tells_the_source_and_its_licence(roads):
    info = json.loads(run("info", roads))
    assert info["extract"] == "helsinki.osm.pbf"
    assert "OpenStreetMap contributors" in info["attribution"]


def test_info_analyses_the_streets_of_a_network_or_an_extract(roads):
    assert json.loads(run("info", roads))["streets"]["island_count"] == 0
    assert "streets" not in json.loads(run("info", "--brief", roads))
    whole = json.loads(run("info", EXTRACT))
    assert list(whole) == ["streets"]
    assert whole["streets"]["island_count"] == len(whole["streets"]["islands"]) > 0


def test_graphml_goes_out_and_in(roads, tmp_path):
    assert "edges" in run("export", roads, tmp_path / "h.graphml")
    assert "directed edges" in run("import", tmp_path / "h.graphml", "--out", tmp_path / "again")
    assert json.loads(run("info", "--brief", tmp_path / "again"))["extract"] == "h.osm.pbf"


def test_tiles_are_made(tmp_path):
    assert "tiles" in run("tiles", EXTRACT, "--out", tmp_path / "h.mbtiles")
    assert TileStore(tmp_path / "h.mbtiles").metadata["format"] == "pbf"


def test_a_place_is_fetched_by_its_name(tmp_path):
    outline = {"type": "Polygon", "coordinates": [[[24.93, 60.16], [24.96, 60.16], [24.96, 60.18], [24.93, 60.16]]]}
    with serve_city(EXTRACT, {"Helsinki": outline}) as address:
        servers = ("--nominatim", f"{address}/nominatim", "--overpass", f"{address}/api")
        kept = ("--extract", tmp_path / "kept.osm.pbf")
        assert "directed edges" in run("fetch", "Helsinki", "--out", tmp_path / "roads", *kept, *servers)
    assert json.loads(run("info", "--brief", tmp_path / "roads"))["extract"] == "kept.osm.pbf"
    assert json.loads(run("route", tmp_path / "roads", RAILWAY_STATION, CATHEDRAL))["duration_s"] > 0


def test_matrix_and_route_agree(roads, tmp_path):
    points = tmp_path / "points.csv"
    points.write_text(f"id,lon,lat\nstation,{RAILWAY_STATION}\ncathedral,{CATHEDRAL}\n")
    morning = ("--departure", "2026-11-23T08:00")
    run("matrix", roads, points, "--out", tmp_path / "m.npz", *morning)
    with np.load(tmp_path / "m.npz") as archive:
        assert archive["ids"].tolist() == ["station", "cathedral"]
        there, back = archive["duration_s"][[0, 1], [1, 0]].tolist()
        metres = archive["distance_m"][0, 1]
    for pair, seconds in (((RAILWAY_STATION, CATHEDRAL), there), ((CATHEDRAL, RAILWAY_STATION), back)):
        line = json.loads(run("route", roads, *pair, *morning))
        assert line["type"] == "LineString"
        assert line["duration_s"] == seconds > 0
    there_again = json.loads(run("route", roads, RAILWAY_STATION, CATHEDRAL, *morning))
    assert there_again["distance_m"] == metres


def test_own_speeds_hold_from_then_on_and_outlive_a_new_build(tmp_path):
    out, own = tmp_path / "roads", tmp_path / "mine.json"
    run("build", EXTRACT, "--out", out)
    morning = (out, RAILWAY_STATION, CATHEDRAL, "--departure", "2026-11-23T08:00")
    before = json.loads(run("route", *morning))["duration_s"]
    profile = json.loads(run("speeds", out))
    ring = [[24.90, 60.10], [25.00, 60.10], [25.00, 60.20], [24.90, 60.20]]
    profile["areas"] = [{"name": "centre", "ring": ring, "factors": {"peak": 0.5}}]
    own.write_text(json.dumps(profile))
    assert "areas: centre" in run("speeds", out, own)
    slow = json.loads(run("route", *morning))["duration_s"]
    assert slow > 1.5 * before
    run("build", EXTRACT, "--out", out)
    assert json.loads(run("route", *morning))["duration_s"] == slow
    profile["areas"][0]["factors"] = {"rush": 0.5}
    own.write_text(json.dumps(profile))
    with pytest.raises(InputError, match=r"mine\.json.*names the speeds 'rush'"):
        run("speeds", out, own)
    with pytest.raises(InputError, match="no road network"):
        run("speeds", tmp_path, own)
    assert json.loads(run("route", *morning))["duration_s"] == slow


@pytest.mark.parametrize(
    ("places", "said"),
    [
        (("-8.61,41.15", CATHEDRAL), r"'-8.61,41.15' at lon -8.61000, lat 41.15000 \(.* km\)"),
        ((RAILWAY_STATION, "60.17,124.95"), "swapped"),
        (("nan,60", CATHEDRAL), "finite"),
        (("here", CATHEDRAL), "'here' is not LON,LAT"),
    ],
)
def test_a_bad_place_is_one_sentence(roads, places, said):
    with pytest.raises(InputError, match=said):
        run("route", roads, *places)


def test_swapped_coordinates_in_a_file_are_named(roads, tmp_path):
    points = tmp_path / "points.csv"
    points.write_text("id,lon,lat\nshop,60.17,24.95\n")
    with pytest.raises(InputError, match=r"'shop' at lon 60\.17.* km\).*lon before lat"):
        run("matrix", roads, points, "--out", tmp_path / "m.npz")
    assert not (tmp_path / "m.npz").exists()


def test_a_departure_that_is_none_is_shown(roads, tmp_path):
    with pytest.raises(InputError, match="'tomorrow'"):
        run("route", roads, RAILWAY_STATION, CATHEDRAL, "--departure", "tomorrow")
    with pytest.raises(InputError, match="no directory with a road network"):
        run("info", tmp_path / "none")
