"""The map under plans and territories: vector tiles of our own, stored gzipped and passed through as they are."""

from __future__ import annotations

import gzip
import hashlib
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Response
from pydantic import Field

from api.auth.guard import GuardedRoute
from api.conditional import etag_of, matches
from api.deps import ServicesDep
from api.errors import ApiError
from api.routes.describe import READ, READ_ONE, problems
from api.schemas.base import Shown
from routing.roads.tile_store import TileStore

router = APIRouter(route_class=GuardedRoute, tags=["map"])
MEDIA_TYPE = "application/vnd.mapbox-vector-tile"
_RASTER_ZOOM = 18
_KEPT = "private, max-age=86400"
Number = Annotated[int, Path(ge=0, lt=1 << 30)]


class TileJson(Shown):
    """What a map library asks first (TileJSON 3.0.0)."""

    tilejson: Literal["3.0.0"] = "3.0.0"
    tiles: Annotated[tuple[str, ...], Field(description="Where the tiles are, from this service's root.")]
    minzoom: int
    maxzoom: int
    bounds: Annotated[tuple[float, ...], Field(description="West, south, east, north in degrees.")]
    attribution: Annotated[str, Field(description="To be shown on every map.")]
    kind: Annotated[Literal["vector", "raster"], Field(description="vector: our own; raster: another provider's.")]
    datum: Annotated[Literal["wgs84", "gcj02"], Field(description="How the map is drawn; shift what lies on it.")]


def _tiles(services: ServicesDep) -> TileStore:
    path = services.settings.tiles_path
    if not path.is_file():
        raise ApiError(
            404,
            "There is no map on this server; make it with `beatplan roads tiles EXTRACT.osm.pbf --out FILE.mbtiles` "
            "and name it in BEATPLAN_TILES_FILE.",
        )
    return TileStore(path)


@router.get("/tiles.json", operation_id="get_map", summary="What the map covers", responses=problems(*READ))
def get_map(services: ServicesDep) -> TileJson:
    """Zoom levels, bounds and attribution of the map: our own, or that of BEATPLAN_BASEMAP_URL."""
    settings = services.settings
    if settings.basemap_url:
        return TileJson(
            tiles=(settings.basemap_url,),
            minzoom=0,
            maxzoom=_RASTER_ZOOM,
            bounds=(-180.0, -85.0, 180.0, 85.0),
            attribution=settings.basemap_attribution,
            kind="raster",
            datum=settings.basemap_datum,
        )
    told = _tiles(services).metadata
    return TileJson(
        tiles=("/api/v1/tiles/{z}/{x}/{y}.mvt",),
        minzoom=int(told["minzoom"]),
        maxzoom=int(told["maxzoom"]),
        bounds=tuple(float(degrees) for degrees in told["bounds"].split(",")),
        attribution=told["attribution"],
        kind="vector",
        datum="wgs84",
    )


@router.get(
    "/tiles/{z}/{x}/{y}.mvt",
    operation_id="get_tile",
    summary="One vector tile",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}}, "description": "The tile."},
        204: {"description": "Nothing is there to draw."},
        304: {"description": "You have this tile already."},
        **problems(*READ_ONE),
    },
)
def get_tile(
    z: Number,
    x: Number,
    y: Number,
    services: ServicesDep,
    if_none_match: Annotated[str | None, Header(description="The ETag you have; 304 when it still stands.")] = None,
    accept_encoding: Annotated[str | None, Header(description="Where it lacks gzip the tile comes unpacked.")] = None,
) -> Response:
    """Layers water, green, roads and places of zoom z, column x and row y from the north-west; 204 where empty."""
    packed = _tiles(services).tile(z, x, y)
    if packed is None:
        return Response(status_code=204, headers={"Cache-Control": _KEPT})
    headers = {
        "ETag": etag_of(hashlib.sha256(packed).hexdigest()[:24]),
        "Cache-Control": _KEPT,
        "Vary": "Accept-Encoding",
    }
    if matches(if_none_match, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if "gzip" not in (accept_encoding or ""):
        return Response(gzip.decompress(packed), headers=headers, media_type=MEDIA_TYPE)
    return Response(packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=MEDIA_TYPE)
