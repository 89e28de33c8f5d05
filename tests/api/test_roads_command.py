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


def test_matrix_and_route_agree(roads, tmp_path):
    points = tmp_path / "points.csv"
    points.write_text(f"id,lon,lat\nstation,{RAILWAY_STATION}\ncathedral,{CATHEDRAL}\n")
    run("matrix", roads, points, "--out", tmp_path / "m.npz", "--departure", "2026-11-23T08:00")
    with np.load(tmp_path / "m.npz") as archive:
        assert archive["ids"].tolist() == ["station", "cathedral"]
        there, back = archive["duration_s"][[0, 1], [1, 0]].tolist()
        metres = archive["distance_m"][0, 1]
    for pair, seconds in (((RAILWAY_STATION, CATHEDRAL), there), ((CATHEDRAL, RAILWAY_STATION), back)):
        feature = json.loads(run("route", roads, *pair))
        assert feature["geometry"]["type"] == "LineString"
        assert feature["properties"]["duration_s"] == seconds > 0
    assert json.loads(run("route", roads, RAILWAY_STATION, CATHEDRAL))["properties"]["distance_m"] == metres


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
