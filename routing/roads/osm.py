"""One pass over an OpenStreetMap extract: drivable ways, obstacles and turn restrictions, as arrays.

The osmium library filters the file and puts coordinates on its ways, all in compiled code, and leaves them as OPL, its
one-object-a-line text (https://osmcode.org/opl-file-format/). Of that only tags are read in Python; node numbers and
coordinates go from text to arrays in a compiled loop. So no Python object is made per node, and memory follows the
roads, not the spread of node numbers.
"""

from __future__ import annotations

import ctypes
import mmap
import re
import tempfile
from array import array
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium

from routing.errors import RoadError
from routing.roads.drive import Drive, obstacle_of
from routing.roads.graph import Regime
from routing.roads.kernels import opl
from routing.roads.kernels.opl import MISSING
from routing.roads.regimes import drives_by_hour
from routing.roads.restrictions import RELATION_KEYS, Member, Restriction, read_restrictions

_ESCAPE = re.compile(r"%([0-9a-fA-F]+)%")
_TELLING = re.compile(
    "(?:highway|route|area|service|impassable|construction|junction|surface|smoothness|tracktype|ferry|duration|"
    "motorcar|motor_vehicle|vehicle|access|oneway|maxspeed|maxwidth|maxheight|maxlength|maxweight|zone|source:maxspeed)(?::.*)?"
)
"""Tags that say how a car uses a way; ways that agree in them share one reading."""


@dataclass(frozen=True, slots=True, eq=False)
class Extract:
    """What an extract says about driving, w ways over r node references and o obstacles.

    `first` int64 [w + 1]: rows of `refs` (node numbers, int64 [r]) and `shape` (int32 [r, 2]: lon, lat in 1e-7 degrees,
    MISSING where the extract lacks the node) that belong to each way. `way` int64, `road_class` uint8, `flags` uint8,
    `name` int32 and `ferry_s` int32 (crossing time, 0 = not said) are [w]; `speed` uint16 [w, 2] in tenths of km/h,
    0 = closed. `obstacle` int64 [o] are nodes, with `obstacle_flags` uint8 [o] and `delay_ds` uint16 [o, 2].
    `regime` int32 [w]: 0, or 1 + the place in `regimes` of how the way changes by the hour.
    """

    first: npt.NDArray[np.int64]
    refs: npt.NDArray[np.int64]
    shape: npt.NDArray[np.int32]
    way: npt.NDArray[np.int64]
    road_class: npt.NDArray[np.uint8]
    flags: npt.NDArray[np.uint8]
    speed: npt.NDArray[np.uint16]
    name: npt.NDArray[np.int32]
    ferry_s: npt.NDArray[np.int32]
    obstacle: npt.NDArray[np.int64]
    obstacle_flags: npt.NDArray[np.uint8]
    delay_ds: npt.NDArray[np.uint16]
    names: tuple[str, ...]
    regime: npt.NDArray[np.int32]
    regimes: tuple[Regime, ...]
    restrictions: tuple[Restriction, ...]


def read_extract(path: Path, workspace: Path | None = None) -> Extract:
    """The drivable part of an .osm or .osm.pbf file.

    A filtered copy of the file stands in a temporary directory inside `workspace` meanwhile. Raises RoadError when the
    file is no extract or holds no roads, and when there is no room for the copy.
    """
    if not path.is_file():
        raise RoadError(f"{path} does not exist or is no file; name an .osm or .osm.pbf extract")
    with tempfile.TemporaryDirectory(prefix="roads-", dir=workspace) as folder:
        lines = Path(folder) / "roads.opl"
        _write_lines(path, lines)
        extract = _read_lines(lines)
    if not len(extract.way):
        raise RoadError(f"{path} holds no road that a car may drive; give an extract of a place with streets")
    if (extract.shape[:, 0] == MISSING).all():
        raise RoadError(f"{path} holds roads but not their nodes before them; sort it (osmium sort) and try again")
    return extract


def _write_lines(path: Path, lines: Path) -> None:
    """The ways, obstacles and restrictions of an extract as OPL, with coordinates on the ways."""
    relation_keys = (key + suffix for key in RELATION_KEYS for suffix in ("", ":conditional"))
    filters = []
    for kind, keys in (
        (osmium.osm.WAY, ("highway", "route")),
        (osmium.osm.NODE, ("highway", "barrier")),
        (osmium.osm.RELATION, tuple(relation_keys)),
    ):
        chosen = osmium.filter.KeyFilter(*keys)
        chosen.enable_for(kind)
        filters.append(chosen)
    places = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    places.ignore_errors()
    try:
        reader = osmium.io.Reader(str(path))
    except (RuntimeError, ValueError, OSError) as error:
        raise _unreadable(path, error) from None
    with reader:
        writer = osmium.SimpleWriter(osmium.io.File(str(lines), "opl,locations_on_ways=true,add_metadata=false"))
        writing = False
        try:
            osmium.apply(reader, places, *filters, writer)
            writing = True
            writer.close()
        except (RuntimeError, ValueError, OSError) as error:
            # A writer that could not write tries again when it is destroyed, which ends the process: keep it for ever.
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
            if writing or "write" in str(error).lower():
                raise _no_room(lines, error) from None
            raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> RoadError:
    said = " ".join(str(error).split()) or type(error).__name__
    return RoadError(
        f"{path} cannot be read as OpenStreetMap data ({said}); it may be truncated or of another format, "
        "so download it again as .osm or .osm.pbf"
    )


