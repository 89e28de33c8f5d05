"""Vector tiles of an extract, made once into one MBTiles file; `tile_store` reads them.

Tiles are Mapbox Vector Tiles 2.1 in the Web Mercator grid, stored gzipped as MBTiles 1.3 has them, layers water, green,
roads and places. Empty tiles are not stored.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from routing.documents import Document
from routing.errors import RoadError
from routing.files import replacing
from routing.roads.drawing import HIGHEST_ZOOM, LAYERS, LOWEST_ZOOM, NAME_KEYS, Drawn, read_drawing
from routing.roads.store import ATTRIBUTION

EXTENT = 4096
"""Units along a tile's side."""
_MARGIN = 64
"""Units around a tile that are drawn too, so that line ends and corners do not show at its edge."""
_SMALLEST = {1: 4, 2: 16}
"""Units that the box of a line (1 dimension) or area (2) must reach to be drawn; a pixel has eight to sixteen.

Lines are kept when they are shorter than a pixel, or a road would show gaps where its name or class changes.
"""
_SIMPLIFY = 6.0
_LATITUDE_LIMIT = 85.0511287
_SCHEMA = """
CREATE TABLE metadata (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB NOT NULL,
                    PRIMARY KEY (zoom_level, tile_column, tile_row)) WITHOUT ROWID;
"""

Properties = tuple[tuple[str, str], ...]
Shapes = npt.NDArray[np.object_]


class TilesReport(Document):
    """What was written."""

    tiles: int
    largest_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Everything of one layer that looks the same, drawn from a zoom on: shapes in the unit square of the world."""

    layer: str
    zoom: int
    properties: Properties
    shapes: Shapes


def build_tiles(extract: Path, out: Path, on_progress: Callable[[str], None] | None = None) -> TilesReport:
    """Make the tiles of an .osm or .osm.pbf extract into the MBTiles file `out`, replacing an older one.

    Raises RoadError when the extract is missing, truncated, foreign or has nothing to draw, and InputError when `out`
    cannot be written; an older file is then untouched.
    """
    drawn = read_drawing(extract)
    if not drawn:
        raise RoadError(f"{extract} holds nothing to draw; give an extract of a place with streets")
    bounds = shapely.total_bounds([thing.shape for thing in drawn])
    sheets = _sheets(drawn)
    sizes = []
    with replacing(out) as beside, closing(sqlite3.connect(beside, isolation_level=None)) as database:
        try:
            database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_SCHEMA} BEGIN;")
            database.executemany("INSERT INTO metadata VALUES (?, ?)", _metadata(extract, bounds).items())
            for zoom in range(LOWEST_ZOOM, HIGHEST_ZOOM + 1):
                for column, row, layers in _tiles_of(sheets, zoom):
                    data = gzip.compress(_encode(layers), mtime=0)
                    sizes.append(len(data))
                    mirrored = (1 << zoom) - 1 - row
                    database.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (zoom, column, mirrored, data))
                if on_progress:
                    on_progress(f"zoom {zoom}: {len(sizes)} tiles")
            database.execute("COMMIT")
        except sqlite3.Error as error:
            raise RoadError(f"{out} cannot be written: {error}; free some space or choose another file") from None
    return TilesReport(tiles=len(sizes), largest_bytes=max(sizes, default=0), total_bytes=sum(sizes))


def _metadata(extract: Path, bounds: npt.NDArray[np.float64]) -> dict[str, str]:
    fields = dict.fromkeys(("class", *NAME_KEYS), "String")
    layers = [{"id": layer, "fields": fields, "minzoom": LOWEST_ZOOM, "maxzoom": HIGHEST_ZOOM} for layer in LAYERS]
    with extract.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "name": extract.name,
        "format": "pbf",
        "type": "baselayer",
        "minzoom": str(LOWEST_ZOOM),
        "maxzoom": str(HIGHEST_ZOOM),
        "bounds": ",".join(f"{value:.6f}" for value in bounds),
        "attribution": ATTRIBUTION,
        "json": json.dumps({"vector_layers": layers}),
        "extract_sha256": digest,
    }


def _sheets(drawn: list[Drawn]) -> list[_Sheet]:
    groups: defaultdict[tuple[str, int, Properties], list[BaseGeometry]] = defaultdict(list)
    for thing in drawn:
        groups[thing.layer, thing.zoom, tuple(sorted(thing.properties.items()))].append(thing.shape)
    return [
        _Sheet(layer, zoom, properties, shapely.transform(np.array(shapes, object), to_unit_square))
        for (layer, zoom, properties), shapes in groups.items()
    ]


def to_unit_square(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Web Mercator: degrees, float64 [n, 2], to the world's unit square, x to the east and y to the south."""
    latitude = np.radians(np.clip(lonlat[:, 1], -_LATITUDE_LIMIT, _LATITUDE_LIMIT))
    return np.column_stack(((lonlat[:, 0] + 180) / 360, (1 - np.arcsinh(np.tan(latitude)) / math.pi) / 2))


