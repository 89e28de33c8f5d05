"""One pass over an OpenStreetMap extract: drivable ways, obstacles and turn restrictions, as arrays.

Coordinates come from the reader's own location index and leave it as whole lines, so that no Python object is made
per node; memory follows the roads, not the spread of node numbers.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import osmium

from routing.errors import RoadError
from routing.roads.access import Access, Tags, barrier_access, find_access, oneway, way_access
from routing.roads.classes import (
    CLASS_NUMBER,
    FREE_FLOW_KMH,
    LIMIT_SHARE,
    SMOOTHNESS_KMH,
    SURFACE_KMH,
    TRACKTYPE_KMH,
)
from routing.roads.graph import DEGREE, NodeFlag, SegmentFlag
from routing.roads.maxspeed import limits_kmh
from routing.roads.restrictions import RELATION_KEYS, Member, Restriction, read_restrictions

MISSING = np.int32(2**31 - 1)
"""Coordinate of a node that the extract names but does not hold."""

SIGNAL_DS, STOP_DS, GIVE_WAY_DS = 20, 20, 10
_OBSTACLE_DS = {"traffic_signals": SIGNAL_DS, "stop": STOP_DS, "give_way": GIVE_WAY_DS}
_CLOSED_SERVICE = frozenset({"emergency_access"})
_BUILDING_SITES = frozenset({"no", "widening", "minor"})
_WKB_HEAD = 9
_FLUSH_BYTES = 1 << 24


@dataclass(frozen=True, slots=True, eq=False)
class Extract:
    """What an extract says about driving, w ways over r node references and o obstacles.

    `first` int64 [w + 1]: rows of `refs` (node numbers, int64 [r]) and `shape` (int32 [r, 2]: lon, lat in 1e-7 degrees,
    MISSING where the extract lacks the node) that belong to each way. `way` int64, `road_class` uint8, `flags` uint8,
    `name` int32 and `ferry_s` int32 (crossing time, 0 = not said) are [w]; `speed` uint16 [w, 2] in tenths of km/h,
    0 = closed. `obstacle` int64 [o] are nodes, with `obstacle_flags` uint8 [o] and `delay_ds` uint16 [o, 2].
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
    restrictions: tuple[Restriction, ...]


@dataclass(frozen=True, slots=True)
class Drive:
    """How a car uses a way: class number, tenths of km/h along and against, flags, seconds of a ferry crossing."""

    road_class: int
    along: int
    against: int
    flags: int
    ferry_s: int = 0


def read_extract(path: Path) -> Extract:
    """The drivable part of an .osm or .osm.pbf file. Raises RoadError when it is not one or holds no roads."""
    if not path.is_file():
        raise RoadError(f"{path} does not exist or is not a file; name an .osm or .osm.pbf extract")
    collector = _Collector()
    keys = osmium.filter.KeyFilter("highway", "route", "barrier", *_relation_keys())
    try:
        for thing in osmium.FileProcessor(str(path)).with_locations("flex_mem").with_filter(keys):
            collector.take(thing)
    except (RuntimeError, ValueError, OSError) as error:
        detail = " ".join(str(error).split()) or type(error).__name__
        raise RoadError(
            f"{path} cannot be read as an OpenStreetMap extract ({detail}); "
            "download it again, or check that it is an .osm or .osm.pbf file"
        ) from None
    if not collector.way:
        raise RoadError(f"{path} holds no road that a car may use; take an extract with highway=* ways")
    extract = collector.finish()
    if (extract.shape[:, 0] == MISSING).all():
        raise RoadError(f"{path} holds roads but not their nodes before them; sort it (osmium sort) and try again")
    return extract


def _relation_keys() -> tuple[str, ...]:
    return tuple(key + suffix for key in RELATION_KEYS for suffix in ("", ":conditional"))