def _no_room(lines: Path, error: Exception) -> RoadError:
    return RoadError(
        f"no temporary copy of the roads could be written to {lines.parent} ({error}); "
        "free some space or choose another --out"
    )


def _read_lines(lines: Path) -> Extract:
    if not lines.stat().st_size:
        return _Collector().finish(np.empty(0, np.uint8))
    with lines.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        collector = _Collector()
        begin = 0
        while begin < len(text):
            end = text.find(b"\n", begin)
            collector.take(text, begin, end)
            begin = end + 1
        letters = np.frombuffer(text, np.uint8)
        extract = collector.finish(letters)
        del letters  # the file cannot close while an array looks at it
        return extract


class _Collector:
    """Gathers ways, obstacles and restrictions from lines of OPL."""

    def __init__(self) -> None:
        self.begin, self.end, self.way = array("q"), array("q"), array("q")
        self.road_class, self.flags = array("B"), array("B")
        self.speed, self.name, self.ferry_s = array("H"), array("i"), array("i")
        self.obstacle, self.obstacle_flags, self.delay_ds = array("q"), array("B"), array("H")
        self.names: dict[str, int] = {"": 0}
        self.regime = array("i")
        self.regimes: dict[Regime, int] = {}
        self.restrictions: list[Restriction] = []

    def take(self, text: mmap.mmap, begin: int, end: int) -> None:
        """The line of one object."""
        kind = text[begin]
        tags_begin = text.find(b" T", begin, end) + 2
        tags_end = text.find(b" ", tags_begin, end)
        number = int(text[begin + 1 : tags_begin - 2])
        tags = text[tags_begin : end if tags_end < 0 else tags_end].decode()
        if kind == ord("w") and text.find(b",", tags_end, end) > 0:
            self._take_way(number, _read_tags(tags), tags_end + 2, end)
        elif kind == ord("n"):
            self._take_node(number, _read_tags(tags))
        elif kind == ord("r"):
            self._take_relation(_read_tags(tags), text[tags_end + 2 : end].decode())

    def _take_way(self, number: int, tags: dict[str, str], nodes_begin: int, nodes_end: int) -> None:
        if "highway" not in tags and "route" not in tags:
            return
        known = _known_drives(tuple((key, value) for key, value in tags.items() if _TELLING.fullmatch(key)))
        if known is None:
            return
        drive, regime = known
        self.begin.append(nodes_begin)
        self.end.append(nodes_end)
        self.way.append(number)
        self.road_class.append(drive.road_class)
        self.flags.append(drive.flags)
        self.speed.append(drive.along)
        self.speed.append(drive.against)
        self.ferry_s.append(drive.ferry_s)
        self.regime.append(0 if regime is None else self.regimes.setdefault(regime, len(self.regimes) + 1))
        title = tags.get("name") or tags.get("ref") or ""
        self.name.append(self.names.setdefault(title, len(self.names)))

    def _take_node(self, number: int, tags: dict[str, str]) -> None:
        flags, along, against = obstacle_of(tags.get)
        if flags or along or against:
            self.obstacle.append(number)
            self.obstacle_flags.append(flags)
            self.delay_ds.append(along)
            self.delay_ds.append(against)

    def _take_relation(self, tags: dict[str, str], members: str) -> None:
        found = []
        for text in members.split(","):
            ref, _, role = text.partition("@")
            if ref:
                found.append(Member(ref[0], int(ref[1:]), _unescape(role)))
        self.restrictions += read_restrictions(tags.get, found)

    def finish(self, text: npt.NDArray[np.uint8]) -> Extract:
        """Everything gathered; `text` is the file the lines are from."""
        begin, end = np.array(self.begin, np.int64), np.array(self.end, np.int64)
        first = np.zeros(len(begin) + 1, np.int64)
        opl.count_nodes(text, begin, end, first)
        refs, shape = np.empty(first[-1], np.int64), np.empty((first[-1], 2), np.int32)
        opl.parse_nodes(text, begin, first, refs, shape)
        return Extract(
            first=first,
            refs=refs,
            shape=shape,
            way=np.array(self.way, np.int64),
            road_class=np.array(self.road_class, np.uint8),
            flags=np.array(self.flags, np.uint8),
            speed=np.array(self.speed, np.uint16).reshape(-1, 2),
            name=np.array(self.name, np.int32),
            ferry_s=np.array(self.ferry_s, np.int32),
            obstacle=np.array(self.obstacle, np.int64),
            obstacle_flags=np.array(self.obstacle_flags, np.uint8),
            delay_ds=np.array(self.delay_ds, np.uint16).reshape(-1, 2),
            names=tuple(self.names),
            regime=np.array(self.regime, np.int32),
            regimes=tuple(self.regimes),
            restrictions=tuple(self.restrictions),
        )


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text) if "%" in text else text


def _read_tags(text: str) -> dict[str, str]:
    tags = {}
    for item in text.split(","):
        key, _, value = item.partition("=")
        tags[_unescape(key)] = _unescape(value)
    return tags


@lru_cache(maxsize=1 << 14)
def _known_drives(tags: tuple[tuple[str, str], ...]) -> tuple[Drive, Regime | None] | None:
    return drives_by_hour(dict(tags))
