"""What a map shows of an OpenStreetMap extract: roads, water, green and places, with their names."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium
import shapely
from shapely.geometry.base import BaseGeometry

from routing.errors import RoadError

LAYERS = ("water", "green", "roads", "places")
NAME_KEYS = ("name", "name:zh", "name:en")
LOWEST_ZOOM, HIGHEST_ZOOM = 5, 15

_ROAD_ZOOM = {
    "motorway": 5,
    "trunk": 6,
    "primary": 8,
    "secondary": 9,
    "tertiary": 11,
    "motorway_link": 11,
    "trunk_link": 11,
    "primary_link": 12,
    "secondary_link": 12,
    "tertiary_link": 12,
    "unclassified": 12,
    "residential": 12,
    "road": 12,
    "living_street": 13,
    "pedestrian": 13,
    "service": 14,
    "track": 14,
    "cycleway": 14,
    "footway": 14,
    "path": 14,
    "steps": 14,
}
_PLACE_ZOOM = {
    "city": 5,
    "town": 8,
    "village": 10,
    "suburb": 11,
    "island": 11,
    "islet": 13,
    "quarter": 12,
    "neighbourhood": 13,
    "hamlet": 13,
    "locality": 14,
    "square": 14,
}
_WATERWAYS = {"river": 8, "canal": 10, "stream": 13}
_WATER = {
    "natural": frozenset({"water"}),
    "waterway": frozenset({"riverbank", "dock"}),
    "landuse": frozenset({"pond", "basin", "reservoir"}),
}
_GREEN = {
    "leisure": frozenset({"park", "garden", "golf_course", "nature_reserve", "pitch", "playground"}),
    "landuse": frozenset({"grass", "forest", "meadow", "recreation_ground", "village_green", "cemetery"}),
    "natural": frozenset({"wood", "scrub", "grassland", "heath"}),
}
_COAST_GAP = 0.02
"""A coastline may end this far inside the frame, as a share of its longer side."""
_READ_KEYS = ("highway", "waterway", "natural", "water", "leisure", "landuse", "place", "route")


DRAWN_TAGS: Mapping[str, tuple[str, ...]] = {
    "waterway": (*_WATERWAYS, *sorted(_WATER["waterway"])),
    "natural": ("coastline", *sorted(_WATER["natural"]), *sorted(_GREEN["natural"])),
    "landuse": (*sorted(_WATER["landuse"]), *sorted(_GREEN["landuse"])),
    "leisure": tuple(sorted(_GREEN["leisure"])),
    "place": tuple(_PLACE_ZOOM),
}
"""What a map shows beside roads and ferries, by tag."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One thing on the map: its layer, the zoom it appears at, its properties, and its shape in WGS-84 degrees."""

    layer: str
    zoom: int
    properties: Mapping[str, str]
    shape: BaseGeometry


def read_drawing(extract: Path) -> list[Drawn]:
    """Everything to draw, in the order of the extract.

    Raises RoadError when the file is missing, truncated or no extract.
    """
    if not extract.is_file():
        raise RoadError(f"{extract} does not exist or is no file; name an .osm or .osm.pbf extract")
    coast: list[BaseGeometry] = []
    try:
        drawn = list(_things(extract, coast))
    except (RuntimeError, ValueError) as error:
        raise RoadError(
            f"{extract} cannot be read as OpenStreetMap data ({error}); it may be truncated or of another format, "
            "so download it again as .osm or .osm.pbf"
        ) from None
    if coast:
        everything = shapely.total_bounds([*coast, *(thing.shape for thing in drawn)])
        drawn += [Drawn("water", LOWEST_ZOOM, {"class": "sea"}, sea) for sea in seas(coast, shapely.box(*everything))]
    return drawn