class _Collector:
    """Gathers ways, obstacles and restrictions while the file streams by."""

    def __init__(self) -> None:
        self.counts, self.refs, self.way = array("q"), array("q"), array("q")
        self.road_class, self.flags = array("B"), array("B")
        self.speed, self.name, self.ferry_s = array("H"), array("i"), array("i")
        self.obstacle, self.obstacle_flags, self.delay_ds = array("q"), array("B"), array("H")
        self.names: dict[str, int] = {"": 0}
        self.restrictions: list[Restriction] = []
        self._lines = osmium.geom.WKBFactory()
        self._degrees = bytearray()
        self._shapes: list[npt.NDArray[np.int32]] = []

    def take(self, thing: Any) -> None:
        """One object of the file."""
        if thing.is_way():
            self._take_way(thing)
        elif thing.is_node():
            self._take_node(thing)
        elif thing.is_relation():
            members = (Member(member.type, member.ref, member.role) for member in thing.members)
            self.restrictions += read_restrictions(thing.tags.get, members)

    def _take_way(self, way: Any) -> None:
        drive = drive_of(way.tags.get)
        nodes = way.nodes
        if drive is None or len(nodes) < 2:
            return
        self.refs.extend([node.ref for node in nodes])
        self._take_line(way)
        self.counts.append(len(nodes))
        self.way.append(way.id)
        self.road_class.append(drive.road_class)
        self.flags.append(drive.flags)
        self.speed.append(drive.along)
        self.speed.append(drive.against)
        self.ferry_s.append(drive.ferry_s)
        title = way.tags.get("name") or way.tags.get("ref") or ""
        self.name.append(self.names.setdefault(title, len(self.names)))

    def _take_line(self, way: Any) -> None:
        try:
            line = self._lines.create_linestring(way, use_nodes=osmium.geom.use_nodes.ALL)
        except (osmium.InvalidLocationError, RuntimeError):
            self._flush()
            self._shapes.append(_known_part(way))
            return
        self._degrees += bytes.fromhex(line)[_WKB_HEAD:]
        if len(self._degrees) > _FLUSH_BYTES:
            self._flush()

    def _flush(self) -> None:
        degrees = np.frombuffer(bytes(self._degrees), "<f8").reshape(-1, 2)
        self._shapes.append(np.rint(degrees * DEGREE).astype(np.int32))
        self._degrees = bytearray()

    def _take_node(self, node: Any) -> None:
        get = node.tags.get
        flags, along, against = obstacle_of(get)
        if flags or along or against:
            self.obstacle.append(node.id)
            self.obstacle_flags.append(flags)
            self.delay_ds.append(along)
            self.delay_ds.append(against)

    def finish(self) -> Extract:
        """Everything gathered."""
        self._flush()
        first = np.zeros(len(self.counts) + 1, np.int64)
        np.cumsum(np.array(self.counts, np.int64), out=first[1:])
        return Extract(
            first=first,
            refs=np.array(self.refs, np.int64),
            shape=np.concatenate(self._shapes),
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
            restrictions=tuple(self.restrictions),
        )


def _known_part(way: Any) -> npt.NDArray[np.int32]:
    """The line of a way that leaves the extract, MISSING where it is outside."""
    return np.array(
        [(n.location.x, n.location.y) if n.location.valid() else (MISSING, MISSING) for n in way.nodes], np.int32
    ).reshape(-1, 2)


def drive_of(get: Tags) -> Drive | None:
    """How a car uses a way with these tags, or None when it cannot."""
    highway = get("highway")
    route = get("route") if highway not in CLASS_NUMBER else None
    if route in {"ferry", "shuttle_train"}:
        return _ferry(get, route)
    if highway not in CLASS_NUMBER or route is not None:
        return None
    if get("area") == "yes" or get("service") in _CLOSED_SERVICE or get("impassable") == "yes":
        return None
    if (get("construction") or "no") not in _BUILDING_SITES:
        return None
    along_access, against_access = way_access(get)
    direction = oneway(get, highway)
    if direction == 2:
        return None
    along, against = _speeds(get, highway)
    if direction == -1 or along_access is Access.CLOSED:
        along = 0
    if direction == 1 or against_access is Access.CLOSED:
        against = 0
    if not along and not against:
        return None
    flags = 0
    if along_access is Access.RESTRICTED:
        flags |= SegmentFlag.RESTRICTED_FORWARD
    if against_access is Access.RESTRICTED:
        flags |= SegmentFlag.RESTRICTED_BACKWARD
    if get("junction") in {"roundabout", "circular"}:
        flags |= SegmentFlag.ROUNDABOUT
    return Drive(CLASS_NUMBER[highway], along, against, flags)


