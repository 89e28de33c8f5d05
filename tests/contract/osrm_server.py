"""A small HTTP server that answers like osrm-routed (its API documentation, v5), from another road network."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np

from routing.errors import RoadError
from routing.roads.network import RoadNetwork

MAX_TABLE = 100


@contextmanager
def serve_osrm(network: RoadNetwork) -> Iterator[str]:
    """The address of a server on a free loopback port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            service, version, profile, places = unquote(url.path).strip("/").split("/")
            assert (version, profile) == ("v1", "driving")
            lonlat = np.array([place.split(",") for place in places.split(";")], np.float64)
            options = {key: values[0] for key, values in parse_qs(url.query).items()}
            status, answer = ANSWERS[service](network, lonlat, options)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            """Tests need no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def waypoints(network, lonlat):
    snapped = network.snap(lonlat)
    return [
        {"location": road.tolist(), "distance": float(metres), "name": "", "hint": ""}
        for road, metres in zip(snapped.road_lonlat, snapped.off_road_m, strict=True)
    ]


def nearest(network, lonlat, options):
    assert options["number"] == "1"
    return 200, {"code": "Ok", "waypoints": waypoints(network, lonlat)}


def table(network, lonlat, options):
    if len(lonlat) > MAX_TABLE:
        return 400, {"code": "TooBig", "message": "Too many table coordinates"}
    assert options["annotations"] == "duration,distance"
    sources, destinations = ([int(i) for i in options[key].split(";")] for key in ("sources", "destinations"))
    snapped = network.matrix(network.snap(lonlat[sources]), network.snap(lonlat[destinations]))

    def rows(matrix):
        return [[None if value < 0 else float(value) for value in row] for row in matrix.tolist()]

    return 200, {"code": "Ok", "durations": rows(snapped.duration_s), "distances": rows(snapped.distance_m)}


def route(network, lonlat, options):
    assert options == {"overview": "full", "geometries": "geojson", "steps": "true"}
    origin, target = network.snap(lonlat[:1]), network.snap(lonlat[1:])
    try:
        found = network.route(origin, target)
    except RoadError:
        return 400, {"code": "NoRoute", "message": "Impossible route between points"}
    steps = [{"name": name, "distance": float(metres)} for name, metres in found.streets]
    steps.append({"name": "", "distance": 0.0})
    whole = {"duration": float(found.duration_s), "distance": float(found.distance_m)}
    line = {"type": "LineString", "coordinates": found.line.tolist()}
    return 200, {"code": "Ok", "routes": [{**whole, "geometry": line, "legs": [{**whole, "steps": steps}]}]}


ANSWERS = {"nearest": nearest, "table": table, "route": route}
