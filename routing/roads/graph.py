"""The road graph: what an extract says about driving, as arrays."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import IntFlag

import numpy as np
import numpy.typing as npt

EARTH_M = 6_371_008.8
DEGREE = 1e7
"""Coordinates are stored as whole 1e-7 degrees, as OpenStreetMap has them."""


class SegmentFlag(IntFlag):
    """What is special about a segment."""

    RESTRICTED_FORWARD = 1
    RESTRICTED_BACKWARD = 2
    ROUNDABOUT = 4
    FERRY = 8
    CLOSED_FORWARD = 16
    CLOSED_BACKWARD = 32


class NodeFlag(IntFlag):
    """What is special about a node."""

    CLOSED = 1
    RESTRICTED = 2
    STOP_EITHER_WAY = 4
    STOP_MINOR_ONLY = 8


@dataclass(frozen=True, slots=True)
class Regime:
    """How a car uses a way by the hour.

    `hours` are opening_hours texts. `drives[i]` is (speed along, speed against, flags) while those of them hold whose
    bits are set in i.
    """

    hours: tuple[str, ...]
    drives: tuple[tuple[int, int, int], ...]

    def drive_when(self, holding: AbstractSet[str]) -> tuple[int, int, int]:
        """Speeds and flags while the hours in `holding` hold."""
        return self.drives[sum(1 << bit for bit, text in enumerate(self.hours) if text in holding)]


@dataclass(frozen=True, slots=True, eq=False)
class RoadGraph:
    """Segments of road between junctions (and signals, signs and barriers), s of them, over v nodes.

    `tail`, `head` int32 [s]: nodes at the ends of the drawn line. `way` int64 [s]: the OpenStreetMap way it is part
    of. `length_dm` int32 [s]. `speed` uint16 [s, 2]: tenths of km/h along and against the drawn direction, 0 = never
    open. `road_class` uint8 [s]: number in ROAD_CLASSES. `flags` uint8 [s]: SegmentFlag; a direction that opens in some
    hours only has its speed and is flagged closed. `name` int32 [s]: place in `names`. `regime` int32 [s]: 0, or 1 +
    the place in `regimes` of what changes by the hour; `speed` and `flags` hold while none of its hours do.
    `shape` int32 [p, 2]: lon, lat in 1e-7 degrees, ends included; segment i owns rows shape_first[i] to
    shape_first[i + 1]. `node_osm` int64 [v], sorted. `node_flags` uint8 [v]: NodeFlag. `delay_ds` uint16 [v, 2]:
    tenths of a second that a signal, sign or gate takes for who comes along, or against, the way's drawn direction.
    `left_hand` is true where traffic keeps to the left.
    """

    tail: npt.NDArray[np.int32]
    head: npt.NDArray[np.int32]
    way: npt.NDArray[np.int64]
    length_dm: npt.NDArray[np.int32]
    speed: npt.NDArray[np.uint16]
    road_class: npt.NDArray[np.uint8]
    flags: npt.NDArray[np.uint8]
    name: npt.NDArray[np.int32]
    shape_first: npt.NDArray[np.int64]
    shape: npt.NDArray[np.int32]
    node_osm: npt.NDArray[np.int64]
    node_flags: npt.NDArray[np.uint8]
    delay_ds: npt.NDArray[np.uint16]
    names: tuple[str, ...]
    left_hand: bool
    regime: npt.NDArray[np.int32]
    regimes: tuple[Regime, ...] = ()

    def __len__(self) -> int:
        return len(self.tail)

    @property
    def open_speed(self) -> npt.NDArray[np.uint16]:
        """`speed`, 0 where closed while no hours hold."""
        closed = (SegmentFlag.CLOSED_FORWARD, SegmentFlag.CLOSED_BACKWARD)
        speed: npt.NDArray[np.uint16] = np.where(self.flags[:, None] & np.array(closed, np.uint8) > 0, 0, self.speed)
        return speed


def step_metres(lon: npt.NDArray[np.float64], lat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Great-circle metres between consecutive points given in degrees, float64 [n - 1] (the haversine formula)."""
    lon_r, lat_r = np.radians(lon), np.radians(lat)
    half_lat, half_lon = np.diff(lat_r) / 2, np.diff(lon_r) / 2
    chord = np.sin(half_lat) ** 2 + np.cos(lat_r[:-1]) * np.cos(lat_r[1:]) * np.sin(half_lon) ** 2
    metres: npt.NDArray[np.float64] = 2 * EARTH_M * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return metres
