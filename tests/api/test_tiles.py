"""The map over HTTP: tiles passed through, empty ones, and a server without a map."""

from __future__ import annotations

import gzip
from pathlib import Path

import httpx
import mapbox_vector_tile
import pytest

from routing.roads.tiles import build_tiles
from tests.api.conftest import fill, settings_for
from tests.api.serving import Served, served
from visits.demo_loading import DEMO_DATA
from visits.store import migrate

TILE = "/tiles/14/9327/4742.mvt"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, roads: Path):
    folder = tmp_path_factory.mktemp("map")
    settings = settings_for(f"sqlite:///{folder / 'b.db'}", roads, folder)
    migrate(settings.store_url)
    fill(settings)
    with served(settings) as running:
        yield running


@pytest.fixture
def mapped(service: Served) -> Served:
    if not service.settings.tiles_path.is_file():
        build_tiles(DEMO_DATA / "helsinki.osm.pbf", service.settings.tiles_path)
    return service


def test_without_a_map_the_answer_says_how_to_make_one(service: Served) -> None:
    for path in ("/tiles.json", TILE):
        answer = service.get("ana", path)
        assert answer.status_code == 404
        assert "beatplan roads tiles" in answer.json()["detail"]


def test_a_tile_comes_gzipped_as_it_is_stored(mapped: Served) -> None:
    answer = mapped.get("ana", TILE)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.content)
    layers = mapbox_vector_tile.decode(answer.content)
    assert {"roads", "water"} <= set(layers)


def test_who_takes_no_gzip_gets_the_same_tile_unpacked(mapped: Served) -> None:
    plain = mapped.get("ana", TILE, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == mapped.get("ana", TILE).content
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(plain.content)


def test_a_tile_is_not_sent_twice(mapped: Served) -> None:
    first = mapped.get("ana", TILE)
    again = mapped.get("ana", TILE, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_where_nothing_is_the_answer_is_empty(mapped: Served) -> None:
    for path in ("/tiles/14/0/0.mvt", "/tiles/2/9/9.mvt", "/tiles/29/1/1.mvt"):
        answer = mapped.get("ana", path)
        assert (answer.status_code, answer.content) == (204, b""), path


@pytest.mark.parametrize("path", ["/tiles/a/1/1.mvt", "/tiles/1/-1/1.mvt", "/tiles/1/1/99999999999999999999.mvt"])
def test_a_tile_that_is_none_is_named(mapped: Served, path: str) -> None:
    assert mapped.get("ana", path).status_code == 422


def test_the_map_describes_itself(mapped: Served) -> None:
    told = mapped.get("ana", "/tiles.json").json()
    assert told["tilejson"] == "3.0.0"
    assert (told["minzoom"], told["maxzoom"]) == (5, 15)
    west, south, east, north = told["bounds"]
    assert west < 24.94 < east
    assert south < 60.17 < north
    assert "OpenStreetMap contributors" in told["attribution"]
    address = told["tiles"][0].format(z=14, x=9327, y=4742)
    with mapped.client("ana") as client:
        assert httpx.get(mapped.base_url + address, headers=client.headers).status_code == 200


def test_strangers_see_no_map(mapped: Served) -> None:
    assert mapped.get(None, TILE).status_code == 401
