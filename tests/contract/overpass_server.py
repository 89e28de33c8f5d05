"""A small HTTP server that speaks enough Nominatim and Overpass to serve one extract as a city."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import osmium
import shapely

STATUS = """Connected as: 2130706433
Current time: 2026-11-23T08:00:00Z
Announced endpoint: none
Rate limit: 2
2 slots available now.
Currently running queries (pid, space limit, time limit, start time):
"""
_PART = re.compile(r"\((node|way|relation)\['([^']+)'(?:='([^']*)')?\]\(poly:'([^']+)'\);\(\._;>;\);\);")


def read_elements(extract: Path) -> dict[tuple[str, int], dict]:
    """All elements of an extract as Overpass gives them in JSON."""
    elements = {}
    for thing in osmium.FileProcessor(str(extract)):
        element = {"id": thing.id, "tags": {tag.k: tag.v for tag in thing.tags}}
        if isinstance(thing, osmium.osm.Node):
            element |= {"type": "node", "lon": thing.location.lon, "lat": thing.location.lat}
        elif isinstance(thing, osmium.osm.Way):
            element |= {"type": "way", "nodes": [node.ref for node in thing.nodes]}
        else:
            kinds = {"n": "node", "w": "way", "r": "relation"}
            members = [{"type": kinds[m.type], "ref": m.ref, "role": m.role} for m in thing.members]
            element |= {"type": "relation", "members": members}
        elements[element["type"], thing.id] = element
    return elements


class City:
    """The extract, asked in Overpass' language."""

    def __init__(self, extract: Path) -> None:
        self.elements = read_elements(extract)

    def children(self, element: dict) -> list[tuple[str, int]]:
        if element["type"] == "way":
            return [("node", ref) for ref in element["nodes"]]
        return [(member["type"], member["ref"]) for member in element.get("members", ())]

    def inside(self, element: dict, area: shapely.Polygon) -> bool:
        if element["type"] == "node":
            return area.contains(shapely.Point(element["lon"], element["lat"]))
        return any(self.inside(self.elements[c], area) for c in self.children(element) if c in self.elements)

    def answer(self, query: str) -> list[dict]:
        found: dict[tuple[str, int], dict] = {}
        parts = _PART.findall(query)
        assert parts, query[:300]
        for kind, key, value, places in parts:
            numbers = [float(number) for number in places.split()]
            area = shapely.Polygon(list(zip(numbers[1::2], numbers[0::2], strict=True)))
            for element in self.elements.values():
                if element["type"] != kind or key not in element["tags"]:
                    continue
                if (not value or element["tags"][key] == value) and self.inside(element, area):
                    self.collect(element, found)
        return list(found.values())

    def collect(self, element: dict, found: dict[tuple[str, int], dict]) -> None:
        found[element["type"], element["id"]] = element
        for child in self.children(element):
            if child in self.elements and child not in found:
                self.collect(self.elements[child], found)


@contextmanager
def serve_city(extract: Path, outlines: dict[str, dict]) -> Iterator[str]:
    """The address of a server whose `/nominatim` knows the places of `outlines` and whose `/api` serves the extract."""
    city = City(extract)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/api/status":
                self.give(STATUS, "text/plain")
                return
            assert url.path == "/nominatim/search"
            (name,) = parse_qs(url.query)["q"]
            if name == "broken":
                self.send_error(500)
                return
            self.give(json.dumps([place(name, outlines[name])] if name in outlines else []), "application/json")

        def do_POST(self) -> None:
            assert urlsplit(self.path).path == "/api/interpreter"
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.give(json.dumps({"version": 0.6, "elements": city.answer(form["data"][0])}), "application/json")

        def give(self, text: str, kind: str) -> None:
            content = text.encode()
            self.send_response(200)
            self.send_header("Content-Type", kind)
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


def place(name: str, outline: dict) -> dict:
    west, south, east, north = shapely.from_geojson(json.dumps(outline)).bounds
    return {
        "place_id": 1,
        "osm_type": "relation",
        "osm_id": 1,
        "lat": str((south + north) / 2),
        "lon": str((west + east) / 2),
        "class": "boundary",
        "type": "administrative",
        "importance": 0.5,
        "display_name": name,
        "boundingbox": [str(south), str(north), str(west), str(east)],
        "geojson": outline,
    }