def _speeds(get: Tags, highway: str) -> tuple[int, int]:
    """Tenths of km/h along and against a way, from its signs, else its class, and never faster than its surface."""
    usual = FREE_FLOW_KMH[highway]
    limits = limits_kmh(get)
    cap = min(
        (
            table[value]
            for key, table in (("surface", SURFACE_KMH), ("smoothness", SMOOTHNESS_KMH), ("tracktype", TRACKTYPE_KMH))
            if (value := get(key)) in table and value is not None
        ),
        default=1000,
    )
    along, against = (
        round(10 * min(usual if limit is None else limit * LIMIT_SHARE, cap)) for limit in limits
    )
    return along, against


def _ferry(get: Tags, route: str) -> Drive | None:
    if find_access(get) not in {Access.PUBLIC, Access.RESTRICTED} and get("ferry") is None and route == "ferry":
        return None
    if find_access(get) is Access.CLOSED:
        return None
    direction = oneway(get, None)
    speed = round(10 * FREE_FLOW_KMH[route])
    return Drive(
        CLASS_NUMBER[route],
        0 if direction == -1 else speed,
        0 if direction == 1 else speed,
        SegmentFlag.FERRY,
        duration_s(get("duration") or ""),
    )


def duration_s(text: str) -> int:
    """Seconds of a `duration` tag: `MM`, `HH:MM`, `HH:MM:SS` or `PT1H30M`; 0 when it says nothing usable."""
    text = text.strip().upper()
    if text.startswith("PT"):
        seconds, number = 0, ""
        for letter in text[2:]:
            if letter.isdigit():
                number += letter
            elif letter in "HMS" and number:
                seconds += int(number) * {"H": 3600, "M": 60, "S": 1}[letter]
                number = ""
            else:
                return 0
        return min(seconds, 7 * 86_400)
    parts = text.split(":")
    if not 1 <= len(parts) <= 3 or not all(part.isdigit() for part in parts):
        return 0
    numbers = [int(part) for part in parts]
    if len(numbers) == 1:
        return min(numbers[0] * 60, 7 * 86_400)
    hours, minutes, seconds = (*numbers, 0)[:3]
    return min(hours * 3600 + minutes * 60 + seconds, 7 * 86_400)


def obstacle_of(get: Tags) -> tuple[int, int, int]:
    """Flags, and tenths of a second along and against the way, of a node with these tags."""
    flags, along, against = 0, 0, 0
    if get("barrier") is not None:
        access, wait_s = barrier_access(get)
        along = against = round(10 * wait_s)
        if access is Access.CLOSED:
            flags |= NodeFlag.CLOSED
        elif access is Access.RESTRICTED:
            flags |= NodeFlag.RESTRICTED
    kind = get("highway") or ""
    wait_ds = _OBSTACLE_DS.get(kind, 0)
    if wait_ds:
        direction = (get("traffic_signals:direction") if kind == "traffic_signals" else None) or get("direction")
        along += wait_ds if direction != "backward" else 0
        against += wait_ds if direction != "forward" else 0
        if kind == "stop":
            if get("stop") == "minor":
                flags |= NodeFlag.STOP_MINOR_ONLY
            elif direction not in {"forward", "backward"}:
                flags |= NodeFlag.STOP_EITHER_WAY
    return flags, along, against


TagReader = Callable[[str], str | None]
