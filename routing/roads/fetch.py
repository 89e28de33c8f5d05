"""A place's streets by its name: OSMnx finds its outline (Nominatim) and downloads what lies in it (Overpass).

OSMnx is used for its downloads only: it keeps each raw answer in its cache, and from there the elements go with all
their tags, turn restrictions included, into an extract that is built like any other.
"""

from __future__ import annotations

import json
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from routing.errors import RoadError
from routing.files import replacing
from routing.roads.drawing import DRAWN_TAGS
from routing.roads.extract_file import Node, Relation, Way, write_extract
from routing.roads.restrictions import RELATION_KEYS

MARGIN_DEGREES = 0.01
"""How far around the outline streets are fetched too, about a kilometre: people live across the border."""

LARGEST_SQUARE_DEGREES = 2.0
"""Places larger than this, about 15,000 km² in Europe, are refused: an extract is quicker and kinder to the servers."""

_ASKED: dict[str, bool | str | list[str]] = {
    "highway": True,
    "route": ["ferry", "shuttle_train"],
    **dict.fromkeys((key + suffix for key in RELATION_KEYS for suffix in ("", ":conditional")), True),
    **{key: list(values) for key, values in DRAWN_TAGS.items()},
}
_OTHERS = "check the connection and try later, or name other servers with --nominatim and --overpass"
_KINDS = {"node": "n", "way": "w", "relation": "r"}


def fetch_extract(place: str, out: Path, *, nominatim: str | None = None, overpass: str | None = None) -> None:
    """Download the streets, water, green and places in and around `place` into the extract `out`.

    `nominatim` and `overpass` are addresses of other servers than the public ones. Raises RoadError when no such
    place is known, when it is no area or too large, and when a server does not answer; InputError when `out` cannot
    be written.
    """
    with tempfile.TemporaryDirectory(prefix="fetch-") as folder:
        with _asking(place, Path(folder), nominatim, overpass) as osmnx:
            area = _around(place, osmnx.geocode_to_gdf(place).geometry.iloc[0])
            with suppress(InterruptedError):  # OSMnx says so when all is downloaded, which is all that is wanted
                osmnx.features_from_polygon(area, _ASKED)
        nodes, ways, relations = _elements(_answers(Path(folder)))
    if not ways:
        raise RoadError(f"the map has no streets in {place!r}; name a larger place")
    with replacing(out) as beside:
        write_extract(beside, nodes, ways, relations)


def _around(place: str, outline: BaseGeometry) -> BaseGeometry:
    """A plain outline around the place: a query must be short."""
    area: BaseGeometry = shapely.convex_hull(outline).buffer(MARGIN_DEGREES, quad_segs=2).simplify(MARGIN_DEGREES / 10)
    if area.area > LARGEST_SQUARE_DEGREES:
        raise RoadError(
            f"{place!r} is too large to fetch ({area.area:.1f} square degrees, at most {LARGEST_SQUARE_DEGREES:g}); "
            "download an extract of it and use: beatplan roads build EXTRACT.osm.pbf --out DIR"
        )
    return area


@contextmanager
def _asking(place: str, folder: Path, nominatim: str | None, overpass: str | None) -> Iterator[ModuleType]:
    """OSMnx set to download into `folder`, its settings restored afterwards, its faults turned into one sentence."""
    import osmnx  # noqa: PLC0415  # it takes seconds to load, and nothing else here needs it

    settings = osmnx.settings
    wanted: dict[str, Any] = {"use_cache": True, "cache_folder": str(folder), "cache_only_mode": True}
    wanted |= {"nominatim_url": nominatim} if nominatim else {}
    wanted |= {"overpass_url": overpass} if overpass else {}
    before = {name: getattr(settings, name) for name in wanted}
    resolve = socket.getaddrinfo  # OSMnx pins the server's address here and never lets go
    try:
        for name, value in wanted.items():
            setattr(settings, name, value)
        yield osmnx
    except (osmnx._errors.InsufficientResponseError, TypeError) as error:  # noqa: SLF001  # not exported, but documented
        raise RoadError(
            f"no area called {place!r} is known ({error}); write a town and country such as 'Porto, Portugal'"
        ) from None
    except osmnx._errors.ResponseStatusCodeError as error:  # noqa: SLF001
        raise RoadError(f"{place!r} could not be fetched: {' '.join(str(error).split())[:200]}; {_OTHERS}") from None
    except OSError as error:
        raise RoadError(f"{place!r} could not be fetched ({type(error).__name__}); {_OTHERS}") from None
    finally:
        socket.getaddrinfo = resolve
        for name, value in before.items():
            setattr(settings, name, value)


def _answers(folder: Path) -> Iterator[Mapping[str, Any]]:
    """The elements of all Overpass answers in the cache; Nominatim's are lists."""
    for file in sorted(folder.glob("*.json")):
        answer = json.loads(file.read_text("utf-8"))
        if isinstance(answer, dict):
            yield from answer.get("elements", ())


def _elements(answers: Iterator[Mapping[str, Any]]) -> tuple[list[Node], list[Way], list[Relation]]:
    """Each element once, as it came first."""
    nodes: dict[int, Node] = {}
    ways: dict[int, Way] = {}
    relations: dict[int, Relation] = {}
    for element in answers:
        number, tags = int(element["id"]), element.get("tags", {})
        if element["type"] == "node":
            nodes.setdefault(number, Node(number, element["lon"], element["lat"], tags))
        elif element["type"] == "way":
            ways.setdefault(number, Way(number, tuple(element["nodes"]), tags))
        elif element["type"] == "relation":
            members = tuple((_KINDS[member["type"]], member["ref"], member["role"]) for member in element["members"])
            relations.setdefault(number, Relation(number, members, tags))
    return list(nodes.values()), list(ways.values()), list(relations.values())