def _things(extract: Path, coast: list[BaseGeometry]) -> Iterator[Drawn]:
    keys = osmium.filter.KeyFilter(*_READ_KEYS)
    shapes = osmium.geom.WKBFactory()
    for element in osmium.FileProcessor(str(extract)).with_areas(keys).with_filter(keys):
        tags = {tag.k: tag.v for tag in element.tags}
        if isinstance(element, osmium.osm.Node):
            if tags.get("place") in _PLACE_ZOOM and "name" in tags:
                kind = tags["place"]
                yield Drawn("places", _PLACE_ZOOM[kind], _properties(kind, tags), _shape(shapes.create_point(element)))
        elif isinstance(element, osmium.osm.Way):
            line = _line(element)
            if line is None:
                continue
            if tags.get("natural") == "coastline":
                coast.append(line)
            elif tags.get("highway") in _ROAD_ZOOM and tags.get("area") != "yes":
                kind = tags["highway"]
                yield Drawn("roads", _ROAD_ZOOM[kind], _properties(kind, tags), line)
            elif tags.get("waterway") in _WATERWAYS:
                kind = tags["waterway"]
                yield Drawn("water", _WATERWAYS[kind], _properties(kind, tags), line)
            elif tags.get("route") == "ferry":
                yield Drawn("roads", 10, _properties("ferry", tags), line)
        elif isinstance(element, osmium.osm.Area) and element.num_rings()[0] > 0:
            yield from _areas(tags, _shape(shapes.create_multipolygon(element)))


def _areas(tags: Mapping[str, str], shape: BaseGeometry) -> Iterator[Drawn]:
    """What is drawn of an area: its surface, and its name where it is a place; a boundary's place is a node."""
    layer = area_layer(tags)
    if layer is not None:
        yield Drawn(layer, LOWEST_ZOOM, _properties(layer, tags), shape)
    kind = tags.get("place", "")
    if kind in _PLACE_ZOOM and "name" in tags and "boundary" not in tags:
        yield Drawn("places", _PLACE_ZOOM[kind], _properties(kind, tags), shape.representative_point())


def area_layer(tags: Mapping[str, str]) -> str | None:
    """The layer that a closed way or multipolygon is drawn in; None where it is not."""
    for layer, kinds_by_key in (("water", _WATER), ("green", _GREEN)):
        if any(tags.get(key) in kinds for key, kinds in kinds_by_key.items()):
            return layer
    return None


def _properties(kind: str, tags: Mapping[str, str]) -> dict[str, str]:
    found = {"class": kind} | {key: tags[key] for key in NAME_KEYS if key in tags}
    if "ref" in tags and kind in _ROAD_ZOOM:
        found["ref"] = tags["ref"]
    return found


def _line(way: osmium.osm.Way) -> BaseGeometry | None:
    places = [(node.lon, node.lat) for node in way.nodes if node.location.valid()]
    return shapely.LineString(places) if len(places) > 1 else None


def _shape(wkb: str) -> BaseGeometry:
    shape: BaseGeometry = shapely.from_wkb(wkb)
    return shape


def seas(coast: list[BaseGeometry], frame: BaseGeometry) -> list[BaseGeometry]:
    """The faces of `frame` that lie to the right of a coastline, which is where OpenStreetMap has the water.

    A coastline that ends just inside the frame, as extracts cut it, is led on to the frame. A face that no coastline
    touches, or with as much coast on either side, is taken as land.
    """
    lines = shapely.intersection(shapely.line_merge(shapely.union_all(coast)), frame)
    network = shapely.union_all([lines, *_ends_to_frame(lines, frame), frame.boundary])
    faces = list(shapely.get_parts(shapely.polygonize(shapely.get_parts(network))))
    tree = shapely.STRtree(faces)
    votes = np.zeros(len(faces), np.int64)
    for line in coast:
        for here, there in pairwise(shapely.get_coordinates(line)):
            for side, vote in ((-1, 1), (1, -1)):
                votes[tree.query(_beside(here, there, side), predicate="within")] += vote
    return [face for face, vote in zip(faces, votes, strict=True) if vote > 0]


def _ends_to_frame(lines: BaseGeometry, frame: BaseGeometry) -> list[BaseGeometry]:
    west, south, east, north = frame.bounds
    near = _COAST_GAP * max(east - west, north - south)
    ends = (end for line in shapely.get_parts(lines) if not line.is_closed for end in line.boundary.geoms)
    return [shapely.shortest_line(end, frame.boundary) for end in ends if end.distance(frame.boundary) <= near]


def _beside(here: npt.NDArray[np.float64], there: npt.NDArray[np.float64], side: int) -> BaseGeometry:
    """A point a few centimetres to the left (1) or right (-1) of the middle of a piece of coast."""
    east, north = there - here
    length = math.hypot(east, north) or 1.0
    middle = (here + there) / 2
    return shapely.Point(middle + np.array([-north, east]) / length * side * 1e-7)
