"""The files of `beatplan roads`: places in as CSV, matrices out as .npz, routes out as GeoJSON."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.documents import read_bytes, shorten
from routing.errors import InputError
from routing.files import replacing
from routing.roads.network import RoadMatrix, RoadRoute, Snapped

_COLUMNS = ("id", "lon", "lat")


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Named places: `lonlat` is float64 [n, 2]."""

    ids: tuple[str, ...]
    lonlat: npt.NDArray[np.float64]


def read_points(path: Path) -> Points:
    """Places from a CSV file with the columns id, lon and lat; other columns are ignored.

    Raises InputError naming file, line, column and value for a missing column, an empty or repeated id, and
    coordinates that are no finite number or not on Earth.
    """
    try:
        text = read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text ({error.reason}); save it as CSV in UTF-8") from None
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    try:
        return _points(path, rows)
    except csv.Error as error:
        raise InputError(
            f"{path} line {rows.line_num + 1} is not CSV: {error}; correct it or export it again"
        ) from None


def _points(path: Path, rows: csv.DictReader[str]) -> Points:
    header = rows.fieldnames or ()
    for column in _COLUMNS:
        if column not in header:
            found = ", ".join(header) or "none"
            raise InputError(f"{path} has no column {column!r} (found: {found}); its first line must name id,lon,lat")
    lines: dict[str, int] = {}
    places: list[tuple[float, float]] = []
    for row in rows:
        where = f"{path} line {rows.line_num}"
        name = (row["id"] or "").strip()
        if not name:
            raise InputError(f"{where} has no id; give every place one")
        if name in lines:
            raise InputError(f"{where} repeats the id {name!r} of line {lines[name]}; ids must differ")
        lines[name] = rows.line_num
        places.append((_degrees(where, "lon", row["lon"], 180), _degrees(where, "lat", row["lat"], 90)))
    if not places:
        raise InputError(f"{path} holds no places; add a line per place under id,lon,lat")
    return Points(tuple(lines), np.array(places, np.float64))


def parse_place(text: str) -> tuple[float, float]:
    """Longitude and latitude from `LON,LAT`. Raises InputError showing the text."""
    parts = text.split(",")
    if len(parts) != 2:
        raise InputError(f"{text!r} is not LON,LAT; write two numbers such as -8.61,41.15")
    where = f"place {text!r}"
    return _degrees(where, "lon", parts[0], 180), _degrees(where, "lat", parts[1], 90)


def _degrees(where: str, column: str, text: str | None, limit: int) -> float:
    try:
        value = float(text or "")
    except ValueError:
        raise InputError(f"{where} has {column} {shorten(text or '')}, not a number; write degrees") from None
    if not math.isfinite(value):
        raise InputError(f"{where} has {column} {value}, not a finite number; write degrees")
    if abs(value) > limit:
        hint = "; lon and lat may be swapped" if abs(value) <= 180 else ""
        raise InputError(f"{where} has {column} {value:g}, outside -{limit} to {limit}; write degrees{hint}")
    return value


def write_matrix(path: Path, ids: tuple[str, ...], matrix: RoadMatrix, snapped: Snapped) -> None:
    """Write a matrix as a NumPy archive without pickles.

    It holds `ids` (text), `duration_s` and `distance_m` (int32, -1 unreachable) and `snap_m` (float64, metres between
    each place and its road). Raises InputError when the file cannot be written; nothing is left behind then.
    """
    buffer = io.BytesIO()
    np.savez(
        buffer,
        ids=np.array(ids, dtype=np.str_),
        duration_s=matrix.duration_s,
        distance_m=matrix.distance_m,
        snap_m=snapped.off_road_m,
    )
    with replacing(path) as beside:
        beside.write_bytes(buffer.getbuffer())


def route_line(route: RoadRoute) -> dict[str, Any]:
    """A route as a GeoJSON LineString with `duration_s`, `distance_m` and `streets` as further members of it."""
    return {
        "type": "LineString",
        "coordinates": np.round(route.line, 7).tolist(),
        "duration_s": route.duration_s,
        "distance_m": route.distance_m,
        "streets": [{"name": name, "distance_m": metres} for name, metres in route.streets],
    }