def _tiles_of(sheets: list[_Sheet], zoom: int) -> Iterator[tuple[int, int, Mapping[str, list[dict[str, Any]]]]]:
    """Column, row from the north, and layers of every tile of a zoom that has something on it."""
    tiles: defaultdict[tuple[int, int], defaultdict[str, list[dict[str, Any]]]] = defaultdict(lambda: defaultdict(list))
    units = EXTENT * (1 << zoom)
    for sheet in sheets:
        if sheet.zoom > zoom:
            continue
        for shape in _generalised(sheet.shapes, units, whole=zoom == HIGHEST_ZOOM):
            for column, row, piece in _cut(shape):
                feature = {"geometry": piece, "properties": dict(sheet.properties)}
                tiles[column, row][sheet.layer].append(feature)
    for column, row in sorted(tiles):
        yield column, row, tiles[column, row]


def _generalised(shapes: Shapes, units: int, *, whole: bool) -> Iterable[BaseGeometry]:
    """Shapes in units of the zoom: pieces of road joined, small ones left out, points thinned below the last zoom."""
    scaled = shapely.transform(shapes, lambda xy: xy * units)
    dimension = int(shapely.get_dimensions(scaled[0]))
    if dimension == 0:
        yield from scaled
        return
    if dimension == 1:
        scaled = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(shapely.get_parts(scaled))))
    if not whole:
        west, south, east, north = shapely.bounds(scaled).T
        scaled = scaled[np.maximum(east - west, north - south) >= _SMALLEST[dimension]]
    yield from shapely.simplify(scaled, 1.0 if whole else _SIMPLIFY)


def _cut(shape: BaseGeometry) -> Iterator[tuple[int, int, BaseGeometry]]:
    """The tiles that a shape touches, with its piece in each, in units from the tile's north-west corner."""
    pad = _MARGIN / EXTENT
    west, south, east, north = (value / EXTENT for value in shape.bounds)
    columns = range(math.floor(west - pad), math.floor(east + pad) + 1)
    rows = range(math.floor(south - pad), math.floor(north + pad) + 1)
    for column, row, piece in _quartered(shape, columns, rows):
        for part in _of_same_dimension(piece, shape):
            yield column, row, _moved(part, column * EXTENT, row * EXTENT)


def _quartered(shape: BaseGeometry, columns: range, rows: range) -> Iterator[tuple[int, int, BaseGeometry]]:
    """Pieces by column and row. The span is halved until one tile is left, so that a bay is not cut out of an ocean.

    Margins shrink on the way down, so that no cut runs along an earlier one.
    """
    if len(columns) == len(rows) == 1:
        yield columns[0], rows[0], shape
        return
    if len(columns) >= len(rows):
        middle = len(columns) // 2
        halves = ((columns[:middle], rows), (columns[middle:], rows))
    else:
        middle = len(rows) // 2
        halves = ((columns, rows[:middle]), (columns, rows[middle:]))
    for across, down in halves:
        pad = _MARGIN + len(across) + len(down) - 2
        west, north = across.start * EXTENT - pad, down.start * EXTENT - pad
        piece = shapely.clip_by_rect(shape, west, north, across.stop * EXTENT + pad, down.stop * EXTENT + pad)
        if not piece.is_empty:
            yield from _quartered(piece, across, down)


def _moved(shape: BaseGeometry, x: int, y: int) -> BaseGeometry:
    moved: BaseGeometry = shapely.transform(shape, lambda xy: np.rint(xy - (x, y)))
    return moved


def _of_same_dimension(piece: BaseGeometry, whole: BaseGeometry) -> Iterator[BaseGeometry]:
    """What remains after clipping; lines that only touch the frame become points, which are not wanted."""
    if piece.is_empty:
        return
    if piece.geom_type != "GeometryCollection":
        yield piece
        return
    dimension = shapely.get_dimensions(whole)
    yield from (part for part in shapely.get_parts(piece) if shapely.get_dimensions(part) == dimension)


def _encode(layers: Mapping[str, list[dict[str, Any]]]) -> bytes:
    ordered = [{"name": layer, "features": layers[layer]} for layer in LAYERS if layer in layers]
    encoded: bytes = mapbox_vector_tile.encode(
        ordered,
        default_options={
            "extents": EXTENT,
            "y_coord_down": True,
            "on_invalid_geometry": mapbox_vector_tile.encoder.on_invalid_geometry_make_valid,
        },
    )
    return encoded
