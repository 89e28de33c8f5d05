"""The OSRM adapter's own ways: blocks of tables, unreachable places, servers that fail."""

from __future__ import annotations

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from api.cli import run
from api.settings import Settings, load_settings
from api.tools import make_tools
from routing.errors import InputError, RoadError
from routing.roads.network import RoadMatrix, RoadRoute, Snapped
from routing.roads.osrm import OsrmRoadNetwork
from routing.roads.sources import roads_at
from tests.contract.osrm_server import serve_osrm


class NumberLine:
    """Places are on the road already; a trip from x to y takes y + 1000 x seconds; nobody returns from x = 3."""

    def snap(self, lonlat):
        n = len(lonlat)
        return Snapped(lonlat, np.zeros(n, np.int64), np.zeros(n), lonlat, np.zeros(n))

    def matrix(self, points, targets=None, *, departure=None):
        del departure
        x, y = points.lonlat[:, 0], (targets or points).lonlat[:, 0]
        seconds = (y[None, :] * 100 + x[:, None] * 10_000).round().astype(np.int32)
        seconds[x == 3] = -1
        return RoadMatrix(seconds, np.where(seconds < 0, -1, seconds * 10).astype(np.int32))

    def route(self, origin, target, *, departure=None):
        matrix = self.matrix(origin, target, departure=departure)
        if matrix.duration_s[0, 0] < 0:
            raise RoadError("no road")
        line = np.vstack([origin.lonlat, target.lonlat])
        return RoadRoute(int(matrix.duration_s[0, 0]), int(matrix.distance_m[0, 0]), line, (("Line", 10),))


@pytest.fixture(scope="module")
def address():
    with serve_osrm(NumberLine()) as address:
        yield address


@pytest.mark.parametrize("limit", [2, 3, 7, 100])
def test_a_large_matrix_is_put_together_from_blocks(address, limit):
    network = OsrmRoadNetwork(address, table_limit=limit)
    places = np.column_stack([np.arange(9) / 100 + 5, np.zeros(9)])
    snapped = network.snap(places)
    expected = NumberLine().matrix(snapped)
    found = network.matrix(snapped)
    assert np.array_equal(found.duration_s, expected.duration_s)
    assert np.array_equal(found.distance_m, expected.distance_m)
    part = network.matrix(snapped, network.snap(places[:2]))
    assert np.array_equal(part.duration_s, expected.duration_s[:, :2])


def test_unreachable_places_are_told(address):
    network = roads_at(address)
    snapped = network.snap(np.array([[3.0, 0.0], [4.0, 0.0]]))
    assert network.matrix(snapped).duration_s.tolist() == [[-1, -1], [40300, 40400]]
    assert network.matrix(snapped).distance_m[0].tolist() == [-1, -1]
    with pytest.raises(RoadError, match="no road leads"):
        network.route(network.snap(np.array([[3.0, 0.0]])), network.snap(np.array([[4.0, 0.0]])))


def test_a_table_larger_than_the_server_allows_names_the_mend(address):
    network = OsrmRoadNetwork(address, table_limit=400)
    snapped = network.snap(np.zeros((120, 2)))
    with pytest.raises(RoadError, match="--max-table-size 400"):
        network.matrix(snapped)


def test_a_server_that_is_not_there_is_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(RoadError, match=rf"127\.0\.0\.1:{port} does not answer"):
        OsrmRoadNetwork(f"http://127.0.0.1:{port}").snap(np.zeros((1, 2)))


def test_another_server_is_not_taken_for_osrm():
    class Other(BaseHTTPRequestHandler):
        answers = iter([b"<html>", b"[]", b'{"code": "InvalidUrl", "message": "bad"}', b'{"code": "NoSegment"}'])

        def do_GET(self):
            content = next(self.answers)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments):
            """Tests need no log."""

    server = HTTPServer(("127.0.0.1", 0), Other)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    network = OsrmRoadNetwork(f"http://127.0.0.1:{server.server_address[1]}")
    try:
        for said in ("not like an OSRM server", "refused a nearest request: None", "InvalidUrl bad", "no road near"):
            with pytest.raises(RoadError, match=said):
                network.snap(np.zeros((1, 2)))
    finally:
        network.close()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("address", ["localhost:5000", "ftp://x", ""])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(RoadError, match="no URL"):
        OsrmRoadNetwork(address)


def test_a_table_limit_must_allow_a_pair():
    with pytest.raises(RoadError, match="table limit is 1"):
        OsrmRoadNetwork("http://127.0.0.1:5000", table_limit=1)


def test_a_problem_is_solved_on_the_roads_of_an_osrm_server(tmp_path, capsys):
    places = [("home", 5.0), ("near", 5.01), ("far", 5.02)]
    problem = {
        "version": 1,
        "locations": [{"id": name, "lon": lon, "lat": 0.0} for name, lon in places],
        "shifts": [
            {"id": "s", "rep": "r", "day": "2026-11-23", "start": "home", "end": "home", "start_s": 0, "end_s": 900_000}
        ],
        "visits": [{"id": name, "location": name, "service_s": 60, "value_s": 900_000} for name in ("near", "far")],
    }
    (tmp_path / "p.json").write_text(json.dumps(problem))
    with serve_osrm(NumberLine()) as address:
        arguments = ["--roads", address, "--iterations", "20"]
        assert run(["solve", str(tmp_path / "p.json"), "--out", str(tmp_path / "plan.json"), *arguments]) == 0
        plan = json.loads((tmp_path / "plan.json").read_text())
        assert run(["evaluate", str(tmp_path / "p.json"), str(tmp_path / "plan.json"), *arguments[:2]]) == 0
    assert {stop["visit"] for stop in plan["routes"][0]["stops"]} == {"near", "far"}
    assert plan["travel_s"] == 3 * 500 + 50_000 + 50_100 + 50_200 + 3
    assert run(["solve", str(tmp_path / "p.json"), "--out", str(tmp_path / "plan2.json"), *arguments]) == 2
    assert "does not answer" in capsys.readouterr().err
    assert not (tmp_path / "plan2.json").exists()


def test_the_service_takes_its_travel_from_an_osrm_server(address):
    tools = make_tools(Settings(osrm_url=address))
    assert tools.travel.off_road_m(np.array([[5.0, 0.0]])).tolist() == [0.0]
    assert make_tools(Settings(roads_dir="/nowhere/roads")).travel is not None
    with pytest.raises(InputError, match="BEATPLAN_OSRM_URL"):
        load_settings(osrm_url="localhost:5000")
