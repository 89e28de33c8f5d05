"""Networks on disk: what is written is what is read, and nothing is half-written."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import numpy as np
import pytest

from routing.errors import RoadError
from routing.roads.store import FORMAT, build_roads, open_roads, read_report
from tests.tiny_maps import at, metres, write_map

STREET = {"highway": "residential", "name": "Høgata"}
PLACES = {1: (0, 0), 2: (100, 0), 3: (100, 100), 9: (900, 900), 10: (950, 900)}
WAYS = [((1, 2, 3), STREET), ((9, 10), STREET)]


@pytest.fixture
def extract(tmp_path):
    return write_map(tmp_path / "town.osm", PLACES, WAYS)


@pytest.fixture
def roads(tmp_path, extract):
    out = tmp_path / "roads"
    build_roads(extract, out)
    return out


def entries(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_network_answers_the_same_from_disk_and_reports_itself(tmp_path, extract):
    report = build_roads(extract, tmp_path / "deep" / "roads")
    assert (report.nodes, report.edges, report.left_out_edges, report.length_km) == (2, 2, 2, 0.2)
    assert report.extract == "town.osm"
    assert len(report.extract_sha256) == 64
    assert "OpenStreetMap contributors" in report.attribution
    assert read_report(tmp_path / "deep" / "roads") == report
    network = open_roads(tmp_path / "deep" / "roads")
    assert metres(network, (10, 0), (100, 60)) == 150
    assert network.route(at(network, 10, 0), at(network, 100, 60)).streets == (("Høgata", 150),)
    assert entries(tmp_path / "deep") == ["roads"]


def test_building_again_replaces_the_older_network(tmp_path, roads):
    larger = write_map(tmp_path / "larger.osm", {**PLACES, 4: (0, 100)}, [((1, 2, 3, 4), STREET)])
    build_roads(larger, roads)
    assert read_report(roads).extract == "larger.osm"
    assert metres(open_roads(roads), (0, 0), (0, 100)) == 300
    assert entries(tmp_path) == ["larger.osm", "roads", "town.osm"]


def test_an_empty_directory_is_taken_and_a_foreign_one_is_not(tmp_path, extract):
    (tmp_path / "empty").mkdir()
    build_roads(extract, tmp_path / "empty")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").touch()
    with pytest.raises(RoadError, match="photos exists and is no road network"):
        build_roads(extract, tmp_path / "photos")
    assert entries(tmp_path / "photos") == ["cat.jpg"]


@pytest.mark.parametrize("content", ["<osm", "", "PNG\0\0\0", '<osm version="0.6"><node id="1" lat="1" lon="1"/>'])
@pytest.mark.parametrize("name", ["broken.osm", "broken.osm.pbf", "broken.txt"])
def test_a_truncated_or_foreign_file_is_named_and_leaves_the_old_network(tmp_path, roads, name, content):
    (tmp_path / name).write_text(content)
    before = read_report(roads)
    with pytest.raises(RoadError, match=name):
        build_roads(tmp_path / name, roads)
    assert read_report(roads) == before
    assert entries(tmp_path) == sorted([name, "roads", "town.osm"])


@pytest.mark.needs_osm
def test_a_truncated_pbf_is_named(tmp_path, osm_extract):
    whole = osm_extract("monaco_osrm.osm.pbf").read_bytes()
    (tmp_path / "half.osm.pbf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RoadError, match=r"half\.osm\.pbf cannot be read"):
        build_roads(tmp_path / "half.osm.pbf", tmp_path / "roads")
    assert entries(tmp_path) == ["half.osm.pbf"]


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ([], "holds no road"),
        ([((1, 2), {"highway": "footway"})], "holds no road"),
        ([((1, 2), {**STREET, "oneway": "yes"})], "both there and back"),
    ],
)
def test_an_extract_without_roads_is_refused(tmp_path, ways, said):
    empty = write_map(tmp_path / "empty.osm", PLACES, ways)
    with pytest.raises(RoadError, match=said):
        build_roads(empty, tmp_path / "roads")
    assert entries(tmp_path) == ["empty.osm"]


def test_a_missing_extract_is_named(tmp_path):
    with pytest.raises(RoadError, match=r"nowhere\.osm does not exist"):
        build_roads(tmp_path / "nowhere.osm", tmp_path / "roads")


def test_what_is_no_network_is_refused_with_the_command_that_mends_it(tmp_path):
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(RoadError, match="beatplan roads build"):
            open_roads(path)
    (tmp_path / "meta.json").write_text('{"kind": "photos"}')
    with pytest.raises(RoadError, match="does not describe a road network"):
        open_roads(tmp_path)
    (tmp_path / "meta.json").write_text("{")
    with pytest.raises(RoadError, match=r"meta\.json cannot be read"):
        open_roads(tmp_path)


def test_another_format_says_how_to_rebuild(roads):
    meta = json.loads((roads / "meta.json").read_text())
    (roads / "meta.json").write_text(json.dumps({**meta, "format": FORMAT + 1}))
    with pytest.raises(
        RoadError, match=rf"format {FORMAT + 1}.*reads {FORMAT}.*rebuild with: beatplan roads build town\.osm"
    ):
        open_roads(roads)


@pytest.mark.parametrize("harm", ["remove", "truncate", "shorten", "foreign"])
def test_a_damaged_network_is_named(roads, harm):
    array = next(iter(sorted(roads.glob("*.npy"))))
    if harm == "remove":
        array.unlink()
    elif harm == "truncate":
        array.write_bytes(array.read_bytes()[:20])
    elif harm == "shorten":
        np.save(array, np.zeros(1, np.int64))
    else:
        array.write_bytes(b"not an array")
    with pytest.raises(RoadError, match=r"roads.*rebuild"):
        open_roads(roads)


LIMITED = """
import resource, sys
from pathlib import Path
from routing.errors import InputError
from routing.roads.store import build_roads
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]),) * 2)
try:
    build_roads(Path(sys.argv[1]), Path(sys.argv[2]))
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("limit", [100, 700])
def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path, extract, limit):
    """A limit on file size stands for a full disk: the lower one strikes the temporary copy, the other the names."""
    write_map(extract, PLACES, [((1, 2), {**STREET, "name": "路" * 250})])
    command = [sys.executable, "-c", LIMITED, str(extract), str(tmp_path / "roads"), str(limit)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "File too large" in ended.stdout
    assert "free some space" in ended.stdout
    assert ended.stdout.count("\n") == 1
    assert entries(tmp_path) == ["town.osm"]


def test_a_place_that_cannot_be_written_is_named(tmp_path, extract):
    (tmp_path / "file").touch()
    with pytest.raises(RoadError, match="file/roads"):
        build_roads(extract, tmp_path / "file" / "roads")
    shutil.rmtree(tmp_path / "file", ignore_errors=True)
